"""``crosswheel config``."""

from __future__ import annotations

import json
from pathlib import Path

import click
import msgspec

from crosswheel.settings import read_settings
from crosswheel.settings.schema import schema_text


@click.group()
def config() -> None:
    """Look at the settings in [tool.crosswheel] of a pyproject.toml."""


@config.command()
def schema() -> None:
    """Print the JSON schema of the table."""
    click.echo(schema_text(), nl=False)


@config.command()
@click.argument("directory", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
def show(directory: Path) -> None:
    """Check the table of the project in DIRECTORY and print what it sets, as JSON.

    Where there is a [tool.cibuildwheel] too, each is printed under its name, the latter in the keys of the former:
    it holds where the former lacks a key.
    """
    found = read_settings(directory / "pyproject.toml")
    shown = msgspec.to_builtins(found.crosswheel, enc_hook=str)
    if found.cibuildwheel is not None:
        shown = {"crosswheel": shown, "cibuildwheel": msgspec.to_builtins(found.cibuildwheel, enc_hook=str)}
    click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    for note in found.notes:
        click.echo(f"note: {note}", err=True)
