"""Measure the wall-clock time of building a tiny extension module with warm caches: crosswheel's own overhead.

    python benchmarks/fixed_cost.py --runs 10

Each run is compared with ``uv build`` of the same project for this machine, in a new environment by uv.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from crosswheel.host import Host
from crosswheel.pythons import find_build_python
from crosswheel.targets import PythonVersion

PYPROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "nothing"
version = "1.0"
[tool.setuptools]
ext-modules = [{name = "nothing", sources = ["nothing.c"]}]
"""
SOURCE = """
#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "nothing", 0, -1, 0};
PyMODINIT_FUNC PyInit_nothing(void) { return PyModule_Create(&module); }
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--target", default="linux-riscv64")
    parser.add_argument("--python", default="3.13")
    options = parser.parse_args()
    interpreter = find_build_python(Host.detect(), PythonVersion.parse(options.python)).executable
    pairs = []
    for number in range(options.runs + 1):
        cross = timed(
            sys.executable,
            "-m",
            "crosswheel",
            "build",
            ".",
            "--rebuild",
            "-q",
            "-t",
            options.target,
            "-p",
            options.python,
        )
        native = timed("uv", "build", "--wheel", "-q", "--python", str(interpreter))
        if number:  # the first pair fills the caches
            pairs.append((cross, native))
    cross, native = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"crosswheel build: {cross:.2f} s; uv build: {native:.2f} s; ratio {ratio:.2f} ({options.runs} pairs)")


def timed(*command: str) -> float:
    with tempfile.TemporaryDirectory() as work:
        Path(work, "pyproject.toml").write_text(PYPROJECT)
        Path(work, "nothing.c").write_text(SOURCE)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        started = time.perf_counter()
        subprocess.run(command, check=True, cwd=work, capture_output=True, env={**os.environ, "PATH": path})
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
