"""Timing commands, and tables that compare several sides by medians and by ratios within each round."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Duration:
    """Seconds of wall-clock time, and of processor time in all processes."""

    clock: float = 0.0
    processors: float = 0.0

    def __add__(self, other: Duration) -> Duration:
        return Duration(self.clock + other.clock, self.processors + other.processors)


Round = Mapping[str, Duration]
"""The durations of the same work by each side, one after the other."""


def timed(
    *command: str | Path, cwd: str | Path | None = None, path: Sequence[str | Path] = (), **variables: str
) -> Duration:
    """Run a command and return its duration, including this process's own processor time.

    :param path: directories to prepend to ``PATH``; this Python's directory follows them.
    :raises SystemExit: if the command fails.
    """
    # Python caches bytecode by default; this setting would make some sides compile their modules in every run.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    directories = ":".join(map(str, (*path, Path(sys.executable).parent, os.environ["PATH"])))
    environment = {**inherited, "PATH": directories, **variables}
    before, started = _processors(), time.perf_counter()
    result = subprocess.run(command, check=False, cwd=cwd, capture_output=True, env=environment)
    duration = Duration(time.perf_counter() - started, _processors() - before)
    if result.returncode:
        sys.stderr.write((result.stdout + result.stderr).decode("utf-8", "replace"))
        raise SystemExit(f"failed: {' '.join(map(str, command))}")
    return duration


def _processors() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def print_tables(results: Mapping[str, Sequence[Round]], ratios: Iterable[tuple[str, str]]) -> None:
    """Print two tables, for processor and wall-clock time: each side's median, and medians of ratios within a round.

    :param results: the rounds of each measured work, by its name.
    :param ratios: pairs of sides to divide, numerator first.
    """
    sides = list(dict.fromkeys(side for rounds in results.values() for side in rounds[0]))
    pairs = [pair for pair in ratios if set(pair) <= set(sides)]
    for kind, title in (("processors", "processor time"), ("clock", "wall-clock time")):
        print(f"\n| {title} | {' | '.join([f'{side}, s' for side in sides] + [f'{a} : {b}' for a, b in pairs])} |")
        print("|---" * (1 + len(sides) + len(pairs)) + "|")
        for name, rounds in results.items():
            numbers = [{side: getattr(duration, kind) for side, duration in one.items()} for one in rounds]
            cells = [_median([one[side] for one in numbers if side in one], 3) for side in sides]
            cells += [_median([one[a] / one[b] for one in numbers if a in one and b in one], 2) for a, b in pairs]
            print(f"| {name} | {' | '.join(cells)} |")


def _median(numbers: Sequence[float], places: int) -> str:
    return f"{statistics.median(numbers):.{places}f}" if numbers else ""
