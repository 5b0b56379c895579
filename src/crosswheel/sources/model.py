"""What a person names, and what was found for it."""

from __future__ import annotations

import errno
import re
import shutil
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename

from crosswheel.errors import SourceError, StorageError, UsageError, redact_passwords
from crosswheel.host.files import sha256 as digest
from crosswheel.host.files import storage_errors
from crosswheel.host.trees import tree_digest
from crosswheel.recipes.sources import SourceChanges, unpack_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NOT_COPIED = (".venv", "venv", "__pycache__", ".tox", ".nox", ".mypy_cache", ".pytest_cache", "*.pyc", "*.egg-info")
_ARCHIVES = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")
FALLBACK_EPOCH = 315532800
"""1980-01-01, the oldest time a zip archive can hold, in seconds since 1970."""
LATEST_EPOCH = 0xFFFF_FFFF
"""A day in 2106, before the latest time a zip archive can hold."""


class SourceKind(Enum):
    """The ways to name a source."""

    REQUIREMENT = "requirement"
    ARCHIVE = "archive"
    DIRECTORY = "directory"
    VCS = "vcs"


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """What a person named; the text is for people, and without passwords.

    :param requirement: for an index; ``location`` is the path or URL for the other kinds.
    """

    text: str
    kind: SourceKind
    requirement: Requirement | None = None
    location: str = ""

    @classmethod
    def parse(cls, text: str) -> SourceRequest:
        """Read ``name==1.0``, ``name @ URL``, a path or ``git+URL@REF``.

        :raises UsageError: when it is none of these.
        """
        bare = text.strip()
        if bare.startswith(("git+", "hg+", "svn+", "bzr+")):
            return cls(redact_passwords(bare), SourceKind.VCS, location=bare)
        if bare.startswith(("https://", "http://", "file://")):
            return cls(redact_passwords(bare), SourceKind.ARCHIVE, location=_checked_url(bare))
        if "://" in bare:  # name @ URL, which may end as a file's name does
            return cls._named(bare)
        path = _existing(bare)
        if path and path.is_dir() and ("/" in bare or bare.startswith((".", "~"))):
            return cls(bare, SourceKind.DIRECTORY, location=str(path.resolve()))
        if bare.lower().endswith(_ARCHIVES):
            if not (path and path.is_file()):
                raise UsageError(f"there is no file {bare}")
            return cls(bare, SourceKind.ARCHIVE, location=str(path.resolve()))
        if bare.lower().endswith(".whl"):
            raise UsageError(f"{bare} is a wheel already", hint="crosswheel audit, or crosswheel test")
        return cls._named(bare)

    @property
    def from_index(self) -> bool:
        """Whether an index is to be asked for it."""
        return self.kind is SourceKind.REQUIREMENT

    @property
    def name(self) -> str | None:
        """The project's name, as far as it is known before anything is fetched."""
        if self.requirement is not None:
            return canonicalize_name(self.requirement.name)
        try:
            return (
                parse_sdist_filename(self.location.rpartition("/")[2])[0] if self.kind is SourceKind.ARCHIVE else None
            )
        except InvalidSdistFilename:
            return None

    @classmethod
    def _named(cls, text: str) -> SourceRequest:
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            path = _existing(text)
            hint = f"a directory is written with a slash: ./{text}" if path and path.is_dir() else None
            raise UsageError(f"{text!r} is not a requirement, path or URL", hint=hint) from error
        if requirement.url:
            inner = cls.parse(requirement.url)
            return cls(redact_passwords(text), inner.kind, requirement, inner.location)
        return cls(text, SourceKind.REQUIREMENT, requirement)


def _existing(text: str) -> Path | None:
    """What a text names on this disk; None when there is nothing, or it cannot be a path."""
    try:
        path = Path(text).expanduser()
        return path if path.exists() else None
    except (OSError, RuntimeError):  # a name too long for a file; a ~user who does not exist
        return None


