"""Compare whole builds: cross builds for riscv64 with zig, and native builds with the machine's gcc.

    python benchmarks/build_ratio.py markupsafe==3.0.4 ujson==6.1.0 --runs 3

Both run `crosswheel build`, the native one with `--target native --toolchain gcc`. A warm-up run of each, which fills
the caches, is not counted. The runs alternate (A B A B), and ratios are computed per pair.
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
    parser.add_argument("--warm-ups", type=int, default=1)
    parser.add_argument("--target", default="linux-riscv64")
    parser.add_argument("--python", default="3.13")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    rows = [measure(requirement, options) for requirement in options.requirements]
    print("| package | native gcc, s | cross zig, s | ratio (median of pairs) |\n|---|---|---|---|")
    for row in rows:
        print(f"| {row['package']} | {row['native']:.2f} | {row['cross']:.2f} | {row['ratio']:.2f} |")
    if options.output:
        options.output.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


def measure(requirement: str, options: argparse.Namespace) -> dict[str, object]:
    """Return the median seconds of both, and the median of the ratios of each pair."""
    pairs = []
    for number in range(options.warm_ups + options.runs):
        native = timed(requirement, options.python, "-t", "native", "--toolchain", "gcc")
        cross = timed(requirement, options.python, "-t", options.target)
        if number >= options.warm_ups:
            pairs.append((native, cross))
    ratio = statistics.median(cross / native for native, cross in pairs)
    return {
        "package": requirement,
        "native": statistics.median(native for native, _ in pairs),
        "cross": statistics.median(cross for _, cross in pairs),
        "ratio": ratio,
        "pairs": pairs,
    }


def timed(requirement: str, python: str, *args: str) -> float:
    with tempfile.TemporaryDirectory() as work:
        started = time.perf_counter()
        build(requirement, python, Path(work), *args)
        return time.perf_counter() - started


def build(requirement: str, python: str, work: Path, *args: str) -> None:
    run(
        sys.executable,
        "-m",
        "crosswheel",
        "build",
        requirement,
        "--rebuild",
        "-p",
        python,
        "-o",
        str(work),
        "-q",
        *args,
    )


def run(*command: str) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "PATH": path})


if __name__ == "__main__":
    main()
