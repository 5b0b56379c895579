"""Writing what an archive holds into a directory, and never outside it, whatever the archive says.

No path is ever handed to the operating system for it to follow: each directory on the way is looked at, and a
symbolic link on the way is followed by hand, as ``chroot`` would, with the tree's own root as ``/``.
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
_LONGEST_CHAIN = 40  # symbolic links followed for one path; Linux gives up after as many


class MemberKind(Enum):
    """What a member of an archive is."""

    FILE = auto()
    DIRECTORY = auto()
    SYMLINK = auto()
    HARDLINK = auto()
    SPECIAL = auto()


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of an archive, as the archive tells it; nothing of it is to be believed.

    :param mode: permission bits; only those a source tree needs are kept.
    :param mtime: seconds since 1970, UTC.
    :param link: what a link points to: for a symbolic link relative to its directory, for a hard link the name
        of an earlier member.
    """

    name: str
    kind: MemberKind
    mode: int = 0o644
    mtime: float = 0
    link: str = ""


class ExtractionRoot:
    """A directory that archives are unpacked into.

    :param merge: whether it may hold files already, which members then replace (a file system root, filled
        package by package). Otherwise two members of one name must agree in every byte.
    :param absolute_links: whether a symbolic link to ``/x`` means ``x`` of this tree; it is then written as a
        relative one. Otherwise it leads outside and is refused.
    """

    def __init__(self, root: Path, *, merge: bool = False, absolute_links: bool = False) -> None:
        self._root = Path(os.path.abspath(root))  # noqa: PTH100  # resolve() would follow the caller's own links
        self._merge = merge
        self._absolute_links = absolute_links
        self._root.mkdir(parents=True, exist_ok=True)

    def add(self, member: Member, content: Callable[[], IO[bytes]]) -> None:
        """Write one member.

        :param content: opens what a file holds; called for files only.
        :raises SourceError: when it would lie or lead outside, is a device, or contradicts an earlier one.
        """
        parts = _inner_parts(member.name)
        if parts is None:
            raise SourceError("the archive has a member outside its own directory", where=member.name)
        if not parts:
            if member.kind is not MemberKind.DIRECTORY:  # the "./" that Debian's archives begin with is one
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
                raise SourceError("the archive holds a device or a pipe", where=member.name)

    def _directory(self, parts: tuple[str, ...]) -> Path:
        """The real directory that a path inside the tree leads to, made if it is not there."""
        real: list[str] = []
        todo = list(reversed(parts))
        followed = 0
        while todo:
            part = todo.pop()
            if part == "..":  # only ever out of a link that was here before; the root is its own parent
                del real[-1:]
                continue
            path = self._root.joinpath(*real, part)
            if path.is_symlink():
                followed += 1
                if followed > _LONGEST_CHAIN:
                    raise SourceError("the archive's links lead in a circle", where="/".join(parts))
                target = str(path.readlink())
                if target.startswith("/"):
                    real.clear()
                todo.extend(reversed([name for name in target.split("/") if name not in {"", "."}]))
                continue
            if not path.is_dir():
                if path.exists():
                    raise SourceError("the archive uses a file as a directory", where="/".join(parts))
                path.mkdir(mode=0o755)
            real.append(part)
        return self._root.joinpath(*real)

    def _file(self, path: Path, member: Member, content: Callable[[], IO[bytes]]) -> None:
        if os.path.lexists(path):
            if not self._merge:
                with content() as stream:
                    _must_agree(path, stream, member.name)
                return
            self._make_way(path, member)
        with content() as stream, path.open("xb") as out:  # "x": never through a link that is there
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
        """Remove a file or link that a member replaces; a program that has it open keeps it."""
        if path.is_dir() and not path.is_symlink():
            raise SourceError("the archive has a file where a directory is", where=member.name)
        path.unlink()

    def _existing(self, member: Member) -> Path:
        """The file a hard link is another name of."""
        parts = _inner_parts(member.link)
        if not parts:
            raise SourceError("the archive has a hard link out of its own directory", where=member.name)
        path = self._directory(parts[:-1]) / parts[-1]
        if path.is_symlink() or not path.is_file():
            raise SourceError(f"the archive has a hard link to {member.link}, which is no file", where=member.name)
        return path

    def _symlink(self, path: Path, member: Member) -> None:
        target = self._safe_target(path.parent, member)
        if os.path.lexists(path):
            if path.is_symlink() and str(path.readlink()) == target:
                return
            if not self._merge:
                raise SourceError("the archive has two different members of one name", where=member.name)
            if path.is_dir() and not path.is_symlink():
                return  # as dpkg does: a directory that is there stays
            path.unlink()
        path.symlink_to(target)

    def _safe_target(self, directory: Path, member: Member) -> str:
        """What to write into a symbolic link so that it cannot lead outside, now or after more is unpacked.

        ``..`` is only left at the beginning, where it goes up real directories, which are never replaced by
        links; every name after it is a member of this tree, and safe by the same rule.
        """
        if not member.link or "\0" in member.link:
            raise SourceError("the archive has a link to nowhere", where=member.name)
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
    """The components of a relative path that stays inside, None for any other."""
    if name.startswith("/") or "\0" in name or (os.sep == "\\" and ("\\" in name or ":" in name)):
        return None
    parts = tuple(part for part in name.split("/") if part not in {"", "."})
    return None if ".." in parts else parts


def _file_mode(mode: int) -> int:
    """The bits a source file needs, as PEP 721's data filter: owner reads and writes, others never write."""
    executable = 0o111 if mode & stat.S_IXUSR else 0
    return 0o644 | executable


def _seconds(mtime: float) -> int:
    """A time that every file system and ZIP can hold, whatever an archive says."""
    return int(min(max(0, mtime), 0xFFFF_FFFF)) if math.isfinite(mtime) else 0


def _must_agree(path: Path, stream: IO[bytes], name: str) -> None:
    """Two members of one name are harmless when they are the same; some backends write such sdists."""
    error = SourceError("the archive has two different members of one name", where=name)
    if path.is_symlink() or not path.is_file():
        raise error
    with path.open("rb") as kept:
        while True:
            ours, theirs = kept.read(_CHUNK), stream.read(_CHUNK)
            if ours != theirs:
                raise error
            if not ours:
                return
