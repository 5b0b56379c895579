"""Source requests and the sources found for them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename

from crosswheel.errors import SourceError, UsageError, redact_passwords
from crosswheel.recipes.sources import SourceChanges, unpack_sources
from crosswheel.sources.static_metadata import ProjectName

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosswheel.sources.directory import SourceDirectory

_ARCHIVES = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")
FALLBACK_EPOCH = 315532800
"""1980-01-01 in seconds since 1970: the oldest time a ZIP file supports."""
LATEST_EPOCH = 0xFFFF_FFFF
"""A day in 2106 in seconds since 1970: within the range of ZIP files."""


class SourceKind(Enum):
    """The kinds of source requests."""

    REQUIREMENT = "requirement"
    ARCHIVE = "archive"
    DIRECTORY = "directory"
    VCS = "vcs"


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """A request for a source.

    :param text: the request for messages, without passwords.
    :param requirement: of an index; also set for ``name @ URL``.
    :param location: path or URL, for the other kinds.
    """

    text: str
    kind: SourceKind
    requirement: Requirement | None = None
    location: str = ""

    @classmethod
    def parse(cls, text: str) -> SourceRequest:
        """Parse ``name==1.0``, ``name @ URL``, a path or ``git+URL@REF``.

        :raises UsageError: if it is none of these.
        """
        bare = text.strip()
        if bare.startswith(("git+", "hg+", "svn+", "bzr+")):
            return cls(redact_passwords(bare), SourceKind.VCS, location=bare)
        if bare.startswith(("https://", "http://", "file://")):
            return cls(redact_passwords(bare), SourceKind.ARCHIVE, location=_checked_url(bare))
        if "://" in bare:  # name @ URL, which may end with the suffix of an archive
            return cls._parse_requirement(bare)
        if directory := requested_directory(bare):
            return cls(bare, SourceKind.DIRECTORY, location=str(directory.resolve()))
        path = _existing_path(bare)
        if bare.lower().endswith(_ARCHIVES):
            if not (path and path.is_file()):
                raise UsageError(f"file not found: {bare}")
            return cls(bare, SourceKind.ARCHIVE, location=str(path.resolve()))
        if bare.lower().endswith(".whl"):
            raise UsageError(f"{bare} is already a wheel", hint="use crosswheel audit or crosswheel test")
        return cls._parse_requirement(bare)

    @property
    def from_index(self) -> bool:
        """Whether it must be looked up on an index."""
        return self.kind is SourceKind.REQUIREMENT

    @property
    def name(self) -> str | None:
        """The project's normalized name, if known before anything is downloaded."""
        if self.requirement is not None:
            return canonicalize_name(self.requirement.name)
        try:
            return (
                parse_sdist_filename(self.location.rpartition("/")[2])[0] if self.kind is SourceKind.ARCHIVE else None
            )
        except InvalidSdistFilename:
            return None

    @classmethod
    def _parse_requirement(cls, text: str) -> SourceRequest:
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            hint = directory_hint(text)
            raise UsageError(f"{text!r} is not a requirement, path or URL", hint=hint) from error
        if requirement.url:
            inner = cls.parse(requirement.url)
            return cls(redact_passwords(text), inner.kind, requirement, inner.location)
        return cls(text, SourceKind.REQUIREMENT, requirement)


def requested_directory(text: str) -> Path | None:
    """Return the directory that a request names, if it names one: as for pip and uv, with a slash or a dot."""
    path = _existing_path(text)
    return path if path and path.is_dir() and ("/" in text or text.startswith((".", "~"))) else None


def directory_hint(text: str) -> str | None:
    """Return a hint if a requirement is also the name of a directory; see :func:`requested_directory`."""
    path = _existing_path(text)
    return f"did you mean the directory ./{text}?" if path and path.is_dir() else None


def _existing_path(text: str) -> Path | None:
    """Return the existing path that a text denotes; None if there is none, or it is not a valid path."""
    try:
        path = Path(text).expanduser()
        return path if path.exists() else None
    except (OSError, RuntimeError, ValueError):  # a name too long for a file; an unknown ~user; a NUL in it
        return None


def _checked_url(text: str) -> str:
    try:
        urlsplit(text).port  # noqa: B018  # raises for an invalid port
    except ValueError as error:
        raise UsageError(f"invalid URL {text}: {error}") from error
    return text


