"""The target: a frozen value with every fact about the platform that a wheel will run on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crosswheel.targets.python_version import PythonVersion


@dataclass(frozen=True, slots=True)
class System:
    """An operating system: a row of ``tables/systems.toml``, where each field is explained."""

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
    cmake_rules: Mapping[str, str] = field(hash=False, compare=False)
    sharing: tuple[str, ...] | None = field(default=None, hash=False, compare=False)


@dataclass(frozen=True, slots=True)
class Architecture:
    """A processor architecture.

    :param name: its name in platform tags; ``machine`` is what ``uname -m`` prints on it.
    :param meson_cpu: its CPU family in Meson's reference table.
    """

    name: str
    machine: str
    bits: Literal[32, 64]
    endian: Literal["little", "big"]
    meson_cpu: str

    @property
    def pointer_size(self) -> int:
        """Size of a pointer in bytes."""
        return self.bits // 8


class Target(Protocol):
    """A platform that wheels are built for. Each family of platforms has a frozen class that implements it."""

    @property
    def family(self) -> str:
        """Name of the family of platforms in :mod:`crosswheel.platforms`: ``linux``, ``macos``."""
        ...

    @property
    def system(self) -> System:
        """Operating system."""
        ...

    @property
    def architecture(self) -> Architecture:
        """Processor architecture."""
        ...

    @property
    def tag(self) -> str:
        """Platform tag: ``manylinux_2_31_riscv64``."""
        ...

    @property
    def alias(self) -> str:
        """Short name without a version: ``linux-riscv64``, ``musl-aarch64``."""
        ...

    @property
    def unversioned_tag(self) -> str:
        """Platform tag without a version, as in cibuildwheel's identifiers: ``manylinux_riscv64``."""
        ...

    def identifier(self, python: PythonVersion) -> str:
        """Return cibuildwheel's build identifier, ``cp313-manylinux_riscv64``; all versions of a platform share it."""
        ...

    @property
    def version(self) -> tuple[int, int]:
        """Oldest version of the platform that wheels run on: glibc 2.31, the year and number of a Pyodide ABI."""
        ...

    @property
    def multiarch(self) -> str:
        """CPython's name of the platform in file names: ``riscv64-linux-gnu`` (PEP 3149)."""
        ...

    @property
    def triple(self) -> str:
        """Triple of compilers and of autotools' ``--host``: ``riscv64-linux-gnu``."""
        ...

    @property
    def platform(self) -> str:
        """Result of ``sysconfig.get_platform()`` on the target: ``linux-riscv64``."""
        ...

    @property
    def long_double(self) -> str:
        """Storage format of ``long double``, in the vocabulary of Meson and numpy (``longdouble_format``)."""
        ...

    @property
    def long_size(self) -> int:
        """Size of C's ``long`` in bytes."""
        ...

    @property
    def symbol_prefix(self) -> str:
        """Prefix of C names in symbol tables."""
        ...

    @property
    def shared_library_flags(self) -> tuple[str, ...] | None:
        """Compiler flags for a shared library called ``{name}``; None if wheels cannot bundle any."""
        ...

    @property
    def release(self) -> str:
        """Result of ``uname -r``: one fixed release, so that results do not depend on a machine."""
        ...

    @property
    def product_version(self) -> str:
        """Marketing version of the system: ``11.0`` of macOS; empty for other systems."""
        ...

    @property
    def sys_version_suffix(self) -> str:
        """End of the compiler in ``sys.version``: ``64 bit (AMD64)`` on Windows; empty for other systems."""
        ...

    @property
    def libc_version(self) -> tuple[str, str]:
        """C library and its version, as ``platform.libc_ver()`` returns them."""
        ...

    def tool_prefixes(self) -> tuple[str, ...]:
        """Return the prefixes of tool names: ``riscv64-linux-gnu`` for ``riscv64-linux-gnu-gcc``."""
        ...

    def wheel_tags(self) -> tuple[str, ...]:
        """Return the platform tags of its wheels: its own tag last, older names of it first."""
        ...

    def platform_tags(self) -> tuple[str, ...]:
        """Return every platform tag whose wheels run on it, most specific first."""
        ...

    def tag_spellings(self) -> tuple[str, ...]:
        """Return the platform tags that name exactly this target: its own tag first, then other accepted ones."""
        ...

    @property
    def pythons(self) -> tuple[PythonVersion, ...]:
        """The only Python versions that exist for the target; empty if there is no such limit."""
        ...

    def supports_python(self, python: PythonVersion) -> bool:
        """Return whether that Python version exists for the target."""
        ...

    def components(self) -> tuple[Target, ...]:
        """Return the targets whose wheels are merged into its own; empty if wheels are built for it directly."""
        ...

    def with_deployment_target(self, environment: Mapping[str, str]) -> Target:
        """Return the target that these environment variables select: a newer version on macOS.

        :raises UsageError: if they select a version that does not exist.
        """
        ...

    def variables(self) -> dict[str, str]:
        """Return the environment variables by which projects recognize the target during a build."""
        ...

    def soabi(self, python: PythonVersion) -> str:
        """Return ``SOABI``: ``cpython-313-riscv64-linux-gnu`` (PEP 3149)."""
        ...

    def ext_suffix(self, python: PythonVersion) -> str:
        """Return ``EXT_SUFFIX``: ``.cpython-313-riscv64-linux-gnu.so``."""
        ...

    def sysconfigdata(self, python: PythonVersion) -> str:
        """Return the name of the module that ``sysconfig`` reads its variables from."""
        ...

    def markers(self, python: PythonVersion, micro: int = 0) -> dict[str, str]:
        """Return the target's values of the environment markers (PEP 508)."""
        ...


