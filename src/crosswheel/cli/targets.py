"""``crosswheel targets``."""

from __future__ import annotations

from pathlib import Path

import click

from crosswheel.cli.options import json_option
from crosswheel.cli.render import print_table
from crosswheel.cli.session import Session
from crosswheel.errors import ExitStatus


@click.command()
@click.option("--toolchain", default="zig", show_default=True, help="The compilers to ask.")
@click.option(
    "--toolchain-prefix", type=click.Path(path_type=Path), help="Where a cross gcc or clang lies, or an emsdk."
)
@json_option
@click.pass_context
def targets(context: click.Context, *, toolchain: str, toolchain_prefix: Path | None) -> None:
    """List what can be built here, and with which Pythons it can be tested here."""
    session = context.ensure_object(Session)
    surveys = session.services.survey(session.host(), toolchain, toolchain_prefix)
    if session.json:
        session.document(ExitStatus.OK, targets=[found.as_json() for found in surveys])
        return
    print_table(
        ("alias", "target", "build", "test"),
        [
            (
                found.target.alias,
                str(found.target),
                found.toolchain if found.build.available else f"no: {found.build.reason}",
                ", ".join(f"{version} ({how})" for version, how in found.tests.items()) or f"no: {found.untested}",
            )
            for found in surveys
        ],
    )
