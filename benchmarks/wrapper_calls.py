"""Measure the processor time that a wrapper adds to a compiler call.

    python benchmarks/wrapper_calls.py --calls 500

The toolchain plans each call, but ``true`` is run instead of the compiler. The time of ``true`` alone is subtracted,
which leaves that of the wrapper program and of the server that answers it.
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

# As setuptools passes them, with paths of typical length.
ARGS = (
    "-fno-strict-overflow -Wsign-compare -DNDEBUG -g -O3 -Wall -fPIC -I/usr/include -Isrc/package/include -Isrc "
    "-I/home/user/project/.venv/include -I/opt/python/include/python3.13 -DPACKAGE_VERSION=1.2.3 "
    "-c src/package/module.c -o build/temp.linux-riscv64-cpython-313/src/package/module.o"
).split()


@dataclass(frozen=True)
class PlansOnly:
    """A toolchain that plans each call in full, but runs ``true``."""

    toolchain: TargetToolchain

    def plan(self, call: Call, settings: CallSettings) -> Plan:
        return replace(self.toolchain.plan(call, settings), commands=(("/bin/true",),), requires=())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.toolchain, name)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--target", default="linux-riscv64")
    options = parser.parse_args()
    host = Host.detect()
    toolchain = find_toolchain(host, "zig")
    plans_only: Any = PlansOnly(toolchain.prepare(find_target(options.target, toolchain, native=native_alias())))
    with (
        tempfile.TemporaryDirectory() as work,
        run_wrappers(host, plans_only, CallSettings(), Path(work), Path(work, "log")) as wrappers,
    ):
        measure([wrappers["cc"], *ARGS], 20)
        programs, server = measure([wrappers["cc"], *ARGS], options.calls)
    baseline, own = measure(["/bin/true"], options.calls)
    print(f"wrapper program: {programs - baseline:.2f} ms; server: {server - own:.2f} ms; {options.calls} calls")


def measure(command: list[str], calls: int) -> tuple[float, float]:
    """Return the milliseconds of processor time per call, of child processes and of this process."""
    before, own = children(), time.process_time()
    for _ in range(calls):
        subprocess.run(command, check=True)
    return (children() - before) / calls * 1e3, (time.process_time() - own) / calls * 1e3


def children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
