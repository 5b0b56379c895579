"""``crosswheel merge``."""

from __future__ import annotations

from pathlib import Path

import click

from crosswheel.cli.options import json_option
from crosswheel.cli.session import Session
from crosswheel.cli.terminal import echo
from crosswheel.errors import ExitStatus


@click.command()
@click.argument("first", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("second", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-o", "--output-dir", "output", default="dist", show_default=True, type=click.Path(file_okay=False, path_type=Path),
    help="Directory for the wheel.",
)  # fmt: skip
@json_option
@click.pass_context
def merge(context: click.Context, first: Path, second: Path, *, output: Path) -> None:
    """Merge two macOS wheels, FIRST and SECOND, for x86_64 and arm64 into a universal2 wheel.

    Both must contain the same files, and files that are not compiled must be equal.
    """
    session = context.ensure_object(Session)
    wheel = session.services.merge(first, second, output)
    if session.json:
        session.document(ExitStatus.OK, wheel=str(wheel))
    else:
        echo(str(wheel))
