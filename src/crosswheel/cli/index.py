"""``crosswheel index``."""

from __future__ import annotations

from pathlib import Path

import click

from crosswheel.cli.options import json_option
from crosswheel.cli.render import print_table
from crosswheel.cli.session import Session
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
    """Make a DIRECTORY of wheels a package index that any web server can serve.

    pip and uv take the URL of its subdirectory simple as --index-url. Where there are wheels for Pyodide, a lock file
    beside them lets loadPyodide find them, with the runtime's own packages in it.
    """
    session = context.ensure_object(Session)
    made = session.services.index(directory, pyodide_lock=pyodide_lock, host=session.host())
    if session.json:
        session.document(ExitStatus.OK, **made.as_json())
        return
    rows = [
        (project, wheel, "yes" if wheel in made.locked else "")
        for project, wheels in made.projects.items()
        for wheel in wheels
    ]
    print_table(("project", "wheel", f"in {made.lock.name}" if made.lock else ""), rows)
    for note in made.notes:
        click.echo(f"note: {note}", err=True)
