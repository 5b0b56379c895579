"""Checks for traces of the build machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.binaries.elf import strings_with
from crosswheel.wheels.audit.model import Finding, Severity, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator


def run_path(subject: Subject) -> Iterator[Finding]:
    """Run paths begin with $ORIGIN: anything else is a directory of some other machine."""
    for path, elf in subject.elf_files.items():
        for entry in elf.run_paths:
            if not entry.startswith("$ORIGIN"):
                yield Finding("run-path", Severity.ERROR, f"looks for libraries in {entry}", path)


def host_path(subject: Subject) -> Iterator[Finding]:
    """No directory of the build machine occurs in compiled files, metadata or generated sources."""
    forbidden = subject.expectations.forbidden_paths
    if not forbidden:
        return
    for path, data in subject.contents.files.items():
        if found := strings_with(data, forbidden):
            shown = found[0] if len(found[0]) < 160 else found[0][:160] + "…"
            yield Finding("host-path", Severity.ERROR, f"holds a path of the build machine: {shown}", path)
