"""Safe unpacking of untrusted archives: sdists and Debian packages."""

from __future__ import annotations

import bz2
import calendar
import contextlib
import errno
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING, Protocol

from crosswheel.errors import SourceError
from crosswheel.host.extraction import ExtractionRoot, Member, MemberKind
from crosswheel.host.files import storage_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class _Readable(Protocol):
    """A binary stream open for reading."""

    def read(self, size: int = ..., /) -> bytes: ...


def _gunzip(raw: IO[bytes]) -> _Readable:
    return gzip.GzipFile(fileobj=raw, mode="rb")


def _plain(raw: IO[bytes]) -> _Readable:
    return raw


_TARS: dict[str, Callable[[IO[bytes]], _Readable]] = {
    ".tar.gz": _gunzip,
    ".tgz": _gunzip,
    ".tar.bz2": bz2.BZ2File,
    ".tar.xz": lzma.LZMAFile,
    ".tar": _plain,
}
SUFFIXES = (*_TARS, ".zip")
"""File name suffixes of the archives that :func:`unpack` reads."""
DAMAGE: tuple[type[Exception], ...] = (
    tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error, struct.error, EOFError, IndexError, ValueError,
)  # fmt: skip
"""Exceptions of the standard library for damaged archives; gzip and bz2 raise an OSError without errno."""

_PIECE = 1 << 20
_UTF8_NAME = 0x800  # flag of a ZIP member: the name is UTF-8, not code page 437
_UNICODE_PATH = 0x7075
_AR_MAGIC = b"!<arch>\n"
_AR_HEADER = 60  # bytes: name 16, mtime 12, owner 6, group 6, mode 8, size 10, end mark 2


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on the size of an unpacked archive.

    :param total: bytes of all unpacked files.
    :param ratio: unpacked bytes per packed byte; not applied below ``free`` unpacked bytes.
    :param members: number of files, directories and links.
    :param free: unpacked bytes allowed whatever the ratio.
    """

    total: int = 4 << 30
    ratio: int = 200
    members: int = 200_000
    free: int = 64 << 20

    def bytes_from(self, packed: int) -> int:
        """Return the largest unpacked size allowed for an archive of ``packed`` bytes."""
        return min(self.total, max(self.free, packed * self.ratio))


DEFAULT_LIMITS = Limits()


def unpack(archive: Path, destination: Path, limits: Limits = DEFAULT_LIMITS, members: tuple[str, ...] = ()) -> Path:
    """Unpack a source archive (``.tar.gz``, ``.tar.bz2``, ``.tar.xz``, ``.zip``) into an empty or new directory.

    Modification times are kept (those of a ZIP file are read as UTC); owners and special permission bits are not (PEP
    721).

    :param members: the files and directories to unpack, relative to the top-level directory; empty for all.
    :returns: the single top-level directory, or ``destination`` if there is no such directory.
    :raises SourceError: if the archive is damaged, of an unknown format, exceeds the limits, or has a member outside of
        it.
    :raises StorageError: if the destination cannot be written.
    """
    name = archive.name.lower()
    suffix = next((suffix for suffix in SUFFIXES if name.endswith(suffix)), None)
    if suffix is None:
        raise SourceError("unknown archive format", where=archive, hint=f"use one of {', '.join(SUFFIXES)}")
    with storage_errors(destination), _archive_errors(archive):
        tree = ExtractionRoot(destination)
        with archive.open("rb") as raw:
            packed = archive.stat().st_size
            if suffix == ".zip":
                _unpack_zip(raw, packed, tree, limits, members)
            else:
                _unpack_tar(_TARS[suffix](raw), packed, tree, limits, members)
    entries = list(destination.iterdir())
    single = len(entries) == 1 and entries[0].is_dir() and not entries[0].is_symlink()
    return entries[0] if single else destination


def unpack_deb(deb: Path, root: Path, limits: Limits = DEFAULT_LIMITS) -> None:
    """Unpack the files of a Debian package (deb(5): an ar archive with ``data.tar.*``) into a file system root.

    The root may contain other packages: files are replaced, directories merged, and existing links to directories
    (``lib -> usr/lib``) are followed as in a chroot. Absolute links become relative. Owners and set-user-id bits are
    dropped. Maintainer scripts are neither read nor run.

    :raises SourceError: if the package is damaged, its compression is not supported, or a member is outside of the
        root.
    :raises StorageError: if the root cannot be written.
    """
    with storage_errors(root), _archive_errors(deb), deb.open("rb") as raw:
        name, data = _deb_data(raw)
        decompress = _TARS.get(name.removeprefix("data"))
        if decompress is None:
            raise SourceError(
                f"unsupported compression of a Debian package: {name}",
                where=deb,
                hint="use a mirror of Debian itself, whose packages are compressed with xz",
            )
        tree = ExtractionRoot(root, merge=True, absolute_links=True)
        _unpack_tar(decompress(io.BytesIO(data)), len(data), tree, limits)


def _deb_data(raw: IO[bytes]) -> tuple[str, bytes]:
    """Return the name and the content of the data member of an ar archive."""
    damaged = SourceError("invalid or damaged Debian package")
    if raw.read(len(_AR_MAGIC)) != _AR_MAGIC:
        raise damaged
    while header := raw.read(_AR_HEADER):
        digits = header[48:58].strip()
        if len(header) != _AR_HEADER or header[58:] != b"`\n" or not digits.isdigit():
            raise damaged
        size = int(digits)
        name = header[:16].decode("ascii", "replace").strip().rstrip("/")
        if name.startswith("data.tar"):
            data = raw.read(size)
            if len(data) != size:
                raise damaged
            return name, data
        raw.seek(size + size % 2, io.SEEK_CUR)
    raise damaged


@contextlib.contextmanager
def _archive_errors(archive: Path) -> Iterator[None]:
    """Add the archive's path to errors, and distinguish a damaged archive from a failing disk."""
    try:
        yield
    except SourceError as error:
        where = archive if error.where is None else f"{archive}: {error.where}"
        raise SourceError(error.what, where=where, hint=error.hint) from error
    except DAMAGE as error:
        raise _damaged(archive, error) from error
    except RuntimeError as error:  # zipfile: the member is encrypted or its compression is unknown
        raise SourceError(f"the archive cannot be read: {error}", where=archive) from error
    except OSError as error:
        if error.errno is None:  # gzip and bz2: the data are invalid
            raise _damaged(archive, error) from error
        if error.errno in {errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL}:
            what = f"cannot write a member of the archive: {error.strerror}"
            raise SourceError(what, where=f"{archive}: {error.filename}") from error
        raise


