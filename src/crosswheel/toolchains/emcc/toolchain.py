"""An installed emcc as a toolchain, and prepared for one target: checked once by linking a module."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.downloads.pyodide import find_runtime
from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.files import create_once, temporary_directory
from crosswheel.targets import PyodideTarget
from crosswheel.toolchains.emcc.find import EmccSearch, find_emcc, version_key
from crosswheel.toolchains.emscripten import OLDEST_ABI
from crosswheel.toolchains.emscripten.rules import EmscriptenFacts, plan_call
from crosswheel.toolchains.emscripten.runtime_exports import runtime_exports
from crosswheel.toolchains.model import Call, CallSettings, Plan, Support, Tool, run_call
from crosswheel.toolchains.tool_names import INSPECTORS

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import PyodideTarget, Target
    from crosswheel.toolchains.emcc.find import InstalledEmcc


@dataclass(frozen=True)
class EmccToolchain:
    """Implements :class:`crosswheel.toolchains.model.Toolchain`.

    :param prefix: the directory of an emsdk, if the environment does not name it.
    """

    host: Host
    prefix: Path | None = None

    name = "emcc"

    @property
    def version(self) -> str:
        """See :attr:`Toolchain.version`."""
        return self._search.installed.version if self._search.installed else "not installed"

    def minimum_version(self, architecture: str, platform: str) -> tuple[int, int] | None:
        """See :meth:`Toolchain.minimum_version`."""
        return OLDEST_ABI if architecture == "wasm32" and platform == "pyodide" and self._search.installed else None

    def unsupported_reason(self, architecture: str, platform: str) -> tuple[str, str]:
        """See :meth:`MinimumVersions.unsupported_reason`."""
        if platform != "pyodide":
            return f"emcc does not build for {platform} on {architecture}", "--toolchain zig"
        return self._search.problem, self._search.hint

    def support(self, target: Target) -> Support:
        """See :meth:`Toolchain.support`."""
        if not isinstance(target, PyodideTarget):
            return Support(available=False, reason=f"emcc does not build for {target.system.platform_system}")
        installed = self._search.installed
        if installed is None:
            return Support(available=False, reason=self._search.problem, hint=self._search.hint)
        return Support(
            available=True, facts={"version": installed.version, "program": str(installed.directory / "emcc")}
        )

    def prepare(self, target: Target) -> EmccTargetToolchain:
        """See :meth:`Toolchain.prepare`."""
        support = self.support(target)
        if not isinstance(target, PyodideTarget) or (installed := self._search.installed) is None:
            raise EnvironmentMissingError(support.reason, hint=support.hint or "crosswheel targets --toolchain emcc")
        return prepare_emcc(self.host, installed, target)

    @cached_property
    def _search(self) -> EmccSearch:
        """The emcc, looked for once."""
        return find_emcc(self.host, self.prefix)


_LAYOUT = 3
"""Raised when what a kit directory holds changes, so that older ones are not used."""
# How C++ exceptions and longjmp are compiled: both by instructions of WebAssembly, or both by calls into JavaScript.
_EXCEPTIONS = {"wasm": "-fwasm-exceptions", "javascript": "-fexceptions"}
_LONGJMP = {"wasm": "-sSUPPORT_LONGJMP=wasm", "javascript": "-sSUPPORT_LONGJMP=emscripten"}
# 64-bit integers cross the border of a module as they are; since version 4 they do unasked.
_BIGINT = ("-sWASM_BIGINT",)
_BIGINT_BY_ITSELF = (4, 0, 0)
# What a linker may want beside what its emcc gives it; the first that links is taken. Debian has emcc 6 with LLVM 21,
# whose linker makes modules with this option only; emcc 6 and LLVM 23 have done away with it.
_LINKERS_WISHES = ((), ("-Wl,--experimental-pic",))


@dataclass(frozen=True)
class EmccTargetToolchain:
    """Implements :class:`crosswheel.toolchains.model.TargetToolchain`."""

    target: PyodideTarget
    installed: InstalledEmcc
    directory: Path
    wishes: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """See :attr:`TargetToolchain.identity`."""
        return f"emcc-{self.installed.version}-{_LAYOUT}-{self.directory.name}"

    @property
    def compiler_id(self) -> str:
        """See :attr:`TargetToolchain.compiler_id`."""
        return "clang"

    def plan(self, call: Call, settings: CallSettings) -> Plan:
        """See :meth:`TargetToolchain.plan`."""
        return plan_call(self.facts, call, settings)

    def build_component(self, part: str) -> None:
        """See :meth:`TargetToolchain.build_component`; there are none: the C++ runtime is in the main module."""
        raise ValueError(part)

    @cached_property
    def facts(self) -> EmscriptenFacts:
        """What the rules need to know."""
        abi, command = self.target.abi, self.installed.command
        bigint = _BIGINT if version_key(self.installed.version) < _BIGINT_BY_ITSELF else ()
        quiet = ("-Wno-unused-command-line-argument", "-Wno-unknown-warning-option")
        return EmscriptenFacts(
            cc=(*command("emcc"), *quiet),
            cxx=(*command("em++"), *quiet),
            compiling=("-fPIC", _EXCEPTIONS[abi.exceptions], _LONGJMP[abi.longjmp]),
            # Kind 1 would take everything of archives.
            leading=("-Wl,--no-whole-archive",),
            named=("-sSIDE_MODULE=2",),
            visible=("-sSIDE_MODULE=1",),
            linking=(*bigint, "-Wl,--fatal-warnings", *self.wishes),
            partial=(),
            linker=(*command("emcc"), "--version"),
            surface=str(self.directory / "surface.json"),
            tools={Tool.AR: command("emar"), Tool.RANLIB: command("emranlib"), **INSPECTORS},
            multiarch=self.target.multiarch,
            optimizing=("-O2",),
            ports=True,
        )  # fmt: skip


def prepare_emcc(host: Host, installed: InstalledEmcc, target: PyodideTarget) -> EmccTargetToolchain:
    """The kit of an emcc for a target, proven to work if it was not before.

    :raises SourceError: when the runtime cannot be fetched.
    :raises EnvironmentMissingError: when the emcc makes no modules for the target.
    """
    runtime = find_runtime(host, target.abi)
    changed = (installed.directory / "emscripten-version.txt").stat().st_mtime_ns
    key = sha256(f"{installed!r} {changed} {runtime.directory} {version('crosswheel')}".encode()).hexdigest()[:12]
    place = host.cache / "toolchains" / f"emcc-{_LAYOUT}" / f"{target}-{installed.version}-{key}"

    def make(part: Path) -> None:
        runtime_exports(runtime.program, runtime.javascript).write(part / "surface.json")
        problems = []
        for wishes in _LINKERS_WISHES:
            if not (problem := _problem(host, EmccTargetToolchain(target, installed, part, wishes))):
                break
            problems.append(problem)
        else:
            raise EnvironmentMissingError(
                f"emcc {installed.version} cannot link a module for {target}: {problems[0]}",
                where=installed.directory,
                hint=f"emcc needs its clang, Binaryen and Node.js; the ABI's own version is {target.abi.emscripten}",
            )
        (part / "wishes.json").write_text(json.dumps(wishes), "utf-8")

    if not place.is_dir():
        with host.progress.step(f"trying emcc {installed.version} for {target}, once"):
            create_once(place, make)
    wishes = json.loads((place / "wishes.json").read_text("utf-8"))
    return EmccTargetToolchain(target, installed, place, tuple(wishes))


def _problem(host: Host, kit: EmccTargetToolchain) -> str:
    """Why no module can be linked whose imports the runtime has, empty if one can; emcc fills its own cache here."""
    source = files("crosswheel.toolchains.emcc").joinpath("link_check.cc").read_text("utf-8")
    with temporary_directory() as work:
        (work / "link_check.cc").write_text(source, "utf-8")
        call = Call(Tool.CXX, ("-shared", "-O1", "link_check.cc", "-o", "link_check.so"), str(work))
        status, said = run_call(host, kit, call)
        made = (work / "link_check.so").is_file()
    first = next((line for line in said.splitlines() if "error" in line), said[-300:])
    return "" if not status and made else first.strip() or "nothing was made"
