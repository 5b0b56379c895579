"""Build, prove and run a corpus of real packages for several targets; the table in Markdown and JSON.

    python tools/corpus.py CORPUS.toml --target linux-riscv64 --target musl-aarch64 --output docs/measured/corpus

The corpus has a table `packages` with a `version` and a `check` each: code that must run on the target. Wheels of
earlier packages serve the later ones' dependencies. Untested is said where the target's Python cannot be had.
"""

from __future__ import annotations

import argparse
import json
import shlex
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import crosswheel
from crosswheel.building.options_model import BuildOptions, WheelResult
from crosswheel.host import Host
from crosswheel.sources.index import IndexSettings
from crosswheel.testing import TestOutcome, TestPlan, test_wheel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.targets import Target

PRELUDE = "import importlib.util; "
"""Some checks use it without importing it, which works only where something else did."""
_NAMED = ".so"
"""How the names of modules end in checks."""


@dataclass(frozen=True)
class Row:
    """One package for one target."""

    package: str
    target: str
    python: str
    result: str
    remark: str
    seconds: float


def main() -> None:
    """Read the corpus, build it target by target, write the tables after each."""
    options = _arguments()
    packages = tomllib.loads(options.corpus.read_text("utf-8"))["packages"]
    if options.only:
        packages = {name: row for name, row in packages.items() if name in options.only}
    rows = _earlier(options.output)
    for target in options.target:
        for row in _one_target(target, options.python, packages, options.wheels):
            rows[row.package, row.target] = row
        _write(options.output, list(rows.values()))
    print((options.output.with_suffix(".md")).read_text("utf-8"))


def _earlier(output: Path) -> dict[tuple[str, str], Row]:
    """The rows of earlier runs with the same output; those of this run take their places."""
    path = output.with_suffix(".json")
    found = [Row(**row) for row in json.loads(path.read_text("utf-8"))] if path.is_file() else []
    return {(row.package, row.target): row for row in found}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--target", action="append", required=True)
    parser.add_argument("--python", default="3.13")
    parser.add_argument("--only", action="append", help="packages to take, all if none is named")
    parser.add_argument("--wheels", type=Path, default=Path("dist/corpus"))
    parser.add_argument("--output", type=Path, default=Path("dist/corpus/table"))
    return parser.parse_args()


def _one_target(target: str, python: str, packages: Mapping[str, Any], wheels: Path) -> list[Row]:
    host = Host.detect()
    place = wheels / target
    requirements = {f"{name}=={row['version']}": name for name, row in packages.items()}
    results = crosswheel.build(
        list(requirements), targets=[target], pythons=[python], options=BuildOptions(output_directory=place), host=host
    )
    rows = []
    for requirement, result in zip(requirements, results, strict=True):
        name = requirements[requirement]
        started = time.monotonic()
        check, told = _check_for(result.target, str(packages[name]["check"]))
        outcome, remark = _checked(host, result, check, place)
        remark = "; ".join(filter(None, (remark, told)))
        seconds = sum(result.seconds.values())
        rows.append(Row(requirement, str(result.target), python, outcome, remark, round(seconds, 1)))
        print(
            f"{requirement:28} {target:16} {outcome:9} {seconds:6.1f} s + {time.monotonic() - started:.1f} s  {remark}"
        )
    return rows


def _check_for(target: Target, check: str) -> tuple[str, str]:
    """A check that asks for the file name of a module, for a target whose modules are named otherwise; and a remark."""
    suffix = target.system.suffix
    ours = check.replace(f"endswith({_NAMED!r})", f"endswith({suffix!r})")
    return ours, "" if ours == check else f"checked for {suffix} in the place of {_NAMED}"


def _checked(host: Host, result: WheelResult, check: str, place: Path) -> tuple[str, str]:
    if result.error is not None or result.wheel is None:
        return "failed", result.error.what if result.error else "no wheel"
    index = IndexSettings.load(host.environ, {})
    plan = TestPlan(
        commands=(f"python -c {shlex.quote(PRELUDE + check)}",),
        find_links=(str(place.absolute()),),
        install_options=index.uv_options(),
        timeout=900,
    )
    tested = test_wheel(host, result.wheel, result.target, result.python, plan)
    if tested.outcome is TestOutcome.PASSED:
        return "passed", result.remark
    if tested.outcome is TestOutcome.UNTESTED:
        return "audited", f"untested: {tested.reason}"
    return "failed", tested.reason[:300]


def _write(output: Path, rows: list[Row]) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    output.with_suffix(".json").write_text(json.dumps([vars(row) for row in rows], indent=1) + "\n", "utf-8")
    targets = list(dict.fromkeys(row.target for row in rows))
    packages = list(dict.fromkeys(row.package for row in rows))
    cells = {(row.package, row.target): row for row in rows}
    lines = ["# Package by package\n", "| package | " + " | ".join(targets) + " |", "|---" * (len(targets) + 1) + "|"]
    for package in packages:
        shown = [f"{r.result}, {r.seconds:.0f} s" if (r := cells.get((package, t))) else "" for t in targets]
        lines.append(f"| {package} | " + " | ".join(shown) + " |")
    good = {t: sum(row.result in {"passed", "audited"} for row in rows if row.target == t) for t in targets}
    tried = {t: sum(row.target == t for row in rows) for t in targets}
    lines.append("| **good** | " + " | ".join(f"{good[t]} of {tried[t]}" for t in targets) + " |")
    remarks = [f"- {r.package}, {r.target}: {r.remark}" for r in rows if r.result == "failed" or _NAMED in r.remark]
    output.with_suffix(".md").write_text("\n".join([*lines, "", *remarks]) + "\n", "utf-8")


if __name__ == "__main__":
    main()
