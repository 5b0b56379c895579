"""Checks for traces of the build machine."""

from __future__ import annotations

from posixpath import normpath
from typing import TYPE_CHECKING

from crosswheel.object_files.elf import strings_containing
from crosswheel.wheels.archive import installed_path
from crosswheel.wheels.audit.model import AuditFinding, Severity, WheelUnderAudit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def run_path(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Run paths begin with $ORIGIN: anything else is a directory of some other machine."""
    for path, elf in subject.elf_files.items():
        for entry in elf.run_paths:
            if not entry.startswith("$ORIGIN"):
                yield AuditFinding("run-path", Severity.ERROR, f"looks for libraries in {entry}", path)


def carried(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A library that is in the wheel lies where those who need it look for it.

    Another file may have it loaded beforehand; ours do not count on that.
    """
    places = {normpath(installed_path(path)) for path in subject.modules}
    names = {place.rpartition("/")[2] for place in places}
    severity = Severity.ERROR if subject.expectations.strict else Severity.WARNING
    for path, elf in subject.elf_files.items():
        for library in sorted(names.intersection(elf.needed)):
            if places.isdisjoint(search_paths(installed_path(path), elf.run_paths, library)):
                what = f"needs {library}, which is in the wheel, and does not look for it there"
                yield AuditFinding("carried", severity, what, path)


def search_paths(path: str, run_paths: Iterable[str], library: str) -> set[str]:
    """Where a file looks for a library, in the directory of packages.

    :param path: of the file, there.
    """
    here = path.rpartition("/")[0] or "."
    return {normpath(entry.replace("$ORIGIN", here, 1) + f"/{library}") for entry in run_paths}


def host_path(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """No directory of the build machine occurs in compiled files, metadata or generated sources."""
    forbidden = subject.expectations.forbidden_paths
    if not forbidden:
        return
    for path, data in subject.contents.files.items():
        if found := strings_containing(data, forbidden):
            shown = found[0] if len(found[0]) < 160 else found[0][:160] + "…"
            yield AuditFinding("host-path", Severity.ERROR, f"holds a path of the build machine: {shown}", path)
