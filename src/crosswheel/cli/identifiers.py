"""``crosswheel identifiers``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from crosswheel.building.requests import build_request, project_settings
from crosswheel.cli.options import json_option
from crosswheel.cli.selection_options import selection_options, settings_from_options
from crosswheel.cli.session import Session
from crosswheel.errors import ExitStatus
from crosswheel.settings import ProjectSettings

_EVERYTHING = ("*",)


@click.command()
@click.argument("directory", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@selection_options
@click.option("--toolchain", help="The compilers to ask. [default: zig]")
@click.option("--toolchain-prefix", type=click.Path(exists=True), help="Where a cross gcc or clang lies, or an emsdk.")
@json_option
@click.pass_context
def identifiers(context: click.Context, /, *, directory: Path | None, **given: Any) -> None:
    """List what can be built by its identifiers, as cibuildwheel has them.

    With DIRECTORY, what `crosswheel build` would build of the project there. Versions of a platform, such as
    manylinux_2_28 and manylinux_2_17, share an identifier.
    """
    session = context.ensure_object(Session)
    host = session.host()
    given["build"] = given["build"] or (() if directory else _EVERYTHING)
    settings = settings_from_options(given)
    project = project_settings(str(directory), settings) if directory else ProjectSettings()
    order = build_request((), project, settings)
    for note in order.notes:
        host.progress.note(note)
    options = order.options
    found = session.services.select(
        order.targets,
        order.pythons,
        selection=order.selection,
        toolchain=options.toolchain,
        toolchain_prefix=options.toolchain_prefix,
        host=host,
    )
    if session.json:
        rows = [
            {"identifier": target.identifier(python), "target": str(target), "python": str(python)}
            for target, python in found
        ]
        session.document(ExitStatus.OK, identifiers=rows)
        return
    for name in dict.fromkeys(target.identifier(python) for target, python in found):
        click.echo(name)
