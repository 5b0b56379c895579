"""``crosswheel identifiers``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from crosswheel.building.requests import build_request, project_settings
from crosswheel.cli.options import json_option, setting_options, settings_from_options
from crosswheel.cli.session import Session
from crosswheel.cli.terminal import echo
from crosswheel.errors import ExitStatus
from crosswheel.settings import ProjectSettings

_ALL = ("*",)


@click.command()
@click.argument("directory", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@setting_options("targets", "pythons", "build", "skip", "archs", "toolchain", "toolchain_prefix")
@json_option
@click.pass_context
def identifiers(context: click.Context, /, *, directory: Path | None, **given: Any) -> None:
    """List the identifiers of builds, in cibuildwheel's form.

    With DIRECTORY, list what `crosswheel build` would build for the project in it. Versions of a platform, such as
    manylinux_2_28 and manylinux_2_17, share an identifier.
    """
    session = context.ensure_object(Session)
    host = session.host()
    given["build"] = given["build"] or (() if directory else _ALL)
    settings = settings_from_options(given)
    project = project_settings(str(directory), settings) if directory else ProjectSettings()
    request = build_request((), project, settings)
    for note in request.notes:
        host.progress.note(note)
    options = request.options
    builds = session.services.select(
        request.targets,
        request.pythons,
        selection=request.selection,
        toolchain=options.toolchain,
        toolchain_prefix=options.toolchain_prefix,
        host=host,
    )
    if session.json:
        rows = [
            {"identifier": target.identifier(python), "target": str(target), "python": str(python)}
            for target, python in builds
        ]
        session.document(ExitStatus.OK, identifiers=rows)
        return
    for name in dict.fromkeys(target.identifier(python) for target, python in builds):
        echo(name)
