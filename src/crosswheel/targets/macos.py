"""macOS: a deployment target (the oldest version that a wheel runs on) and an architecture."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from packaging.tags import mac_platforms

from crosswheel.errors import UsageError, suggestion
from crosswheel.targets.model import Architecture, System, TargetBase
from crosswheel.targets.tables import parse_version, read_table, systems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crosswheel.targets.model import MinimumVersions
    from crosswheel.targets.python_version import PythonVersion

_TAG = re.compile(r"macosx_(\d+)_(\d+)_(\w+)")
_VERSION = re.compile(r"(\d+)(?:\.(\d+))?")
_VARIABLE = "MACOSX_DEPLOYMENT_TARGET"
_ALIAS = "macos"
PLATFORM = "macos"
"""Platform of a toolchain's minimum versions; see :class:`crosswheel.targets.model.MinimumVersions`."""


@dataclass(frozen=True, slots=True)
class MacosArchitecture(Architecture):
    """An architecture of macOS: a row of ``tables/macos.toml``, where each field is explained."""

    triple_cpu: str
    long_double: str
    cputype: str
    signed: bool
    versions: tuple[tuple[int, int], ...]
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class MacosTarget(TargetBase):
    """A version of macOS and every later one."""

    family: ClassVar[str] = "macos"

    architecture: MacosArchitecture
    version: tuple[int, int]

    @property
    def system(self) -> System:
        """See :attr:`Target.system`."""
        return systems()["macos"]

    @property
    def tag(self) -> str:
        """See :attr:`Target.tag`."""
        major, minor = self.version
        return f"macosx_{major}_{minor}_{self.architecture.name}"

    @property
    def alias(self) -> str:
        """See :attr:`Target.alias`."""
        return f"{_ALIAS}-{self.architecture.name}"

    @property
    def unversioned_tag(self) -> str:
        """See :attr:`Target.unversioned_tag`."""
        return f"macosx_{self.architecture.name}"

    @property
    def multiarch(self) -> str:
        """See :attr:`Target.multiarch`: without an architecture."""
        return self.system.sys_platform

    @property
    def darwin(self) -> int:
        """Major version of the kernel: Darwin 17 is macOS 10.13, 20 is macOS 11, 25 is macOS 26."""
        major, minor = self.version
        if major == 10:
            return minor + 4
        return major + 9 if major < 26 else major - 1

    @property
    def triple(self) -> str:
        """See :attr:`Target.triple`."""
        return f"{self.architecture.triple_cpu}-apple-darwin{self.darwin}"

    @property
    def platform(self) -> str:
        """See :attr:`Target.platform`."""
        return f"macosx-{self.product_version}-{self.architecture.name}"

    @property
    def long_double(self) -> str:
        """See :attr:`Target.long_double`."""
        return self.architecture.long_double

    @property
    def release(self) -> str:
        """See :attr:`Target.release`."""
        return f"{self.darwin}.0.0"

    @property
    def product_version(self) -> str:
        """See :attr:`Target.product_version`."""
        return f"{self.version[0]}.{self.version[1]}"

    @property
    def libc_version(self) -> tuple[str, str]:
        """See :attr:`Target.libc_version`: the system library is versioned with the system."""
        return "", ""

    def components(self) -> tuple[MacosTarget, ...]:
        """See :meth:`Target.components`: none is older than the first version for its architecture."""
        parts = (macos_architectures()[name] for name in self.architecture.parts)
        return tuple(MacosTarget(part, max(self.version, part.versions[0])) for part in parts)

    def with_deployment_target(self, environment: Mapping[str, str]) -> MacosTarget:
        """See :meth:`Target.with_deployment_target`: a version older than the target's changes nothing."""
        value = environment.get(_VARIABLE, "").strip()
        match = _VERSION.fullmatch(value)
        version = (int(match[1]), int(match[2] or 0)) if match else None
        if not value or (version is not None and version <= self.version):
            return self
        if version is None or version not in self.architecture.versions:
            raise UsageError(
                f"no version of macOS for {_VARIABLE}={value}",
                hint=_versions_hint(self.architecture),
                where=self.alias,
            )
        return replace(self, version=version)

    def tool_prefixes(self) -> tuple[str, ...]:
        """See :meth:`Target.tool_prefixes`."""
        arch = self.architecture
        return tuple(dict.fromkeys((self.triple, f"{arch.triple_cpu}-apple-darwin", f"{arch.name}-apple-darwin")))

    def wheel_tags(self) -> tuple[str, ...]:
        """See :meth:`Target.wheel_tags`."""
        return (self.tag,)

    def platform_tags(self) -> tuple[str, ...]:
        """See :meth:`Target.platform_tags`: with lower versions, and tags for several architectures."""
        return tuple(mac_platforms(self.version, self.architecture.name))


