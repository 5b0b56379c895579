"""Source directories: their files and the repositories that they are in, found once and copied for each build."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from crosswheel.errors import CrosswheelError
from crosswheel.host.files import sha256, storage_errors
from crosswheel.sources.repository import Repository, assume_unchanged, read_index, read_settings, tracked_files
from crosswheel.sources.tree import SourceTree, read_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from crosswheel.host import Host

_MAX_REST = 512 << 20
"""Bytes of the files around a project's directory that are copied for each build."""
_INDEX = ("index", "sharedindex.")
"""Files of a repository that change whenever somebody looks at it; what is in them is hashed."""


@dataclass(frozen=True, slots=True)
class RepositoryCopy:
    """A copy of a repository of a source tree.

    :param name: the path of its working tree in the source tree; empty if that is the tree itself.
    :param git_dir: the copy.
    :param index: see :func:`crosswheel.sources.repository.read_index`.
    :param objects: directories of git's objects, which stay where they are.
    """

    name: str
    git_dir: Path
    index: str
    objects: tuple[Path, ...]

    def identity(self) -> str:
        """Return a digest of its commit, branches, tags and settings, and of the names and hashes in its index."""
        digest = hashlib.sha256(self.index.encode("utf-8", "surrogateescape"))
        files = (*Repository(self.git_dir, self.git_dir, self.git_dir).state(), ("config", self.git_dir / "config"))
        for name, file in files:
            if not name.startswith(_INDEX):
                digest.update(f"{name}\0{sha256(file)}\0".encode("utf-8", "surrogateescape"))
        return f"{self.name} {digest.hexdigest()}"


@dataclass(frozen=True)
class SourceDirectory:
    """The files of a source directory, with the repositories that it is in and that are in it."""

    tree: SourceTree
    repositories: tuple[RepositoryCopy, ...] = ()

    @cached_property
    def identity(self) -> str:
        """A digest of all files and repositories.

        :raises SourceError: if a file cannot be read.
        """
        return " ".join((self.tree.digest, *(repository.identity() for repository in self.repositories)))

    @property
    def has_changed(self) -> bool:
        """Whether its files are no longer those of the identity."""
        try:
            return self.tree.read_digest() != self.tree.digest
        except CrosswheelError:
            return True

    @property
    def outside(self) -> tuple[Path, ...]:
        """Directories that a copy refers to, and that must be readable where it is used."""
        return tuple(dict.fromkeys(path for repository in self.repositories for path in repository.objects))

    def checkout(self, destination: Path) -> Path:
        """Copy it for a build; return the project's directory in the copy.

        :raises SourceError: if a file cannot be read.
        :raises StorageError: if the destination cannot be written.
        """
        project = self.tree.copy(destination)
        with storage_errors(destination):
            for repository in self.repositories:
                shutil.copytree(repository.git_dir, destination / repository.name / ".git", symlinks=True)
        return project


def read_directory(host: Host, directory: Path, work: Path) -> SourceDirectory:
    """Find the files of a source directory, and copy the state of its repositories.

    A directory below the root of a git repository is built in a copy of the whole working tree: projects compute their
    version from the repository, and include files from above. Only tracked files of the rest are copied, up to 512 MiB.
    A directory without tracked files is no part of the repository around it: for example an unpacked archive.

    :param work: an existing directory that is kept as long as the source is used.
    :raises SourceError: if a file cannot be read.
    :raises StorageError: if the copies cannot be written.
    """
    reader = _RepositoryReader(host, work)
    root, prefix, indexes = reader.enclosing(directory)
    tracked = [f"{name}/{path}" if name else path for name, index in indexes.items() for path in tracked_files(index)]
    rest, left_out = _rest_of_worktree(root, prefix, tracked) if prefix else ([], [])
    tree = read_tree(directory, root=root, tracked=tracked, rest=rest)
    names = sorted({*(name for name in indexes if not prefix or not _is_below(name, prefix)), *tree.repositories})
    changed = (*left_out, *tree.copies)
    copies = [reader.copy(root, name, indexes.get(name), changed) for name in names]
    for note in (*tree.notes, *_left_out_note(root, left_out)):
        host.progress.note(f"{directory.name}: {note}")
    return SourceDirectory(tree, tuple(filter(None, copies)))


