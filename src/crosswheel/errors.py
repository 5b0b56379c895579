"""One tree of errors: what happened, where, what to do next, and the exit status that follows."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pathlib import Path


_USER_IN_URL = re.compile(r"(?i)(?<!ssh)(://)[^\s/'\"]+@")


def redact_passwords(text: str) -> str:
    """A text in which URLs do not say who asks: a name may be a token. That of ssh, which is none, stays."""
    return _USER_IN_URL.sub(r"\1***@", text)


class ExitStatus(IntEnum):
    """Exit statuses of the command line; documented in docs/reference/exit-status.md."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    SOURCE = 3
    ENVIRONMENT = 4
    BUILD = 5
    AUDIT = 6
    TEST = 7
    STORAGE = 8
    INTERRUPTED = 130


class CrosswheelError(Exception):
    """Anything crosswheel refuses or fails to do, told so that a person can act on it, and without passwords.

    :param what: what happened, one sentence without a trailing full stop.
    :param where: the file, URL, setting or package it happened in.
    :param hint: what to do next, best a command.
    :param log: the file that holds everything that was said on the way.

    ``missing`` is what of the target a build looked for in vain, where that is what it failed for: ``header``,
    ``library`` or ``package``, and a name.
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
    """The command, a setting or a configuration file asks for something that does not exist."""

    status = ExitStatus.USAGE


class SourceError(CrosswheelError):
    """The sources cannot be had: no such version, no sdist, wrong hash, unsafe archive, index away."""

    status = ExitStatus.SOURCE


class NotFoundError(SourceError):
    """A server answers, and does not have the file (404 or 410)."""


class UnavailableError(SourceError):
    """A third party cannot provide a file now.

    Its server does not answer, or an archive lacks a file that its own signed index lists. Raised for nothing else:
    tests are skipped over it.
    """


class EnvironmentMissingError(CrosswheelError):
    """Something the build needs is not on this machine: a build Python, a toolchain, a package."""

    status = ExitStatus.ENVIRONMENT


class BuildError(CrosswheelError):
    """The build backend failed, or lied about having succeeded."""

    status = ExitStatus.BUILD


class AuditError(CrosswheelError):
    """A wheel was built and is wrong, so it does not get a wheel's name."""

    status = ExitStatus.AUDIT


class TestError(CrosswheelError):
    """A wheel was run on its target and failed there."""

    __test__ = False  # not a test case, whatever pytest makes of the name
    status = ExitStatus.TEST


class StorageError(CrosswheelError):
    """The disk, the cache or the output directory refused: full, unwritable, damaged."""

    status = ExitStatus.STORAGE


def suggestion(word: str, known: list[str] | tuple[str, ...]) -> str | None:
    """The known word nearest to a misspelt one, as ``did you mean 'x'?``, or None."""
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else None
