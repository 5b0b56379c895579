"""An installed cross compiler as a toolchain."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.files import made_once
from crosswheel.targets import LinuxTarget
from crosswheel.toolchains.gcc.find import Installed, find_installed
from crosswheel.toolchains.gcc.rules import GccFacts, plan_call
from crosswheel.toolchains.model import Call, CallSettings, Plan, Support, Tool

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import Target

_NAMES = {
    Tool.LD: "ld",
    Tool.AR: "ar",
    Tool.RANLIB: "ranlib",
    Tool.STRIP: "strip",
    Tool.NM: "nm",
    Tool.OBJCOPY: "objcopy",
    Tool.OBJDUMP: "objdump",
    Tool.READELF: "readelf",
    Tool.FORTRAN: "gfortran",
}


@dataclass(frozen=True)
class GccKit:
    """Implements :class:`crosswheel.toolchains.model.Kit`."""

    target: LinuxTarget
    installed: Installed
    directory: Path

    @property
    def identity(self) -> str:
        """See :attr:`Kit.identity`."""
        libc = ".".join(map(str, self.installed.libc))
        return f"{self.installed.family}-{self.installed.version}-{libc}-{self.target}"

    @property
    def compiler_id(self) -> str:
        """See :attr:`Kit.compiler_id`."""
        return self.installed.family

    def plan(self, call: Call, settings: CallSettings) -> Plan:
        """See :meth:`Kit.plan`."""
        return plan_call(self.facts, call, settings)

    def provide(self, part: str) -> None:
        """See :meth:`Kit.provide`; there are no parts: what is installed is all there is."""
        raise ValueError(part)

    @cached_property
    def facts(self) -> GccFacts:
        """What the rules need to know."""
        own = {Tool.CC: self.installed.cc, Tool.CXX: self.installed.cxx}
        others = {tool: path for tool, name in _NAMES.items() if (path := self.installed.tool(name))}
        return GccFacts({**own, **others}, str(self.directory / "hidden.map"))


@dataclass(frozen=True)
class GccToolchain:
    """Implements :class:`crosswheel.toolchains.model.Toolchain`.

    :param prefix: where the compilers lie, if not on PATH.
    """

    host: Host
    prefix: Path | None = None

    name = "gcc"

    @property
    def version(self) -> str:
        """See :attr:`Toolchain.version`: each target's compiler has its own, which is part of its kit's identity."""
        return "as installed"

    def floor(self, architecture: str, platform: str) -> tuple[int, int] | None:
        """See :meth:`Toolchain.floor`: the C library that the compiler's own headers are of."""
        found = find_installed(self.host, architecture, platform, self.prefix)
        return found.libc if found else None

    def support(self, target: Target) -> Support:
        """See :meth:`Toolchain.support`."""
        found = self._installed(target)
        if found is None:
            return Support(available=False, reason=f"no {target.triple}-gcc", hint=_hint(target))
        return Support(available=True, facts={"version": found.version, "program": found.cc})

    def prepare(self, target: Target) -> GccKit:
        """See :meth:`Toolchain.prepare`."""
        found = self._installed(target)
        if found is None or not isinstance(target, LinuxTarget):
            where = self.prefix or "PATH"
            raise EnvironmentMissingError(f"there is no {target.triple}-gcc", where=where, hint=_hint(target))
        text = files("crosswheel.toolchains").joinpath("hidden.map").read_bytes()
        place = self.host.cache / "toolchains" / "gcc-1"

        def fill(part: Path) -> None:
            (part / "hidden.map").write_bytes(text)

        made_once(place, fill)
        return GccKit(target, found, place)

    def _installed(self, target: Target) -> Installed | None:
        if not isinstance(target, LinuxTarget):
            return None
        return find_installed(self.host, target.architecture.name, target.libc.name, self.prefix)


def _hint(target: Target) -> str:
    package = f"gcc-{target.triple} g++-{target.triple}"
    installer = f"apt-get install {package}" if shutil.which("apt-get") else f"install {target.triple}-gcc"
    return f"{installer}, or name its place with --toolchain-prefix"
