"""``crosswheel audit``."""

from __future__ import annotations

from pathlib import Path

import click

from crosswheel.cli.options import json_option
from crosswheel.cli.render import print_table
from crosswheel.cli.session import Session
from crosswheel.errors import ExitStatus


@click.command()
@click.argument("wheels", nargs=-1, required=True, type=click.Path(exists=True, readable=False, path_type=Path))
@click.option("--strict", is_flag=True, help="Apply the stricter rules for crosswheel's own wheels.")
@json_option
@click.pass_context
def audit(context: click.Context, wheels: tuple[Path, ...], *, strict: bool) -> None:
    """Check WHEELS against their platform tags and metadata.

    Does not run code of the wheels. Exits with status 6 if a wheel has errors or cannot be read.
    """
    session = context.ensure_object(Session)
    reports = session.services.audit(wheels, strict=strict)
    status = ExitStatus.OK if all(report.ok for report in reports) else ExitStatus.AUDIT
    if session.json:
        session.document(status, reports=[report.as_json() for report in reports])
    else:
        rows = []
        for report in reports:
            findings = [(f.severity.value, f.check, f.member, f.what) for f in report.findings]
            rows += [(report.wheel.name, *row) for row in findings or [("ok", "", "", "")]]
        print_table(("wheel", "result", "check", "file", "what"), rows)
    context.exit(int(status))
