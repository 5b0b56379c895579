"""Git repositories of source directories: found, listed, and copied without what their configuration could run.

A copy has the repository's commits, tags and index, so that tools compute the same version in it as in place. Its
objects stay where they are, as an alternate (gitrepository-layout(5)): they may be gigabytes.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswheel.errors import redact_passwords
from crosswheel.host.files import storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from crosswheel.host import Host

_STATE = ("HEAD", "index", "sharedindex.*", "info/sparse-checkout")
"""Files of each working tree."""
_COMMON_STATE = ("packed-refs", "shallow", "info/exclude", "info/attributes", "info/grafts")
"""Files that linked working trees share."""
_REFS = ("refs", "reftable")
_SETTINGS = (
    "core.repositoryformatversion", "core.filemode", "core.ignorecase", "core.precomposeunicode", "core.autocrlf",
    "core.eol", "core.symlinks", "core.sparsecheckout", "core.sparsecheckoutcone", "extensions.", "branch.",
)  # fmt: skip
"""Settings that decide how files are compared and refs are found; none of them names a program or a secret."""
_REMOTE = re.compile(r"remote\..*\.(?:url|fetch|promisor|partialclonefilter)")
_OWN_SETTINGS = {
    # Copies of files have other inodes and change times. Compared by size and modification time, they are unchanged.
    "core.checkStat": "minimal",
    "core.trustctime": "false",
    "core.bare": "false",
}
_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")


@dataclass(frozen=True, slots=True)
class Repository:
    """A git working tree.

    :param worktree: its directory.
    :param git_dir: the directory of its HEAD and index.
    :param common_dir: the directory of its objects, refs and configuration; another one in linked working trees.
    """

    worktree: Path
    git_dir: Path
    common_dir: Path

    @classmethod
    def at(cls, directory: Path) -> Repository | None:
        """Return the repository whose working tree is a directory, None if it is not one.

        ``.git`` is a file in submodules and linked working trees.
        """
        git_dir = directory / ".git"
        try:
            if git_dir.is_file():
                name = git_dir.read_text("utf-8", "surrogateescape").partition("gitdir:")[2].strip()
                git_dir = (directory / name).resolve()
            common_file = git_dir / "commondir"
            common = common_file.read_text("utf-8", "surrogateescape").strip() if common_file.is_file() else "."
            found = (git_dir / "HEAD").is_file()
        except (OSError, ValueError):
            return None
        return cls(directory, git_dir, (git_dir / common).resolve()) if found else None

    @classmethod
    def around(cls, directory: Path) -> Repository | None:
        """Return the repository that a directory is in: its own, or that of the nearest directory above."""
        return next(filter(None, map(cls.at, (directory, *directory.parents))), None)

    @property
    def objects(self) -> tuple[Path, ...]:
        """The directories of its objects: its own, and the alternates of that, of which there may be several levels."""
        found: dict[Path, None] = {}
        pending = [self.common_dir / "objects"]
        while pending:
            directory = pending.pop()
            if directory in found or not directory.is_dir():
                continue
            found[directory] = None
            alternates = directory / "info" / "alternates"
            lines = alternates.read_text("utf-8", "surrogateescape").splitlines() if alternates.is_file() else []
            pending += [(directory / line).resolve() for line in lines if line and not line.startswith("#")]
        return tuple(found)

    def state(self) -> Iterator[tuple[str, Path]]:
        """Yield the files that a copy consists of: their names in it, and their paths; without objects and settings."""
        for directory, patterns in ((self.common_dir, _COMMON_STATE), (self.git_dir, _STATE)):
            for pattern in patterns:
                yield from ((str(file.relative_to(directory)), file) for file in sorted(directory.glob(pattern)))
        for name in _REFS:
            for file in sorted((self.common_dir / name).rglob("*")):
                if file.is_file():
                    yield str(file.relative_to(self.common_dir)), file

    def copy(self, destination: Path, settings: Mapping[str, str]) -> None:
        """Write a copy without objects, hooks and secrets.

        :param destination: the new ``.git`` directory.
        :param settings: see :func:`read_settings`.
        :raises StorageError: if it cannot be written.
        """
        with storage_errors(destination):
            for name in ("refs", "objects/info", "info"):
                (destination / name).mkdir(parents=True)
            for name, file in self.state():
                (destination / name).parent.mkdir(parents=True, exist_ok=True)
                # With its time, by which git knows the files that may have changed after it was written.
                shutil.copy2(file, destination / name)
            alternates = "".join(f"{_quoted_line(str(directory))}\n" for directory in self.objects[:1])
            (destination / "objects/info/alternates").write_text(alternates, "utf-8", "surrogateescape")
            (destination / "config").write_text(_config({**settings, **_OWN_SETTINGS}), "utf-8", "surrogateescape")


def _quoted_line(path: str) -> str:
    """Return a path as a line of a file of alternates: quoted as in C if it has a line break."""
    if "\n" not in path:
        return path
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _config(settings: Mapping[str, str]) -> str:
    """Return a configuration file of git."""
    lines = []
    for key, value in settings.items():
        section, _, rest = key.partition(".")
        subsection, dot, name = rest.rpartition(".")
        quoted = subsection.replace("\\", "\\\\").replace('"', '\\"')
        text = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        lines.append(f'[{section} "{quoted}"]\n' if dot else f"[{section}]\n")
        lines.append(f'\t{name} = "{text}"\n')
    return "".join(lines)


def read_settings(host: Host, git: Path, repository: Repository) -> dict[str, str]:
    """Return a repository's settings that decide how its files and refs are read."""
    files = [repository.common_dir / "config", repository.git_dir / "config.worktree"]
    settings: dict[str, str] = {}
    for file in filter(os.path.isfile, files):
        output = _run(host, git, repository, "config", "--no-includes", "--list", "-z", "--file", str(file))
        for entry in output.split("\0"):
            key, newline, value = entry.partition("\n")
            if key.startswith(_SETTINGS) or _REMOTE.fullmatch(key):
                settings[key] = redact_passwords(value) if newline else "true"
    # It would make git read a second file, whose settings are in this one.
    settings.pop("extensions.worktreeconfig", None)
    return settings


