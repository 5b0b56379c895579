"""``crosswheel audit``."""

from __future__ import annotations

from pathlib import Path

import click

from crosswheel.cli.options import json_option
from crosswheel.cli.render import print_table
from crosswheel.cli.session import Session
from crosswheel.errors import ExitStatus


@click.command()
@click.argument("wheels", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--strict", is_flag=True, help="Hold them to what crosswheel's own wheels must fulfil.")
@json_option
@click.pass_context
def audit(context: click.Context, wheels: tuple[Path, ...], *, strict: bool) -> None:
    """Prove that WHEELS, anybody's, are what their names say.

    Nothing is run. Ends with status 6 when one is not.
    """
    session = context.ensure_object(Session)
    reports = session.services.audit(wheels, strict=strict)
    status = ExitStatus.OK if all(report.ok for report in reports) else ExitStatus.AUDIT
    if session.json:
        session.document(status, reports=[report.as_json() for report in reports])
    else:
        rows = []
        for report in reports:
            found = [(f.severity.value, f.check, f.member, f.what) for f in report.findings]
            rows += [(report.wheel.name, *row) for row in found or [("ok", "", "", "")]]
        print_table(("wheel", "result", "check", "file", "what"), rows)
    context.exit(int(status))
