"""Checks of what a wheel says about itself: RECORD, METADATA, WHEEL, its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

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
        yield AuditFinding("record", Severity.ERROR, "there is no RECORD", info)
        return
    rows = {path: (digest, size) for path, digest, size in record_rows(text.decode("utf-8", "replace"))}
    for path, data in subject.contents.files.items():
        if path.startswith(info) and path.rsplit("/", 1)[-1] in _UNHASHED:
            continue
        if path not in rows:
            yield AuditFinding("record", Severity.ERROR, "is not in RECORD", path)
        elif rows[path][0] != record_hash(data) and rows[path][0].startswith("sha256="):
            yield AuditFinding("record", Severity.ERROR, "does not have the hash that RECORD says", path)
        elif not rows[path][0]:
            yield AuditFinding("record", Severity.ERROR, "has no hash in RECORD", path)
        elif rows[path][1] and rows[path][1] != str(len(data)):
            yield AuditFinding("record", Severity.ERROR, "does not have the size that RECORD says", path)
    for path in rows.keys() - subject.contents.files.keys():
        yield AuditFinding("record", Severity.ERROR, "is in RECORD and not in the wheel", path)


def archive(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """No member occurs twice, is absolute or leads outside."""
    for path in subject.contents.duplicates:
        yield AuditFinding("archive", Severity.ERROR, "occurs more than once in the archive", path)
    for path in subject.contents.files:
        if path.startswith("/") or "\\" in path or ".." in path.split("/"):
            yield AuditFinding("archive", Severity.ERROR, "leads outside of where it is installed", path)
    for path in subject.damaged:
        yield AuditFinding("archive", Severity.ERROR, "begins as a compiled file and cannot be read as one", path)


def names(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """METADATA names the project and version that the file name does."""
    contents = subject.contents
    headers = dict(reversed(contents.headers("METADATA")))
    file = f"{contents.info}/METADATA"
    if canonicalize_name(headers.get("Name", "")) != contents.name.name:
        yield AuditFinding(
            "metadata", Severity.ERROR, f"says it is {headers.get('Name')!r}, not {contents.name.name!r}", file
        )
    try:
        same = Version(headers.get("Version", "")) == Version(contents.name.version)
    except InvalidVersion:
        same = False
    if not same:
        what = f"says it is version {headers.get('Version')!r}, not {contents.name.version!r}"
        yield AuditFinding("metadata", Severity.ERROR, what, file)


def tags(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """WHEEL has the tags of the file name, and these are tags that exist."""
    contents = subject.contents
    said = {value for key, value in contents.headers("WHEEL") if key == "Tag"}
    meant = set(contents.name.tags())
    # Compressed sets may be written either way: each tag alone, or as in the name.
    expanded = {
        f"{p}-{a}-{t}"
        for value in said
        if value.count("-") == 2
        for p in value.split("-")[0].split(".")
        for a in value.split("-")[1].split(".")
        for t in value.split("-")[2].split(".")
    }
    if expanded != meant:
        what = f"WHEEL has the tags {', '.join(sorted(said)) or 'none'}, the name {', '.join(sorted(meant))}"
        yield AuditFinding("tags", Severity.ERROR, what, f"{contents.info}/WHEEL")
    for platform in contents.name.platforms:
        if platform.startswith("linux_"):
            yield AuditFinding(
                "tags",
                Severity.ERROR,
                f"{platform} promises nothing about the C library",
                hint="crosswheel build repairs",
            )
    if not contents.name.is_pure and any(m for m in subject.modules) and not subject.targets:
        what = f"{', '.join(contents.name.platforms)}: not a tag that could be checked against its modules"
        yield AuditFinding("tags", Severity.ERROR, what)
    if len({target.architecture for target in subject.targets}) > 1:
        yield AuditFinding("tags", Severity.ERROR, "the name's tags are of different architectures")


def purity(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A wheel for one platform has something compiled in it, a wheel for all has nothing."""
    headers = dict(subject.contents.headers("WHEEL"))
    pure = headers.get("Root-Is-Purelib", "").lower() == "true"
    compiled = next(iter(subject.modules), "")
    if subject.contents.name.is_pure and compiled:
        yield AuditFinding("purity", Severity.ERROR, "is compiled, and the wheel's tag says `any`", compiled)
    if not subject.contents.name.is_pure and not subject.modules:
        what = "the wheel is for one platform and holds nothing compiled"
        yield AuditFinding(
            "purity", Severity.ERROR, what, hint="did its extension modules fail to build without an error?"
        )
    if pure and compiled and not subject.contents.name.is_pure:
        yield AuditFinding("purity", Severity.ERROR, "Root-Is-Purelib is true", f"{subject.contents.info}/WHEEL")
