"""Compare builds for Pyodide with emcc and with clang and wasm-ld directly.

    python benchmarks/emcc_ratio.py markupsafe==3.0.4 msgpack==1.2.4 ujson==6.1.0 regex==2026.11.15

The sides are `pyodide build`, the usual way to use emcc for this (`pyodide_build_root.py`), `crosswheel build
--toolchain emcc`, and `crosswheel build`; and, for whole builds, crosswheel with ``-Oz``, pyodide-build's optimization
level. They alternate (A B C A B C), with the same sdist; ratios are computed within each round. All use the same emcc:
Debian's, installed by `emcc_root.py`, or that of `--emsdk`. A warm-up round, which fills the caches, is not counted.
Compilers are called through the wrappers of a build. The calls of a package are those in the log of its build, repeated
one after the other without the checks of links. Processor time depends less on other load of the machine than
wall-clock time.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from emcc_root import make_emsdk
from packaging.requirements import Requirement
from pyodide_build_root import PyodideBuild, make_pyodide_build, small_project
from timing import Duration, Round, print_tables, timed

from crosswheel.host import Host
from crosswheel.host.archives import unpack
from crosswheel.host.machine import native_alias
from crosswheel.sources.find_sdist import find_sdist
from crosswheel.sources.index_settings import IndexSettings
from crosswheel.targets import find_target
from crosswheel.toolchains.model import CallSettings, TargetToolchain
from crosswheel.toolchains.select import find_toolchain
from crosswheel.toolchains.wrappers import run_wrappers

PYODIDE_BUILD, EMCC, DIRECT, SMALLER = "pyodide-build", "crosswheel, emcc", "crosswheel", "crosswheel -Oz"
OZ = "-DNDEBUG -Oz"  # setuptools uses them instead of its default flags
RATIOS = ((PYODIDE_BUILD, DIRECT), (PYODIDE_BUILD, SMALLER), (EMCC, DIRECT))
SOURCES = {
    "small.c": """\
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
__attribute__((visibility("default"))) int PyInit_small(void) { return printf("%d", (int)strlen(getenv("HOME"))); }
""",
    "small.cc": """\
#include <cstdint>
struct Base { virtual ~Base() {} virtual int64_t value() const = 0; };
struct Derived : Base { int64_t value() const override { return 2; } };
extern "C" int64_t call(Base *base) {
    if (!base) throw 1;
    base = new Derived;
    int64_t found = base->value();
    delete base;
    return found;
}
""",
    "large.cc": """\
