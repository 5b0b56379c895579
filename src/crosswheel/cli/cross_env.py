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
@click.option("-p", "--python", metavar="VERSION", help="3.13, 3.13t; the one crosswheel runs on if not given.")
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The archive.")
@click.option("--toolchain", default="zig", show_default=True, help="The compilers that were used.")
@json_option
@click.pass_context
def cross_env(
    context: click.Context, names: tuple[str, ...], *, target: str, python: str | None, output: Path, toolchain: str
) -> None:
    """Write the cross build environment of a target into one archive: the target's files of build requirements.

    They are what builds for that target left behind; of all packages, or of NAMES only. `crosswheel build --cross-env`
    uses the archive elsewhere.
    """
    session = context.ensure_object(Session)
    overlays = session.services.cross_env(output, target, python=python, names=names, toolchain=toolchain)
    if session.json:
        session.document(ExitStatus.OK, archive=str(output), overlays=[overlay.as_json() for overlay in overlays])
        return
    print_table(
        ("package", "version", "compared with", "the target's own"),
        [(found.name, found.version, found.origin.value, "yes" if found.difference else "no") for found in overlays],
    )
