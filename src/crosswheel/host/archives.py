"""Unpacking archives that strangers made: sdists and Debian packages."""

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
    """What gives bytes."""

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
"""How the names of the archives that :func:`unpack` reads end."""
DAMAGE: tuple[type[Exception], ...] = (
    tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error, struct.error, EOFError, IndexError, ValueError,
)  # fmt: skip
"""What the standard library raises over damaged archives; gzip and bz2 raise an OSError without a number."""

_UTF8_NAME = 0x800  # flag of a ZIP member: the name is UTF-8, not code page 437
_UNICODE_PATH = 0x7075
_AR_MAGIC = b"!<arch>\n"
_AR_HEADER = 60  # bytes: name 16, mtime 12, owner 6, group 6, mode 8, size 10, end mark 2


@dataclass(frozen=True, slots=True)
class Limits:
    """How big an archive may become.

    :param total: bytes, all of it unpacked.
    :param ratio: bytes unpacked per byte packed; not asked of anything smaller than ``free``.
    :param members: how many files, directories and links.
    """

    total: int = 4 << 30
    ratio: int = 200
    members: int = 200_000
    free: int = 64 << 20

    def bytes_from(self, packed: int) -> int:
        """The most bytes that ``packed`` bytes may become."""
        return min(self.total, max(self.free, packed * self.ratio))


DEFAULT_LIMITS = Limits()


def unpack(archive: Path, destination: Path, limits: Limits = DEFAULT_LIMITS) -> Path:
    """Unpack a source archive (``.tar.gz``, ``.tar.bz2``, ``.tar.xz``, ``.zip``) into an empty or new directory.

    Times of modification are kept (a zip's are read as UTC), owners and special permission bits are not (PEP 721).

    :returns: the one directory that holds everything, or ``destination`` when there is no such directory.
    :raises SourceError: when it is damaged, of an unknown kind or absurd size, or a member leads outside.
    :raises StorageError: when the disk refuses.
    """
    name = archive.name.lower()
    suffix = next((suffix for suffix in SUFFIXES if name.endswith(suffix)), None)
    if suffix is None:
        raise SourceError("not an archive that can be read", where=archive, hint=f"use one of {', '.join(SUFFIXES)}")
    with storage_errors(destination), _archive_errors(archive):
        tree = ExtractionRoot(destination)
        with archive.open("rb") as raw:
            packed = archive.stat().st_size
            if suffix == ".zip":
                _unpack_zip(raw, packed, tree, limits)
            else:
                _unpack_tar(_TARS[suffix](raw), packed, tree, limits)
    entries = list(destination.iterdir())
    single = len(entries) == 1 and entries[0].is_dir() and not entries[0].is_symlink()
    return entries[0] if single else destination


def unpack_deb(deb: Path, root: Path, limits: Limits = DEFAULT_LIMITS) -> None:
    """Unpack what a Debian package installs (deb(5): an ar archive with ``data.tar.*``) into a file system root.

    The root may hold other packages already: files are replaced, directories merged, and links to directories
    that are there (``lib -> usr/lib``) are followed as the target's own kernel would. Absolute links become relative
    ones. Owners and set-user-id bits are dropped. Maintainer scripts are neither read nor run.

    :raises SourceError: when it is damaged or compressed in a way that cannot be read, or a member leads outside.
    :raises StorageError: when the disk refuses.
    """
    with storage_errors(root), _archive_errors(deb), deb.open("rb") as raw:
        name, data = _deb_data(raw)
        decompress = _TARS.get(name.removeprefix("data"))
        if decompress is None:
            raise SourceError(
                f"this package is compressed in a way that cannot be read: {name}",
                where=deb,
                hint="use a mirror of Debian, whose packages are compressed with xz",
            )
        tree = ExtractionRoot(root, merge=True, absolute_links=True)
        _unpack_tar(decompress(io.BytesIO(data)), len(data), tree, limits)