def _checked_url(text: str) -> str:
    try:
        urlsplit(text).port  # noqa: B018  # reading it finds a wrong one
    except ValueError as error:
        raise UsageError(f"{text} is not a URL: {error}") from error
    return text


@dataclass(frozen=True, slots=True)
class Source:
    """A verified source, from which trees can be made.

    :param label: ``ujson-6.1.0``, or the directory's name.
    :param sha256: of the archive, if it is one.
    :param origin: where it is from, for people.
    :param epoch: ``SOURCE_DATE_EPOCH``, seconds since 1970.
    :param changes: what a recipe makes of it.
    """

    label: str
    path: Path
    sha256: str | None
    origin: str
    epoch: int
    changes: SourceChanges = field(default_factory=SourceChanges)

    def identity(self) -> str:
        """What tells its content from any other's: the archive's hash, or one over the directory's files.

        Of git it has the commit and the tags and branches, from which projects make their versions.

        :raises SourceError: when something cannot be read.
        """
        if self.sha256:
            return self.sha256
        try:
            return " ".join((tree_digest(self.path, (*_NOT_COPIED, ".git")), *_git_state(self.path / ".git")))
        except OSError as error:
            raise SourceError(f"the source cannot be read: {error.strerror}", where=error.filename) from error

    def checkout(self, destination: Path) -> Path:
        """A tree of its own for one build; the user's directory is never built in.

        :raises SourceError: when the archive is unsafe or damaged, or something cannot be read.
        :raises StorageError: when the disk refuses.
        """
        if not self.path.is_dir():
            return unpack_sources(self.path, self.changes, destination)
        try:
            with storage_errors(destination):
                shutil.copytree(self.path, destination, symlinks=True, ignore=shutil.ignore_patterns(*_NOT_COPIED))
        except shutil.Error as error:
            place, _, reason = error.args[0][0]
            if f"[Errno {errno.ENOSPC}]" in reason:
                hint = "free some, then run again"
                raise StorageError("no space left on the disk", where=destination, hint=hint) from error
            raise SourceError(f"the source cannot be read: {reason}", where=place) from error
        self.changes.apply(destination)
        return destination


def _git_state(place: Path) -> Iterator[str]:
    """Hashes of what a clone's commit and names are; ``place`` is a file in further working trees."""
    if place.is_file():
        place = place.parent / place.read_text("utf-8").partition("gitdir:")[2].strip()
    common = place / "commondir"
    whole = place / common.read_text("utf-8").strip() if common.is_file() else place
    yield from (digest(file) for file in (place / "HEAD", whole / "packed-refs") if file.is_file())
    if (whole / "refs").is_dir():
        yield tree_digest(whole / "refs")


def newest_time(tree: Path) -> int:
    """The time of the newest file of an unpacked sdist, in seconds since 1970."""
    times = (int(path.lstat().st_mtime) for path in tree.rglob("*") if not path.is_dir())
    return max(times, default=FALLBACK_EPOCH)


def source_date_epoch(environ_value: str | None, otherwise: Callable[[], int]) -> int:
    """``SOURCE_DATE_EPOCH`` as given, else what the source says; never before 1980 nor after 2106.

    :raises UsageError: when what is given is no number.
    """
    if environ_value:
        if not re.fullmatch(r"\d+", environ_value):
            raise UsageError(f"SOURCE_DATE_EPOCH is {environ_value!r}, not a number of seconds")
        seconds = int(environ_value)
    else:
        seconds = otherwise()
    return min(max(seconds, FALLBACK_EPOCH), LATEST_EPOCH)


def split_url_hash(url: str) -> tuple[str, str | None]:
    """A URL without its fragment, and the SHA-256 the fragment names.

    :raises SourceError: when it names another hash than SHA-256, which could not be verified.
    """
    bare, _, fragment = url.partition("#")
    for part in fragment.split("&"):
        name, _, value = part.partition("=")
        if name == "sha256":
            return bare, value
        if name in {"md5", "sha1", "sha384", "sha512"}:
            raise SourceError(f"cannot verify a {name} hash", where=url, hint="give #sha256=…")
    return bare, None
