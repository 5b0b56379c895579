"""What sealing costs: builds of one package, sealed and unsealed in turn, and single programs.

``python benchmarks/sealed.py [REQUIREMENT] [--target TARGET] [--python VERSION] [--rounds N]``

Prints the medians of the differences between the two builds of each round, in wall-clock time and in the time of
processors, of which other programs on the machine take less away: for the first build of a command, with the part that
is done once, and for each further one; and the same for programs that do nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import resource
import statistics
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

import crosswheel
from crosswheel import BuildOptions
from crosswheel.host import Host
from crosswheel.host.files import temporary_directory
from crosswheel.sealing import Sandbox, Seal, SealSupport, find_support, open_sandbox

PROGRAM_RUNS = 40
FURTHER = 4
"""Further builds of one command."""
Round = tuple[tuple[float, float], tuple[float, float]]
"""Wall-clock and processors' seconds, sealed and unsealed."""
_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Become the parent of processes whose own parents end: bubblewrap does not wait for the last process of a seal."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def cost(work: Callable[[], object]) -> tuple[float, float]:
    """Return the wall-clock seconds and the processors' seconds of work, with all programs that it starts.

    It is done in a process of its own, with whose end the supervisor of its programs ends.
    """
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    worker = os.fork()
    if not worker:
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    seconds = 0.0
    with contextlib.suppress(ChildProcessError):
        while True:
            ended, status = os.waitpid(-1, 0)
            if ended == worker:
                seconds = time.perf_counter() - started
                assert status == 0, "see above"
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def build(requirement: str, target: str, python: str, out: Path, *, times: int = 1, unsealed: bool) -> None:
    options = BuildOptions(output_directory=out, rebuild=True, unsealed=unsealed)
    for _ in range(times):
        (result,) = crosswheel.build([requirement], targets=[target], pythons=[python], options=options)
        assert result.error is None, result.error
        assert result.seal.sealed is not unsealed, result.seal.reason


def report(name: str, rounds: list[Round]) -> None:
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
        cost(partial(build, *what, unsealed=True))  # fills the caches
        single = [_round(partial(build, *what)) for _ in range(arguments.rounds)]
        several = [_round(partial(build, *what, times=1 + FURTHER)) for _ in range(arguments.rounds)]
        report("first build", single)
        report("further one", [_further(*rounds) for rounds in zip(single, several, strict=True)])
        programs = partial(run_programs, support)
        report(f"{PROGRAM_RUNS} programs", [_round(programs) for _ in range(arguments.rounds)])


def run_programs(support: SealSupport, *, unsealed: bool) -> None:
    host = Host.detect()
    with temporary_directory() as work, open_sandbox(host, work, Seal(support)) as sealed:
        env = {**sealed.environ(), "PATH": sealed.path()}
        sandbox = Sandbox(host, work) if unsealed else sealed
        for _ in range(PROGRAM_RUNS):
            assert sandbox.run("true", cwd=work, env=env).ok


def _further(single: Round, several: Round) -> Round:
    """Return the costs of one more build of a command."""
    sealed, unsealed = (
        tuple((more - one) / FURTHER for one, more in zip(*pair, strict=True))
        for pair in zip(single, several, strict=True)
    )
    return (sealed[0], sealed[1]), (unsealed[0], unsealed[1])


def _round(work: Callable[..., None]) -> Round:
    unsealed = cost(lambda: work(unsealed=True))
    return cost(lambda: work(unsealed=False)), unsealed


if __name__ == "__main__":
    main()
