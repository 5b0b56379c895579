"""``crosswheel cross-env``."""

from __future__ import annotations

from pathlib import Path

import click

from crosswheel.cli.options import json_option
from crosswheel.cli.render import print_table
from crosswheel.cli.session import Session
from crosswheel.errors import ExitStatus


@click.command("cross-env")
@click.argument("names", nargs=-1)
@click.option("-t", "--target", required=True, help="Platform tag or alias of the target.")
@click.option("-p", "--python", metavar="VERSION", help="Python version. [default: the one crosswheel runs on]")
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Archive file.")
@click.option("--toolchain", default="zig", show_default=True, help="Compilers that the builds used.")
@json_option
@click.pass_context
def cross_env(
    context: click.Context, names: tuple[str, ...], *, target: str, python: str | None, output: Path, toolchain: str
) -> None:
    """Export the cross build environment of a target: the target-specific files of build requirements.

    The archive contains the files that earlier builds for the target determined, for all packages or for NAMES only.
    Use it on other machines with `crosswheel build --cross-env`.
    """
    session = context.ensure_object(Session)
    overlays = session.services.cross_env(output, target, python=python, names=names, toolchain=toolchain)
    if session.json:
        session.document(ExitStatus.OK, archive=str(output), overlays=[overlay.as_json() for overlay in overlays])
        return
    print_table(
        ("package", "version", "compared with", "target-specific"),
        [(row.name, row.version, row.origin.value, "yes" if row.difference else "no") for row in overlays],
    )