def _damaged(archive: Path, error: Exception) -> SourceError:
    return SourceError(f"the archive is damaged: {error}", where=archive, hint="remove it to download it again")


class _LimitedStream(io.RawIOBase):
    """A stream that raises if more than ``limit`` bytes are read, headers and padding included."""

    def __init__(self, inner: _Readable, limit: int) -> None:
        self._inner = inner
        self._limit = self._left = limit

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        count = self._left + 1 if size < 0 else min(size, self._left + 1)
        data = self._inner.read(count)
        self._left -= len(data)
        if self._left < 0:
            raise SourceError(f"the archive exceeds the size limit when unpacked ({self._limit} bytes)")
        return data


class _Budget:
    """A count of members and of their declared sizes that raises if either exceeds its limit."""

    def __init__(self, packed: int, limits: Limits) -> None:
        self._limits = limits
        self._members = limits.members
        self._limit = self._bytes = limits.bytes_from(packed)

    def spend(self, size: int) -> None:
        if size < 0:  # possible for a directory in a tar file; it would raise the limit for the members after it
            raise SourceError("the archive has a member of negative size")
        self._members -= 1
        self._bytes -= size
        if self._members < 0:
            raise SourceError(f"the archive has too many members (limit: {self._limits.members})")
        if self._bytes < 0:
            raise SourceError(f"the archive exceeds the size limit when unpacked ({self._limit} bytes)")


def _unpack_tar(
    stream: _Readable, packed: int, tree: ExtractionRoot, limits: Limits, members: tuple[str, ...] = ()
) -> None:
    budget = _Budget(packed, limits)  # of declared sizes: a sparse file may be larger than the stream
    counted = _LimitedStream(stream, limits.bytes_from(packed))
    with tarfile.open(fileobj=counted, mode="r|", errorlevel=2) as tar:
        for info in tar:
            budget.spend(info.size)
            if not members or _is_selected(info.name, members):
                tree.add(_tar_member(info), partial(_tar_content, tar, info))
    while counted.read(1 << 20):  # read to the end to verify the checksum
        pass


