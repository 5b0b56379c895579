"""Processor time that a wrapper adds to a compiler call.

    python benchmarks/wrapper_calls.py --calls 500

A real kit plans each call; instead of the compiler, the wrapper becomes ``true``. What ``true`` costs by itself is
taken off: what is left is the wrapper program and the server that answers it.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from crosswheel.host import Host
from crosswheel.host.machine import native_alias
from crosswheel.targets import find_target
from crosswheel.toolchains.model import Call, CallSettings, Plan, TargetToolchain
from crosswheel.toolchains.select import find_toolchain
from crosswheel.toolchains.wrappers import run_wrappers

# As setuptools writes them, with directories of a usual length.
WORDS = (
    "-fno-strict-overflow -Wsign-compare -DNDEBUG -g -O3 -Wall -fPIC -I/usr/include -Isrc/package/include -Isrc "
    "-I/home/somebody/project/.venv/include -I/opt/python/include/python3.13 -DPACKAGE_VERSION=1.2.3 "
    "-c src/package/module.c -o build/temp.linux-riscv64-cpython-313/src/package/module.o"
).split()


@dataclass(frozen=True)
class PlansOnly:
    """A kit whose plans are made in full, and then run nothing."""

    kit: TargetToolchain

    def plan(self, call: Call, settings: CallSettings) -> Plan:
        return replace(self.kit.plan(call, settings), commands=(("/bin/true",),), requires=())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.kit, name)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--target", default="linux-riscv64")
    options = parser.parse_args()
    host = Host.detect()
    toolchain = find_toolchain(host, "zig")
    kit: Any = PlansOnly(toolchain.prepare(find_target(options.target, toolchain, native=native_alias())))
    with (
        tempfile.TemporaryDirectory() as work,
        run_wrappers(host, kit, CallSettings(), Path(work), Path(work, "log")) as w,
    ):
        measure([w["cc"], *WORDS], 20)
        programs, server = measure([w["cc"], *WORDS], options.calls)
    bare, own = measure(["/bin/true"], options.calls)
    print(f"wrapper program: {programs - bare:.2f} ms; server: {server - own:.2f} ms; {options.calls} calls")


def measure(command: list[str], calls: int) -> tuple[float, float]:
    """Milliseconds of CPU per call, of the programs and of this process."""
    before, own = children(), time.process_time()
    for _ in range(calls):
        subprocess.run(command, check=True)
    return (children() - before) / calls * 1e3, (time.process_time() - own) / calls * 1e3


def children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