@cache
def macos_architectures() -> Mapping[str, MacosArchitecture]:
    """Return every architecture, by its name in platform tags."""
    rows = {}
    for name, row in read_table("macos").items():
        row |= {"name": name, "machine": name, "versions": tuple(map(parse_version, row["versions"]))}
        row["parts"] = tuple(row.get("parts", ()))
        rows[name] = MacosArchitecture(**row)
    return MappingProxyType(rows)


class MacosFamily:
    """Implements :class:`crosswheel.targets.model.TargetFamily`."""

    name = "macos"

    def aliases(self) -> tuple[str, ...]:
        """See :meth:`TargetFamily.aliases`."""
        return tuple(f"{_ALIAS}-{name}" for name in macos_architectures())

    def from_tag(self, tag: str) -> MacosTarget | None:
        """See :meth:`TargetFamily.from_tag`: of any version, even one that does not exist."""
        match = _TAG.fullmatch(tag)
        architecture = macos_architectures().get(match[3]) if match else None
        return MacosTarget(architecture, (int(match[1]), int(match[2]))) if match and architecture else None

    def from_name(
        self,
        name: str,
        minimum_versions: MinimumVersions,
        python: PythonVersion | None,  # noqa: ARG002
    ) -> MacosTarget | None:
        """See :meth:`TargetFamily.from_name`."""
        if match := _TAG.fullmatch(name):
            return _supported_target(match, minimum_versions)
        architecture = macos_architectures().get(name.removeprefix(f"{_ALIAS}-"))
        if architecture is None or not name.startswith(f"{_ALIAS}-"):
            return None
        target = oldest_macos_target(architecture, minimum_versions)
        if target is None:
            raise _unsupported(name, architecture, minimum_versions)
        return target

    def oldest_supported(self, minimum_versions: MinimumVersions) -> Iterator[MacosTarget]:
        """See :meth:`TargetFamily.oldest_supported`."""
        for architecture in macos_architectures().values():
            if target := oldest_macos_target(architecture, minimum_versions):
                yield target


def oldest_macos_target(architecture: MacosArchitecture, minimum_versions: MinimumVersions) -> MacosTarget | None:
    """Return the target of the oldest version that the toolchain supports, if any."""
    targets = (MacosTarget(architecture, version) for version in architecture.versions)
    return next((target for target in targets if not _first_unsupported(target, minimum_versions)), None)


def _supported_target(match: re.Match[str], minimum_versions: MinimumVersions) -> MacosTarget:
    architecture = macos_architectures().get(match[3])
    if architecture is None:
        known = list(macos_architectures())
        raise UsageError(
            f"unknown architecture {match[3]!r} in target {match[0]!r}",
            hint=suggestion(match[3], known) or f"known are {', '.join(known)}",
        )
    target = MacosTarget(architecture, (int(match[1]), int(match[2])))
    if target.version not in architecture.versions:
        raise UsageError(f"no version of macOS for {match[0]}", hint=_versions_hint(architecture))
    if _first_unsupported(target, minimum_versions):
        raise _unsupported(match[0], architecture, minimum_versions)
    return target


def _versions_hint(architecture: MacosArchitecture) -> str:
    listed = ", ".join(f"{major}.{minor}" for major, minor in architecture.versions)
    return f"versions for {architecture.name}: {listed}"


def _first_unsupported(target: MacosTarget, minimum_versions: MinimumVersions) -> MacosTarget | None:
    """Return the target or component that the toolchain does not support, None if it supports all."""
    if parts := target.components():
        return next((part for part in parts if _first_unsupported(part, minimum_versions)), None)
    minimum = minimum_versions.minimum_version(target.architecture.name, PLATFORM)
    return target if minimum is None or target.version < minimum else None


def _unsupported(name: str, architecture: MacosArchitecture, minimum_versions: MinimumVersions) -> UsageError:
    """Return the error for a version, or an architecture, that the toolchain does not support."""
    unsupported = _first_unsupported(MacosTarget(architecture, architecture.versions[0]), minimum_versions)
    component = (unsupported.architecture if unsupported else architecture).name
    minimum = minimum_versions.minimum_version(component, PLATFORM)
    if minimum is None:
        reason, hint = minimum_versions.unsupported_reason(component, PLATFORM)
        return UsageError(f"the toolchain cannot build for {name}: {reason}", hint=hint)
    return UsageError(
        f"the toolchain cannot build for {name}: "
        f"the oldest macOS it supports for {component} is {minimum[0]}.{minimum[1]}",
        hint=f"--target {_ALIAS}-{architecture.name} selects the oldest supported version",
    )