def read_index(host: Host, git: Path, repository: Repository) -> str:
    """Return the mode, hash and path of every tracked file, NUL-terminated, as ``git ls-files --stage -z`` does."""
    return _run(host, git, repository, "ls-files", "--stage", "-z")


def tracked_files(index: str) -> Iterator[str]:
    """Yield the paths of tracked files, and of submodules, in the output of :func:`read_index`."""
    for entry in index.split("\0"):
        if entry:
            yield entry.partition("\t")[2]


def assume_unchanged(host: Host, git: Path, copy: Path, worktree: Path, paths: Iterable[str]) -> None:
    """Mark files in the index of a copy as unchanged, since they differ from the repository's on purpose."""
    repository = Repository(worktree, copy, copy)
    stdin = "".join(f"{path}\0" for path in paths)
    if stdin:
        _run(host, git, repository, "update-index", "--assume-unchanged", "-z", "--stdin", stdin=stdin)


def commit_time(host: Host, directory: Path) -> int | None:
    """Return the time of the commit of a directory's repository, in seconds since 1970; None if it is in none."""
    git, repository = host.program("git"), Repository.around(directory)
    if git is None or repository is None:
        return None
    time = _run(host, git, repository, "rev-list", "--max-count=1", "--timestamp", "HEAD", "--").partition(" ")[0]
    return int(time) if time.isdigit() else None


def _run(host: Host, git: Path, repository: Repository, *args: str, stdin: str | None = None) -> str:
    """Return the output of a git command that runs no program of the repository's configuration; empty if it fails.

    The repository may belong to another user: git does not check the owner of one that is named explicitly.
    """
    environ = {name: value for name, value in host.environ.items() if not name.startswith("GIT_")}
    environ |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}
    place = (f"--git-dir={repository.git_dir}", f"--work-tree={repository.worktree}")
    result = host.run(git, *_SAFE, *place, *args, cwd=repository.worktree, env=environ, stdin=stdin)
    return result.stdout if result.ok else ""