def _deb_data(raw: IO[bytes]) -> tuple[str, bytes]:
    """The name and bytes of the data archive in an ar archive."""
    damaged = SourceError("not a Debian package, or a damaged one")
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
    """Name the archive in every error, and tell damage from a disk that refuses."""
    try:
        yield
    except SourceError as error:
        where = archive if error.where is None else f"{archive}: {error.where}"
        raise SourceError(error.what, where=where, hint=error.hint) from error
    except DAMAGE as error:
        raise _damaged(archive, error) from error
    except RuntimeError as error:  # how zipfile says that a member is encrypted or compressed in an unknown way
        raise SourceError(f"the archive cannot be read: {error}", where=archive) from error
    except OSError as error:
        if error.errno is None:  # how gzip and bz2 say that data are bad
            raise _damaged(archive, error) from error
        if error.errno in {errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL}:
            what = f"the archive has a member that cannot be written: {error.strerror}"
            raise SourceError(what, where=f"{archive}: {error.filename}") from error
        raise


def _damaged(archive: Path, error: Exception) -> SourceError:
    return SourceError(f"the archive is damaged: {error}", where=archive, hint="remove it, so that it is fetched again")


class _Counted(io.RawIOBase):
    """A stream that refuses to give more than a number of bytes, headers and padding included."""

    def __init__(self, inner: _Readable, limit: int) -> None:
        self._inner = inner
        self._left = limit

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        wanted = self._left + 1 if size < 0 else min(size, self._left + 1)
        data = self._inner.read(wanted)
        self._left -= len(data)
        if self._left < 0:
            raise SourceError("the archive becomes absurdly big when it is unpacked")
        return data


class _Budget:
    """Counts members and what files say they hold, and refuses too much of either."""

    def __init__(self, packed: int, limits: Limits) -> None:
        self._members = limits.members
        self._bytes = limits.bytes_from(packed)

    def spend(self, size: int) -> None:
        if size < 0:  # a tar can say so of a directory, and win room for what follows
            raise SourceError("the archive has a member of less than no bytes")
        self._members -= 1
        self._bytes -= size
        if self._members < 0:
            raise SourceError("the archive has absurdly many members")
        if self._bytes < 0:
            raise SourceError("the archive becomes absurdly big when it is unpacked")


def _unpack_tar(stream: _Readable, packed: int, tree: ExtractionRoot, limits: Limits) -> None:
    budget = _Budget(packed, limits)  # of files' sizes: a sparse one may hold more than the stream gives
    counted = _Counted(stream, limits.bytes_from(packed))
    with tarfile.open(fileobj=counted, mode="r|", errorlevel=2) as tar:
        for info in tar:
            budget.spend(info.size)
            tree.add(_tar_member(info), partial(_tar_content, tar, info))
    while counted.read(1 << 20):  # to the end, where the checksum is
        pass


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


def _unpack_zip(raw: IO[bytes], packed: int, tree: ExtractionRoot, limits: Limits) -> None:
    budget = _Budget(packed, limits)
    with zipfile.ZipFile(raw) as archive:
        for info in zip_members(archive):
            budget.spend(info.file_size)  # zipfile gives no more than this, whatever the data would become
            tree.add(_zip_member(archive, info), partial(archive.open, info))
            if info.is_dir() and archive.read(info):  # reading also compares the name with that in the local header
                raise zipfile.BadZipFile(f"the directory {info.filename} has content")


def zip_members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Members of a ZIP file with the same checked names on every Python.

    zipfile cuts a name at NUL without an error. 3.11 fails on an empty name and ignores the Unicode Path field
    (APPNOTE 4.6.9), later versions accept the one and apply the other.

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


def _unicode_path(info: zipfile.ZipInfo) -> str:
    """Name in a member's Unicode Path field, which Info-ZIP writes; empty if there is no field for this name."""
    name = info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8_NAME else "cp437")
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
        return Member(info.filename, MemberKind.SYMLINK, mtime=mtime, link=archive.read(info).decode())
    kind = MemberKind.FILE if stat.S_IFMT(mode) in {0, stat.S_IFREG} else MemberKind.SPECIAL
    return Member(info.filename, kind, mode or 0o644, mtime)


def _zip_time(info: zipfile.ZipInfo) -> int:
    try:
        return calendar.timegm((*info.date_time, 0, 0, 0))
    except ValueError:  # the month zero, which some writers leave
        return 0
