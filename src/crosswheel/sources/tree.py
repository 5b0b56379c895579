"""The files of a source directory: what a build of it can read, with what links outside of it lead to."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from crosswheel.errors import SourceError
from crosswheel.host.files import sha256, storage_errors
from crosswheel.sealing.system import is_system_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

IGNORED = (".venv", "venv", "__pycache__", ".tox", ".nox", ".mypy_cache", ".pytest_cache", "*.pyc", "*.egg-info")
"""Patterns of names that are left out unless git tracks them. Virtual environments of any name are, too."""
_MAX_BYTES = 1 << 30
_MAX_FILES = 100_000
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """A directory, a file or a link of a source tree.

    :param name: its path in the tree.
    :param content: the file that it is a copy of; None for directories and links.
    :param link: what the link leads to; empty for directories and files.
    """

    name: str
    content: Path | None = None
    link: str = ""

    def identity(self) -> str:
        """Return its name, and its content, executable bit or link, as a part of digests."""
        if self.content is None:
            return f"{self.name}\0-> {self.link}\0" if self.link else f"{self.name}\0directory\0"
        executable = bool(self.content.stat().st_mode & 0o100)
        return f"{self.name}\0{executable} {sha256(self.content)}\0"


@dataclass(frozen=True)
class SourceTree:
    """The content of a source directory.

    :param entries: directories before what is in them, links last.
    :param project: the path of the project's directory in it; empty if that is the tree itself.
    :param copies: paths of files outside of the directory that links lead to, by the link's path; directories too.
    :param unread: what links lead to that is too large to be copied. Whether it changes is not known.
    :param notes: what was left out, for the user.
    :param repositories: directories in it that have a ``.git``, which is not part of the entries.
    """

    entries: tuple[TreeEntry, ...]
    project: str = ""
    copies: tuple[str, ...] = ()
    unread: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of names, contents, links and executable bits; times are ignored.

        :raises SourceError: if a file cannot be read.
        """
        return self.read_digest()

    def read_digest(self) -> str:
        """Return the digest of the files as they are now.

        :raises SourceError: if a file cannot be read.
        """
        result = hashlib.sha256()
        try:
            for entry in sorted(self.entries, key=lambda entry: entry.name):
                result.update(entry.identity().encode("utf-8", "surrogateescape"))
        except OSError as error:
            raise SourceError(f"cannot read the source: {error.strerror}", where=error.filename) from error
        return result.hexdigest()

    def copy(self, destination: Path) -> Path:
        """Copy the tree to a new directory; return the project's directory in it.

        Every copy can be written, whatever the permissions of the original.

        :raises SourceError: if a file cannot be read.
        :raises StorageError: if the destination cannot be written.
        """
        with storage_errors(destination):
            destination.mkdir(parents=True, exist_ok=True)
            for entry in self.entries:
                path = destination / entry.name
                if entry.link:
                    path.symlink_to(entry.link)
                elif entry.content is None:
                    path.mkdir(parents=True, exist_ok=True)
                else:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    _copy_file(entry.content, path)
        return destination / self.project


def _copy_file(source: Path, destination: Path) -> None:
    try:
        shutil.copy2(source, destination)
    except OSError as error:
        if error.filename == str(source) and error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise SourceError(f"cannot read the source: {error.strerror}", where=source) from error
        raise
    destination.chmod(stat.S_IMODE(destination.stat().st_mode) | stat.S_IWUSR)


def read_tree(
    directory: Path, *, root: Path | None = None, tracked: Collection[str] = (), rest: Iterable[str] = ()
) -> SourceTree:
    """Find the files of a source directory, without reading them.

    Links to other files of the tree stay links; what other links lead to is part of the tree in their place. Links to
    the machine's system stay as they are, and so do those that lead nowhere, to a directory around the source, or to
    more than 1 GiB or 100,000 files.

    :param directory: the project's directory.
    :param root: the directory that becomes the tree: the working tree that the project is in; default the project's.
    :param tracked: paths in the root of files that are never left out.
    :param rest: paths in the root of the files outside of the project's directory that are part of the tree.
    :raises SourceError: if a directory cannot be read.
    """
    root = root or directory
    project = "" if root == directory else directory.relative_to(root).as_posix()
    reader = _TreeReader(((root.resolve(), ""),), IGNORED, frozenset(tracked))
    with _reading():
        reader.walk(directory, project)
        for name in rest:
            reader.add(root / name, name)
        reader.resolve_links()
    return reader.tree(project)


def read_outside(path: Path) -> SourceTree:
    """Find everything in a directory outside of the source, or a file, that a build reads.

    If it is too large, the tree is empty but for ``unread``.

    :raises SourceError: if a directory cannot be read.
    """
    reader = _TreeReader((), (), frozenset())
    with _reading():
        reader.follow(path, "outside")
        reader.resolve_links()
    return reader.tree("outside")


@contextmanager
def _reading() -> Iterator[None]:
    """Convert errors of the operating system."""
    try:
        yield
    except OSError as error:
        raise SourceError(f"cannot read the source: {error.strerror}", where=error.filename) from error


class _TooLargeError(Exception):
    """What a link leads to is too large."""


