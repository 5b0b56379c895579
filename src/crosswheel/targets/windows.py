"""Windows: one platform for each architecture, without versions. Modules use the gnu ABI with the UCRT."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from crosswheel.errors import UsageError
from crosswheel.targets.model import Architecture, System, TargetBase
from crosswheel.targets.tables import read_table, systems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crosswheel.targets.model import MinimumVersions
    from crosswheel.targets.python_version import PythonVersion

PLATFORM = "windows"
"""Platform of a toolchain's minimum version; see :class:`crosswheel.targets.model.MinimumVersions`."""
_VERSION = (10, 0)
"""The first Windows that includes the UCRT; CPython 3.12 and later need no newer one."""


@dataclass(frozen=True, slots=True)
class WindowsArchitecture(Architecture):
    """An architecture of Windows: a row of ``tables/windows.toml``, where each field is explained."""

    platform: str
    sys_version_suffix: str
    triple_cpu: str
    long_double: str
    symbol_prefix: str
    pe_machine: int


@dataclass(frozen=True)
class WindowsTarget(TargetBase):
    """Windows 10 and later on an architecture."""

    family: ClassVar[str] = "windows"

    architecture: WindowsArchitecture

    @property
    def system(self) -> System:
        """See :attr:`Target.system`."""
        return systems()["windows"]

    @property
    def tag(self) -> str:
        """See :attr:`Target.tag`."""
        return self.architecture.name

    @property
    def alias(self) -> str:
        """See :attr:`Target.alias`: the platform as ``sysconfig`` spells it."""
        return self.architecture.platform

    @property
    def version(self) -> tuple[int, int]:
        """See :attr:`Target.version`."""
        return _VERSION

    @property
    def multiarch(self) -> str:
        """See :attr:`Target.multiarch`: the platform tag."""
        return self.tag

    @property
    def triple(self) -> str:
        """See :attr:`Target.triple`: MinGW-w64's, which configure scripts recognize."""
        return f"{self.architecture.triple_cpu}-w64-mingw32"

    @property
    def platform(self) -> str:
        """See :attr:`Target.platform`."""
        return self.architecture.platform

    @property
    def sys_version_suffix(self) -> str:
        """See :attr:`Target.sys_version_suffix`."""
        return self.architecture.sys_version_suffix

    @property
    def long_double(self) -> str:
        """See :attr:`Target.long_double`."""
        return self.architecture.long_double

    @property
    def long_size(self) -> int:
        """See :attr:`Target.long_size`: 32 bits on every architecture."""
        return 4

    @property
    def symbol_prefix(self) -> str:
        """See :attr:`Target.symbol_prefix`."""
        return self.architecture.symbol_prefix

    @property
    def release(self) -> str:
        """See :attr:`Target.release`."""
        return str(self.version[0])

    @property
    def libc_version(self) -> tuple[str, str]:
        """See :attr:`Target.libc_version`: the UCRT is versioned with the system."""
        return "", ""

    def soabi(self, python: PythonVersion) -> str:
        """See :meth:`Target.soabi`: ``cp313-win_amd64``."""
        return f"{python.abi}-{self.tag}"

    def tool_prefixes(self) -> tuple[str, ...]:
        """See :meth:`Target.tool_prefixes`."""
        return (self.triple,)

    def wheel_tags(self) -> tuple[str, ...]:
        """See :meth:`Target.wheel_tags`."""
        return (self.tag,)

    def platform_tags(self) -> tuple[str, ...]:
        """See :meth:`Target.platform_tags`."""
        return (self.tag,)


@cache
def windows_architectures() -> Mapping[str, WindowsArchitecture]:
    """Return every architecture, by its platform tag."""
    rows = read_table("windows")
    return MappingProxyType({name: WindowsArchitecture(name=name, **row) for name, row in rows.items()})


class WindowsFamily:
    """Implements :class:`crosswheel.targets.model.TargetFamily`."""

    name = "windows"

    def aliases(self) -> tuple[str, ...]:
        """See :meth:`TargetFamily.aliases`."""
        return tuple(row.platform for row in windows_architectures().values())

    def from_tag(self, tag: str) -> WindowsTarget | None:
        """See :meth:`TargetFamily.from_tag`."""
        architecture = windows_architectures().get(tag)
        return WindowsTarget(architecture) if architecture else None

    def from_name(
        self,
        name: str,
        minimum_versions: MinimumVersions,
        python: PythonVersion | None,  # noqa: ARG002
    ) -> WindowsTarget | None:
        """See :meth:`TargetFamily.from_name`."""
        rows = windows_architectures().values()
        architecture = next((row for row in rows if name in {row.name, row.platform}), None)
        if architecture is None:
            return None
        if minimum_versions.minimum_version(architecture.name, PLATFORM) is None:
            reason, hint = minimum_versions.unsupported_reason(architecture.name, PLATFORM)
            raise UsageError(f"the toolchain cannot build for {name}: {reason}", hint=hint)
        return WindowsTarget(architecture)

    def oldest_supported(self, minimum_versions: MinimumVersions) -> Iterator[WindowsTarget]:
        """See :meth:`TargetFamily.oldest_supported`."""
        rows = windows_architectures().values()
        return (WindowsTarget(row) for row in rows if minimum_versions.minimum_version(row.name, PLATFORM) is not None)
