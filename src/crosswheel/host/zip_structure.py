"""Faults in the structure of a ZIP file (APPNOTE 4.3), which programs read in different ways.

Some read the central directory at the end (zipfile, thus pip), others the local headers in file order (installers that
unpack while downloading). A file in which the two differ is unpacked to different contents.
"""

from __future__ import annotations

import os
import stat
import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from crosswheel.host.archives import raw_member_name

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator, Sequence

_LOCAL = struct.Struct("<4s2x2H4x3I2H")  # signature, flags, method, (time), CRC, sizes, lengths of name and extra field
_CENTRAL = struct.Struct("<4s24x3H12x")
_LOCAL_SIGNATURE, _CENTRAL_SIGNATURE = b"PK\3\4", b"PK\1\2"
_END, _END_64, _LOCATOR_64 = b"PK\5\6", b"PK\6\6", b"PK\6\7"
_END_SIZE, _LOCATOR_SIZE = 22, 20
_DESCRIPTOR_FLAG = 8
_DESCRIPTOR_SIZES = frozenset({12, 16, 20, 24})  # with or without a signature, for 32 or 64 bits
_IN_EXTRA_FIELD = 0xFFFFFFFF  # the size is in the ZIP64 extra field


@dataclass(frozen=True, slots=True)
class ArchiveFault:
    """A fault of an archive.

    :param what: the fault; the subject of the sentence is ``member``, if there is one.
    :param harmless: whether all known installers unpack the archive all the same.
    """

    what: str
    member: str = ""
    harmless: bool = False


def structure_faults(raw: IO[bytes], archive: zipfile.ZipFile) -> Iterator[ArchiveFault]:
    """Yield the faults of an open ZIP file.

    :param raw: the file that ``archive`` reads.
    """
    members = archive.infolist()
    yield from _end_faults(raw, archive.start_dir, len(members))
    for info in members:
        yield from _member_faults(info)
    yield from _layout_faults(raw, members, archive.start_dir)


def _member_faults(info: zipfile.ZipInfo) -> Iterator[ArchiveFault]:
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        yield ArchiveFault("is a symbolic link; installers write its target's path into a file", info.filename)
    elif stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        yield ArchiveFault("is a special file: a device, a pipe or a socket", info.filename)
    if info.filename != info.orig_filename:
        what = f"has another name too, which other programs read: {info.orig_filename!r}"
        yield ArchiveFault(what, info.filename)
    if info.is_dir() and info.file_size:
        yield ArchiveFault("is a directory with content", info.filename)


def _layout_faults(raw: IO[bytes], members: Sequence[zipfile.ZipInfo], directory: int) -> Iterator[ArchiveFault]:
    """Yield differences from members that follow each other from the file's start to the central directory."""
    end, streamed = 0, False
    for number, info in enumerate(sorted(members, key=lambda info: info.header_offset)):
        gap = info.header_offset - end
        if gap < 0:
            yield ArchiveFault("overlaps another member of the archive", info.filename)
        elif number == 0 and gap:
            yield _prefix_fault(raw, gap)
        elif gap and not (streamed and gap in _DESCRIPTOR_SIZES):
            yield ArchiveFault(f"there are {gap} bytes that belong to no member before it", info.filename)
        raw.seek(info.header_offset)
        header = raw.read(_LOCAL.size)
        if len(header) < _LOCAL.size or header[:4] != _LOCAL_SIGNATURE:
            yield ArchiveFault("has no local header", info.filename)
            return
        _, flags, _, *_, name_size, extra_size = _LOCAL.unpack(header)
        streamed = bool(flags & _DESCRIPTOR_FLAG)
        if different := _different_field(header, raw.read(name_size), info):
            yield ArchiveFault(
                f"has another {different} in its local header than in the central directory", info.filename
            )
        end = info.header_offset + _LOCAL.size + name_size + extra_size + info.compress_size
    gap = directory - end
    if gap and not (streamed and gap in _DESCRIPTOR_SIZES):
        yield ArchiveFault(
            f"{'' if gap < 0 else f'there are {gap} '}bytes before the central directory belong to no member"
        )
    if any(info.flag_bits & _DESCRIPTOR_FLAG for info in members):
        what = "members have their sizes after their data (data descriptors), which package indexes do not accept"
        yield ArchiveFault(what, harmless=True)


def _prefix_fault(raw: IO[bytes], size: int) -> ArchiveFault:
    """Return the fault of bytes before the first member: a program that unpacks the archive, or another archive."""
    raw.seek(0)
    prefix = raw.read(size)
    if prefix.startswith(_LOCAL_SIGNATURE) or _END in prefix:
        return ArchiveFault("there is another archive before the one that its end describes")
    return ArchiveFault(f"there are {size} bytes before the archive, such as a script that unpacks it", harmless=True)


def _different_field(header: bytes, name: bytes, info: zipfile.ZipInfo) -> str:
    """Return which field of a local header differs from the central directory's; empty if none does."""
    _, flags, method, crc, packed, size, _, _ = _LOCAL.unpack(header)
    if name != raw_member_name(info):
        return "name"
    if method != info.compress_type:
        return "compression method"
    if flags & _DESCRIPTOR_FLAG:
        return ""
    if crc != info.CRC:
        return "checksum"
    same = packed in {info.compress_size, _IN_EXTRA_FIELD} and size in {info.file_size, _IN_EXTRA_FIELD}
    return "" if same else "size"


def _end_faults(raw: IO[bytes], directory: int, members: int) -> Iterator[ArchiveFault]:
    """Yield faults of what follows the members: the central directory, its end records, a comment, nothing else."""
    total = raw.seek(0, os.SEEK_END)
    offset, count = directory, 0
    while True:
        raw.seek(offset)
        header = raw.read(_CENTRAL.size)
        if len(header) < _CENTRAL.size or header[:4] != _CENTRAL_SIGNATURE:
            break
        _, *lengths = _CENTRAL.unpack(header)
        offset, count = offset + _CENTRAL.size + sum(lengths), count + 1
    raw.seek(offset)
    tail = raw.read(min(total - offset, 1 << 20))
    rest = tail
    if rest[:4] == _END_64 and len(rest) >= 12:
        rest = rest[12 + int.from_bytes(rest[4:12], "little") :]
    if rest[:4] == _LOCATOR_64:
        rest = rest[_LOCATOR_SIZE:]
    comment = rest[_END_SIZE:]
    if count != members or rest[:4] != _END or len(rest) < _END_SIZE:
        yield ArchiveFault("the end of the central directory is not where the archive's own numbers say")
    elif len(comment) != int.from_bytes(rest[_END_SIZE - 2 : _END_SIZE], "little") or len(tail) < total - offset:
        yield ArchiveFault("there are bytes after the archive")
    elif _END in comment or _CENTRAL_SIGNATURE in comment:
        yield ArchiveFault("the comment of the archive contains another archive's directory")
