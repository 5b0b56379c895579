"""Checks of a wheel's metadata: RECORD, METADATA, WHEEL, and the file name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from crosswheel.object_files import is_module
from crosswheel.object_files.mismatch import mismatch
from crosswheel.wheels.archive import record_hash, record_rows
from crosswheel.wheels.audit.model import AuditFinding, Severity, WheelUnderAudit

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNHASHED = ("RECORD", "RECORD.jws", "RECORD.p7s")


def record(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """RECORD lists every file with its hash and size, and no other (PEP 376, PEP 427)."""
    info = subject.contents.info
    text = subject.contents.files.get(f"{info}/RECORD")
    if text is None:
        yield AuditFinding("record", Severity.ERROR, "RECORD is missing", info)
        return
    rows = {path: (digest, size) for path, digest, size in record_rows(text.decode("utf-8", "replace"))}
    for path, data in subject.contents.files.items():
        if path.startswith(info) and path.rsplit("/", 1)[-1] in _UNHASHED:
            continue
        if path not in rows:
            yield AuditFinding("record", Severity.ERROR, "is not listed in RECORD", path)
        elif rows[path][0] != record_hash(data) and rows[path][0].startswith("sha256="):
            yield AuditFinding("record", Severity.ERROR, "does not match its hash in RECORD", path)
        elif not rows[path][0]:
            yield AuditFinding("record", Severity.ERROR, "has no hash in RECORD", path)
        elif rows[path][1] and rows[path][1] != str(len(data)):
            yield AuditFinding("record", Severity.ERROR, "does not match its size in RECORD", path)
    for path in rows.keys() - subject.contents.files.keys():
        yield AuditFinding("record", Severity.ERROR, "is listed in RECORD but missing from the wheel", path)


def archive(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """No member is duplicated, has an absolute path, or is outside the installation directory."""
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


def names(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """METADATA has the same project name and version as the file name."""
    contents = subject.contents
    headers = dict(reversed(contents.headers("METADATA")))
    file = f"{contents.info}/METADATA"
    if canonicalize_name(headers.get("Name", "")) != contents.name.name:
        yield AuditFinding(
            "metadata",
            Severity.ERROR,
            f"Name is {headers.get('Name')!r}, but the file name has {contents.name.name!r}",
            file,
        )
    try:
        same = Version(headers.get("Version", "")) == Version(contents.name.version)
    except InvalidVersion:
        same = False
    if not same:
        what = f"Version is {headers.get('Version')!r}, but the file name has {contents.name.version!r}"
        yield AuditFinding("metadata", Severity.ERROR, what, file)


def tags(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """WHEEL has the tags of the file name, and the platform tags are valid."""
    contents = subject.contents
    declared = {value for key, value in contents.headers("WHEEL") if key == "Tag"}
    expected = set(contents.name.tags())
    # Compressed tag sets may be written either way: one tag per line, or as in the file name.
    expanded = {
        f"{p}-{a}-{t}"
        for value in declared
        if value.count("-") == 2
        for p in value.split("-")[0].split(".")
        for a in value.split("-")[1].split(".")
        for t in value.split("-")[2].split(".")
    }
    if expanded != expected:
        found = ", ".join(sorted(declared)) or "none"
        what = f"the tags are {found}, but those of the file name are {', '.join(sorted(expected))}"
        yield AuditFinding("tags", Severity.ERROR, what, f"{contents.info}/WHEEL")
    for platform in contents.name.platforms:
        if platform.startswith("linux_"):
            yield AuditFinding(
                "tags",
                Severity.ERROR,
                f"{platform} does not specify a C library",
                hint="crosswheel build repairs wheels and sets portable tags",
            )
    if not contents.name.is_pure and any(m for m in subject.modules) and not subject.targets:
        what = f"{', '.join(contents.name.platforms)}: unknown platform tag; cannot check the compiled files against it"
        yield AuditFinding("tags", Severity.ERROR, what)
    if len({target.architecture for target in subject.targets}) > 1:
        yield AuditFinding("tags", Severity.ERROR, "the platform tags are for different architectures")


def purity(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A wheel with a platform tag contains compiled files; one for any platform contains no extension modules.

    Libraries for ctypes in a wheel for any platform are a warning: some debuggers ship those for all platforms.
    """
    headers = dict(subject.contents.headers("WHEEL"))
    pure = headers.get("Root-Is-Purelib", "").lower() == "true"
    compiled = next(iter(subject.modules), "")
    if "any" in subject.contents.name.platforms and compiled:
        importable = next((path for path, binary in subject.modules.items() if is_module(binary)), "")
        error = importable or subject.expectations.strict
        severity, kind = (
            (Severity.ERROR if error else Severity.WARNING),
            "an extension module" if importable else "a library",
        )
        yield AuditFinding("purity", severity, f"is {kind}, but the platform tag is `any`", importable or compiled)
    if not subject.contents.name.is_pure and not subject.modules and not _own_data(subject):
        what = "the wheel has a platform tag but contains no compiled files"
        yield AuditFinding("purity", Severity.ERROR, what, hint="did the build of its extension modules fail silently?")
    if pure and compiled and not subject.contents.name.is_pure:
        yield AuditFinding(
            "purity",
            Severity.ERROR,
            "Root-Is-Purelib is true, but the wheel contains compiled files",
            f"{subject.contents.info}/WHEEL",
        )


def _own_data(subject: WheelUnderAudit) -> bool:
    """Whether a compiled file that is data is for the wheel's platform: then the tag has a reason."""
    binaries = [binary for binary in subject.data.values() if binary is not None]
    return any(mismatch(binary, target) is None for binary in binaries for target in subject.targets)
