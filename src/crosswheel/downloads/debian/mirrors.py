"""Mirrors of Debian's archive, and the names under which a suite is found there."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from crosswheel.errors import NotFoundError, SourceError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from crosswheel.host import Host

DEFAULT_MIRROR = "http://deb.debian.org/debian"
MIRROR_VARIABLE = "CROSSWHEEL_DEBIAN_MIRROR"
MIRROR_HINT = (
    f"try again later, or list other mirrors in {MIRROR_VARIABLE}, separated by spaces; a snapshot is one too "
    "(https://snapshot.debian.org/archive/debian/YYYYMMDDTHHMMSSZ)"
)


@dataclass(frozen=True, slots=True)
class SuiteLocation:
    """A suite at a mirror.

    :param mirror: URL of the mirror, without a slash at its end.
    :param name: codename (``trixie``) or suite name (``stable``), as in the mirror's ``dists``.
    """

    mirror: str
    name: str

    @property
    def url(self) -> str:
        """Directory of the suite's indexes."""
        return f"{self.mirror}/dists/{self.name}"


def mirrors(environ: Mapping[str, str]) -> tuple[str, ...]:
    """URLs of the mirrors that the environment lists, in its order; Debian's own if it lists none."""
    listed = (environ.get(MIRROR_VARIABLE) or DEFAULT_MIRROR).split()
    return tuple(dict.fromkeys(url.rstrip("/") for url in listed)) or (DEFAULT_MIRROR,)


def locations(environ: Mapping[str, str], suite: str) -> tuple[SuiteLocation, ...]:
    """Places of a suite's indexes, in the order of attempts: both names at a mirror, then the next mirror."""
    names = dict.fromkeys((suite, *_other_names().get(suite, ())))
    return tuple(SuiteLocation(mirror, name) for mirror in mirrors(environ) for name in names)


@cache
def _other_names() -> dict[str, tuple[str, ...]]:
    """Suite names by codename, and codenames by suite name. A release moves them, so the signed index is asked too."""
    table = tomllib.loads(files("crosswheel.downloads.debian").joinpath("suites.toml").read_text("utf-8"))
    pairs = [(codename, str(row["suite"])) for codename, row in table.items()]
    return {name: (other,) for pair in pairs for name, other in (pair, pair[::-1])}


def fetch_file(host: Host, path: str, *, sha256: str) -> Path:
    """A file of Debian's archive from the first mirror that has it, or from the cache.

    :param path: its path under a mirror.
    :raises NotFoundError: if every mirror answers, and none has it.
    :raises UnavailableError: if no mirror has it, and at least one does not answer.
    :raises SourceError: if it is not what it should be, or not in the cache and ``--offline`` is given.
    """
    failures: list[SourceError] = []
    for mirror in mirrors(host.environ):
        try:
            return host.downloader.fetch(f"{mirror}/{path}", sha256=sha256)
        except SourceError as error:
            if host.offline:  # the cache is the same for every mirror
                raise
            failures.append(error)
    if len(failures) == 1:
        raise failures[0]
    raise combined(failures)


def combined(failures: Sequence[SourceError]) -> SourceError:
    """One error of several attempts. It is a :class:`UnavailableError` only if no attempt failed otherwise."""
    kind: type[SourceError] = SourceError
    if all(isinstance(error, NotFoundError) for error in failures):
        kind = NotFoundError
    elif all(isinstance(error, NotFoundError | UnavailableError) for error in failures):
        kind = UnavailableError
    attempts = dict.fromkeys(f"{error.where}: {error.what}" for error in failures)
    return kind("; ".join(attempts), where=failures[0].where, hint=MIRROR_HINT)
