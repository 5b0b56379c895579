"""Reading and unpacking wheels, RECORD (PEP 376, PEP 427), and reproducible packing."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
import time
import zipfile
from collections import Counter
from dataclasses import dataclass
from email.parser import Parser
from itertools import islice
from typing import TYPE_CHECKING

from packaging.utils import parse_wheel_filename

from crosswheel.errors import AuditError
from crosswheel.host.archives import DAMAGE, Limits, read_member, unpack, zip_members
from crosswheel.host.files import move_into_place, temporary_directory
from crosswheel.host.zip_structure import structure_faults

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from packaging.tags import Tag

    from crosswheel.host.zip_structure import ArchiveFault

READ_ERRORS: tuple[type[Exception], ...] = (OSError, RuntimeError, OverflowError, *DAMAGE)
"""Exceptions of reading a damaged archive."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LIMITS = Limits(ratio=50)
"""The index accepts no more unpacked bytes per packed byte, and no other compression methods."""
_MAX_METADATA, _MAX_FIELDS = 4 << 20, 20_000
"""Size of METADATA and WHEEL, in bytes; lines of their headers."""
_REGENERATED = ("RECORD", "RECORD.jws", "RECORD.p7s")
_DATA = re.compile(r"^[^/]+\.data/(?:platlib|purelib)/")
SINGLE_ARCHITECTURE_FILE = "single-architecture.txt"
"""A file in .dist-info of a wheel for several architectures: compiled files that only one of them has, one per line."""


@dataclass(frozen=True, slots=True)
class WheelName:
    """The parts of a wheel's file name (PEP 427).

    :param prefix: name, version and build tag as spelled in the file name.
    """

    prefix: str
    name: str
    version: str
    pythons: tuple[str, ...]
    abis: tuple[str, ...]
    platforms: tuple[str, ...]

    @classmethod
    def parse(cls, file_name: str) -> WheelName:
        """Parse a file name.

        :raises AuditError: if it is not a valid wheel file name.
        """
        try:
            name, version, _, _ = parse_wheel_filename(file_name)
        except ValueError as error:  # InvalidWheelFilename, or that of a number with thousands of digits
            raise AuditError(f"invalid wheel file name: {error}", where=file_name) from error
        prefix, pythons, abis, platforms = file_name.removesuffix(".whl").rsplit("-", 3)
        return cls(prefix, name, str(version), *(tuple(part.split(".")) for part in (pythons, abis, platforms)))

    @property
    def is_pure(self) -> bool:
        """Whether it is for any platform."""
        return self.platforms == ("any",)

    def with_platforms(self, platforms: tuple[str, ...]) -> WheelName:
        """Return the same name with other platform tags."""
        return WheelName(self.prefix, self.name, self.version, self.pythons, self.abis, platforms)

    def tags(self) -> list[str]:
        """Return the single tags of its compressed tag set, as in WHEEL."""
        return [f"{p}-{a}-{t}" for p in self.pythons for a in self.abis for t in self.platforms]

    def __str__(self) -> str:
        parts = (".".join(part) for part in (self.pythons, self.abis, self.platforms))
        return f"{self.prefix}-{'-'.join(parts)}.whl"


@dataclass(frozen=True, slots=True)
class WheelContents:
    """The files of a wheel in memory, in archive order.

    :param duplicates: names that occur more than once in the archive.
    :param executable: files with the executable bit set.
    :param faults: faults in the structure of the archive.
    """

    name: WheelName
    files: Mapping[str, bytes]
    duplicates: tuple[str, ...] = ()
    executable: frozenset[str] = frozenset()
    faults: tuple[ArchiveFault, ...] = ()

    @property
    def info(self) -> str:
        """The name of its .dist-info directory.

        :raises AuditError: if there is not exactly one.
        """
        found = {path.split("/")[0] for path in self.files if path.split("/")[0].endswith(".dist-info")}
        if len(found) != 1:
            raise AuditError(f"the wheel has {len(found)} .dist-info directories; expected one", where=str(self.name))
        return found.pop()

    def headers(self, file: str) -> list[tuple[str, str]]:
        """Return the header fields of METADATA or WHEEL.

        :raises AuditError: if it is too large to be parsed.
        """
        data = self.files.get(f"{self.info}/{file}", b"")
        if len(data) > _MAX_METADATA:
            what = f"{file} has {len(data)} bytes; the limit is {_MAX_METADATA}"
            raise AuditError(what, where=f"{self.name}: {self.info}/{file}")
        lines = data.replace(b"\r\n", b"\n").partition(b"\n\n")[0].count(b"\n")
        if lines > _MAX_FIELDS:
            raise AuditError(f"{file} has {lines} lines of headers; the limit is {_MAX_FIELDS}", where=str(self.name))
        text = data.decode("utf-8", "replace")
        return [(key, str(value)) for key, value in Parser().parsestr(text, headersonly=True).items()]


