"""What sealing costs: builds of one package, sealed and unsealed in turn, and single programs.

``python benchmarks/sealed.py [REQUIREMENT] [--target TARGET] [--python VERSION] [--rounds N]``

Prints the medians of the differences between the two builds of each round, in wall-clock time and in the time of
processors, of which other programs on the machine take less away; and the same for a program that does nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import resource
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import crosswheel
from crosswheel import BuildOptions
from crosswheel.host import Host
from crosswheel.host.files import temporary_directory
from crosswheel.sealing import Sandbox, Seal, find_support, open_sandbox

PROGRAM_RUNS = 40
_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of processes whose own parents end: bubblewrap does not wait for the last process of a seal."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap() -> None:
    """Wait for the end of all children, whose time counts from then on."""
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)


def cost(work: Callable[[], object]) -> tuple[float, float]:
    """Return the wall-clock seconds and the processors' seconds of work, the programs that it starts included."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    before, started = [resource.getrusage(each) for each in who], time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    reap()
    after = [resource.getrusage(each) for each in who]
    spent = sum(b.ru_utime + b.ru_stime - a.ru_utime - a.ru_stime for a, b in zip(before, after, strict=True))
    return seconds, spent


def build(requirement: str, target: str, python: str, out: Path, *, unsealed: bool) -> None:
    options = BuildOptions(output_directory=out, rebuild=True, unsealed=unsealed)
    (result,) = crosswheel.build([requirement], targets=[target], pythons=[python], options=options)
    assert result.error is None, result.error
    assert result.seal.sealed is not unsealed, result.seal.reason


def report(name: str, rounds: list[tuple[tuple[float, float], tuple[float, float]]]) -> None:
    for number, unit in enumerate(("wall clock", "processors")):
        differences = [sealed[number] - unsealed[number] for sealed, unsealed in rounds]
        base = statistics.median(unsealed[number] for _, unsealed in rounds)
        extra = statistics.median(differences)
        print(
            f"{name:12} {unit:10} {base * 1000:8.1f} ms unsealed, {extra * 1000:+7.1f} ms sealed ({extra / base:+.1%})"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("requirement", nargs="?", default="markupsafe==3.0.2")
    parser.add_argument("--target", default="linux-riscv64")
    parser.add_argument("--python", default="3.13")
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    adopt_orphans()
    host = Host.detect()
    support = find_support(host)
    if not support.available:
        raise SystemExit(f"nothing to measure: {support.reason}")
    with temporary_directory() as work:
        what = (arguments.requirement, arguments.target, arguments.python, work / "dist")
        build(*what, unsealed=True)  # fills the caches
        report("build", [_round(partial(build, *what)) for _ in range(arguments.rounds)])
        with open_sandbox(host, work, Seal(support)) as sealed:
            env = {**sealed.environ(), "PATH": sealed.path()}

            def program(*, unsealed: bool) -> None:
                sandbox = Sandbox(host, work) if unsealed else sealed
                assert sandbox.run("true", cwd=work, env=env).ok

            report("program", [_round(program) for _ in range(PROGRAM_RUNS)])


def _round(work: Callable[..., None]) -> tuple[tuple[float, float], tuple[float, float]]:
    unsealed = cost(lambda: work(unsealed=True))
    return cost(lambda: work(unsealed=False)), unsealed


if __name__ == "__main__":
    main()