def _is_below(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(f"{prefix}/")


@dataclass
class _RepositoryReader:
    """Reads repositories with git, or without it as far as that is possible."""

    host: Host
    work: Path

    @cached_property
    def _git(self) -> Path | None:
        return self.host.program("git")

    def enclosing(self, directory: Path) -> tuple[Path, str, Mapping[str, str]]:
        """Return the root of the source tree, the directory's path in it, and the indexes of repositories by name."""
        repository = Repository.around(directory)
        if repository is None or self._git is None:
            return directory, "", {}
        root = repository.worktree
        prefix = "" if root == directory else directory.relative_to(root).as_posix()
        indexes = self._indexes(root, "", {})
        if prefix and not any(_is_below(path, prefix) for index in indexes.values() for path in tracked_files(index)):
            return directory, "", {}
        return root, prefix, indexes

    def _indexes(self, root: Path, name: str, found: dict[str, str]) -> dict[str, str]:
        """Add the index of a repository and those of its submodules, by their paths in the root."""
        repository = Repository.at(root / name)
        if repository is None or self._git is None:
            return found
        found[name] = read_index(self.host, self._git, repository)
        for entry in found[name].split("\0"):
            if entry.startswith("160000 "):  # the mode of submodules
                path = entry.partition("\t")[2]
                self._indexes(root, f"{name}/{path}" if name else path, found)
        return found

    def copy(self, root: Path, name: str, index: str | None, changed: Iterable[str]) -> RepositoryCopy | None:
        """Copy a repository's state; None if there is none.

        :param index: its index, if it was read before.
        :param changed: paths in the root of files that are not in the source tree as they are in the repository.
        """
        repository = Repository.at(root / name)
        if repository is None:
            return None
        git_dir = self.work / f"git-{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"
        settings = read_settings(self.host, self._git, repository) if self._git else {}
        repository.copy(git_dir, settings)
        if self._git and index is None:
            index = read_index(self.host, self._git, repository)
        if self._git and index:
            relative = {path[len(name) + 1 if name else 0 :] for path in changed if not name or _is_below(path, name)}
            known = sorted(relative.intersection(tracked_files(index)))
            assume_unchanged(self.host, self._git, git_dir, repository.worktree, known)
        return RepositoryCopy(name, git_dir, index or "", repository.objects)


def _rest_of_worktree(root: Path, prefix: str, tracked: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the tracked files outside of a project's directory: those that are copied, and those that are not.

    Directories beside the project's, or beside one around it, are copied whole or not at all, the smallest first.
    """
    above = {str(parent) for parent in PurePosixPath(prefix).parents}
    groups: dict[str, list[str]] = {}
    sizes: dict[str, int] = {}
    for path in tracked:
        if _is_below(path, prefix):
            continue
        parts = PurePosixPath(path).parts
        depth = next(depth for depth in range(len(parts) - 1, -1, -1) if str(PurePosixPath(*parts[:depth])) in above)
        group = "/".join(parts[: depth + 1])
        groups.setdefault(group, []).append(path)
        sizes[group] = sizes.get(group, 0) + _size(root / path)
    total = 0
    kept: list[str] = []
    left_out: list[str] = []
    for group in sorted(groups, key=lambda group: (sizes[group], group)):
        total += sizes[group]
        (kept if total <= _MAX_REST else left_out).extend(groups[group])
    return kept, left_out


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _left_out_note(root: Path, left_out: Iterable[str]) -> Iterable[str]:
    names = sorted({str(PurePosixPath(path).parent) for path in left_out})
    if names:
        yield f"left out of the copy of {root}, which would be more than {_MAX_REST >> 20} MiB: {', '.join(names[:3])}"
