"""``crosswheel targets``."""

from __future__ import annotations

from pathlib import Path

import click

from crosswheel.cli.options import json_option
from crosswheel.cli.render import print_table
from crosswheel.cli.session import Session
from crosswheel.errors import ExitStatus


@click.command()
@click.option("--toolchain", default="zig", show_default=True, help="Compilers to use.")
@click.option(
    "--toolchain-prefix",
    type=click.Path(path_type=Path),
    help="Directory of an installed cross gcc or clang, or of an emsdk.",
)
@json_option
@click.pass_context
def targets(context: click.Context, *, toolchain: str, toolchain_prefix: Path | None) -> None:
    """List targets, whether this machine can build for them, and the Pythons it can test."""
    session = context.ensure_object(Session)
    surveys = session.services.survey(session.host(), toolchain, toolchain_prefix)
    if session.json:
        session.document(ExitStatus.OK, targets=[entry.as_json() for entry in surveys])
        return
    print_table(
        ("alias", "target", "build", "test"),
        [
            (
                entry.target.alias,
                str(entry.target),
                entry.toolchain if entry.build.available else f"no: {entry.build.reason}",
                ", ".join(f"{version} ({how})" for version, how in entry.tests.items()) or f"no: {entry.untested}",
            )
            for entry in surveys
        ],
    )
