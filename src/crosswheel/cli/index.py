"""``crosswheel index``."""

from __future__ import annotations

from pathlib import Path

import click

from crosswheel.cli.options import json_option
from crosswheel.cli.render import print_table
from crosswheel.cli.session import Session
from crosswheel.cli.terminal import echo
from crosswheel.errors import ExitStatus


@click.command()
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--pyodide-lock/--no-pyodide-lock",
    default=None,
    help="Write pyodide-lock.json. [default: if there are wheels for Pyodide]",
)
@json_option
@click.pass_context
def index(context: click.Context, directory: Path, *, pyodide_lock: bool | None) -> None:
    """Create a package index for a DIRECTORY of wheels, to be served by any web server.

    The URL of the subdirectory simple is the --index-url of pip and uv. If there are wheels for Pyodide, a lock file
    for loadPyodide is written too, which includes the runtime's own packages.
    """
    session = context.ensure_object(Session)
    result = session.services.index(directory, pyodide_lock=pyodide_lock, host=session.host())
    if session.json:
        session.document(ExitStatus.OK, **result.as_json())
        return
    rows = [
        (project, wheel, "yes" if wheel in result.locked else "")
        for project, wheels in result.projects.items()
        for wheel in wheels
    ]
    print_table(("project", "wheel", f"in {result.lock.name}" if result.lock else ""), rows)
    for note in result.notes:
        echo(f"note: {note}", err=True)
