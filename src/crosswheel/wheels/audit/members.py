"""Checks of the archive and of the names of its members, as installers unpack them on the wheel's platforms."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from posixpath import normpath
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from crosswheel.wheels.archive import installed_path
from crosswheel.wheels.audit.model import AuditFinding, Severity, WheelUnderAudit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, those that reverse the direction of text, and unpaired surrogates."""
_MAX_COMPONENT, _MAX_PATH = 255, 4096
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_WINDOWS_DEVICE = re.compile(r"(con|prn|aux|nul|(com|lpt)[1-9¹²³]|conin\$|conout\$) *(\..*)?", re.IGNORECASE)
_WINDOWS_CHARACTERS = re.compile(r'[<>:"|?*]|[ .]$')
_IGNORING_CASE = frozenset({"windows", "macos"})
_SCHEMES = frozenset({"purelib", "platlib", "headers", "scripts", "data"})


def archive(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """The archive reads the same for all installers; no member is duplicated, a link, or outside of the directory.

    Bytes before the archive and data descriptors are warnings: installers accept them, package indexes do not.
    """
    for fault in subject.contents.faults:
        severity = Severity.WARNING if fault.harmless and not subject.expectations.strict else Severity.ERROR
        yield AuditFinding("archive", severity, fault.what, fault.member)
    for path in subject.contents.duplicates:
        yield AuditFinding("archive", Severity.ERROR, "occurs more than once in the archive", path)
    for path in subject.contents.files:
        if path.startswith("/") or "\\" in path or ".." in path.split("/"):
            yield AuditFinding(
                "archive", Severity.ERROR, "has an unsafe path, outside the installation directory", path
            )
    for path in subject.damaged:
        yield AuditFinding(
            "archive", Severity.ERROR, "is a compiled file that cannot be parsed: truncated or corrupt", path
        )


def file_names(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """The names of files are valid and different on every platform of the wheel.

    What is wrong on Windows or macOS only is a warning in a wheel for any platform.
    """
    families = {target.family for target in subject.targets}
    for path in subject.contents.files:
        if _CONTROL.search(path):
            yield AuditFinding("file-names", Severity.ERROR, "has control characters in its name", path)
        if any(len(part.encode("utf-8", "replace")) > _MAX_COMPONENT for part in path.split("/")):
            yield AuditFinding("file-names", Severity.ERROR, f"has a name of more than {_MAX_COMPONENT} bytes", path)
        if len(path) > _MAX_PATH:
            yield AuditFinding("file-names", Severity.ERROR, f"has a path of more than {_MAX_PATH} characters", path)
        if normpath(path) != path:
            severity = Severity.ERROR if subject.expectations.strict else Severity.WARNING
            yield AuditFinding("file-names", severity, f"has a path that installers change: to {normpath(path)}", path)
        if (subject.contents.name.is_pure or "windows" in families) and (what := _invalid_on_windows(path)):
            severity = Severity.ERROR if "windows" in families else Severity.WARNING
            yield AuditFinding("file-names", severity, f"{what}, which Windows does not allow", path)
    yield from _collisions(subject, ignoring_case=bool(families & _IGNORING_CASE))


def _invalid_on_windows(path: str) -> str:
    for part in path.split("/"):
        if _WINDOWS_DEVICE.fullmatch(part):
            return f"has the name of a device, {part}"
        if part not in {".", ".."} and (found := _WINDOWS_CHARACTERS.search(part)):
            return f"has {found[0]!r} in its name"
    return ""


def _collisions(subject: WheelUnderAudit, *, ignoring_case: bool) -> Iterator[AuditFinding]:
    """Yield files that are installed to the same path as others, or to a directory of others.

    :param ignoring_case: whether a platform of the wheel ignores case and the form of accented letters.
    """
    same: dict[str, list[str]] = defaultdict(list)
    similar: dict[str, list[str]] = defaultdict(list)
    for path in subject.contents.files:
        installed = normpath(installed_path(path))
        same[installed].append(path)
        similar[unicodedata.normalize("NFC", installed).casefold()].append(path)
    for paths in same.values():
        for path in paths[1:]:
            yield AuditFinding("file-names", Severity.ERROR, f"is installed to the same path as {paths[0]}", path)
    for path, file in _inside_files(same):
        what = f"is in a directory that is a file too: {same[file][0]}"
        yield AuditFinding("file-names", Severity.ERROR, what, same[path][0])
    if ignoring_case or subject.contents.name.is_pure:
        severity = Severity.ERROR if ignoring_case else Severity.WARNING
        for paths in similar.values():
            different = {normpath(installed_path(path)): path for path in paths}
            first, *others = different.values()
            for path in others:
                what = f"has the same name as {first} where case does not matter, as on Windows and macOS"
                yield AuditFinding("file-names", severity, what, path)


def _inside_files(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the paths in a directory that is a file too, each with that file; in linear time for paths of any depth."""
    root: dict[str, Any] = {}
    ends: dict[int, str] = {}
    for path in paths:
        node = root
        for part in path.split("/"):
            node = node.setdefault(part, {})
        ends[id(node)] = path
    for path in paths:
        node = root
        for part in path.split("/")[:-1]:
            node = node[part]
            if id(node) in ends:
                yield path, ends[id(node)]
                break


def layout(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """The directories .dist-info and .data have the name and version of the file name; schemes exist (PEP 427)."""
    info = subject.contents.info
    if not _is_of_project(info.removesuffix(".dist-info"), subject):
        what = f"is not for {subject.contents.name.name} {subject.contents.name.version}, which the file name has"
        yield AuditFinding("layout", Severity.ERROR, what, info)
    for file in ("METADATA", "WHEEL"):
        if f"{info}/{file}" not in subject.contents.files:
            yield AuditFinding("layout", Severity.ERROR, f"{file} is missing", info)
    for path in subject.contents.files:
        top, *rest = path.split("/")
        if not top.endswith(".data") or not rest:
            continue
        if not _is_of_project(top.removesuffix(".data"), subject):
            yield AuditFinding("layout", Severity.ERROR, f"is in a .data directory of another project, {top}", path)
        if len(rest) < 2 or rest[0] not in _SCHEMES:
            what = f"is not in one of the schemes of .data: {', '.join(sorted(_SCHEMES))}"
            yield AuditFinding("layout", Severity.ERROR, what, path)
        elif rest[0] == "scripts" and len(rest) > 2:
            yield AuditFinding("layout", Severity.ERROR, "is in a directory of scripts, which uv refuses", path)


def _is_of_project(stem: str, subject: WheelUnderAudit) -> bool:
    """Whether ``foo_bar-1.0`` has the normalized name and version of the file name."""
    name, _, version = stem.rpartition("-")
    try:
        same = Version(version) == Version(subject.contents.name.version)
    except ValueError:  # InvalidVersion, or that of a number with thousands of digits
        return False
    return same and canonicalize_name(name) == subject.contents.name.name
