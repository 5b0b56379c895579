"""Build, audit and run a corpus of real packages for several targets.

The corpus is a TOML file with a table `packages`; each has a `version` and a `check`, Python code that must run on the
target. Wheels of earlier packages are the dependencies of later ones. The result is `audited` if there is no Python for
the target.
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
"""Some checks use importlib.util without importing it, which works only if another module has imported it."""
_SUFFIX = ".so"
"""The suffix of extension modules in checks."""


@dataclass(frozen=True)
class Row:
    """The result of one package for one target."""

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
    selected = {name: row for name, row in packages.items() if name in (only or packages)}
    for target in targets:
        yield from map(asdict, _measure_target(host, target, python, selected, wheels / target))


def _measure_target(host: Host, target: str, python: str, packages: Mapping[str, Any], wheels: Path) -> Iterator[Row]:
    requirements = {f"{name}=={row['version']}": name for name, row in packages.items()}
    # A cached wheel would take no time.
    options = BuildOptions(output_directory=wheels, rebuild=True)
    results = crosswheel.build(list(requirements), targets=[target], pythons=[python], options=options, host=host)
    for requirement, result in zip(requirements, results, strict=True):
        name = requirements[requirement]
        started = time.monotonic()
        check, note = _check_for(result.target, str(packages[name]["check"]))
        outcome, remark = _run_check(host, result, check, wheels)
        remark = "; ".join(filter(None, (remark, note)))
        seconds = sum(result.seconds.values())
        checked = time.monotonic() - started
        print(f"{requirement:28} {target:16} {outcome:9} {seconds:6.1f} s + {checked:.1f} s  {remark}", flush=True)
        yield Row(requirement, str(result.target), python, outcome, remark, round(seconds, 1))


def _check_for(target: Target, check: str) -> tuple[str, str]:
    """Return a check with the target's suffix of extension modules, and a remark if that differs."""
    suffix = target.system.suffix
    adapted = check.replace(f"endswith({_SUFFIX!r})", f"endswith({suffix!r})")
    return adapted, "" if adapted == check else f"checked for {suffix} instead of {_SUFFIX}"


def _run_check(host: Host, result: WheelResult, check: str, wheels: Path) -> tuple[str, str]:
    if result.error is not None or result.wheel is None:
        return "failed", result.error.what if result.error else "no wheel"
    index = IndexSettings.load(host.environ, {})
    plan = TestPlan(
        commands=(f"python -c {shlex.quote(PRELUDE + check)}",),
        find_links=(str(wheels.absolute()),),
        install_options=index.uv_options(),
        timeout=900,
    )
    tested = test_wheel(host, result.wheel, result.target, result.python, plan)
    if tested.outcome is TestOutcome.PASSED:
        return "passed", result.remark
    if tested.outcome is TestOutcome.UNTESTED:
        return "audited", f"untested: {tested.reason}"
    return "failed", tested.reason[:300]
