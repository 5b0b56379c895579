"""The exceptions of crosswheel, with what failed, where, what to do next, and the exit status."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pathlib import Path


_USER_IN_URL = re.compile(r"(?i)(?<!ssh)(://)[^\s/'\"]+@")


def redact_passwords(text: str) -> str:
    """Replace user names and passwords in URLs: a user name may be a token. User names of ssh URLs stay."""
    return _USER_IN_URL.sub(r"\1***@", text)


class ExitStatus(IntEnum):
    """Exit statuses of the command line, documented in docs/reference/exit-status.md."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    SOURCE = 3
    ENVIRONMENT = 4
    BUILD = 5
    AUDIT = 6
    TEST = 7
    STORAGE = 8
    UNTESTED = 9
    INTERRUPTED = 130


class CrosswheelError(Exception):
    """The base class of all errors that users can act on. Passwords in URLs are removed from messages.

    ``missing`` is the kind (``header``, ``library`` or ``package``) and the name of what the target lacks, if a build
    failed for that reason.

    :param what: what failed: one sentence, lower case, without a final period.
    :param where: the file, URL, setting or package that the error is about.
    :param hint: what to do next, preferably a command.
    :param log: the file with the complete output.
    """

    status: ClassVar[ExitStatus] = ExitStatus.INTERNAL
    missing: tuple[str, str] | None = None

    def __init__(self, what: str, *, where: object = None, hint: str | None = None, log: Path | None = None) -> None:
        self.what = redact_passwords(what)
        super().__init__(self.what)
        self.where = None if where is None else redact_passwords(str(where))
        self.hint = None if hint is None else redact_passwords(hint)
        self.log = log

    def __str__(self) -> str:
        parts = [self.what]
        if self.where:
            parts.append(f"  where: {self.where}")
        if self.hint:
            parts.append(f"  next:  {self.hint}")
        if self.log:
            parts.append(f"  log:   {self.log}")
        return "\n".join(parts)


class UnknownPlatformError(CrosswheelError):
    """A family of platforms, or a target of it, is missing from a table: crosswheel never guesses one from another."""


class UsageError(CrosswheelError):
    """The command line, a setting or a configuration file is invalid."""

    status = ExitStatus.USAGE


class SourceError(CrosswheelError):
    """Sources are not available: no such version, no sdist, wrong hash, unsafe archive, unreachable index."""

    status = ExitStatus.SOURCE


class NotFoundError(SourceError):
    """A server does not have a file (HTTP status 404 or 410)."""


class UnavailableError(SourceError):
    """A third party cannot provide a file now.

    Its server does not answer, or an archive lacks a file that its own signed index lists. Raised for nothing else:
    tests are skipped over it.
    """


class EnvironmentMissingError(CrosswheelError):
    """Something that the build requires is not installed: a build Python, a toolchain, a package."""

    status = ExitStatus.ENVIRONMENT


class BuildError(CrosswheelError):
    """The build backend failed, or reported success without building a wheel."""

    status = ExitStatus.BUILD


class AuditError(CrosswheelError):
    """A wheel was built but failed the audit; it is not published."""

    status = ExitStatus.AUDIT


class TestError(CrosswheelError):
    """A wheel failed its test on the target."""

    __test__ = False  # pytest would collect it by its name
    status = ExitStatus.TEST


class UntestedError(CrosswheelError):
    """A test was required, but could not run."""

    status = ExitStatus.UNTESTED


class StorageError(CrosswheelError):
    """The disk, the cache or the output directory cannot be written or is damaged."""

    status = ExitStatus.STORAGE


_FULL_DISK = re.compile(r"No space left on device|NoSpaceLeft|Disk quota exceeded|os error 28\b")
"""What programs print whose disk is full: by strerror(3), zig, Rust."""


def full_disk_error(output: str, where: object = None) -> StorageError | None:
    """Return the error for a program that could not write since the disk is full; None if it failed otherwise.

    :param where: what it was writing.
    """
    if not _FULL_DISK.search(output):
        return None
    return StorageError("no space left on device", where=where, hint="free some space, then run again")


def suggestion(word: str, known: list[str] | tuple[str, ...]) -> str | None:
    """Return ``did you mean 'x'?`` for the known word closest to a misspelt one, or None."""
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else None
