"""``crosswheel audit``."""

from __future__ import annotations

from pathlib import Path

import click

from crosswheel.cli.output import print_json, print_table
from crosswheel.errors import ExitStatus
from crosswheel.wheels.audit import Expectations, audit_wheel


@click.command()
@click.argument("wheels", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--strict", is_flag=True, help="Treat as errors what crosswheel allows only other people's wheels.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def audit(wheels: tuple[Path, ...], *, strict: bool, as_json: bool) -> None:
    """Prove that WHEELS, anybody's, are what their names say."""
    reports = [audit_wheel(wheel, Expectations(strict=strict)) for wheel in wheels]
    if as_json:
        print_json([report.as_json() for report in reports])
    else:
        print_table(
            ("wheel", "check", "severity", "file", "what"),
            [
                (report.wheel.name, finding.check, finding.severity.value, finding.member, finding.what)
                for report in reports
                for finding in report.findings
            ]
            or [("all", "", "ok", "", "nothing is wrong")],
        )
    if not all(report.ok for report in reports):
        raise click.exceptions.Exit(int(ExitStatus.AUDIT))