class TargetBase:
    """Default implementations of members of :class:`Target` that derive from other members."""

    def __str__(self: Target) -> str:
        return self.tag

    def tag_spellings(self: Target) -> tuple[str, ...]:
        """See :meth:`Target.tag_spellings`."""
        return (self.tag,)

    @property
    def pythons(self) -> tuple[PythonVersion, ...]:
        """See :attr:`Target.pythons`."""
        return ()

    @property
    def product_version(self) -> str:
        """See :attr:`Target.product_version`."""
        return ""

    @property
    def sys_version_suffix(self) -> str:
        """See :attr:`Target.sys_version_suffix`."""
        return ""

    def components(self) -> tuple[Target, ...]:
        """See :meth:`Target.components`."""
        return ()

    def with_deployment_target(self: Target, environment: Mapping[str, str]) -> Target:  # noqa: ARG002
        """See :meth:`Target.with_deployment_target`."""
        return self

    @property
    def long_size(self: Target) -> int:
        """See :attr:`Target.long_size`: the size of a pointer, except on Windows."""
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
        """See :attr:`Target.unversioned_tag`: the tag itself, for platforms whose tags have no version."""
        return self.tag

    def identifier(self: Target, python: PythonVersion) -> str:
        """See :meth:`Target.identifier`."""
        return f"{python.abi}-{self.unversioned_tag}"

    def variables(self: Target) -> dict[str, str]:
        """See :meth:`Target.variables`."""
        fields = {"version": self.product_version, "architecture": self.architecture.name}
        return {name: value.format_map(fields) for name, value in self.system.variables.items()}

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
        """See :meth:`Target.sysconfigdata`: flags, ``sys.platform`` and multiarch, joined as ``sysconfig`` does."""
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
    """The oldest version of each platform that a toolchain can build for."""

    def minimum_version(self, architecture: str, platform: str) -> tuple[int, int] | None:
        """Return the oldest supported ``(major, minor)``, None if the toolchain cannot build for this platform.

        :param platform: what the version is a version of: ``glibc``, ``musl``, ``pyodide``, ``macos``, ``windows``.
        """
        ...

    def unsupported_reason(self, architecture: str, platform: str) -> tuple[str, str]:
        """Return why there is no minimum version, and a hint."""
        ...


class TargetFamily(Protocol):
    """A family of platforms: it parses their names and creates their targets."""

    @property
    def name(self) -> str:
        """Name of the family, :attr:`Target.family` of its targets."""
        ...

    def aliases(self) -> tuple[str, ...]:
        """Return every short name of its targets."""
        ...

    def from_tag(self, tag: str) -> Target | None:
        """Return the target of a platform tag, None for tags of other families."""
        ...

    def from_name(self, name: str, minimum_versions: MinimumVersions, python: PythonVersion | None) -> Target | None:
        """Return the target of a tag or an alias, None for names of other families.

        :param minimum_versions: the toolchain; an alias resolves to the oldest version it supports.
        :param python: the Python that the wheel is for, None for any.
        :raises UsageError: if the name is one of this family and the toolchain cannot build for it.
        """
        ...

    def oldest_supported(self, minimum_versions: MinimumVersions) -> Iterator[Target]:
        """Yield one target for each platform, of the oldest version that the toolchain supports."""
        ...
