"""The audit's data: the wheel, what is expected of it, findings, and the protocol of checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

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

_T = TypeVar("_T")
MODULE_SUFFIXES = (".so", ".pyd")
"""File name suffixes of extension modules on all platforms."""


class Severity(StrEnum):
    """Whether a wheel must not be published, should be reviewed, or contains something of note."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """A problem found in a wheel.

    :param check: name of the check, as documented.
    :param what: the problem; the subject of the sentence is ``member``, if there is one.
    :param member: path of the file in the wheel.
    """

    check: str
    severity: Severity
    what: str
    member: str = ""
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Expectations:
    """What is known about a wheel in advance; empty for wheels that crosswheel did not build.

    :param extensions: full names of the extension modules that its sources declare.
    :param forbidden_paths: paths of the build machine that must not occur in it.
    :param build_paths: paths that are the same in every sealed build, and must not occur in compiled files.
    :param private: symbols defined by native libraries linked into it, which its modules must not export.
    :param compiles: whether the build had anything to compile, as far as is known.
    :param strict: whether practices that are common elsewhere count as errors, as for wheels that crosswheel built.
    """

    extensions: frozenset[str] = frozenset()
    forbidden_paths: tuple[str, ...] = ()
    build_paths: tuple[str, ...] = ()
    private_symbols: frozenset[str] = frozenset()
    compiles: bool = True
    strict: bool = False


@dataclass(frozen=True, slots=True)
class WheelUnderAudit:
    """The parsed contents of a wheel.

    :param targets: the targets that its platform tags mean.
    :param modules: its compiled files that are loaded, by path; ``damaged`` are the paths of those that cannot be
        parsed, and ``data`` are compiled files that are not loaded.
    """

    contents: WheelContents
    targets: tuple[Target, ...]
    modules: Mapping[str, Binary]
    damaged: tuple[str, ...]
    expectations: Expectations
    data: Mapping[str, Binary | None] = field(default_factory=dict)

    @property
    def elf_files(self) -> Mapping[str, Elf]:
        """Compiled files in ELF format, by path."""
        return {path: binary for path, binary in self.modules.items() if isinstance(binary, Elf)}

    @property
    def bundled_names(self) -> frozenset[str]:
        """Names by which ELF files of the wheel are needed: file names, and DT_SONAME."""
        names = {path.rsplit("/", 1)[-1] for path in self.elf_files}
        return frozenset(names | {elf.soname for elf in self.elf_files.values() if elf.soname})

    @property
    def wasm_files(self) -> Mapping[str, Wasm]:
        """Compiled files in WebAssembly format, by path."""
        return {path: binary for path, binary in self.modules.items() if isinstance(binary, Wasm)}

    @property
    def pe_files(self) -> Mapping[str, Pe]:
        """Compiled files in PE format, by path."""
        return {path: binary for path, binary in self.modules.items() if isinstance(binary, Pe)}

    def macho_files(self) -> Iterator[tuple[str, MachO]]:
        """Iterate over compiled files in Mach-O format, and over each slice of universal files."""
        for path, binary in self.modules.items():
            if isinstance(binary, MachO):
                yield path, binary
            elif isinstance(binary, Universal):
                yield from ((path, part) for part in binary.slices)

    def dynamic_files(self) -> Iterator[tuple[str, Elf | MachO]]:
        """Iterate over compiled files whose exported symbols other files may be bound to: ELF and Mach-O."""
        yield from self.elf_files.items()
        yield from self.macho_files()

    def targets_of(self, kind: type[_T]) -> tuple[_T, ...]:
        """Return the targets of one family, by their class."""
        return tuple(target for target in self.targets if isinstance(target, kind))

    @property
    def linux_targets(self) -> tuple[LinuxTarget, ...]:
        """The targets of its Linux platform tags."""
        return self.targets_of(LinuxTarget)

    @property
    def single_architecture_files(self) -> frozenset[str]:
        """Compiled files listed as present in only one architecture of a wheel for several."""
        text = self.contents.files.get(f"{self.contents.info}/{SINGLE_ARCHITECTURE_FILE}", b"")
        return frozenset(text.decode("utf-8", "replace").splitlines())

    @property
    def windows_targets(self) -> tuple[WindowsTarget, ...]:
        """The targets of its Windows platform tags."""
        return self.targets_of(WindowsTarget)

    def extension_files(self) -> tuple[str, ...]:
        """Return the files that are Python extension modules, judging by their names."""
        return tuple(path for path in self.modules if path.endswith(MODULE_SUFFIXES) and ".libs/" not in path)


class AuditCheck(Protocol):
    """A check for one kind of error; its docstring states the requirement, for the reference documentation."""

    def __call__(self, subject: WheelUnderAudit) -> Iterator[AuditFinding]:
        """Yield a finding for every violation in a wheel."""
        ...


@dataclass(frozen=True, slots=True)
class AuditReport:
    """All findings of an audit."""

    wheel: Path
    findings: tuple[AuditFinding, ...] = field(default=())

    @property
    def errors(self) -> tuple[AuditFinding, ...]:
        """Findings that forbid publishing the wheel."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    @property
    def ok(self) -> bool:
        """Whether there are no errors."""
        return not self.errors

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON-compatible values."""
        findings = [
            {"check": f.check, "severity": f.severity.value, "what": f.what, "member": f.member, "hint": f.hint}
            for f in self.findings
        ]
        return {"wheel": str(self.wheel), "ok": self.ok, "findings": findings}
