"""Constraints files, as supported by pip."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from crosswheel.errors import UsageError
from crosswheel.sources.index_session import make_downloader

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crosswheel.host import Host
    from crosswheel.sources.index_settings import IndexSettings


def read_constraints(host: Host, locations: Iterable[str], settings: IndexSettings) -> tuple[Requirement, ...]:
    """Read the constraints in files and at URLs.

    :param places: paths and URLs.
    :raises UsageError: if a file cannot be read, or contains an invalid constraint.
    :raises SourceError: if a URL cannot be downloaded.
    """
    return tuple(
        constraint for location in locations for constraint in _parsed(location, _lines(host, location, settings))
    )


def _lines(host: Host, location: str, settings: IndexSettings) -> list[str]:
    try:
        if location.startswith(("https://", "http://")):
            return make_downloader(host, settings).read_bytes(location).decode().splitlines()
        return Path(location).expanduser().read_text("utf-8").splitlines()
    except OSError as error:
        raise UsageError(f"cannot read constraints: {error.strerror}", where=location) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"cannot read constraints: {error}", where=location) from error


def _parsed(location: str, lines: Iterable[str]) -> Iterable[Requirement]:
    for line in lines:
        text = line.partition(" #")[0].strip()
        if not text or text.startswith(("#", "-")):
            continue
        try:
            constraint = Requirement(text)
        except InvalidRequirement as error:
            raise UsageError(f"invalid constraint: {text!r}", where=location) from error
        if constraint.url:
            raise UsageError(
                f"constraint with a URL: {text!r}", where=location, hint="pass the URL as the source to build"
            )
        yield constraint


def applicable_constraints(constraints: Iterable[Requirement], markers: Mapping[str, str]) -> tuple[Requirement, ...]:
    """Return the constraints that apply to a target.

    :param markers: the target's environment markers.
    """
    return tuple(c for c in constraints if c.marker is None or c.marker.evaluate(dict(markers)))


def apply_constraints(requirement: Requirement, constraints: Iterable[Requirement]) -> Requirement:
    """Return a requirement with the version specifiers of its constraints added."""
    merged = Requirement(str(requirement))
    for constraint in constraints:
        if canonicalize_name(constraint.name) == canonicalize_name(merged.name):
            merged.specifier &= constraint.specifier
    return merged
