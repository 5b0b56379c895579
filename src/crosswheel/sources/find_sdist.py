"""Finding, downloading and verifying the sdist of a requirement."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from packaging.utils import canonicalize_name

from crosswheel.environments.packages import RequirementSource
from crosswheel.errors import SourceError, UsageError
from crosswheel.host.downloads import network_errors
from crosswheel.sources.constraints import apply_constraints
from crosswheel.sources.index_session import NETWORK_EXCEPTIONS, ServerErrors, download_link, open_session
from crosswheel.sources.index_settings import index_urls
from crosswheel.sources.sdist_cache import SdistCache, SdistRecord, allowed_versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from packaging.requirements import Requirement
    from unearth import Package, PackageFinder
    from unearth.fetchers import Fetcher

    from crosswheel.host import Host
    from crosswheel.sources.index_settings import IndexSettings


def find_sdist(
    host: Host, requirement: Requirement, settings: IndexSettings, constraints: Iterable[Requirement] = ()
) -> tuple[str, str, Path]:
    """Find, download and verify the newest sdist that satisfies a requirement.

    A cached sdist is used for a pinned requirement if it came from the same indexes, for any requirement as long as the
    cached result of the same query is valid, and for any requirement when offline.

    :returns: ``name-version``, the URL, the file.
    :raises SourceError: if there is no such project, version or sdist, its hash differs or the index cannot be reached.
    """
    requested = apply_constraints(requirement, constraints)
    cache = SdistCache(host.cache / "sdists" / canonicalize_name(requirement.name))
    query = query_key(requested, settings)
    for record in _cached_sdists(host, cache, requested, settings, query):
        if file := cache.file(record):
            return record.label, record.url, file
    if host.offline:
        raise SourceError(
            f"{requested} is not in the cache, and network access is disabled by --offline",
            hint="run once without --offline",
        )
    # Importing it takes half of crosswheel's start-up time.
    from unearth import PackageFinder, TargetPython

    indexes = index_urls(settings)
    if not (indexes or settings.links):
        raise UsageError(f"no index to search for {requested}: --no-index without --find-links")
    errors = ServerErrors()
    with open_session(settings, errors) as client:
        finder = PackageFinder(
            cast("Fetcher", client),
            index_urls=indexes,
            find_links=settings.links,
            trusted_hosts=settings.trusted_hosts,
            ignore_compatibility=True,
            no_binary=[":all:"],
            target_python=TargetPython(),
        )
        with network_errors(settings.display):
            try:
                packages = list(finder.find_matches(requested, allow_prereleases=True))
                allowed = allowed_versions(requested, (package.version for package in packages), pre=settings.pre)
                matches = [package for package in packages if package.version in allowed]
                # The failing server may have a newer version.
                problem = errors.error(failed=True) or (
                    None if matches else _explain(finder, requested, settings, errors)
                )
            except NETWORK_EXCEPTIONS as error:
                raise SourceError(f"invalid response of the index: {error}", where=settings.display) from error
            if problem:
                raise problem
            return _download(finder, matches[0], cache, settings, query)


def query_key(requested: Requirement, settings: IndexSettings) -> str:
    """Return everything that decides which sdist is found, except the content of remote indexes."""
    return f"{requested}\n{RequirementSource(settings.uv_options(), settings.uv_environ()).identity()}"


def _cached_sdists(
    host: Host, cache: SdistCache, requested: Requirement, settings: IndexSettings, query: str
) -> Iterator[SdistRecord]:
    """Yield cached sdists that can be used without a query to an index, best first."""
    if host.offline:
        yield from cache.matching(requested, pre=settings.pre, searched="")
        return
    # The content of local directories changes: users put other archives of the same version there.
    if _pinned(requested) and not settings.links:
        yield from cache.matching(requested, pre=settings.pre, searched=settings.display)
    if result := cache.cached_result(query):
        yield result


def _download(
    finder: PackageFinder, package: Package, cache: SdistCache, settings: IndexSettings, query: str
) -> tuple[str, str, Path]:
    link = package.link
    hashes = (link.hash_option or {}).get("sha256", ())
    file = cache.archive(hashes, link.filename) or cache.add(link.filename, download_link(finder, link))
    digest, label = file.parent.name, f"{canonicalize_name(package.name)}-{package.version}"
    record = SdistRecord(
        label, package.version or "", link.redacted, f"{digest}/{link.filename}", digest, query=settings.display
    )
    cache.remember_result(query, record)
    return label, link.redacted, file


def _explain(
    finder: PackageFinder, requested: Requirement, settings: IndexSettings, errors: ServerErrors
) -> SourceError:
    """Return why there is no match: no such project or version, only wheels, all yanked, or a server error."""
    from unearth import PackageFinder, TargetPython

    everything = PackageFinder(
        finder.session, index_urls=[source["url"] for source in finder.sources if source["type"] == "index"],
        find_links=settings.links, ignore_compatibility=True, target_python=TargetPython(),
    )  # fmt: skip
    packages = list(everything.find_all_packages(requested.name, allow_yanked=True))
    if not packages:
        return (
            _insecure_index(finder)
            or errors.error()
            or SourceError(f"no project {requested.name!r} on the index", where=settings.display)
        )
    matching = [
        package for package in packages if requested.specifier.contains(package.version or "0", prereleases=True)
    ]
    if any(not package.link.is_wheel for package in matching):
        versions = _versions([package for package in matching if not package.link.is_wheel])
        return SourceError(
            f"all sdists of {requested} are yanked",
            where=settings.display,
            hint=f"to build one anyway, request {requested.name}=={versions[0]}",
        )
    if matching:
        return SourceError(
            f"{requested} has only wheels, no sdist",
            where=settings.display,
            hint="crosswheel builds from source: pass an sdist or a git+https:// URL",
        )
    return SourceError(
        f"no version {requested.specifier} of {requested.name} on the index",
        where=settings.display,
        hint=f"newest versions: {', '.join(_versions(packages)[:5])}",
    )


def _insecure_index(finder: PackageFinder) -> SourceError | None:
    """Return an error for the first index over plain HTTP, which is not used since it could be spoofed."""
    from unearth.collector import is_secure_origin
    from unearth.link import Link

    for source in finder.sources:
        if "://" in source["url"] and not is_secure_origin(finder.session, link := Link(source["url"])):
            hint = f"use https, or --trusted-host {link.parsed.hostname}"
            return SourceError("refusing to use an index over plain HTTP", where=link.redacted, hint=hint)
    return None


def _versions(packages: Iterable[Package]) -> list[str]:
    return list(dict.fromkeys(package.version for package in packages if package.version))


def _pinned(requirement: Requirement) -> bool:
    return any(s.operator in {"==", "==="} and not s.version.endswith("*") for s in requirement.specifier)
