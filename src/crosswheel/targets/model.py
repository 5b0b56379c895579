"""The target: a frozen value that answers every question about the platform a wheel will run on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crosswheel.targets.python_version import PythonVersion


@dataclass(frozen=True, slots=True)
class System:
    """A row of ``tables/systems.toml``, where each field is explained."""

    name: str
    sys_platform: str
    os_name: str
    platform_system: str
    machdep: str
    cmake: str
    meson: Mapping[str, str] = field(hash=False, compare=False)
    suffix: str
    stable_suffix: str
    program_suffix: str
    python_library: str
    libraries: str
    binaries: Literal["ELF", "WebAssembly", "Mach-O", "PE"]
    linkage: str
    tools: Mapping[str, str] = field(hash=False, compare=False)
    variables: Mapping[str, str] = field(hash=False, compare=False)
    linking: str
    whole: tuple[str, ...] = field(hash=False, compare=False)
    symbol_prefix: str
    cmake_variables: Mapping[str, str] = field(hash=False, compare=False)
    sharing: tuple[str, ...] | None = field(default=None, hash=False, compare=False)


@dataclass(frozen=True, slots=True)
class Architecture:
    """A processor.

    :param name: as in platform tags; ``machine`` is what ``uname -m`` says on it.
    :param meson_cpu: its family in Meson's reference table.
    """

    name: str
    machine: str
    bits: Literal[32, 64]
    endian: Literal["little", "big"]
    meson_cpu: str

    @property
    def pointer_size(self) -> int:
        """Bytes in a pointer."""
        return self.bits // 8


class Target(Protocol):
    """A platform that wheels are built for. Each family of platforms has its own frozen class."""

    @property
    def family(self) -> str:
        """The family of platforms, by its name in :mod:`crosswheel.platforms`: ``linux``, ``macos``."""
        ...

    @property
    def system(self) -> System:
        """Its operating system."""
        ...

    @property
    def architecture(self) -> Architecture:
        """Its processor."""
        ...

    @property
    def tag(self) -> str:
        """The platform tag: ``manylinux_2_31_riscv64``."""
        ...

    @property
    def alias(self) -> str:
        """The short name without a version: ``linux-riscv64``, ``musl-aarch64``."""
        ...

    @property
    def unversioned_tag(self) -> str:
        """The platform tag without a version, as cibuildwheel calls the platform: ``manylinux_riscv64``."""
        ...

    def identifier(self, python: PythonVersion) -> str:
        """What cibuildwheel calls a build for it: ``cp313-manylinux_riscv64``. All versions of a platform share it."""
        ...

    @property
    def version(self) -> tuple[int, int]:
        """The oldest version of the platform its wheels run on: glibc 2.31, an ABI's year and number."""
        ...

    @property
    def multiarch(self) -> str:
        """CPython's name of the platform in file names: ``riscv64-linux-gnu`` (PEP 3149)."""
        ...

    @property
    def triple(self) -> str:
        """The triple of compilers and of autotools' ``--host``: ``riscv64-linux-gnu``."""
        ...

    @property
    def platform(self) -> str:
        """``sysconfig.get_platform()`` there: ``linux-riscv64``."""
        ...

    @property
    def long_double(self) -> str:
        """The storage format of ``long double``, in Meson's and numpy's vocabulary (``longdouble_format``)."""
        ...

    @property
    def long_size(self) -> int:
        """Bytes in C's ``long``."""
        ...

    @property
    def symbol_prefix(self) -> str:
        """What stands before C's names in symbol tables."""
        ...

    @property
    def shared_library_flags(self) -> tuple[str, ...] | None:
        """What a compiler is told to make a shared library called ``{name}``; None where wheels cannot bring any."""
        ...

    @property
    def release(self) -> str:
        """What ``uname -r`` says, in the place of whatever it would say on one machine or another."""
        ...

    @property
    def product_version(self) -> str:
        """The version people call the system by, where one does: ``11.0`` of macOS; empty elsewhere."""
        ...

    @property
    def libc_version(self) -> tuple[str, str]:
        """The C library and its version as ``platform.libc_ver()`` gives them."""
        ...

    def tool_prefixes(self) -> tuple[str, ...]:
        """What stands before the names of tools that are for it: ``riscv64-linux-gnu-gcc``."""
        ...

    def wheel_tags(self) -> tuple[str, ...]:
        """The platform tags its wheels carry: its own, after older names of the same."""
        ...

    def platform_tags(self) -> tuple[str, ...]:
        """Every platform tag whose wheels run there, most specific first."""
        ...

    @property
    def pythons(self) -> tuple[PythonVersion, ...]:
        """The Pythons there are for this target, where it has only some; empty for any."""
        ...

    def supports_python(self, python: PythonVersion) -> bool:
        """Whether there is such a Python for this target."""
        ...

    def components(self) -> tuple[Target, ...]:
        """The targets it is made of, where its wheels are merged of theirs; none where they are built for itself."""
        ...

    def with_deployment_target(self, environment: Mapping[str, str]) -> Target:
        """The target that is meant where these environment variables are set: on some systems one asks for a version.

        :raises UsageError: when one asks for what there is not.
        """
        ...

    def variables(self) -> dict[str, str]:
        """Environment variables by which projects know the target while they are built."""
        ...

    def soabi(self, python: PythonVersion) -> str:
        """``SOABI``: ``cpython-313-riscv64-linux-gnu`` (PEP 3149)."""
        ...

    def ext_suffix(self, python: PythonVersion) -> str:
        """``EXT_SUFFIX``: ``.cpython-313-riscv64-linux-gnu.so``."""
        ...

    def sysconfigdata(self, python: PythonVersion) -> str:
        """The module in which ``sysconfig`` finds its variables."""
        ...

    def markers(self, python: PythonVersion, micro: int = 0) -> dict[str, str]:
        """The environment markers that hold on the target (PEP 508)."""
        ...


