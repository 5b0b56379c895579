"""Preparation of zig for a Pyodide target: Emscripten's headers, and the symbols that the runtime exports."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from typing import TYPE_CHECKING

from crosswheel.downloads.pyodide import find_runtime
from crosswheel.toolchains.emscripten.rules import EmscriptenFacts, plan_call
from crosswheel.toolchains.emscripten.runtime_exports import runtime_exports
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool
from crosswheel.toolchains.tool_names import INSPECTORS
from crosswheel.toolchains.zig.base import ZigTargetToolchain, linker_program, prepare_directory
from crosswheel.toolchains.zig.emscripten.sysroot import emscripten_version, fill_sysroot, find_system
from crosswheel.toolchains.zig.model import QUIET_FLAGS

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import PyodideTarget
    from crosswheel.toolchains.zig.model import ZigProgram

_LAYOUT = 3
"""Version of the directory's contents; raise it when they change, so that older directories are not used."""
# How C++ exceptions and longjmp are compiled: as WebAssembly instructions, or as calls into JavaScript.
_EXCEPTIONS = {
    "wasm": ("-fwasm-exceptions",),
    "javascript": ("-fexceptions", "-mllvm", "-enable-emscripten-cxx-exceptions"),
}
_LONGJMP = {"wasm": ("-mllvm", "-wasm-enable-sjlj"), "javascript": ("-mllvm", "-enable-emscripten-sjlj")}


@dataclass(frozen=True)
class EmscriptenTargetToolchain(ZigTargetToolchain):
    """zig for one Pyodide target; implements :class:`crosswheel.toolchains.model.TargetToolchain`.

    :param headers: version of the Emscripten that the headers come from.
    """

    target: PyodideTarget
    headers: str

    COMMON_BLOCKS = "weak"
    TYPED_CALLS = True

    @property
    def identity(self) -> str:
        """See :attr:`TargetToolchain.identity`."""
        return f"zig-{self.zig.version}-{_LAYOUT}-emscripten-{self.headers}-{self.target}"

    def plan_without_fortran(self, call: Call, settings: CallSettings) -> Plan:
        """See :meth:`ZigTargetToolchain.plan_without_fortran`."""
        return plan_call(self.facts, call, settings)

    def build_component(self, part: str) -> None:
        """See :meth:`TargetToolchain.build_component`: those of :class:`F2c`; Pyodide has the C++ runtime."""
        if not self.fortran.build_component(part):
            raise ValueError(part)

    @cached_property
    def facts(self) -> EmscriptenFacts:
        """See :attr:`ZigTargetToolchain.facts`."""
        zig = str(self.zig.executable)
        abi = self.target.abi
        clang = (
            zig,
            "clang",
            "--no-default-config",
            f"--target={self.target.triple}",
            f"--sysroot={self.directory}",
            "-resource-dir",
            str(self.zig.library),
            *QUIET_FLAGS,
        )
        linking = (
            "-shared",
            linker := f"-fuse-ld={linker_program(self.host, self.zig, 'wasm-ld')}",
            "-nostdlib",
            "-Wl,--no-entry",
            "-Wl,--experimental-pic",
            "-Wl,--unresolved-symbols=import-dynamic",
            "-Wl,--fatal-warnings",
            "-Wl,--strip-all",
        )
        return EmscriptenFacts(
            cc=clang,
            cxx=(*clang, "--driver-mode=g++"),
            compile_args=("-fPIC", *_EXCEPTIONS[abi.exceptions], *_LONGJMP[abi.longjmp],
                       "-Xclang", "-iwithsysroot/include/compat"),
            link_args=linking,
            # Prefer a shared library to a static one of the same name, as linkers of ELF files do.
            first_link_args=("-Wl,-Bdynamic",),
            relocatable_link_args=("-nostdlib", linker),
            linker=(*clang, "-Wl,--version", *linking),
            runtime_exports_file=str(self.directory / "surface.json"),
            tools={Tool.AR: (zig, "ar"), Tool.RANLIB: (zig, "ranlib"), **INSPECTORS},
            multiarch=self.target.multiarch,
        )  # fmt: skip


def prepare_emscripten(host: Host, zig: ZigProgram, target: PyodideTarget) -> EmscriptenTargetToolchain:
    """Return the toolchain for a target, preparing its directory on first use.

    :raises SourceError: if the headers or the runtime cannot be fetched.
    """
    system, runtime = find_system(host), find_runtime(host, target.abi)
    headers = emscripten_version(system)
    key = sha256(f"{system} {runtime.directory} {version('crosswheel')}".encode()).hexdigest()[:8]
    directory = host.cache / "toolchains" / f"zig-{zig.version}-{_LAYOUT}" / f"{target}-{headers}-{key}"

    def fill(output: Path) -> None:
        exports = runtime_exports(runtime.program, runtime.javascript)
        fill_sysroot(system, target.abi.emscripten, exports.libcxx, output / "include")
        exports.write(output / "surface.json")

    prepare_directory(host, zig, target, directory, fill)
    return EmscriptenTargetToolchain(target, host, zig, directory, headers)
