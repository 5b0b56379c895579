"""Constraints on what is built, as pip's files have them."""

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


def read_constraints(host: Host, places: Iterable[str], settings: IndexSettings) -> tuple[Requirement, ...]:
    """The constraints in files and at URLs.

    :raises UsageError: when a file cannot be read, or has what is no constraint.
    :raises SourceError: when nothing can be had from a URL.
    """
    return tuple(constraint for place in places for constraint in _parsed(place, _lines(host, place, settings)))


def _lines(host: Host, place: str, settings: IndexSettings) -> list[str]:
    try:
        if place.startswith(("https://", "http://")):
            return make_downloader(host, settings).read_bytes(place).decode().splitlines()
        return Path(place).expanduser().read_text("utf-8").splitlines()
    except OSError as error:
        raise UsageError(f"cannot read constraints: {error.strerror}", where=place) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"cannot read constraints: {error}", where=place) from error


def _parsed(place: str, lines: Iterable[str]) -> Iterable[Requirement]:
    for line in lines:
        text = line.partition(" #")[0].strip()
        if not text or text.startswith(("#", "-")):
            continue
        try:
            constraint = Requirement(text)
        except InvalidRequirement as error:
            raise UsageError(f"not a constraint: {text!r}", where=place) from error
        if constraint.url:
            raise UsageError(
                f"a constraint with a URL: {text!r}", where=place, hint="name the URL as what is to be built"
            )
        yield constraint


def applicable_constraints(constraints: Iterable[Requirement], markers: Mapping[str, str]) -> tuple[Requirement, ...]:
    """The constraints that hold on a target.

    :param markers: the target's environment markers.
    """
    return tuple(c for c in constraints if c.marker is None or c.marker.evaluate(dict(markers)))


def apply_constraints(requirement: Requirement, constraints: Iterable[Requirement]) -> Requirement:
    """A requirement with what constraints say of the same project."""
    merged = Requirement(str(requirement))
    for constraint in constraints:
        if canonicalize_name(constraint.name) == canonicalize_name(merged.name):
            merged.specifier &= constraint.specifier
    return merged
