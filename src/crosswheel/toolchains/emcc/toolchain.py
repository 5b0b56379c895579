"""An installed emcc as a toolchain, and prepared for one target: linking a module checks it once."""

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
from crosswheel.platforms import target_as
from crosswheel.sealing import Mount
from crosswheel.sealing.system import python_mounts
from crosswheel.targets import PyodideTarget
from crosswheel.toolchains.calls import run_call
from crosswheel.toolchains.emcc.find import EmccSearch, find_emcc, version_key
from crosswheel.toolchains.emscripten import OLDEST_ABI
from crosswheel.toolchains.emscripten.rules import EmscriptenFacts, plan_call
from crosswheel.toolchains.emscripten.runtime_exports import runtime_exports
from crosswheel.toolchains.model import (
    Call,
    CallSettings,
    Plan,
    Support,
    Tool,
    prepare_target,
    unsupported_family,
)
from crosswheel.toolchains.tool_names import INSPECTORS

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.targets import Target
    from crosswheel.toolchains.emcc.find import InstalledEmcc
    from crosswheel.toolchains.model import TargetToolchain

_LAYOUT = 4
"""Increased when the content of a prepared toolchain's directory changes, so that older ones are not used."""
# How C++ exceptions and longjmp are compiled: both by WebAssembly instructions, or both by calls into JavaScript.
_EXCEPTIONS = {"wasm": "-fwasm-exceptions", "javascript": "-fexceptions"}
_LONGJMP = {"wasm": "-sSUPPORT_LONGJMP=wasm", "javascript": "-sSUPPORT_LONGJMP=emscripten"}
# Pass 64-bit integers between modules and JavaScript as they are, which is the default since emcc 4.0.0.
_BIGINT = ("-sWASM_BIGINT",)
_BIGINT_DEFAULT_SINCE = (4, 0, 0)
# Additional linker arguments, tried in order until a module links. Debian has emcc 6 with LLVM 21, whose linker needs
# this option to link modules; emcc 6 with LLVM 23 no longer has it.
_LINKER_ARGS = ((), ("-Wl,--experimental-pic",))


