"""``crosswheel config``."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from crosswheel.cli.terminal import echo, echo_json
from crosswheel.errors import UsageError
from crosswheel.host.machine import native_alias
from crosswheel.settings import read_settings
from crosswheel.settings.schema import schema_text
from crosswheel.targets import AllVersions, find_target


@click.group()
def config() -> None:
    """Show the settings in [tool.crosswheel] of a pyproject.toml."""


@config.command()
def schema() -> None:
    """Print the JSON schema of the table."""
    echo(schema_text(), nl=False)


@config.command()
@click.argument("directory", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
def show(directory: Path) -> None:
    """Check the settings of the project in DIRECTORY and print them as JSON.

    If there is a [tool.cibuildwheel] table too, both are printed under their names, the latter translated to the keys
    of [tool.crosswheel]; it is used for keys that [tool.crosswheel] does not set.
    """
    project = read_settings(directory / "pyproject.toml")
    for spec in project.crosswheel.targets or ():
        try:
            find_target(spec, AllVersions(), native=native_alias())
        except UsageError as error:
            raise UsageError(error.what, where=directory / "pyproject.toml", hint=error.hint) from error
    shown = msgspec.to_builtins(project.crosswheel, enc_hook=str)
    if project.cibuildwheel is not None:
        shown = {"crosswheel": shown, "cibuildwheel": msgspec.to_builtins(project.cibuildwheel, enc_hook=str)}
    echo_json(shown)
    for note in project.notes:
        echo(f"note: {note}", err=True)
