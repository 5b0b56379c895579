"""An installed emcc made ready for a target: proven once by a module that is linked and looked at."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.files import made_once, scratch
from crosswheel.supplies.pyodide import find_runtime
from crosswheel.toolchains.emcc.find import number
from crosswheel.toolchains.emscripten.rules import EmscriptenFacts, plan_call
from crosswheel.toolchains.emscripten.surface import surface_of
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool, run_call

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.targets import PyodideTarget
    from crosswheel.toolchains.emcc.find import Installed

_LAYOUT = 1
"""Raised when what a kit directory holds changes, so that older ones are not used."""
# How C++ exceptions and longjmp are compiled: both by instructions of WebAssembly, or both by calls into JavaScript.
_EXCEPTIONS = {"wasm": "-fwasm-exceptions", "javascript": "-fexceptions"}
_LONGJMP = {"wasm": "-sSUPPORT_LONGJMP=wasm", "javascript": "-sSUPPORT_LONGJMP=emscripten"}
# 64-bit integers cross the border of a module as they are; since version 4 they do unasked.
_BIGINT = ("-sWASM_BIGINT",)
_BIGINT_BY_ITSELF = (4, 0, 0)


@dataclass(frozen=True)
class EmccKit:
    """Implements :class:`crosswheel.toolchains.model.Kit`."""

    target: PyodideTarget
    installed: Installed
    directory: Path

    @property
    def identity(self) -> str:
        """See :attr:`Kit.identity`."""
        return f"emcc-{self.installed.version}-{_LAYOUT}-{self.directory.name}"

    @property
    def compiler_id(self) -> str:
        """See :attr:`Kit.compiler_id`."""
        return "clang"

    def plan(self, call: Call, settings: CallSettings) -> Plan:
        """See :meth:`Kit.plan`."""
        return plan_call(self.facts, call, settings)

    def provide(self, part: str) -> None:
        """See :meth:`Kit.provide`; there are no parts: the C++ runtime is in the program that loads modules."""
        raise ValueError(part)

    @cached_property
    def facts(self) -> EmscriptenFacts:
        """What the rules need to know."""
        abi, command = self.target.abi, self.installed.command
        bigint = _BIGINT if number(self.installed.version) < _BIGINT_BY_ITSELF else ()
        quiet = ("-Wno-unused-command-line-argument", "-Wno-unknown-warning-option")
        inspect = (sys.executable, "-m", "crosswheel.binaries.inspect")
        return EmscriptenFacts(
            cc=(*command("emcc"), *quiet),
            cxx=(*command("em++"), *quiet),
            compiling=("-fPIC", _EXCEPTIONS[abi.exceptions], _LONGJMP[abi.longjmp]),
            # Kind 1 exports what is visible, kind 2 what is named; of archives kind 1 would take everything.
            leading=("-Wl,--no-whole-archive",),
            linking=("-sSIDE_MODULE=1", *bigint, "-Wl,--fatal-warnings"),
            partial=(),
            linker=(*command("emcc"), "--version"),
            check=(sys.executable, "-m", "crosswheel.toolchains.emscripten.check",
                   str(self.directory / "surface.json")),
            archiver=command("emar"),
            ranlib=command("emranlib"),
            inspect={Tool.NM: (*inspect, "nm"), Tool.READELF: (*inspect, "readelf")},
            multiarch=self.target.multiarch,
            optimizing=("-O2",),
            ports=True,
        )  # fmt: skip


def open_emcc_kit(host: Host, installed: Installed, target: PyodideTarget) -> EmccKit:
    """The kit of an emcc for a target, proven to work if it was not before.

    :raises SourceError: when the runtime cannot be fetched.
    :raises EnvironmentMissingError: when the emcc makes no modules for the target.
    """
    runtime = find_runtime(host, target.abi)
    changed = (installed.directory / "emscripten-version.txt").stat().st_mtime_ns
    key = sha256(f"{installed!r} {changed} {runtime.directory} {version('crosswheel')}".encode()).hexdigest()[:12]
    place = host.cache / "toolchains" / f"emcc-{_LAYOUT}" / f"{target}-{installed.version}-{key}"

    def make(part: Path) -> None:
        surface_of(runtime.program, runtime.glue).write(part / "surface.json")
        _prove(host, EmccKit(target, installed, part))

    if not place.is_dir():
        with host.progress.step(f"trying emcc {installed.version} for {target}, once"):
            made_once(place, make)
    return EmccKit(target, installed, place)


def _prove(host: Host, kit: EmccKit) -> None:
    """Link a module, whose imports are then looked up in the runtime; emcc makes its own cache on the way."""
    source = files("crosswheel.toolchains.emcc").joinpath("proof.cc").read_text("utf-8")
    with scratch() as work:
        (work / "proof.cc").write_text(source, "utf-8")
        call = Call(Tool.CXX, ("-shared", "-O1", "proof.cc", "-o", "proof.so"), str(work))
        status, said = run_call(host, kit, call)
        made = (work / "proof.so").is_file()
    if status or not made:
        first = next((line for line in said.splitlines() if "error" in line), said[-300:])
        raise EnvironmentMissingError(
            f"emcc {kit.installed.version} cannot link a module for {kit.target}: {first.strip()}",
            where=kit.installed.directory,
            hint=f"emcc needs its clang, Binaryen and Node.js; the ABI's own version is {kit.target.abi.emscripten}",
        )