def read_wheel(path: Path) -> WheelContents:
    """Read a wheel into memory.

    :raises AuditError: if it cannot be read, or exceeds the limits when unpacked.
    """
    try:
        with path.open("rb") as raw, zipfile.ZipFile(raw) as archive:
            everything = zip_members(archive)
            _check_limits(everything, path)
            faults = tuple(structure_faults(raw, archive))
            members = [info for info in everything if not info.is_dir()]
            files = {info.filename: read_member(archive, info) for info in members}
    except READ_ERRORS as error:
        raise AuditError(f"the wheel cannot be read: {error}", where=path) from error
    duplicates = tuple(sorted(name for name, count in Counter(info.filename for info in members).items() if count > 1))
    executable = frozenset(info.filename for info in members if info.external_attr >> 16 & 0o111)
    return WheelContents(WheelName.parse(path.name), files, duplicates, executable, faults)


def _check_limits(members: Sequence[zipfile.ZipInfo], path: Path) -> None:
    """Check the declared sizes of members, which limit what is read of them, and their compression methods.

    :raises AuditError: if the wheel exceeds the limits, or a member has another compression method.
    """
    if len(members) > _LIMITS.members:
        raise AuditError(f"the wheel has {len(members)} members; the limit is {_LIMITS.members}", where=path)
    unpacked, allowed = sum(info.file_size for info in members), _LIMITS.bytes_from(path.stat().st_size)
    if unpacked > allowed:
        raise AuditError(
            f"the wheel exceeds the size limit when unpacked ({allowed} bytes): {unpacked} bytes", where=path
        )
    for info in members:
        if info.compress_type not in _METHODS:
            method = {zipfile.ZIP_BZIP2: "bzip2", zipfile.ZIP_LZMA: "LZMA"}.get(info.compress_type, info.compress_type)
            what = f"the wheel cannot be read: {info.filename} is compressed by method {method}"
            raise AuditError(what, where=path, hint="package indexes accept stored and deflated members only")


def unpack_wheel(path: Path, destination: Path) -> Path:
    """Unpack a wheel into a directory.

    :raises SourceError: if it is damaged or has unsafe members.
    """
    with temporary_directory() as work:
        renamed = work / "wheel.zip"
        renamed.write_bytes(path.read_bytes())
        unpack(renamed, destination)
    return destination


def installed_path(path: str) -> str:
    """Return where a file of a wheel is installed, relative to site-packages (PEP 427)."""
    return _DATA.sub("", path)


def record_hash(data: bytes) -> str:
    """Return a file's hash in the form of RECORD (PEP 376): ``sha256=`` and URL-safe base64 without padding."""
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def record_rows(text: str, *, limit: int = _LIMITS.members) -> list[tuple[str, ...]]:
    """Return the rows of a RECORD, each of which should be a path, a hash and a size.

    :raises AuditError: if it is not valid CSV, or has more rows than the limit.
    """
    try:
        rows = [tuple(row) for row in islice(filter(None, csv.reader(io.StringIO(text))), limit + 1)]
    except csv.Error as error:
        raise AuditError(f"RECORD cannot be read: {error}") from error
    if len(rows) > limit:
        raise AuditError(f"RECORD has more than {limit} rows")
    return rows


def pack_wheel(
    files: Mapping[str, bytes], modes: Mapping[str, int], name: WheelName, directory: Path, epoch: int
) -> Path:
    """Write a wheel whose bytes depend only on the arguments; RECORD is regenerated.

    :param modes: permission bits by file; only the executable bits matter.
    :param epoch: modification time of every member, in seconds since 1970.
    :raises StorageError: if the wheel cannot be written.
    """
    info = next(path.split("/")[0] for path in files if path.split("/")[0].endswith(".dist-info"))
    record = f"{info}/RECORD"
    regenerated = {f"{info}/{file}" for file in _REGENERATED}
    kept = {path: data for path, data in files.items() if path not in regenerated}
    ordered = sorted(kept, key=lambda path: (path.startswith(f"{info}/"), path))
    rows = [(path, record_hash(kept[path]), str(len(kept[path]))) for path in ordered]
    stamp = time.gmtime(max(epoch, 315532800))[:6]
    with temporary_directory() as work:
        packed = work / str(name)
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for path in ordered:
                _add(archive, path, kept[path], executable=bool(modes.get(path, 0) & 0o111), stamp=stamp)
            _add(archive, record, _csv([*rows, (record, "", "")]), executable=False, stamp=stamp)
        return move_into_place(packed, directory / str(name))


def wheel_file(headers: Iterable[tuple[str, str]], tags: Iterable[Tag | str], *, pure: bool) -> bytes:
    """Return the contents of WHEEL with other tags."""
    kept = [(key, value) for key, value in headers if key not in {"Tag", "Root-Is-Purelib"}]
    lines = [*kept, ("Root-Is-Purelib", str(pure).lower()), *(("Tag", str(tag)) for tag in tags)]
    return "".join(f"{key}: {value}\n" for key, value in lines).encode()


def _add(archive: zipfile.ZipFile, path: str, data: bytes, *, executable: bool, stamp: tuple[int, ...]) -> None:
    member = zipfile.ZipInfo(path, (stamp[0], stamp[1], stamp[2], stamp[3], stamp[4], stamp[5]))
    member.external_attr = (0o100755 if executable else 0o100644) << 16
    member.compress_type = zipfile.ZIP_DEFLATED
    member.create_system = 3
    archive.writestr(member, data)


def _csv(rows: list[tuple[str, str, str]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode()
