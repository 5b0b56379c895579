"""The target: a frozen value that answers every question about the platform a wheel will run on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.targets.python_version import PythonVersion


@dataclass(frozen=True, slots=True)
class ElfFlags:
    """What ``e_flags`` of an ELF header must be under a mask."""

    mask: int
    value: int


@dataclass(frozen=True, slots=True)
class Architecture:
    """A row of ``tables/architectures.toml``, where each field is explained."""

    name: str
    machine: str
    gnu_cpu: str
    triple_cpu: str
    bits: Literal[32, 64]
    endian: Literal["little", "big"]
    elf_machine: str
    elf_flags: ElfFlags
    meson_cpu: str
    long_double: str
    debian: str
    qemu: str
    eabi: str = ""
    long_double_musl: str | None = None
    musl_name: str | None = None
    runs_also: tuple[str, ...] = ()

    @property
    def pointer_size(self) -> int:
        """Bytes in a pointer."""
        return self.bits // 8


@dataclass(frozen=True, slots=True)
class Libc:
    """A row of ``tables/libcs.toml``."""

    name: Literal["glibc", "musl"]
    abi: Literal["gnu", "musl"]
    tag: Literal["manylinux", "musllinux"]
    alias: str
    needed: str
    policies: Mapping[str, tuple[tuple[int, int], ...]] = field(hash=False, compare=False)
    legacy: Mapping[str, str] = field(hash=False, compare=False)


@dataclass(frozen=True, slots=True)
class Target:
    """A platform that wheels are built for.

    ``libc_version`` is the ceiling: the wheel runs with that C library and every later one (PEP 600,
    PEP 656).
    """

    architecture: Architecture
    libc: Libc
    libc_version: tuple[int, int]

    def __str__(self) -> str:
        return self.tag

    @property
    def tag(self) -> str:
        """The platform tag: ``manylinux_2_31_riscv64``."""
        major, minor = self.libc_version
        return f"{self.libc.tag}_{major}_{minor}_{self.architecture.name}"

    @property
    def alias(self) -> str:
        """The short name without a C library version: ``linux-riscv64``, ``musl-aarch64``."""
        return f"{self.libc.alias}-{self.architecture.name}"

    @property
    def multiarch(self) -> str:
        """CPython's name of the platform in file names: ``riscv64-linux-gnu`` (PEP 3149)."""
        arch = self.architecture
        return f"{arch.gnu_cpu}-linux-{self.libc.abi}{arch.eabi}"

    @property
    def triple(self) -> str:
        """The triple of compilers and of autotools' ``--host``: ``riscv64-linux-gnu``."""
        arch = self.architecture
        return f"{arch.triple_cpu}-linux-{self.libc.abi}{arch.eabi}"

    @property
    def platform(self) -> str:
        """``sysconfig.get_platform()`` there: ``linux-riscv64``."""
        return f"linux-{self.architecture.machine}"

    @property
    def long_double(self) -> str:
        """The storage format of ``long double``."""
        arch = self.architecture
        musl_format = arch.long_double_musl if self.libc.name == "musl" else None
        return musl_format or arch.long_double

    @property
    def libc_soname(self) -> str:
        """The name under which modules need the C library."""
        arch = self.architecture
        return self.libc.needed.format(machine=arch.musl_name or arch.machine)

    def soabi(self, python: PythonVersion) -> str:
        """``SOABI``: ``cpython-313-riscv64-linux-gnu`` (PEP 3149)."""
        return f"cpython-3{python.minor}{python.abiflags}-{self.multiarch}"

    def ext_suffix(self, python: PythonVersion) -> str:
        """``EXT_SUFFIX``: ``.cpython-313-riscv64-linux-gnu.so``."""
        return f".{self.soabi(python)}.so"

    def markers(self, python: PythonVersion, micro: int = 0) -> dict[str, str]:
        """The environment markers that hold on the target (PEP 508)."""
        full = f"{python.feature}.{micro}"
        return {
            "implementation_name": "cpython",
            "implementation_version": full,
            "os_name": "posix",
            "platform_machine": self.architecture.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": full,
            "python_version": python.feature,
            "sys_platform": "linux",
        }

    def platform_tags(self) -> tuple[str, ...]:
        """Every platform tag whose wheels run there, most specific first (PEP 600: any lower version too)."""
        name = self.architecture.name
        major, minor = self.libc_version
        lowest = min(self.libc.policies[name])[1]
        tags = []
        for lower in range(minor, lowest - 1, -1):
            tags.append(f"{self.libc.tag}_{major}_{lower}_{name}")
            if legacy := self.libc.legacy.get(f"{major}.{lower}"):
                tags.append(f"{legacy}_{name}")
        return (*tags, f"linux_{self.architecture.machine}")
