"""Checks for paths of the build machine, and for run paths."""

from __future__ import annotations

import re
from posixpath import normpath
from typing import TYPE_CHECKING

from crosswheel.object_files.elf import strings_containing
from crosswheel.wheels.archive import installed_path
from crosswheel.wheels.audit.model import AuditFinding, Severity, WheelUnderAudit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


_ORIGIN = re.compile(r"\$(?:ORIGIN|\{ORIGIN\})(?=/|$)")
"""The directory of the file itself, in the two spellings of ld.so(8)."""


def run_path(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Run paths begin with $ORIGIN and stay in site-packages; any other path belongs to another machine."""
    for path, elf in subject.elf_files.items():
        for entry in elf.run_paths if any(elf.run_paths) else ():
            if not entry:
                what = "has an empty entry in its run path, which is the current directory"
            elif not _ORIGIN.match(entry):
                what = f"has the run path {entry}, which is not relative to $ORIGIN"
            elif not _is_script(path) and f"{_expand(path, entry)}/".startswith("../"):
                what = f"has the run path {entry}, which leads out of site-packages"
            else:
                continue
            yield AuditFinding("run-path", Severity.ERROR, what, path)


def _is_script(path: str) -> bool:
    """Whether a file is installed beside Python's programs, from where run paths lead to its packages."""
    return ".data/scripts/" in path or ".data/data/" in path


def _expand(path: str, entry: str) -> str:
    """Return the directory of a run path's entry, relative to site-packages."""
    here = installed_path(path).rpartition("/")[0] or "."
    return normpath(_ORIGIN.sub(lambda _: here, entry, count=1))


def carried(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A library in the wheel is on the run path of every file that needs it.

    Another file may happen to load it earlier, but wheels built by crosswheel do not rely on that.
    """
    paths = {normpath(installed_path(path)) for path in subject.modules}
    names = {path.rpartition("/")[2] for path in paths}
    severity = Severity.ERROR if subject.expectations.strict else Severity.WARNING
    for path, elf in subject.elf_files.items():
        for library in sorted(names.intersection(elf.needed)):
            if paths.isdisjoint(search_paths(installed_path(path), elf.run_paths, library)):
                what = f"needs {library}, which is in the wheel but not on its run path"
                yield AuditFinding("carried", severity, what, path)


def search_paths(path: str, run_paths: Iterable[str], library: str) -> set[str]:
    """Return the paths at which a file looks for a library, relative to site-packages.

    :param path: the file's path, relative to site-packages.
    """
    here = path.rpartition("/")[0] or "."
    return {normpath(_ORIGIN.sub(lambda _: here, entry, count=1) + f"/{library}") for entry in run_paths}


def host_path(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """No path of the build machine occurs in compiled files, metadata or generated sources."""
    expected = subject.expectations
    if not expected.forbidden_paths:
        return
    for path, data in subject.contents.files.items():
        compiled = expected.build_paths if path in subject.modules else ()
        found = strings_containing(data, expected.forbidden_paths) or strings_containing(data, compiled, whole=True)
        if found:
            shown = found[0] if len(found[0]) < 160 else found[0][:160] + "…"
            yield AuditFinding("host-path", Severity.ERROR, f"contains a path of the build machine: {shown}", path)
