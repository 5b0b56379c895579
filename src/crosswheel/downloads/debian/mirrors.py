"""Mirrors of Debian's archive, and the names by which a suite is found there."""

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
    f"try again later, or set other mirrors in {MIRROR_VARIABLE}, separated by spaces, for example a snapshot "
    "(https://snapshot.debian.org/archive/debian/YYYYMMDDTHHMMSSZ)"
)


@dataclass(frozen=True, slots=True)
class SuiteLocation:
    """A suite at a mirror.

    :param mirror: URL of the mirror, without a trailing slash.
    :param name: codename (``trixie``) or suite name (``stable``), as in the mirror's ``dists``.
    """

    mirror: str
    name: str

    @property
    def url(self) -> str:
        """URL of the directory of the suite's indexes."""
        return f"{self.mirror}/dists/{self.name}"


def mirrors(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the URLs of the mirrors set in the environment, in order; the default mirror if none is set."""
    listed = (environ.get(MIRROR_VARIABLE) or DEFAULT_MIRROR).split()
    return tuple(dict.fromkeys(url.rstrip("/") for url in listed)) or (DEFAULT_MIRROR,)


def suite_locations(environ: Mapping[str, str], suite: str) -> tuple[SuiteLocation, ...]:
    """Return the locations of a suite's indexes to try, in order: both names at a mirror, then the next mirror."""
    names = dict.fromkeys((suite, *_other_names().get(suite, ())))
    return tuple(SuiteLocation(mirror, name) for mirror in mirrors(environ) for name in names)


@cache
def _other_names() -> dict[str, tuple[str, ...]]:
    """Return suite names by codename, and codenames by suite name.

    A new release moves suite names, so the codename in the signed index is checked too.
    """
    table = tomllib.loads(files("crosswheel.downloads.debian").joinpath("suites.toml").read_text("utf-8"))
    pairs = [(codename, str(row["suite"])) for codename, row in table.items()]
    return {name: (other,) for pair in pairs for name, other in (pair, pair[::-1])}


def fetch_file(host: Host, path: str, *, sha256: str) -> Path:
    """Download a file of Debian's archive from the first mirror that has it, or return it from the cache.

    :param path: its path relative to a mirror.
    :raises NotFoundError: if every mirror can be reached, and none has it.
    :raises UnavailableError: if no mirror has it, and at least one cannot be reached.
    :raises SourceError: if its hash differs, or it is not in the cache and ``--offline`` is given.
    """
    failures: list[SourceError] = []
    for mirror in mirrors(host.environ):
        try:
            return host.downloader.fetch(f"{mirror}/{path}", sha256=sha256)
        except SourceError as error:
            if host.offline:  # all mirrors share one cache
                raise
            failures.append(error)
    if len(failures) == 1:
        raise failures[0]
    raise combine_errors(failures)


def combine_errors(failures: Sequence[SourceError]) -> SourceError:
    """Combine the errors of several attempts; an :class:`UnavailableError` only if no attempt failed otherwise."""
    kind: type[SourceError] = SourceError
    if all(isinstance(error, NotFoundError) for error in failures):
        kind = NotFoundError
    elif all(isinstance(error, NotFoundError | UnavailableError) for error in failures):
        kind = UnavailableError
    attempts = dict.fromkeys(f"{error.where}: {error.what}" for error in failures)
    return kind("; ".join(attempts), where=failures[0].where, hint=MIRROR_HINT)
