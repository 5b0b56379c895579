"""Extraction of archive members into a directory, and never outside of it.

Paths are not resolved by the operating system: each directory of a path is checked, and symbolic links in it are
resolved here, as by ``chroot``, with the destination as ``/``.
"""

from __future__ import annotations

import math
import os
import shutil
import stat
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from crosswheel.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

_CHUNK = 1 << 20
_MAX_DEPTH = 200  # directories in a path; the standard library's functions on trees recurse
_LONGEST_CHAIN = 40  # symbolic links resolved in one path; Linux has the same limit


class MemberKind(Enum):
    """Type of an archive member."""

    FILE = auto()
    DIRECTORY = auto()
    SYMLINK = auto()
    HARDLINK = auto()
    SPECIAL = auto()


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of an archive; untrusted.

    :param mode: permission bits; only those relevant to a source tree are kept.
    :param mtime: seconds since 1970, UTC.
    :param link: target of a link: for a symbolic link relative to its directory, for a hard link the name of an
        earlier member.
    """

    name: str
    kind: MemberKind
    mode: int = 0o644
    mtime: float = 0
    link: str = ""


class ExtractionRoot:
    """A directory into which archives are extracted.

    :param merge: whether the directory may contain files, which members then replace (a file system root that is filled
        package by package). Otherwise two members of the same name must be identical.
    :param absolute_links: whether a symbolic link to ``/x`` means ``x`` of this tree; it is then written as a relative
        link. Otherwise it is outside of the tree and rejected.
    """

    def __init__(self, root: Path, *, merge: bool = False, absolute_links: bool = False) -> None:
        self._root = Path(os.path.abspath(root))  # noqa: PTH100  # resolve() would follow the caller's own links
        self._merge = merge
        self._absolute_links = absolute_links
        self._root.mkdir(parents=True, exist_ok=True)
        self._real: dict[tuple[str, ...], Path] = {}

    def add(self, member: Member, content: Callable[[], IO[bytes]]) -> None:
        """Write one member.

        :param content: opens the content of a file; called for files only.
        :raises SourceError: if its path or link target is outside of the tree, it is a device, or differs from an
            earlier member of the same name.
        """
        parts = _inner_parts(member.name)
        if parts is None:
            raise SourceError("the archive has a member outside of its directory", where=member.name)
        if len(parts) > _MAX_DEPTH:
            raise SourceError(f"the archive has more than {_MAX_DEPTH} levels of directories", where=member.name[:80])
        if not parts:
            if member.kind is not MemberKind.DIRECTORY:  # Debian's archives begin with "./"
                raise SourceError("the archive is damaged: a member has no name", where=member.name)
            return
        directory = self._directory(parts[:-1])
        path = directory / parts[-1]
        match member.kind:
            case MemberKind.DIRECTORY:
                self._directory(parts)
            case MemberKind.FILE:
                self._file(path, member, content)
            case MemberKind.HARDLINK:
                self._hardlink(path, member)
            case MemberKind.SYMLINK:
                self._symlink(path, member)
            case MemberKind.SPECIAL:
                raise SourceError("the archive contains a device or a pipe", where=member.name)

    def _directory(self, parts: tuple[str, ...]) -> Path:
        """Return the real directory of a path in the tree; create it if absent.

        Paths without links are remembered: a directory is never removed or replaced by a link.
        """
        if parts in self._real:
            return self._real[parts]
        real: list[str] = []
        pending = list(reversed(parts))
        followed = 0
        while pending:
            part = pending.pop()
            if part == "..":  # only from an existing link; the root is its own parent
                del real[-1:]
                continue
            path = self._root.joinpath(*real, part)
            if path.is_symlink():
                followed += 1
                if followed > _LONGEST_CHAIN:
                    raise SourceError("the archive's links form a loop", where="/".join(parts))
                target = str(path.readlink())
                if target.startswith("/"):
                    real.clear()
                pending.extend(reversed([name for name in target.split("/") if name not in {"", "."}]))
                continue
            if not path.is_dir():
                if path.exists():
                    raise SourceError("the archive uses a file as a directory", where="/".join(parts))
                path.mkdir(mode=0o755)
            real.append(part)
        directory = self._root.joinpath(*real)
        if not followed and tuple(real) == parts:
            self._real[parts] = directory
        return directory

    def _file(self, path: Path, member: Member, content: Callable[[], IO[bytes]]) -> None:
        if os.path.lexists(path):
            if not self._merge:
                with content() as stream:
                    _must_agree(path, stream, member.name)
                return
            self._make_way(path, member)
        with content() as stream, path.open("xb") as out:  # "x": never write through an existing link
            shutil.copyfileobj(stream, out, _CHUNK)
        path.chmod(_file_mode(member.mode))
        seconds = _seconds(member.mtime)
        os.utime(path, (seconds, seconds))

    def _hardlink(self, path: Path, member: Member) -> None:
        source = self._existing(member)
        if os.path.lexists(path):
            if os.path.samestat(path.lstat(), source.lstat()):
                return
            if not self._merge:
                with source.open("rb") as stream:
                    _must_agree(path, stream, member.name)
                return
            self._make_way(path, member)
        path.hardlink_to(source)

    @staticmethod
    def _make_way(path: Path, member: Member) -> None:
        """Remove a file or link that a member replaces; processes that have it open keep it."""
        if path.is_dir() and not path.is_symlink():
            raise SourceError("the archive has a file in the place of an existing directory", where=member.name)
        path.unlink()

    def _existing(self, member: Member) -> Path:
        """Return the file that a hard link refers to."""
        parts = _inner_parts(member.link)
        if not parts:
            raise SourceError("the archive has a hard link outside of its directory", where=member.name)
        path = self._directory(parts[:-1]) / parts[-1]
        if path.is_symlink() or not path.is_file():
            raise SourceError(f"the archive has a hard link to {member.link}, which is not a file", where=member.name)
        return path

    def _symlink(self, path: Path, member: Member) -> None:
        target = self._safe_target(path.parent, member)
        if os.path.lexists(path):
            if path.is_symlink() and str(path.readlink()) == target:
                return
            if not self._merge:
                raise SourceError("the archive has two different members of the same name", where=member.name)
            if path.is_dir() and not path.is_symlink():
                return  # as dpkg does: an existing directory stays
            path.unlink()
        path.symlink_to(target)

    def _safe_target(self, directory: Path, member: Member) -> str:
        """Return a symbolic link's target that stays inside the tree, now and after further extraction.

        ``..`` remains only at the start, where it leads up through real directories, which are never replaced by links;
        every later name is a member of this tree and safe by the same rule.
        """
        if not member.link or "\0" in member.link:
            raise SourceError("the archive has a link without a valid target", where=member.name)
        target = PurePosixPath(os.path.normpath(member.link))
        if target.is_absolute():
            if not self._absolute_links:
                raise SourceError(f"the archive has a link to {member.link}, outside of it", where=member.name)
            inside = Path(*target.parts[1:])
        else:
            here = directory.relative_to(self._root)
            inside = Path(os.path.normpath(here / target))
            if inside.parts[:1] == ("..",):
                raise SourceError(f"the archive has a link to {member.link}, outside of it", where=member.name)
        return os.path.relpath(self._root / inside, directory)


def _inner_parts(name: str) -> tuple[str, ...] | None:
    """Return the components of a relative path that stays inside the tree; None for any other path."""
    if name.startswith("/") or "\0" in name or (os.sep == "\\" and ("\\" in name or ":" in name)):
        return None
    parts = tuple(part for part in name.split("/") if part not in {"", "."})
    return None if ".." in parts else parts


def _file_mode(mode: int) -> int:
    """Return a file's permission bits as PEP 721's data filter sets them: owner may write, others may not."""
    executable = 0o111 if mode & stat.S_IXUSR else 0
    return 0o644 | executable


def _seconds(mtime: float) -> int:
    """Clamp a modification time to the range of every file system and of ZIP."""
    return int(min(max(0, mtime), 0xFFFF_FFFF)) if math.isfinite(mtime) else 0


def _must_agree(path: Path, stream: IO[bytes], name: str) -> None:
    """Raise unless two members of the same name are identical; some backends write such sdists."""
    error = SourceError("the archive has two different members of the same name", where=name)
    if path.is_symlink() or not path.is_file():
        raise error
    with path.open("rb") as kept:
        while True:
            ours, theirs = kept.read(_CHUNK), stream.read(_CHUNK)
            if ours != theirs:
                raise error
            if not ours:
                return
