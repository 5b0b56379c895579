"""Wheels on package indexes: those of a version, their platforms, and downloading one."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from crosswheel.errors import SourceError
from crosswheel.host.downloads import network_errors
from crosswheel.host.files import write_atomic
from crosswheel.sources.index_session import NETWORK_EXCEPTIONS, download_link, open_session
from crosswheel.sources.index_settings import index_urls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from unearth import PackageFinder
    from unearth.fetchers import Fetcher
    from unearth.link import Link

    from crosswheel.host import Host
    from crosswheel.sources.index_settings import IndexSettings
    from crosswheel.targets import PythonVersion

_ANY = "any"


@dataclass(frozen=True)
class IndexWheel:
    """A wheel of an index or a directory of archives.

    :param rank: position among the wheels for the requested Python, best first.
    :param platforms: its platform tags.
    """

    file_name: str
    rank: int
    platforms: tuple[str, ...]
    finder: PackageFinder
    link: Link

    def fetch(self, directory: Path) -> Path:
        """Download it and verify its hash.

        :raises SourceError: if it cannot be downloaded, or its hash differs.
        """
        with network_errors(self.link.redacted):
            return write_atomic(directory / self.file_name, download_link(self.finder, self.link))


@contextmanager
def index_wheels(
    host: Host, name: str, version: str, python: PythonVersion, settings: IndexSettings
) -> Iterator[tuple[IndexWheel, ...]]:
    """Yield the wheels of one version for a Python and any platform; they can be fetched within the block.

    :raises SourceError: if the index cannot be queried.
    """
    if host.offline:
        raise SourceError(
            f"cannot look up wheels of {name} {version}: network access is disabled by --offline",
            hint="run once without --offline",
        )
    from unearth import PackageFinder, TargetPython

    with open_session(settings) as client:
        finder = PackageFinder(
            cast("Fetcher", client),
            index_urls=index_urls(settings),
            find_links=settings.links,
            trusted_hosts=settings.trusted_hosts,
            ignore_compatibility=True,
            only_binary=[":all:"],
            target_python=TargetPython(),
        )
        with network_errors(settings.display):
            try:
                links = [package.link for package in finder.find_matches(Requirement(f"{name}=={version}"))]
            except NETWORK_EXCEPTIONS as error:
                raise SourceError(f"invalid response of the index: {error}", where=settings.display) from error
        ranks = {tags: rank for rank, tags in enumerate(_interpreters(python))}
        wheels = (_wheel(finder, link, ranks) for link in links)
        yield tuple(sorted(filter(None, wheels), key=lambda wheel: (wheel.rank, wheel.file_name)))


def _interpreters(python: PythonVersion) -> Iterator[tuple[str, str]]:
    """Yield the interpreter and ABI tags that a Python supports, best first."""
    number = (3, python.minor)
    tags: list[Tag] = [
        *cpython_tags(number, abis=[python.abi], platforms=[_ANY]),
        *compatible_tags(number, interpreter=python.interpreter, platforms=[_ANY]),
    ]
    yield from dict.fromkeys((tag.interpreter, tag.abi) for tag in tags)


def _wheel(finder: PackageFinder, link: Link, ranks: dict[tuple[str, str], int]) -> IndexWheel | None:
    try:
        tags = parse_wheel_filename(link.filename)[3]
    except InvalidWheelFilename:
        return None
    matching = [rank for tag in tags if (rank := ranks.get((tag.interpreter, tag.abi))) is not None]
    if not matching:
        return None
    return IndexWheel(link.filename, min(matching), tuple(sorted({tag.platform for tag in tags})), finder, link)