def _is_selected(name: str, members: tuple[str, ...]) -> bool:
    """Return whether a member's name without its top-level directory is one of these or in one of them."""
    inner = name.removeprefix("./").partition("/")[2]
    return any(inner == member or inner.startswith(f"{member}/") for member in members)


def _tar_content(tar: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    stream = tar.extractfile(info)
    return stream if stream is not None else io.BytesIO()


def _tar_member(info: tarfile.TarInfo) -> Member:
    if info.isreg():
        kind = MemberKind.FILE
    elif info.isdir():
        kind = MemberKind.DIRECTORY
    elif info.issym():
        kind = MemberKind.SYMLINK
    else:
        kind = MemberKind.HARDLINK if info.islnk() else MemberKind.SPECIAL
    return Member(info.name, kind, info.mode, info.mtime, info.linkname)


def _unpack_zip(
    raw: IO[bytes], packed: int, tree: ExtractionRoot, limits: Limits, members: tuple[str, ...] = ()
) -> None:
    budget = _Budget(packed, limits)
    with zipfile.ZipFile(raw) as archive:
        for info in zip_members(archive):
            budget.spend(info.file_size)  # zipfile returns at most this many bytes
            if members and not _is_selected(info.filename, members):
                continue
            tree.add(_zip_member(archive, info), partial(archive.open, info))
            if info.is_dir() and read_member(archive, info):  # reading also checks the name against the local header
                raise zipfile.BadZipFile(f"the directory {info.filename} has content")


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int | None = None) -> bytes:
    """Read a member of a ZIP file in pieces, up to its declared size.

    ``ZipFile.read`` decompresses everything at once, and cuts it to the declared size afterwards.

    :raises zipfile.BadZipFile: if it is damaged, or the declared size exceeds the limit.
    """
    if limit is not None and info.file_size > limit:
        raise zipfile.BadZipFile(f"{info.filename} has {info.file_size} bytes; the limit is {limit}")
    with archive.open(info) as stream:
        return b"".join(iter(partial(stream.read, _PIECE), b""))


def zip_members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the members of a ZIP file with the same validated names on every Python version.

    zipfile truncates a name at NUL without an error. Python 3.11 fails on an empty name and ignores the Unicode Path
    field (APPNOTE 4.6.9); later versions accept the former and apply the latter.

    :raises zipfile.BadZipFile: if a member has no name or a NUL in its name.
    """
    members = archive.infolist()
    for info in members:
        name = _unicode_path(info) or info.orig_filename
        if "\0" in name or "\0" in info.orig_filename:
            raise zipfile.BadZipFile(f"NUL in the name of the member {name!r}")
        if name != info.orig_filename:
            info.filename = name
        if not name.endswith("/") and all(part in {"", "."} for part in name.split("/")):
            raise zipfile.BadZipFile("a member has no name")
    return members


def raw_member_name(info: zipfile.ZipInfo) -> bytes:
    """Return a member's name as it is in the central directory, in UTF-8 or code page 437 by its flag."""
    return info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8_NAME else "cp437")


def _unicode_path(info: zipfile.ZipInfo) -> str:
    """Return the name in a member's Info-ZIP Unicode Path field; empty if there is none for this name."""
    name = raw_member_name(info)
    extra = info.extra
    try:
        while len(extra) >= 4:
            kind, size = struct.unpack("<HH", extra[:4])
            data, extra = extra[4 : 4 + size], extra[4 + size :]
            if kind == _UNICODE_PATH and struct.unpack("<BL", data[:5]) == (1, zlib.crc32(name)):
                return data[5:].decode("utf-8")
    except (struct.error, UnicodeDecodeError) as error:
        raise zipfile.BadZipFile(f"the Unicode path of {info.filename} cannot be read: {error}") from error
    return ""


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    mode = info.external_attr >> 16
    mtime = _zip_time(info)
    if info.is_dir():
        return Member(info.filename, MemberKind.DIRECTORY, mtime=mtime)
    if stat.S_ISLNK(mode):
        return Member(info.filename, MemberKind.SYMLINK, mtime=mtime, link=read_member(archive, info).decode())
    kind = MemberKind.FILE if stat.S_IFMT(mode) in {0, stat.S_IFREG} else MemberKind.SPECIAL
    return Member(info.filename, kind, mode or 0o644, mtime)


def _zip_time(info: zipfile.ZipInfo) -> int:
    try:
        return calendar.timegm((*info.date_time, 0, 0, 0))
    except ValueError:  # some tools write month 0
        return 0
