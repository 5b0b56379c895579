"""What is looked at, what is expected of it, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from crosswheel.object_files.elf import Elf
from crosswheel.object_files.macho import MachO, Universal
from crosswheel.object_files.pe import Pe
from crosswheel.object_files.wasm import Wasm
from crosswheel.targets import LinuxTarget, WindowsTarget
from crosswheel.wheels.archive import SINGLE_ARCHITECTURE_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from crosswheel.object_files.binary import Binary
    from crosswheel.targets import Target
    from crosswheel.wheels.archive import WheelContents


MODULE_SUFFIXES = (".so", ".pyd")
"""How the names of extension modules end, on one system or another."""


class Severity(StrEnum):
    """Whether a wheel must not be published, or a person should have a look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """Something wrong with a wheel.

    :param check: the name of the check, as in the documentation.
    :param member: the file in the wheel.
    """

    check: str
    severity: Severity
    what: str
    member: str = ""
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Expectations:
    """What is known of a wheel beforehand; nothing, for somebody else's.

    :param extensions: full names of the extension modules its sources declare.
    :param forbidden_paths: directories of the build machine that must not occur in it.
    :param private: what native libraries inside define, which modules have to keep to themselves.
    :param strict: whether habits that are common elsewhere count as errors: it is one of ours.
    """

    extensions: frozenset[str] = frozenset()
    forbidden_paths: tuple[str, ...] = ()
    private: frozenset[str] = frozenset()
    strict: bool = False


@dataclass(frozen=True, slots=True)
class WheelUnderAudit:
    """A wheel, read.

    :param targets: what its platform tags mean.
    :param modules: its compiled files; ``damaged`` those that could not be read.
    """

    contents: WheelContents
    targets: tuple[Target, ...]
    modules: Mapping[str, Binary]
    damaged: tuple[str, ...]
    expectations: Expectations

    @property
    def elf_files(self) -> Mapping[str, Elf]:
        """Its compiled files in ELF format."""
        return {path: binary for path, binary in self.modules.items() if isinstance(binary, Elf)}

    @property
    def wasm_files(self) -> Mapping[str, Wasm]:
        """Its compiled files in WebAssembly format."""
        return {path: binary for path, binary in self.modules.items() if isinstance(binary, Wasm)}

    @property
    def pe_files(self) -> Mapping[str, Pe]:
        """Its compiled files in PE format."""
        return {path: binary for path, binary in self.modules.items() if isinstance(binary, Pe)}

    def macho_files(self) -> Iterator[tuple[str, MachO]]:
        """Its compiled files in Mach-O format; of a universal one each part."""
        for path, binary in self.modules.items():
            if isinstance(binary, MachO):
                yield path, binary
            elif isinstance(binary, Universal):
                yield from ((path, part) for part in binary.slices)

    def dynamic_files(self) -> Iterator[tuple[str, Elf | MachO]]:
        """Its compiled files for systems with dynamic libraries: what they export, others may find."""
        yield from self.elf_files.items()
        yield from self.macho_files()

    @property
    def linux_targets(self) -> tuple[LinuxTarget, ...]:
        """What its Linux tags mean."""
        return tuple(target for target in self.targets if isinstance(target, LinuxTarget))

    @property
    def single_architecture_files(self) -> frozenset[str]:
        """The compiled files of which a wheel for several architectures says that only one has them."""
        text = self.contents.files.get(f"{self.contents.info}/{SINGLE_ARCHITECTURE_FILE}", b"")
        return frozenset(text.decode("utf-8", "replace").splitlines())

    @property
    def windows_targets(self) -> tuple[WindowsTarget, ...]:
        """What its tags of Windows mean."""
        return tuple(target for target in self.targets if isinstance(target, WindowsTarget))

    def extension_files(self) -> tuple[str, ...]:
        """Files that are Python extension modules, going by their names."""
        return tuple(path for path in self.modules if path.endswith(MODULE_SUFFIXES) and ".libs/" not in path)


class Check(Protocol):
    """One kind of mistake."""

    def __call__(self, subject: WheelUnderAudit) -> Iterator[AuditFinding]:
        """Every such mistake in a wheel."""
        ...


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Everything that was found."""

    wheel: Path
    findings: tuple[AuditFinding, ...] = field(default=())

    @property
    def errors(self) -> tuple[AuditFinding, ...]:
        """What forbids publishing."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    @property
    def ok(self) -> bool:
        """Whether nothing forbids publishing."""
        return not self.errors

    def as_json(self) -> dict[str, Any]:
        """The report in plain values."""
        findings = [
            {"check": f.check, "severity": f.severity.value, "what": f.what, "member": f.member, "hint": f.hint}
            for f in self.findings
        ]
        return {"wheel": str(self.wheel), "ok": self.ok, "findings": findings}
