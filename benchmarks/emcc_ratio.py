"""The same packages for Pyodide through emcc and through clang and wasm-ld directly, side by side in one run.

    python benchmarks/emcc_ratio.py markupsafe==3.0.4 msgpack==1.2.4 ujson==6.1.0 regex==2026.11.15

The sides are `pyodide build`, which is how emcc is used for this (`pyodide_build_root.py`), `crosswheel build
--toolchain emcc`, and `crosswheel build`; and, for whole builds, crosswheel with ``-Oz``, which is how pyodide-build
compiles everything. They take turns, A B C A B C, each from the same sdist; ratios are those within a round. The emcc
is one and the same: Debian's, made usable by `emcc_root.py`, unless `--emsdk` names another. Environments, indexes and
compilers are warm: one round is not counted. Calls are made through the wrappers that a build would use. A package's
calls are those its build made, one after another, run again from its log without the proofs of links. Processor seconds
bear other load on the machine better than those of a clock.
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
from timing import Round, Taken, print_tables, timed

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
OZ = "-DNDEBUG -Oz"  # setuptools takes them in place of the flags it would give
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
_PROOF = re.compile(r" && \S+ -m crosswheel\.toolchains\.emscripten\.check .*")


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
    kits = {EMCC: kit(host, "emcc", options), DIRECT: kit(host, "zig", options)}
    usual = make_pyodide_build(host, kits[DIRECT], options.emsdk)
    with tempfile.TemporaryDirectory() as work:
        found = {"calls": single_calls(host, kits, usual, options.calls, Path(work)), "builds": {}}
    for requirement in options.requirements:
        with tempfile.TemporaryDirectory() as work:
            builds, calls = package(host, requirement, usual, options, Path(work))
        found["builds"][requirement] = builds
        found["calls"][f"{requirement}, its calls"] = calls
    for rows in filter(None, found.values()):
        print_tables(rows, RATIOS)
    if options.output:
        plain = {
            title: {
                name: [{side: vars(taken) for side, taken in one.items()} for one in rounds]
                for name, rounds in rows.items()
            }
            for title, rows in found.items()
        }
        options.output.write_text(json.dumps(plain, indent=1) + "\n", "utf-8")


def kit(host: Host, name: str, options: argparse.Namespace) -> TargetToolchain:
    toolchain = find_toolchain(host, name, options.emsdk if name == "emcc" else None)
    alias = f"{options.target}-{options.python}"
    return toolchain.prepare(find_target(alias, toolchain, native=native_alias()))


def rounds(count: int, sides: Mapping[str, Callable[[], Taken]]) -> list[Round]:
    """Every side in turn, so many times, after once that is not counted."""
    return [{side: run() for side, run in sides.items()} for _ in range(1 + count)][1:]


def single_calls(
    host: Host, kits: Mapping[str, TargetToolchain], usual: PyodideBuild, count: int, work: Path
) -> dict[str, list[Round]]:
    """Calls of small sources."""
    project = small_project(work / "project")
    usual.build(project, work / "wheels")
    found: dict[str, list[Round]] = {}
    with ExitStack() as stack:
        made = {
            side: stack.enter_context(
                run_wrappers(host, of, CallSettings(), work / f"{side} tools", work / f"{side}.log")
            )
            for side, of in kits.items()
        }

        def side_of(side: str, words: list[str]) -> Callable[[], Taken]:
            place = work / side
            if side == PYODIDE_BUILD:
                return lambda: usual.call(project, *words, cwd=place)
            return lambda: timed(made[side][words[0]], *words[1:], cwd=place)

        for side in (PYODIDE_BUILD, *kits):
            (work / side).mkdir()
            for name, text in SOURCES.items():
                (work / side / name).write_text(text, "utf-8")
        for name, text in CALLS.items():
            sides = (PYODIDE_BUILD, *kits)
            found[name] = rounds(count, {side: side_of(side, text.split()) for side in sides})
    return found


def package(
    host: Host, requirement: str, usual: PyodideBuild, options: argparse.Namespace, work: Path
) -> tuple[list[Round], list[Round]]:
    """A package built in every way, and the calls alone of crosswheel's two toolchains."""
    sdist = find_sdist(host, Requirement(requirement), IndexSettings.load(host.environ, {}))[2]
    ways = {
        EMCC: ("--toolchain", "emcc", "--toolchain-prefix", str(options.emsdk)),
        DIRECT: (),
        SMALLER: ("--env", f"CFLAGS={OZ}", "--env", f"CXXFLAGS={OZ}"),
    }
    trees = iter(unpack(sdist, work / f"tree{number}") for number in range(1 + options.runs))
    sides = {PYODIDE_BUILD: lambda: usual.build(next(trees), work / PYODIDE_BUILD)}
    for side, way in ways.items():
        sides[side] = lambda side=side, way=way: build(sdist, options, work / side, *way)
    builds = rounds(options.runs, sides)
    holding = {side: modules(work / side) for side in sides}
    if not all(holding.values()) or len(set(holding.values())) > 1:
        raise SystemExit(f"the wheels do not hold the same modules: {holding}")
    replays = {}
    for side in (EMCC, DIRECT):
        place = work / f"{side}, kept"
        place.mkdir()
        build(sdist, options, place, "--keep", *ways[side])
        replays[side] = lambda place=place: replayed(place)
    return builds, rounds(options.runs, replays)


def build(sdist: Path, options: argparse.Namespace, place: Path, *more: str) -> Taken:
    place.mkdir(exist_ok=True)
    words = [
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
        place,
        *more,
    ]
    return timed(sys.executable, *words, TMPDIR=str(place), CROSSWHEEL_LOG_DIR=str(place / "logs"))


def modules(place: Path) -> frozenset[str]:
    """The extension modules in the one wheel that lies there."""
    (wheel,) = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return frozenset(name for name in archive.namelist() if name.endswith(".so"))


def replayed(place: Path) -> Taken:
    """The commands that a build kept there ran, as its log has them, but for the proofs of links."""
    log = next((place / "logs").rglob("calls.log")).read_text("utf-8")
    commands = (_PROOF.sub("", line) for line in log.splitlines() if line.startswith("cd "))
    return sum((timed("/bin/sh", "-c", command) for command in commands), Taken())


if __name__ == "__main__":
    main()