#include <map>
#include <sstream>
#include <string>
#include <vector>
int large(int n) {
    std::map<std::string, std::vector<int>> found;
    for (int i = 0; i < n; i++) { std::ostringstream s; s << i; found[s.str()].push_back(i); }
    return (int)found.size();
}
""",
}
CALLS = {
    "compile C": "cc -O2 -c small.c -o small.o",
    "compile C++ without the library": "c++ -O2 -c small.cc -o small2.o",
    "compile C++ with map, sstream, string, vector": "c++ -O2 -c large.cc -o large.o",
    "link": "c++ -shared -O2 small.o small2.o large.o -o small.so",
}
_LINK_CHECK = re.compile(r" && \S+ -m crosswheel\.toolchains\.emscripten\.link_check .*")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("requirements", nargs="*")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--calls", type=int, default=15)
    parser.add_argument("--target", default="pyodide")
    parser.add_argument("--python", default="3.13")
    parser.add_argument("--emsdk", type=Path)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    host = Host.detect()
    options.emsdk = options.emsdk or make_emsdk(host)
    toolchains = {EMCC: prepare(host, "emcc", options), DIRECT: prepare(host, "zig", options)}
    pyodide_build = make_pyodide_build(host, toolchains[DIRECT], options.emsdk)
    with tempfile.TemporaryDirectory() as work:
        results = {"calls": single_calls(host, toolchains, pyodide_build, options.calls, Path(work)), "builds": {}}
    for requirement in options.requirements:
        with tempfile.TemporaryDirectory() as work:
            builds, calls = measure_package(host, requirement, pyodide_build, options, Path(work))
        results["builds"][requirement] = builds
        results["calls"][f"{requirement}, its calls"] = calls
    for rows in filter(None, results.values()):
        print_tables(rows, RATIOS)
    if options.output:
        plain = {
            title: {
                name: [{side: vars(duration) for side, duration in one.items()} for one in rounds]
                for name, rounds in rows.items()
            }
            for title, rows in results.items()
        }
        options.output.write_text(json.dumps(plain, indent=1) + "\n", "utf-8")


def prepare(host: Host, name: str, options: argparse.Namespace) -> TargetToolchain:
    toolchain = find_toolchain(host, name, options.emsdk if name == "emcc" else None)
    alias = f"{options.target}-{options.python}"
    return toolchain.prepare(find_target(alias, toolchain, native=native_alias()))


def rounds(count: int, sides: Mapping[str, Callable[[], Duration]]) -> list[Round]:
    """Run the sides in turn, and return the durations of ``count`` rounds; a first round is not counted."""
    return [{side: run() for side, run in sides.items()} for _ in range(1 + count)][1:]


def single_calls(
    host: Host, toolchains: Mapping[str, TargetToolchain], pyodide_build: PyodideBuild, count: int, work: Path
) -> dict[str, list[Round]]:
    """Measure calls that compile and link small sources."""
    project = small_project(work / "project")
    pyodide_build.build(project, work / "wheels")
    results: dict[str, list[Round]] = {}
    with ExitStack() as stack:
        wrappers = {
            side: stack.enter_context(
                run_wrappers(host, toolchain, CallSettings(), work / f"{side} tools", work / f"{side}.log")
            )
            for side, toolchain in toolchains.items()
        }

        def call(side: str, command: list[str]) -> Callable[[], Duration]:
            directory = work / side
            if side == PYODIDE_BUILD:
                return lambda: pyodide_build.call(project, *command, cwd=directory)
            return lambda: timed(wrappers[side][command[0]], *command[1:], cwd=directory)

        for side in (PYODIDE_BUILD, *toolchains):
            (work / side).mkdir()
            for name, text in SOURCES.items():
                (work / side / name).write_text(text, "utf-8")
        for name, text in CALLS.items():
            sides = (PYODIDE_BUILD, *toolchains)
            results[name] = rounds(count, {side: call(side, text.split()) for side in sides})
    return results


def measure_package(
    host: Host, requirement: str, pyodide_build: PyodideBuild, options: argparse.Namespace, work: Path
) -> tuple[list[Round], list[Round]]:
    """Measure whole builds of a package by all sides, and the calls alone of crosswheel's two toolchains."""
    sdist = find_sdist(host, Requirement(requirement), IndexSettings.load(host.environ, {}))[2]
    build_args = {
        EMCC: ("--toolchain", "emcc", "--toolchain-prefix", str(options.emsdk)),
        DIRECT: (),
        SMALLER: ("--env", f"CFLAGS={OZ}", "--env", f"CXXFLAGS={OZ}"),
    }
    trees = iter(unpack(sdist, work / f"tree{number}") for number in range(1 + options.runs))
    sides = {PYODIDE_BUILD: lambda: pyodide_build.build(next(trees), work / PYODIDE_BUILD)}
    for side, args in build_args.items():
        sides[side] = lambda side=side, args=args: build(sdist, options, work / side, *args)
    builds = rounds(options.runs, sides)
    contents = {side: modules(work / side) for side in sides}
    if not all(contents.values()) or len(set(contents.values())) > 1:
        raise SystemExit(f"the wheels do not contain the same modules: {contents}")
    replays = {}
    for side in (EMCC, DIRECT):
        directory = work / f"{side}, kept"
        directory.mkdir()
        build(sdist, options, directory, "--keep", *build_args[side])
        replays[side] = lambda directory=directory: replay_calls(directory)
    return builds, rounds(options.runs, replays)


def build(sdist: Path, options: argparse.Namespace, directory: Path, *more: str) -> Duration:
    directory.mkdir(exist_ok=True)
    args = [
        "-m",
        "crosswheel",
        "build",
        sdist,
        "--rebuild",
        "-t",
        options.target,
        "-p",
        options.python,
        "-q",
        "-o",
        directory,
        *more,
    ]
    return timed(sys.executable, *args, TMPDIR=str(directory), CROSSWHEEL_LOG_DIR=str(directory / "logs"))


def modules(directory: Path) -> frozenset[str]:
    """Return the extension modules in the only wheel of a directory."""
    (wheel,) = directory.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return frozenset(name for name in archive.namelist() if name.endswith(".so"))


def replay_calls(directory: Path) -> Duration:
    """Repeat the commands in the log of a kept build, without the checks of links, and return their duration."""
    log = next((directory / "logs").rglob("calls.log")).read_text("utf-8")
    commands = (_LINK_CHECK.sub("", line) for line in log.splitlines() if line.startswith("cd "))
    return sum((timed("/bin/sh", "-c", command) for command in commands), Duration())


if __name__ == "__main__":
    main()
