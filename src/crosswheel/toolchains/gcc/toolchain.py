"""An installed cross compiler as a toolchain."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.platforms import target_as
from crosswheel.targets import LinuxTarget, libcs, linux_architectures
from crosswheel.toolchains.gcc.find import CompilerSearch, find_compiler
from crosswheel.toolchains.gcc.target_toolchain import GccTargetToolchain, prepare_gcc
from crosswheel.toolchains.model import Support, prepare_target, unsupported_family

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import Target
    from crosswheel.toolchains.gcc.find import InstalledCompiler
    from crosswheel.toolchains.model import TargetToolchain


@dataclass(frozen=True)
class GccToolchain:
    """Implements :class:`crosswheel.toolchains.model.Toolchain`.

    :param prefix: where the compilers lie, if not on PATH.
    """

    host: Host
    prefix: Path | None = None
    _searches: dict[str, CompilerSearch] = field(default_factory=dict, compare=False, repr=False)

    name = "gcc"

    @property
    def version(self) -> str:
        """See :attr:`Toolchain.version`: each target's compiler has its own, which is part of its kit's identity."""
        return "as installed"

    def minimum_version(self, architecture: str, platform: str) -> tuple[int, int] | None:
        """See :meth:`Toolchain.minimum_version`: the C library that the compiler's own headers are of."""
        target = _any_version(architecture, platform)
        found = self._search(target).installed if target else None
        return found.libc if found else None

    def unsupported_reason(self, architecture: str, platform: str) -> tuple[str, str]:
        """See :meth:`MinimumVersions.unsupported_reason`."""
        target = _any_version(architecture, platform)
        if target is None:
            return f"gcc does not build for {platform}", "--toolchain zig"
        return self._search(target).problem, self._hint(target)

    def support(self, target: Target) -> Support:
        """See :meth:`Toolchain.support`."""
        if unsupported := unsupported_family(self, target):
            return unsupported
        target = target_as(target, LinuxTarget, "the toolchain gcc")
        search = self._search(target)
        if search.installed is None:
            return Support(available=False, reason=search.problem, hint=self._hint(target))
        version = f"{search.installed.version} with {target.libc.name} {'.'.join(map(str, search.installed.libc))}"
        return Support(available=True, facts={"version": version, "program": search.installed.cc})

    def prepare(self, target: Target) -> TargetToolchain:
        """See :meth:`Toolchain.prepare`."""
        return prepare_target(self, target)

    def installed(self, target: LinuxTarget) -> InstalledCompiler:
        """Return the compiler for a target.

        :raises EnvironmentMissingError: if there is none.
        """
        search = self._search(target)
        if search.installed is None:
            raise EnvironmentMissingError(search.problem, hint=self._hint(target))
        return search.installed

    def _search(self, target: LinuxTarget) -> CompilerSearch:
        """The compiler for a target, looked for once."""
        if target.alias not in self._searches:
            self._searches[target.alias] = find_compiler(self.host, target, self.prefix)
        return self._searches[target.alias]

    def _hint(self, target: LinuxTarget) -> str:
        debian = target.triple.replace("_", "-")
        has_debian_s = target.libc.name == "glibc" and self.host.program("apt-get")
        packages = f"apt-get install gcc-{debian} g++-{debian}" if has_debian_s else f"install a {target.triple}-gcc"
        return f"{packages}, or say with --toolchain-prefix where one lies"


def prepare_for_linux(toolchain: GccToolchain, target: Target) -> GccTargetToolchain:
    """See :class:`crosswheel.toolchains.model.PrepareTarget`."""
    target = target_as(target, LinuxTarget, "the toolchain gcc")
    return prepare_gcc(toolchain.host, toolchain.installed(target), target)


def _any_version(architecture: str, platform: str) -> LinuxTarget | None:
    """The platform as a target, whose version does not matter for finding a compiler."""
    if architecture not in linux_architectures() or platform not in libcs():
        return None
    libc = libcs()[platform]
    return LinuxTarget(linux_architectures()[architecture], libc, libc.policies[architecture][0])
