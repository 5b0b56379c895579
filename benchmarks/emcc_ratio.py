"""The same packages for Pyodide through emcc and through clang and wasm-ld directly, side by side in one run.

    python benchmarks/emcc_ratio.py markupsafe==3.0.4 msgpack==1.2.4 ujson==6.1.0 regex==2026.11.15

Both are `crosswheel build`, once with `--toolchain emcc` and once without. The emcc is Debian's, made usable by
`emcc_root.py`, unless `--emsdk` names another. Environments, indexes and compilers are warm: one run of each is not
counted. Ratios are pair by pair, A B A B. A package's calls are those its build made, one after another, run again from
its log; a link is followed by its proof. Processor seconds bear other load on the machine better than those of a clock.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from emcc_root import make_emsdk

from crosswheel.host import Host
from crosswheel.host.machine import native_alias
from crosswheel.targets import find_target
from crosswheel.toolchains.catalogue import find_toolchain
from crosswheel.toolchains.model import Call, CallSettings, Kit, Tool

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
    "compile C": (Tool.CC, "-O2 -c small.c -o small.o"),
    "compile C++ without the library": (Tool.CXX, "-O2 -c small.cc -o small2.o"),
    "compile C++ with map, sstream, string, vector": (Tool.CXX, "-O2 -c large.cc -o large.o"),
    "link": (Tool.CXX, "-shared -O2 small.o small2.o large.o -o small.so"),
}


@dataclass(frozen=True)
class Taken:
    """What something took: seconds of the clock, and of processors in all its processes."""

    clock: float = 0.0
    processors: float = 0.0

    def __add__(self, other: Taken) -> Taken:
        return Taken(self.clock + other.clock, self.processors + other.processors)


Pairs = list[tuple[Taken, Taken]]


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
    found = single_calls(host, options)
    for requirement in options.requirements:
        found |= package(requirement, options)
    print("| | emcc, s | crosswheel, s | times faster | processors: emcc, s | crosswheel, s | times faster |")
    print("|---|---|---|---|---|---|---|")
    for name, pairs in found.items():
        print(f"| {name} | {columns(pairs, 'clock')} | {columns(pairs, 'processors')} |")
    if options.output:
        rows = {name: [[vars(taken) for taken in pair] for pair in pairs] for name, pairs in found.items()}
        options.output.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


def columns(pairs: Pairs, kind: str) -> str:
    """Medians of both, and the median of the ratios of neighbouring runs."""
    numbers = [(getattr(emcc, kind), getattr(direct, kind)) for emcc, direct in pairs]
    medians = [statistics.median(column) for column in zip(*numbers, strict=True)]
    ratio = statistics.median(emcc / direct for emcc, direct in numbers)
    return f"{medians[0]:.3f} | {medians[1]:.3f} | {ratio:.2f}"


def timed(*words: str, cwd: str | Path | None = None, **variables: str) -> Taken:
    """Run a command and say what it took."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(words, cwd=cwd, check=True, capture_output=True, env={**os.environ, "PATH": path, **variables})
    clock, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Taken(clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def single_calls(host: Host, options: argparse.Namespace) -> dict[str, Pairs]:
    """Calls of small sources, as the wrappers of a build run them."""
    kits = [kit(host, "emcc", options), kit(host, "zig", options)]
    found: dict[str, Pairs] = {}
    with tempfile.TemporaryDirectory() as work:
        places = [Path(work, "emcc"), Path(work, "direct")]
        for place in places:
            place.mkdir()
            for name, text in SOURCES.items():
                (place / name).write_text(text, "utf-8")
        for number in range(1 + options.calls):
            for name, (tool, words) in CALLS.items():
                made = [Call(tool, tuple(words.split()), str(place)) for place in places]
                taken = [timed_call(of, call) for of, call in zip(kits, made, strict=True)]
                if number:
                    found.setdefault(name, []).append((sum(taken[0], Taken()), sum(taken[1], Taken())))
                if number and name == "link":
                    found.setdefault("link, without the proof", []).append((taken[0][0], taken[1][0]))
    return found


def kit(host: Host, name: str, options: argparse.Namespace) -> Kit:
    toolchain = find_toolchain(host, name, options.emsdk if name == "emcc" else None)
    alias = f"{options.target}-{options.python}"
    return toolchain.prepare(find_target(alias, toolchain, native=native_alias()))


def timed_call(of: Kit, call: Call) -> list[Taken]:
    """What each command took that a call becomes."""
    return [timed(*command, cwd=call.directory) for command in of.plan(call, CallSettings()).commands]


def package(requirement: str, options: argparse.Namespace) -> dict[str, Pairs]:
    """A package built both ways, and its calls alone."""
    ways = [("--toolchain", "emcc", "--toolchain-prefix", str(options.emsdk)), ()]
    whole: Pairs = []
    calls: Pairs = []
    with tempfile.TemporaryDirectory() as work:
        kept = [Path(work, "emcc"), Path(work, "direct")]
        for place, way in zip(kept, ways, strict=True):
            place.mkdir()
            build(requirement, options, place, "--keep", *way)
        for _ in range(options.runs):
            emcc, direct = (build(requirement, options, Path(work), *way) for way in ways)
            whole.append((emcc, direct))
        for _ in range(options.runs):
            emcc, direct = (replayed(place) for place in kept)
            calls.append((emcc, direct))
    return {requirement: whole, f"{requirement}, its calls": calls}


def build(requirement: str, options: argparse.Namespace, place: Path, *more: str) -> Taken:
    words = ["-m", "crosswheel", "build", requirement, "-t", options.target, "-p", options.python, "-q", *more]
    output = str(place / "wheels")
    return timed(sys.executable, *words, "-o", output, TMPDIR=str(place), CROSSWHEEL_LOG_DIR=str(place / "logs"))


def replayed(place: Path) -> Taken:
    """The commands that a build kept there ran, as its log has them."""
    log = next((place / "logs").rglob("calls.log")).read_text("utf-8")
    return sum((timed("/bin/sh", "-c", line) for line in log.splitlines() if line.startswith("cd ")), Taken())


if __name__ == "__main__":
    main()
