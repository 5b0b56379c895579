"""``crosswheel config``."""

from __future__ import annotations

import click

from crosswheel.cli.output import print_json
from crosswheel.settings import Settings


@click.group()
def config() -> None:
    """Show how ``[tool.crosswheel]`` may be written."""


@config.command()
def schema() -> None:
    """Print the JSON schema of ``[tool.crosswheel]``."""
    print_json(Settings.model_json_schema(by_alias=True))
