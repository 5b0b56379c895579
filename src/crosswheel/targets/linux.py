"""Linux: glibc (manylinux, PEP 600) and musl (musllinux, PEP 656) on eight architectures."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Literal

from crosswheel.errors import UsageError, suggestion
from crosswheel.targets.model import Architecture, System, TargetBase
from crosswheel.targets.tables import parse_version, read_table, systems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crosswheel.targets.model import MinimumVersions
    from crosswheel.targets.python_version import PythonVersion

_TAG = re.compile(r"(manylinux|musllinux)_(\d+)_(\d+)_(\w+)")
# A plausible kernel release: programs parse and compare it.
_KERNEL = "5.10.0"


@dataclass(frozen=True, slots=True)
class ElfFlags:
    """The value of ``e_flags`` in an ELF header, under a mask.

    :param unspecified: another value that object files may have: the ABI allows it for code that uses no feature in
        which ABIs differ. None if linkers refuse to mix such objects with others.
    """

    mask: int
    value: int
    unspecified: int | None = None


@dataclass(frozen=True, slots=True)
class LinuxArchitecture(Architecture):
    """A Linux architecture: a row of ``tables/linux.toml``, where each field is explained."""

    gnu_cpu: str
    triple_cpu: str
    elf_machine: str
    elf_flags: ElfFlags
    long_double: str
    debian: str
    qemu: str
    eabi: str = ""
    long_double_musl: str | None = None
    musl_name: str | None = None
    runs_also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Libc:
    """A C library: a row of ``tables/libcs.toml``, where each field is explained."""

    name: Literal["glibc", "musl"]
    abi: Literal["gnu", "musl"]
    tag: Literal["manylinux", "musllinux"]
    alias: str
    needed: str
    policies: Mapping[str, tuple[tuple[int, int], ...]] = field(hash=False, compare=False)
    legacy: Mapping[str, str] = field(hash=False, compare=False)


@dataclass(frozen=True)
class LinuxTarget(TargetBase):
    """Linux with a C library: wheels run with this version of it and every later one (PEP 600, PEP 656)."""

    family: ClassVar[str] = "linux"

    architecture: LinuxArchitecture
    libc: Libc
    version: tuple[int, int]

    @property
    def system(self) -> System:
        """See :attr:`Target.system`."""
        return systems()["linux"]

    @property
    def tag(self) -> str:
        """See :attr:`Target.tag`."""
        major, minor = self.version
        return f"{self.libc.tag}_{major}_{minor}_{self.architecture.name}"

    @property
    def alias(self) -> str:
        """See :attr:`Target.alias`."""
        return f"{self.libc.alias}-{self.architecture.name}"

    @property
    def unversioned_tag(self) -> str:
        """See :attr:`Target.unversioned_tag`."""
        return f"{self.libc.tag}_{self.architecture.name}"

    @property
    def multiarch(self) -> str:
        """See :attr:`Target.multiarch`."""
        arch = self.architecture
        return f"{arch.gnu_cpu}-linux-{self.libc.abi}{arch.eabi}"

    @property
    def triple(self) -> str:
        """See :attr:`Target.triple`."""
        arch = self.architecture
        return f"{arch.triple_cpu}-linux-{self.libc.abi}{arch.eabi}"

    @property
    def platform(self) -> str:
        """See :attr:`Target.platform`."""
        return f"linux-{self.architecture.machine}"

    @property
    def long_double(self) -> str:
        """See :attr:`Target.long_double`."""
        arch = self.architecture
        musl_format = arch.long_double_musl if self.libc.name == "musl" else None
        return musl_format or arch.long_double

    @property
    def release(self) -> str:
        """See :attr:`Target.release`."""
        return _KERNEL

    @property
    def libc_version(self) -> tuple[str, str]:
        """See :attr:`Target.libc_version`."""
        return self.libc.name, f"{self.version[0]}.{self.version[1]}"

    @property
    def libc_soname(self) -> str:
        """Name of the C library in ``DT_NEEDED`` of modules."""
        arch = self.architecture
        return self.libc.needed.format(machine=arch.musl_name or arch.machine)

    def tool_prefixes(self) -> tuple[str, ...]:
        """See :meth:`Target.tool_prefixes`."""
        return tuple({self.triple: 0, self.multiarch: 0, f"{self.architecture.machine}-linux-{self.libc.abi}": 0})

    def wheel_tags(self) -> tuple[str, ...]:
        """See :meth:`Target.wheel_tags`: a name from before PEP 600 is for installers that know no other."""
        major, minor = self.version
        legacy = self.libc.legacy.get(f"{major}.{minor}")
        return (*([f"{legacy}_{self.architecture.name}"] if legacy else []), self.tag)

    def platform_tags(self) -> tuple[str, ...]:
        """See :meth:`Target.platform_tags`: with those of lower versions (PEP 600)."""
        name = self.architecture.name
        major, minor = self.version
        lowest = min(self.libc.policies[name])[1]
        tags = []
        for lower in range(minor, lowest - 1, -1):
            tags.append(f"{self.libc.tag}_{major}_{lower}_{name}")
            if legacy := self.libc.legacy.get(f"{major}.{lower}"):
                tags.append(f"{legacy}_{name}")
        return (*tags, f"linux_{self.architecture.machine}")


@cache
def linux_architectures() -> Mapping[str, LinuxArchitecture]:
    """Return every architecture, by its name in platform tags."""
    rows = {}
    for name, row in read_table("linux").items():
        row["elf_flags"] = ElfFlags(**row["elf_flags"])
        row["runs_also"] = tuple(row.get("runs_also", ()))
        rows[name] = LinuxArchitecture(name=name, **row)
    return MappingProxyType(rows)


@cache
def libcs() -> Mapping[str, Libc]:
    """Return every C library, by name."""
    rows = {}
    for name, row in read_table("libcs").items():
        policies = {a: tuple(map(parse_version, versions)) for a, versions in row.pop("policies").items()}
        row |= {
            "name": name,
            "policies": MappingProxyType(policies),
            "legacy": MappingProxyType(row["legacy"]),
        }
        rows[name] = Libc(**row)
    return MappingProxyType(rows)


class LinuxFamily:
    """Implements :class:`crosswheel.targets.model.TargetFamily`."""

    name = "linux"

    def aliases(self) -> tuple[str, ...]:
        """See :meth:`TargetFamily.aliases`."""
        return tuple(f"{libc.alias}-{arch}" for libc in libcs().values() for arch in linux_architectures())

    def from_tag(self, tag: str) -> LinuxTarget | None:
        """See :meth:`TargetFamily.from_tag`: of any version, even without a policy."""
        match = _TAG.fullmatch(_pep600_name(tag))
        if match is None or match[4] not in linux_architectures():
            return None
        libc = next(libc for libc in libcs().values() if libc.tag == match[1])
        return LinuxTarget(linux_architectures()[match[4]], libc, (int(match[2]), int(match[3])))

    def from_name(
        self,
        name: str,
        minimum_versions: MinimumVersions,
        python: PythonVersion | None,  # noqa: ARG002
    ) -> LinuxTarget | None:
        """See :meth:`TargetFamily.from_name`."""
        if match := _TAG.fullmatch(_pep600_name(name)):
            return _supported_target(match, minimum_versions)
        for libc in libcs().values():
            architecture = linux_architectures().get(name.removeprefix(f"{libc.alias}-"))
            if architecture and name.startswith(f"{libc.alias}-"):
                target = oldest_linux_target(architecture, libc, minimum_versions)
                if target is None:
                    raise _unsupported(name, architecture, libc, minimum_versions)
                return target
        return None

    def oldest_supported(self, minimum_versions: MinimumVersions) -> Iterator[LinuxTarget]:
        """See :meth:`TargetFamily.oldest_supported`."""
        for libc in libcs().values():
            for architecture in linux_architectures().values():
                if target := oldest_linux_target(architecture, libc, minimum_versions):
                    yield target


def oldest_linux_target(
    architecture: LinuxArchitecture, libc: Libc, minimum_versions: MinimumVersions
) -> LinuxTarget | None:
    """Return the target with the lowest policy that auditwheel has and the toolchain supports, if any."""
    minimum = minimum_versions.minimum_version(architecture.name, libc.name)
    if minimum is None:
        return None
    usable = [version for version in libc.policies[architecture.name] if version >= minimum]
    return LinuxTarget(architecture, libc, usable[0]) if usable else None


def _pep600_name(name: str) -> str:
    """Return the PEP 600 spelling of a name from before it: ``manylinux2014_i686`` is ``manylinux_2_17_i686``."""
    for libc in libcs().values():
        for version, legacy in libc.legacy.items():
            if name.startswith(f"{legacy}_"):
                return f"{libc.tag}_{version.replace('.', '_')}{name.removeprefix(legacy)}"
    return name


def _supported_target(match: re.Match[str], minimum_versions: MinimumVersions) -> LinuxTarget:
    libc = next(libc for libc in libcs().values() if libc.tag == match[1])
    architecture = linux_architectures().get(match[4])
    if architecture is None:
        known = list(linux_architectures())
        raise UsageError(
            f"unknown architecture {match[4]!r} in target {match[0]!r}",
            hint=suggestion(match[4], known) or f"known are {', '.join(known)}",
        )
    version = int(match[2]), int(match[3])
    policies = libc.policies[architecture.name]
    if version not in policies:
        listed = ", ".join(f"{libc.tag}_{major}_{minor}" for major, minor in policies)
        raise UsageError(f"no policy {match[0]}", hint=f"policies for {architecture.name}: {listed}")
    minimum = minimum_versions.minimum_version(architecture.name, libc.name)
    if minimum is None or version < minimum:
        raise _unsupported(match[0], architecture, libc, minimum_versions)
    return LinuxTarget(architecture, libc, version)


def _unsupported(
    name: str, architecture: LinuxArchitecture, libc: Libc, minimum_versions: MinimumVersions
) -> UsageError:
    """Return the error for a version, or a platform, that the toolchain does not support."""
    minimum = minimum_versions.minimum_version(architecture.name, libc.name)
    if minimum is None:
        reason, hint = minimum_versions.unsupported_reason(architecture.name, libc.name)
        return UsageError(f"the toolchain cannot build for {name}: {reason}", hint=hint)
    what = (
        f"the toolchain cannot build for {name}: "
        f"the oldest {libc.name} it supports for {architecture.name} is {_dotted(minimum)}"
    )
    newest = libc.policies[architecture.name][-1]
    if newest < minimum:
        return UsageError(f"{what}, and the newest policy is {libc.tag}_{newest[0]}_{newest[1]}",
                          hint="use --toolchain zig, or a cross compiler with an older C library")  # fmt: skip
    return UsageError(what, hint=f"--target {libc.alias}-{architecture.name} selects the lowest supported policy")


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
