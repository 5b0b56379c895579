"""What benchmarks that compare several sides share: timing, and tables of medians and of ratios within each round."""

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
class Taken:
    """What something took: seconds of the clock, and of processors in all its processes."""

    clock: float = 0.0
    processors: float = 0.0

    def __add__(self, other: Taken) -> Taken:
        return Taken(self.clock + other.clock, self.processors + other.processors)


Round = Mapping[str, Taken]
"""What each side took for the same work, one after the other."""


def timed(
    *words: str | Path, cwd: str | Path | None = None, path: Sequence[str | Path] = (), **variables: str
) -> Taken:
    """Run a command and say what it took, with what this process did for it meanwhile.

    :param path: directories to stand first on ``PATH``; this Python's own comes after them.
    """
    # People's Pythons keep bytecode; a setting of this shell would have one side or the other compile it every time.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    directories = ":".join(map(str, (*path, Path(sys.executable).parent, os.environ["PATH"])))
    environment = {**kept, "PATH": directories, **variables}
    before, started = _processors(), time.perf_counter()
    ended = subprocess.run(words, check=False, cwd=cwd, capture_output=True, env=environment)
    taken = Taken(time.perf_counter() - started, _processors() - before)
    if ended.returncode:
        sys.stderr.write((ended.stdout + ended.stderr).decode("utf-8", "replace"))
        raise SystemExit(f"failed: {' '.join(map(str, words))}")
    return taken


def _processors() -> float:
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def print_tables(found: Mapping[str, Sequence[Round]], ratios: Iterable[tuple[str, str]]) -> None:
    """Two tables, of processors and of the clock: each side's median, and the medians of ratios within a round.

    :param ratios: pairs of sides, the slower one first.
    """
    sides = list(dict.fromkeys(side for rounds in found.values() for side in rounds[0]))
    pairs = [pair for pair in ratios if set(pair) <= set(sides)]
    for kind in ("processors", "clock"):
        print(f"\n| {kind} | {' | '.join([f'{side}, s' for side in sides] + [f'{a} : {b}' for a, b in pairs])} |")
        print("|---" * (1 + len(sides) + len(pairs)) + "|")
        for name, rounds in found.items():
            numbers = [{side: getattr(taken, kind) for side, taken in one.items()} for one in rounds]
            cells = [_median([one[side] for one in numbers if side in one], 3) for side in sides]
            cells += [_median([one[a] / one[b] for one in numbers if a in one and b in one], 2) for a, b in pairs]
            print(f"| {name} | {' | '.join(cells)} |")


def _median(numbers: Sequence[float], places: int) -> str:
    return f"{statistics.median(numbers):.{places}f}" if numbers else ""