@dataclass(frozen=True)
class EmccToolchain:
    """Implements :class:`crosswheel.toolchains.model.Toolchain`.

    :param prefix: the directory of an emsdk; None for that of the environment.
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
        if unsupported := unsupported_family(self, target):
            return unsupported
        installed = self._search.installed
        if installed is None:
            return Support(available=False, reason=self._search.problem, hint=self._search.hint)
        return Support(
            available=True, facts={"version": installed.version, "program": str(installed.directory / "emcc")}
        )

    def prepare(self, target: Target) -> TargetToolchain:
        """See :meth:`Toolchain.prepare`."""
        return prepare_target(self, target)

    def installed(self) -> InstalledEmcc:
        """Return the emcc.

        :raises EnvironmentMissingError: if there is none.
        """
        if self._search.installed is None:
            raise EnvironmentMissingError(self._search.problem, hint=self._search.hint)
        return self._search.installed

    @cached_property
    def _search(self) -> EmccSearch:
        """The emcc, searched once."""
        return find_emcc(self.host, self.prefix)


def prepare_for_pyodide(toolchain: EmccToolchain, target: Target) -> EmccTargetToolchain:
    """See :class:`crosswheel.toolchains.model.PrepareTarget`."""
    return prepare_emcc(toolchain.host, toolchain.installed(), target_as(target, PyodideTarget, "the toolchain emcc"))


@dataclass(frozen=True)
class EmccTargetToolchain:
    """Implements :class:`crosswheel.toolchains.model.TargetToolchain`.

    :param directory: the cached files for this emcc and target.
    :param linker_args: the additional arguments its linker requires.
    """

    target: PyodideTarget
    installed: InstalledEmcc
    directory: Path
    linker_args: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        """See :attr:`TargetToolchain.identity`."""
        return f"emcc-{self.installed.version}-{_LAYOUT}-{self.directory.name}"

    @property
    def compiler_id(self) -> str:
        """See :attr:`TargetToolchain.compiler_id`."""
        return "clang"

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """See :attr:`TargetToolchain.mounts`: an emsdk contains emcc in ``upstream/emscripten``, and its Node.js."""
        emsdk = self.installed.directory.parents[1]
        root = emsdk if (emsdk / "emsdk").is_file() else self.installed.directory
        return (Mount(root, root), *python_mounts(self.installed.python))

    @property
    def kernel_headers(self) -> tuple[Mount, ...]:
        """See :attr:`TargetToolchain.kernel_headers`."""
        return ()

    def plan(self, call: Call, settings: CallSettings) -> Plan:
        """See :meth:`TargetToolchain.plan`."""
        return plan_call(self.facts, call, settings)

    def build_component(self, part: str) -> None:
        """See :meth:`TargetToolchain.build_component`: no plan requires one, the C++ runtime is in the main module."""
        raise ValueError(part)

    @cached_property
    def facts(self) -> EmscriptenFacts:
        """The facts for the rules."""
        abi, command = self.target.abi, self.installed.command
        bigint = _BIGINT if version_key(self.installed.version) < _BIGINT_DEFAULT_SINCE else ()
        quiet = ("-Wno-unused-command-line-argument", "-Wno-unknown-warning-option")
        return EmscriptenFacts(
            cc=(*command("emcc"), *quiet),
            cxx=(*command("em++"), *quiet),
            compile_args=("-fPIC", _EXCEPTIONS[abi.exceptions], _LONGJMP[abi.longjmp]),
            # SIDE_MODULE=1 would link all members of archives.
            first_link_args=("-Wl,--no-whole-archive",),
            listed_exports_args=("-sSIDE_MODULE=2",),
            visible_exports_args=("-sSIDE_MODULE=1",),
            link_args=(*bigint, "-Wl,--fatal-warnings", *self.linker_args),
            relocatable_link_args=(),
            linker=(*command("emcc"), "--version"),
            runtime_exports_file=str(self.directory / "runtime_exports.json"),
            tools={Tool.AR: command("emar"), Tool.RANLIB: command("emranlib"), **INSPECTORS},
            multiarch=self.target.multiarch,
            default_optimization=("-O2",),
            ports=True,
        )  # fmt: skip


def prepare_emcc(host: Host, installed: InstalledEmcc, target: PyodideTarget) -> EmccTargetToolchain:
    """Prepare an emcc for a target; the first time, check that it works.

    :raises SourceError: if the runtime cannot be downloaded.
    :raises EnvironmentMissingError: if the emcc cannot link modules for the target.
    """
    runtime = find_runtime(host, target.abi)
    changed = (installed.directory / "emscripten-version.txt").stat().st_mtime_ns
    key = sha256(f"{installed!r} {changed} {runtime.directory} {version('crosswheel')}".encode()).hexdigest()[:12]
    directory = host.cache / "toolchains" / f"emcc-{_LAYOUT}" / f"{target}-{installed.version}-{key}"

    def create(part: Path) -> None:
        runtime_exports(runtime.program, runtime.javascript).write(part / "runtime_exports.json")
        problems = []
        for args in _LINKER_ARGS:
            if not (problem := _link_problem(host, EmccTargetToolchain(target, installed, part, args))):
                break
            problems.append(problem)
        else:
            raise EnvironmentMissingError(
                f"emcc {installed.version} cannot link a module for {target}: {problems[0]}",
                where=installed.directory,
                hint=f"emcc needs its clang, Binaryen and Node.js; the ABI's own version is {target.abi.emscripten}",
            )
        (part / "linker_args.json").write_text(json.dumps(args), "utf-8")

    if not directory.is_dir():
        with host.progress.step(f"checking emcc {installed.version} for {target}, once"):
            create_once(directory, create)
    linker_args = json.loads((directory / "linker_args.json").read_text("utf-8"))
    return EmccTargetToolchain(target, installed, directory, tuple(linker_args))


def _link_problem(host: Host, toolchain: EmccTargetToolchain) -> str:
    """Return why no module whose imports the runtime exports can be linked, empty if one can.

    emcc fills its own cache here.
    """
    source = files("crosswheel.toolchains.emcc").joinpath("link_check.cc").read_text("utf-8")
    with temporary_directory() as work:
        (work / "link_check.cc").write_text(source, "utf-8")
        call = Call(Tool.CXX, ("-shared", "-O1", "link_check.cc", "-o", "link_check.so"), str(work))
        status, output = run_call(host, toolchain, call)
        linked = (work / "link_check.so").is_file()
    first = next((line for line in output.splitlines() if "error" in line), output[-300:])
    return "" if not status and linked else first.strip() or "no output file was written"
