"""Build every project below some directories, natively and for other platforms, and print a table.

    python tools/build_projects.py DIRECTORY… [--target linux-riscv64 …] [--python 3.13] [--only NAME …] [--json FILE]

For the test packages of build backends: those that build here should build for every target. A project is a
directory with a ``pyproject.toml`` or ``setup.py``; uv builds it natively, and crosswheel for the targets, which
tests the wheel where a runner can.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import crosswheel
from crosswheel.building.options import BuildOptions
from crosswheel.environments.packages import uv_program
from crosswheel.host import Host
from crosswheel.host.files import temporary_directory
from crosswheel.host.trees import clone_tree
from crosswheel.pythons import find_build_python
from crosswheel.targets import PythonVersion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TARGETS = ("linux-riscv64", "pyodide", "win-amd64")
_PROJECT_FILES = ("pyproject.toml", "setup.py")


@dataclass(frozen=True)
class Attempt:
    """What became of one project on one target; ``native`` stands for this machine.

    :param outcome: ``tested``, ``audited``, ``untested``, ``built`` or ``failed``.
    :param reason: of a failure, or what the build lost.
    """

    project: str
    target: str
    outcome: str
    reason: str = ""


def projects(directories: Sequence[Path]) -> Iterator[Path]:
    """Yield the projects directly below some directories, in alphabetical order."""
    for directory in directories:
        for path in sorted(directory.iterdir()):
            if any((path / name).is_file() for name in _PROJECT_FILES):
                yield path


def build_natively(host: Host, project: Path, python: str, output: Path) -> Attempt:
    """Build a wheel for this machine with uv, as its users do."""
    with temporary_directory() as work:
        clone_tree(project, work / project.name)
        interpreter = find_build_python(host, PythonVersion.parse(python)).executable
        command = (uv_program(host), "build", "--wheel", "--quiet", "--python", interpreter, "--out-dir", output)
        result = host.run(*command, work / project.name, cwd=work)
    lines = [line.strip() for line in result.stderr.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    reason = "" if result.ok else next(iter((*errors, *reversed(lines))), f"status {result.status}")
    return Attempt(project.name, "native", "built" if result.ok else "failed", reason[:200])


def cross_build(host: Host, project: Path, targets: Sequence[str], python: str, output: Path) -> Iterator[Attempt]:
    """Build a project for other platforms."""
    for target in targets:
        options = BuildOptions(output_directory=output / target, test=True)
        (result,) = crosswheel.build([str(project)], targets=[target], pythons=[python], options=options, host=host)
        lost = "; ".join(loss.what for loss in result.degraded)
        reason = result.error.what if result.error else lost or (result.remark if result.stage == "untested" else "")
        yield Attempt(project.name, target, result.stage.value, reason)


def main() -> int:
    """Print the table; return 1 if a project that builds natively fails for a target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", nargs="+", type=Path)
    parser.add_argument("--target", action="append", default=[])
    parser.add_argument("--python", default="3.13")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    host, targets, differing = Host.detect(), options.target or list(_TARGETS), 0
    attempts: list[Attempt] = []
    print(f"{'project':<40} {'native':<10} {' '.join(f'{target:<16}' for target in targets)}", flush=True)
    with temporary_directory() as output:
        for project in projects(options.directories):
            if options.only and project.name not in options.only:
                continue
            native = build_natively(host, project, options.python, output / "native")
            row = [native]
            if native.outcome == "built":
                row += cross_build(host, project.absolute(), targets, options.python, output)
            attempts += row
            outcomes = " ".join(f"{attempt.outcome:<16}" for attempt in row[1:])
            print(f"{project.name:<40} {native.outcome:<10} {outcomes}", flush=True)
            for attempt in row:
                if attempt.reason:
                    print(f"    {attempt.target}: {attempt.reason}", flush=True)
            differing += any(attempt.outcome == "failed" for attempt in row[1:])
    if options.json:
        options.json.write_text(json.dumps([asdict(attempt) for attempt in attempts], indent=1) + "\n", "utf-8")
    return int(differing > 0)


if __name__ == "__main__":
    raise SystemExit(main())
