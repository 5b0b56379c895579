"""Build, audit and run a corpus of real packages for several targets.

The corpus has a table `packages` with a `version` and a `check` each: code that must run on the target. Wheels of
earlier packages serve as dependencies of later ones. A row is `audited` where there is no Python to run it on.
"""

from __future__ import annotations

import shlex
import time
import tomllib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import crosswheel
from crosswheel.building.options import BuildOptions
from crosswheel.building.results import WheelResult
from crosswheel.host import Host
from crosswheel.sources.index_settings import IndexSettings
from crosswheel.testing import TestOutcome, TestPlan, test_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

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


def measure(
    host: Host, corpus: Path, targets: Sequence[str], only: Sequence[str], python: str, wheels: Path
) -> Iterator[dict[str, Any]]:
    """Yield a row for each package of a corpus file and each target; all packages if ``only`` is empty."""
    packages = tomllib.loads(corpus.read_text("utf-8"))["packages"]
    chosen = {name: row for name, row in packages.items() if name in (only or packages)}
    for target in targets:
        yield from map(asdict, _one_target(host, target, python, chosen, wheels / target))


def _one_target(host: Host, target: str, python: str, packages: Mapping[str, Any], place: Path) -> Iterator[Row]:
    requirements = {f"{name}=={row['version']}": name for name, row in packages.items()}
    # A wheel from the cache would be measured as built in no time.
    options = BuildOptions(output_directory=place, rebuild=True)
    results = crosswheel.build(list(requirements), targets=[target], pythons=[python], options=options, host=host)
    for requirement, result in zip(requirements, results, strict=True):
        name = requirements[requirement]
        started = time.monotonic()
        check, told = _check_for(result.target, str(packages[name]["check"]))
        outcome, remark = _checked(host, result, check, place)
        remark = "; ".join(filter(None, (remark, told)))
        seconds = sum(result.seconds.values())
        checked = time.monotonic() - started
        print(f"{requirement:28} {target:16} {outcome:9} {seconds:6.1f} s + {checked:.1f} s  {remark}", flush=True)
        yield Row(requirement, str(result.target), python, outcome, remark, round(seconds, 1))


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