class _TreeReader:
    """Collects the entries of a tree.

    :ivar roots: directories whose content is in the tree, and where it is there.
    :ivar links: links that have not been resolved.
    """

    def __init__(self, roots: Iterable[tuple[Path, str]], ignored: Collection[str], tracked: frozenset[str]) -> None:
        self.entries: dict[str, TreeEntry] = {}
        self.copies: list[str] = []
        self.unread: list[Path] = []
        self.repositories: list[str] = []
        self._ignored = ignored
        self._tracked = tracked
        self._roots = list(roots)
        self._links: deque[tuple[Path, str]] = deque()
        self._pending: set[str] = set()
        self._dangling: list[str] = []
        self._around: list[str] = []
        self._special: list[str] = []
        self._bytes = self._files = 0

    def tree(self, project: str) -> SourceTree:
        """Return the tree.

        :param project: see :class:`SourceTree`.
        """
        return SourceTree(
            tuple(self.entries.values()), project, tuple(self.copies), tuple(self.unread), tuple(self._notes()),
            tuple(self.repositories),
        )  # fmt: skip

    def walk(self, directory: Path, name: str) -> None:
        """Add a directory with everything in it that is not ignored."""
        if name:
            self._add_parents(name)
            self.entries[name] = TreeEntry(name)
        with os.scandir(directory) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found:
            below = f"{name}/{entry.name}" if name else entry.name
            if entry.name == ".git":
                self.repositories.append(name)
            elif self._is_ignored(Path(entry.path), below):
                continue
            elif entry.is_dir(follow_symlinks=False):
                self.walk(Path(entry.path), below)
            else:
                self.add(Path(entry.path), below)

    def add(self, path: Path, name: str) -> None:
        """Add a file or a link; do nothing if there is none."""
        try:
            mode = path.lstat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return
        self._add_parents(name)
        if stat.S_ISLNK(mode):
            self._links.append((path, name))
            self._pending.add(name)
        elif stat.S_ISREG(mode):
            self.entries[name] = TreeEntry(name, path)
        elif not stat.S_ISDIR(mode):
            self._special.append(name)

    def resolve_links(self) -> None:
        """Replace links that lead out of the tree by what they lead to."""
        while self._links:
            path, name = self._links.popleft()
            self._pending.discard(name)
            self._resolve(path, name)

    def _notes(self) -> Iterator[str]:
        """Yield what was left out, for the user."""
        yield from _note("links that lead nowhere", self._dangling)
        yield from _note("links to a directory that contains the source, which were not followed", self._around)
        yield from _note("neither files nor directories, left out", self._special)
        size = f"{_MAX_BYTES >> 30} GiB"
        yield from _note(
            f"links to more than {size} or {_MAX_FILES} files, or to what cannot be read, not followed",
            map(str, self.unread),
        )

    def _resolve(self, path: Path, name: str) -> None:
        text = os.readlink(path)  # noqa: PTH115  # Path would normalize it
        if not text.startswith("/"):
            near = os.path.normpath(PurePosixPath(name).parent / text)
            if near in self.entries or near in self._pending or near == ".":
                self.entries[name] = TreeEntry(name, link=text)
                return
        try:
            target = path.resolve(strict=True)
            mode = target.stat().st_mode
        except (OSError, RuntimeError):  # the latter for loops
            self._dangling.append(name)
            self.entries[name] = TreeEntry(name, link=text)
            return
        if (inside := self._name_of(target)) is not None:
            start = PurePosixPath(name).parent
            self.entries[name] = TreeEntry(name, link=os.path.relpath(f"/{inside}", f"/{start}"))
        elif is_system_path(target):
            self.entries[name] = TreeEntry(name, link=str(target))
        elif any(root.is_relative_to(target) for root, _ in self._roots):
            self._around.append(name)
            self.entries[name] = TreeEntry(name, link=str(target))
        elif stat.S_ISDIR(mode) or stat.S_ISREG(mode):
            self.follow(target, name)
        else:
            self._special.append(name)

    def _name_of(self, target: Path) -> str | None:
        """Return the name in the tree of a file or directory outside or inside of it; None if it is not there."""
        for root, name in self._roots:
            if target.is_relative_to(root):
                inside = os.path.normpath(PurePosixPath(name) / target.relative_to(root).as_posix())
                if inside in self.entries or inside == ".":
                    return inside
        return None

    def follow(self, target: Path, name: str) -> None:
        """Add what a link leads to in its place, unless it is too large or cannot be read."""
        try:
            self._measure(target)
        except (_TooLargeError, PermissionError):
            self.unread.append(target)
            self.entries[name] = TreeEntry(name, link=str(target))
            return
        self.copies.append(name)
        if target.is_dir():
            self._roots.append((target, name))
            self.walk(target, name)
        else:
            self.entries[name] = TreeEntry(name, target)

    def _measure(self, target: Path) -> None:
        """Add to the size of what links lead to.

        :raises _TooLargeError: if it becomes too large; the size is then as before.
        """
        before = self._bytes, self._files
        pending = [str(target)]
        while pending:
            path = pending.pop()
            if os.path.isdir(path):  # noqa: PTH112  # pathlib takes twice the time
                with os.scandir(path) as entries:
                    pending += [entry.path for entry in entries if not entry.is_symlink() and entry.name != ".git"]
            else:
                self._bytes += os.lstat(path).st_size
                self._files += 1
            if self._bytes > _MAX_BYTES or self._files > _MAX_FILES:
                self._bytes, self._files = before
                raise _TooLargeError

    def _add_parents(self, name: str) -> None:
        for parent in reversed(PurePosixPath(name).parents):
            if str(parent) != ".":
                self.entries.setdefault(str(parent), TreeEntry(str(parent)))

    def _is_ignored(self, path: Path, name: str) -> bool:
        if not self._ignored or name in self._tracked or name in self._tracked_directories:
            return False
        matches = any(fnmatchcase(path.name, pattern) for pattern in self._ignored)
        return matches or os.path.lexists(path / "pyvenv.cfg")

    @cached_property
    def _tracked_directories(self) -> frozenset[str]:
        return frozenset(str(parent) for name in self._tracked for parent in PurePosixPath(name).parents)


def _note(what: str, names: Iterable[str]) -> Iterator[str]:
    listed = list(names)
    if listed:
        more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
        yield f"{what}: {', '.join(listed[:_SHOWN])}{more}"
