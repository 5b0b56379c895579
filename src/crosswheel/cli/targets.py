"""``crosswheel targets``."""

from __future__ import annotations

import click

from crosswheel.cli.output import print_json, print_table
from crosswheel.emulators import find_emulator
from crosswheel.host import Host
from crosswheel.pythons.discover import supported_versions
from crosswheel.targets import all_targets
from crosswheel.toolchains.catalogue import find_toolchain


@click.command()
@click.option("--toolchain", default="zig", help="zig or gcc.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def targets(*, toolchain: str, as_json: bool) -> None:
    """List what can be built here, and what of it can be tested here."""
    host = Host.detect()
    found = find_toolchain(host, toolchain)
    rows = []
    for target in all_targets(found):
        support = found.support(target)
        tested = {str(v): find_emulator(host, target, v) for v in supported_versions()}
        usable = [version for version, (_, answer) in tested.items() if answer.available]
        how = next((emulator.name for emulator, answer in tested.values() if answer.available), "")
        reason = "" if usable else next(iter(tested.values()))[1].reason
        rows.append(
            {"alias": target.alias, "target": str(target), "build": support.available, "why_not": support.reason,
             "test": usable, "with": how, "untested": reason}
        )  # fmt: skip
    if as_json:
        print_json(rows)
        return
    print_table(
        ("alias", "target", "build", "test", "with"),
        [
            (str(r["alias"]), str(r["target"]), "yes" if r["build"] else str(r["why_not"]),
             ", ".join(r["test"]) or str(r["untested"]), str(r["with"]))
            for r in rows
        ],
    )  # fmt: skip