@dataclass(frozen=True, slots=True)
class Source:
    """A verified source, from which trees are created.

    :param label: ``ujson-6.1.0``, or the directory's name.
    :param sha256: of the archive; None for a directory. One of it and ``directory`` is set, never both.
    :param origin: where it came from, for messages.
    :param epoch: ``SOURCE_DATE_EPOCH``, seconds since 1970.
    :param changes: changes made by a recipe.
    :param directory: the files of a directory; None for an archive.
    :param project: the name and version that the files of a directory have.
    """

    label: str
    path: Path
    sha256: str | None
    origin: str
    epoch: int
    changes: SourceChanges = field(default_factory=SourceChanges)
    directory: SourceDirectory | None = None
    project: ProjectName = field(default_factory=ProjectName)

    def __post_init__(self) -> None:
        """Refuse a source whose content nothing identifies: wheels would be cached under a key that others share.

        :raises ValueError: if there is neither a hash nor a directory, or both.
        """
        if bool(self.sha256) is (self.directory is not None):
            raise ValueError(f"{self.label}: a source has the hash of an archive, or the files of a directory")

    def identity(self) -> str:
        """Return a digest of the content: the archive's hash, or one of the directory's files.

        For a git repository it includes the commit, tags and branches, from which projects compute their versions.

        :raises SourceError: if a file cannot be read.
        """
        if self.directory is not None:
            return self.directory.identity
        assert self.sha256 is not None  # see __post_init__
        return self.sha256

    @property
    def complete(self) -> bool:
        """Whether the identity covers everything that a build can read of it."""
        return self.directory is None or not self.directory.tree.unread

    @property
    def has_changed(self) -> bool:
        """Whether the files are no longer those of the identity."""
        return self.directory is not None and self.directory.has_changed

    @property
    def outside(self) -> tuple[Path, ...]:
        """Directories outside of its trees that builds read: the objects of git repositories."""
        return self.directory.outside if self.directory else ()

    def checkout(self, destination: Path, remark: Callable[[str], object] = str) -> Path:
        """Create a tree for one build; the user's directory is never built in.

        :param remark: called with a sentence for each hunk of a recipe's patch that has moved.
        :returns: the project's directory, which may be below the destination.
        :raises SourceError: if the archive is unsafe or damaged, or a file cannot be read.
        :raises StorageError: if the destination cannot be written.
        """
        if self.directory is None:
            return unpack_sources(self.path, self.changes, destination, remark=remark)
        project = self.directory.checkout(destination)
        self.changes.apply(project, remark)
        return project


def newest_time(tree: Path) -> int:
    """Return the modification time of the newest file of a tree, in seconds since 1970."""
    times = (int(path.lstat().st_mtime) for path in tree.rglob("*") if not path.is_dir())
    return max(times, default=FALLBACK_EPOCH)


def source_date_epoch(environ_value: str | None, otherwise: Callable[[], int]) -> int:
    """Return ``SOURCE_DATE_EPOCH`` of the environment, or the source's time; at least 1980, at most 2106.

    :param otherwise: computes the source's time.
    :raises UsageError: if the variable is not a number.
    """
    if environ_value:
        if not re.fullmatch(r"\d+", environ_value):
            raise UsageError(f"SOURCE_DATE_EPOCH must be a number of seconds, not {environ_value!r}")
        seconds = int(environ_value)
    else:
        seconds = otherwise()
    return min(max(seconds, FALLBACK_EPOCH), LATEST_EPOCH)


def split_url_hash(url: str) -> tuple[str, str | None]:
    """Split a URL into the URL without its fragment and the SHA-256 in the fragment, if any.

    :raises SourceError: if the fragment has another hash, no hexadecimal number, two hashes, or anything that is
        neither a hash nor a part of pip's (``egg``, ``subdirectory``).
    """
    bare, _, fragment = url.partition("#")
    found: str | None = None
    for part in fragment.split("&") if fragment else ():
        name, equals, value = part.partition("=")
        if name in _OTHER_FRAGMENTS or not (equals or _HASH_NAME.match(name)):
            continue
        if name.lower() != "sha256":
            raise SourceError(f"cannot verify a {name} hash", where=url, hint="use #sha256=…")
        if not _HEXADECIMAL.fullmatch(value):
            what = f"not a SHA-256: {value!r}" if value else "the SHA-256 is empty"
            raise SourceError(what, where=url, hint="sha256sum FILE prints it; without #sha256=, nothing is verified")
        if found not in {None, value.lower()}:
            raise SourceError("two different hashes", where=url, hint="keep the right one")
        found = value.lower()
    return bare, found


_OTHER_FRAGMENTS = frozenset({"egg", "subdirectory"})
_HASH_NAME = re.compile(r"(?i)(?:sha|md|blake|shake)\d")
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]+")