class TargetBase:
    """What most targets answer in the same way, from what they answer each in its own."""

    def __str__(self: Target) -> str:
        return self.tag

    @property
    def pythons(self) -> tuple[PythonVersion, ...]:
        """See :attr:`Target.pythons`."""
        return ()

    @property
    def product_version(self) -> str:
        """See :attr:`Target.product_version`."""
        return ""

    def components(self) -> tuple[Target, ...]:
        """See :meth:`Target.components`."""
        return ()

    def with_deployment_target(self: Target, environment: Mapping[str, str]) -> Target:  # noqa: ARG002
        """See :meth:`Target.with_deployment_target`."""
        return self

    @property
    def long_size(self: Target) -> int:
        """See :attr:`Target.long_size`: a pointer's, but for Windows."""
        return self.architecture.pointer_size

    @property
    def symbol_prefix(self: Target) -> str:
        """See :attr:`Target.symbol_prefix`."""
        return self.system.symbol_prefix

    @property
    def shared_library_flags(self: Target) -> tuple[str, ...] | None:
        """See :attr:`Target.shared_library_flags`."""
        return self.system.sharing

    @property
    def unversioned_tag(self: Target) -> str:
        """The tag itself, of platforms whose tags have no version."""
        return self.tag

    def identifier(self: Target, python: PythonVersion) -> str:
        """See :meth:`Target.identifier`."""
        return f"{python.abi}-{self.unversioned_tag}"

    def variables(self: Target) -> dict[str, str]:
        """See :meth:`Target.wine_variables`."""
        known = {"version": self.product_version, "architecture": self.architecture.name}
        return {name: value.format_map(known) for name, value in self.system.variables.items()}

    def supports_python(self: Target, python: PythonVersion) -> bool:
        """See :meth:`Target.supports_python`."""
        return not self.pythons or python in self.pythons

    def soabi(self: Target, python: PythonVersion) -> str:
        """See :meth:`Target.soabi`."""
        return f"cpython-3{python.minor}{python.abiflags}-{self.multiarch}"

    def ext_suffix(self: Target, python: PythonVersion) -> str:
        """See :meth:`Target.ext_suffix`."""
        return f".{self.soabi(python)}{self.system.suffix}"

    def sysconfigdata(self: Target, python: PythonVersion) -> str:
        """Flags, ``sys.platform`` and multiarch joined, as ``sysconfig`` does."""
        return f"_sysconfigdata_{python.abiflags}_{self.system.sys_platform}_{self.multiarch}"

    def markers(self: Target, python: PythonVersion, micro: int = 0) -> dict[str, str]:
        """See :meth:`Target.markers`."""
        full = f"{python.feature}.{micro}"
        return {
            "implementation_name": "cpython",
            "implementation_version": full,
            "os_name": self.system.os_name,
            "platform_machine": self.architecture.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": self.system.platform_system,
            "platform_version": "",
            "python_full_version": full,
            "python_version": python.feature,
            "sys_platform": self.system.sys_platform,
        }


class MinimumVersions(Protocol):
    """What a toolchain says of the oldest version of a platform it can build for."""

    def minimum_version(self, architecture: str, platform: str) -> tuple[int, int] | None:
        """The oldest ``(major, minor)`` it reaches, None if it cannot build for this platform at all.

        :param platform: what the version is one of: ``glibc``, ``musl``, ``pyodide``, ``macos``,
            ``windows``.
        """
        ...

    def unsupported_reason(self, architecture: str, platform: str) -> tuple[str, str]:
        """Where there is no floor: why it cannot build for this platform, and what would change that."""
        ...


class TargetFamily(Protocol):
    """Platforms that are named in one way and described by one kind of target."""

    @property
    def name(self) -> str:
        """The name of the family, :attr:`Target.family` of its targets."""
        ...

    def aliases(self) -> tuple[str, ...]:
        """Every short name its targets can be asked for by."""
        ...

    def from_tag(self, tag: str) -> Target | None:
        """The target a platform tag means, None for tags of other families."""
        ...

    def from_name(self, name: str, minimum_versions: MinimumVersions, python: PythonVersion | None) -> Target | None:
        """The target a person means by a tag or an alias, None if it is not one of this family.

        :param minimum_versions: the toolchain that will be used; an alias resolves to the oldest version it can reach.
        :param python: the Python the wheel is for, None for any.
        :raises UsageError: when it is one of this family and cannot be built for.
        """
        ...

    def oldest_supported(self, minimum_versions: MinimumVersions) -> Iterator[Target]:
        """One target per platform, each of the oldest version within reach."""
        ...
