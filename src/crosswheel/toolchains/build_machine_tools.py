"""Compilers for programs that a build runs itself: the build machine's own, or zig where the machine has none."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from crosswheel.host import machine
from crosswheel.host.files import temporary_directory
from crosswheel.targets import find_target
from crosswheel.toolchains.model import CallSettings, Plan, Tool
from crosswheel.toolchains.responses import no_packages_plan
from crosswheel.toolchains.select import find_toolchain

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.toolchains.model import Call, TargetToolchain

_COMPILERS = (
    {Tool.CC: "gcc", Tool.CXX: "g++"},
    {Tool.CC: "clang", Tool.CXX: "clang++"},
    {Tool.CC: "cc", Tool.CXX: "c++"},
)
_COMPILER_VARIABLES = (
    "CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "OBJC_INCLUDE_PATH", "LIBRARY_PATH", "COMPILER_PATH",
    "GCC_EXEC_PREFIX", "LD_RUN_PATH", "SDKROOT", "MACOSX_DEPLOYMENT_TARGET",
)  # fmt: skip
_TARGET_VARIABLES = {
    Tool.CC: _COMPILER_VARIABLES,
    Tool.CXX: _COMPILER_VARIABLES,
    Tool.PKG_CONFIG: ("PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR", "PKG_CONFIG_SYSROOT_DIR"),
}
"""Variables that a tool reads, and that describe the target during a build. gcc sets some of them for its linker."""
_TEST_PROGRAM = '#include <stdio.h>\nint main(void) { return puts("") < 0; }\n'


@dataclass(frozen=True)
class BuildMachineTools:
    """The compilers, linkers and archivers of the build machine.

    :param directories: where they are searched: the directories of the operating system, which sealed builds see.
    """

    host: Host
    directories: tuple[str, ...] = machine.SYSTEM_PROGRAMS

    def plan(self, name: str, call: Call) -> Plan:
        """Return what to run instead of a call.

        :param name: the tool's name: ``cc``, ``ld.gold``.
        """
        program = self._program(name, call.tool)
        if program is not None:
            unset = [arg for variable in _TARGET_VARIABLES.get(call.tool, ()) for arg in ("-u", variable)]
            return Plan(((*(("/usr/bin/env", *unset) if unset else ()), program, *call.arguments),))
        if call.tool is Tool.PKG_CONFIG:
            return no_packages_plan(call)
        return self._zig.plan(call, CallSettings())

    def build_component(self, part: str) -> None:
        """See :meth:`TargetToolchain.build_component`."""
        self._zig.build_component(part)

    def _program(self, name: str, tool: Tool) -> str | None:
        if tool in {Tool.CC, Tool.CXX}:
            return self._compilers.get(tool)
        return self._find(name)

    def _find(self, name: str) -> str | None:
        return shutil.which(name, path=":".join(self.directories))

    @cached_property
    def _compilers(self) -> dict[Tool, str]:
        """The first pair of compilers that can compile and link; empty if there is none.

        Both are of one family, since a program's C and C++ files are linked by one of them. A compiler without the
        C library's headers is no compiler: Debian's gcc only recommends them.
        """
        for names in _COMPILERS:
            found = {tool: path for tool, name in names.items() if (path := self._find(name))}
            if len(found) == len(names) and self._works(found[Tool.CC]):
                return found
        return {}

    def _works(self, compiler: str) -> bool:
        with temporary_directory() as work:
            (work / "program.c").write_text(_TEST_PROGRAM)
            environ = {"PATH": ":".join(self.directories)}
            return self.host.run(compiler, "program.c", "-o", "program", cwd=work, env=environ).ok

    @cached_property
    def _zig(self) -> TargetToolchain:
        """zig, prepared for the build machine as for any target."""
        zig = find_toolchain(self.host, "zig")
        return zig.prepare(find_target("native", zig, native=machine.native_alias()))
