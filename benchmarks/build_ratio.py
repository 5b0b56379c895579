"""Whole builds through the same front end: cross to riscv64 with zig against native with the machine's gcc.

    python benchmarks/build_ratio.py markupsafe==3.0.4 ujson==6.1.0 --runs 3

The native build is `uv build --wheel` of the same sdist with gcc, compile jobs as setuptools has them. Environments,
indexes and compilers are warm: one run of each is not counted. Ratios are pair by pair, A B A B.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("requirements", nargs="+")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--target", default="linux-riscv64")
    parser.add_argument("--python", default="3.13")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    rows = [measure(r, options.target, options.python, options.runs) for r in options.requirements]
    print("| package | native gcc, s | cross zig, s | ratio (median of pairs) |\n|---|---|---|---|")
    for row in rows:
        print(f"| {row['package']} | {row['native']:.2f} | {row['cross']:.2f} | {row['ratio']:.2f} |")
    if options.output:
        options.output.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


def measure(requirement: str, target: str, python: str, runs: int) -> dict[str, object]:
    """Median seconds of both, and the median of the ratios of neighbouring runs."""
    pairs = []
    for number in range(runs + 1):
        native, cross = timed(native_build, requirement, python), timed(cross_build, requirement, target, python)
        if number:
            pairs.append((native, cross))
    ratio = statistics.median(cross / native for native, cross in pairs)
    return {
        "package": requirement,
        "native": statistics.median(native for native, _ in pairs),
        "cross": statistics.median(cross for _, cross in pairs),
        "ratio": ratio,
        "pairs": pairs,
    }


def timed(function, *arguments: str) -> float:  # type: ignore[no-untyped-def]
    with tempfile.TemporaryDirectory() as work:
        started = time.perf_counter()
        function(*arguments, Path(work))
        return time.perf_counter() - started


def cross_build(requirement: str, target: str, python: str, work: Path) -> None:
    run(sys.executable, "-m", "crosswheel", "build", requirement, "-t", target, "-p", python, "-o", str(work), "-q")


def native_build(requirement: str, python: str, work: Path) -> None:
    """The native build of the same sdist, through pip's front end with uv's environments."""
    code = (
        "import sys; from pathlib import Path; from crosswheel.host import Host;"
        "from crosswheel.sources.fetch import fetch;"
        "from crosswheel.sources.index import IndexSettings; from crosswheel.sources.model import SourceRequest;"
        "h = Host.detect(); s = IndexSettings.of(h.environ, {});"
        "print(fetch(h, SourceRequest.parse(sys.argv[1]), s, Path(sys.argv[2])).path)"
    )
    sdist = run(sys.executable, "-c", code, requirement, str(work)).strip()
    environ = {**os.environ, "CC": "gcc", "CXX": "g++"}
    run("uv", "build", "--wheel", "--quiet", "--python", python, "--out-dir", str(work / "out"), sdist, env=environ)


def run(*words: str, env: dict[str, str] | None = None) -> str:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environ = {**(env or os.environ), "PATH": path}
    return subprocess.run(words, check=True, capture_output=True, text=True, env=environ).stdout


if __name__ == "__main__":
    main()
