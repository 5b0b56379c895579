"""The check of RECORD."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from crosswheel.errors import AuditError
from crosswheel.wheels.archive import record_rows
from crosswheel.wheels.audit.model import AuditFinding, Severity, WheelUnderAudit

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNHASHED = ("RECORD", "RECORD.jws", "RECORD.p7s")
# PEP 427: sha256 or better; uv and pip write no other. Not those with a variable size.
_ALGORITHMS = frozenset({"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512", "blake2b", "blake2s"})


def record(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """RECORD lists every file with its hash, SHA-256 or better, and size, and no other (PEP 376, PEP 427)."""
    info = subject.contents.info
    file = f"{info}/RECORD"
    data = subject.contents.files.get(file)
    if data is None:
        yield AuditFinding("record", Severity.ERROR, "RECORD is missing", info)
        return
    try:
        listed = record_rows(data.decode("utf-8"), limit=2 * len(subject.contents.files) + 100)
    except (AuditError, UnicodeDecodeError) as error:
        yield AuditFinding("record", Severity.ERROR, f"cannot be read: {error}", file)
        return
    rows: dict[str, tuple[str, str]] = {}
    for row in listed:
        path, digest, size = (*row, "", "", "")[:3]
        if len(row) != 3:
            yield AuditFinding(
                "record", Severity.ERROR, f"has a row that is not a path, a hash and a size: {row}", file
            )
        if rows.get(path, (digest, size)) != (digest, size):
            yield AuditFinding("record", Severity.ERROR, "is listed in RECORD with different hashes", path)
        rows[path] = digest, size
    for path, content in subject.contents.files.items():
        if path.startswith(f"{info}/") and path.rsplit("/", 1)[-1] in _UNHASHED:
            continue
        if what := _fault(rows.get(path), content):
            yield AuditFinding("record", Severity.ERROR, what, path)
    for path in rows.keys() - subject.contents.files.keys():
        yield AuditFinding("record", Severity.ERROR, "is listed in RECORD but missing from the wheel", path)


def _fault(row: tuple[str, str] | None, content: bytes) -> str:
    """Return what is wrong with the entry of a file."""
    if row is None:
        return "is not listed in RECORD"
    algorithm, _, expected = row[0].partition("=")
    if not row[0]:
        return "has no hash in RECORD"
    if algorithm not in _ALGORITHMS:
        return f"has a hash in RECORD that is not SHA-256 or better: {algorithm}"
    digest = base64.urlsafe_b64encode(hashlib.new(algorithm, content).digest()).rstrip(b"=").decode()
    if expected.rstrip("=") != digest:
        return "does not match its hash in RECORD"
    return "does not match its size in RECORD" if row[1] and row[1] != str(len(content)) else ""
