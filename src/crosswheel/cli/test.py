"""``crosswheel test``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from crosswheel.cli.options import common, make_host
from crosswheel.cli.output import print_json, print_table
from crosswheel.errors import ExitStatus, UsageError
from crosswheel.host.machine import native_alias, running_python
from crosswheel.sources.index import IndexSettings
from crosswheel.targets import PythonVersion, find_target
from crosswheel.testing import Outcome, TestPlan, test_wheel
from crosswheel.toolchains.catalogue import find_toolchain
from crosswheel.wheels.archive import WheelName
from crosswheel.wheels.policies import target_of


@click.command()
@click.argument("wheels", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--command", "commands", multiple=True, help="Command to run; {wheel} and {project} are filled in.")
@click.option("--requires", multiple=True, help="Requirement of the commands.")
@click.option("-p", "--python", help="Python version, for wheels that run on several.")
@click.option("-f", "--find-links", multiple=True, help="Directory with wheels of dependencies.")
@click.option("--project", type=click.Path(exists=True, file_okay=False), default=".", help="What {project} means.")
@click.option("--timeout", type=float, help="Seconds for each step.")
@common
def test(
    wheels: tuple[Path, ...], *, commands: tuple[str, ...], requires: tuple[str, ...], python: str | None,
    find_links: tuple[str, ...], project: str, timeout: float | None, offline: bool, verbosity: int, as_json: bool,
    jobs: int | None,
) -> None:  # fmt: skip
    """Run WHEELS on their target: install them in a fresh environment, import them, run commands."""
    host = make_host(offline=offline, verbosity=verbosity, jobs=jobs)
    index = IndexSettings.of(host.environ, {})
    rows: list[dict[str, Any]] = []
    for wheel in wheels:
        name = WheelName.parse(wheel.name)
        plan = TestPlan(
            commands, requires, (str(wheel.absolute().parent), *find_links), index.uv_options(), index.uv_environ(),
            str(Path(project).absolute()), timeout,
        )  # fmt: skip
        with host.progress.step(f"testing {wheel.name}"):
            result = test_wheel(host, wheel.absolute(), _target(host, name), _version(name, python), plan)
        if result.outcome is Outcome.FAILED:
            host.progress.note(result.said)
        rows.append({"wheel": str(wheel), **result.as_json()})
    if as_json:
        print_json(rows)
    else:
        print_table(
            ("wheel", "result", "reason", "on"),
            [(Path(r["wheel"]).name, r["outcome"], r["reason"], r["interpreter"]) for r in rows],
        )
    if any(row["outcome"] == Outcome.FAILED.value for row in rows):
        raise click.exceptions.Exit(int(ExitStatus.TEST))


def _target(host: Any, name: WheelName) -> Any:
    if name.is_pure:
        return find_target("native", find_toolchain(host, "zig"), native=native_alias())
    for tag in name.platforms:
        if target := target_of(tag):
            return target
    raise UsageError(f"cannot run wheels for {', '.join(name.platforms)}", where=str(name))


def _version(name: WheelName, asked: str | None) -> PythonVersion:
    if asked:
        return PythonVersion.parse(asked)
    if "abi3" not in name.abis and name.abis != ("none",):
        return PythonVersion.parse(name.abis[0])
    return PythonVersion.parse(running_python())
