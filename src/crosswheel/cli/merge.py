"""``crosswheel merge``."""

from __future__ import annotations

from pathlib import Path

import click

from crosswheel.cli.options import json_option
from crosswheel.cli.session import Session
from crosswheel.errors import ExitStatus


@click.command()
@click.argument("first", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("second", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o", "--output-dir", "output", default="dist", show_default=True, type=click.Path(file_okay=False, path_type=Path),
    help="Where the wheel goes.",
)  # fmt: skip
@json_option
@click.pass_context
def merge(context: click.Context, first: Path, second: Path, *, output: Path) -> None:
    """Make one wheel (universal2) of two for macOS: FIRST and SECOND, for x86_64 and arm64.

    Both must hold the same files. What is not compiled must be equal, or the first difference is told.
    """
    session = context.ensure_object(Session)
    wheel = session.services.merge(first, second, output)
    if session.json:
        session.document(ExitStatus.OK, wheel=str(wheel))
    else:
        click.echo(str(wheel))
