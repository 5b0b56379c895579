"""Finding, downloading and verifying an sdist by a requirement."""

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
    """The newest sdist that satisfies a requirement, downloaded and verified.

    One that was kept serves for a pinned requirement if it is from the same indexes, for any as long as the answer to
    the same question holds, and for any when offline.

    :returns: its name and version as ``name-version``, its URL, the file.
    :raises SourceError: when there is no such project, version or sdist, the hash is wrong or nobody answers.
    """
    wanted = apply_constraints(requirement, constraints)
    kept = SdistCache(host.cache / "sdists" / canonicalize_name(requirement.name))
    question = query_key(wanted, settings)
    for record in _usable(host, kept, wanted, settings, question):
        if file := kept.file(record):
            return record.label, record.url, file
    if host.offline:
        raise SourceError(f"{wanted} is not in the cache, and --offline forbids fetching it", hint="run once online")
    # Half of crosswheel's start-up time, and not needed where the sdist is kept.
    from unearth import PackageFinder, TargetPython

    indexes = index_urls(settings)
    if not (indexes or settings.links):
        raise UsageError(f"nowhere to look for {wanted}: --no-index without --find-links")
    answers = ServerErrors()
    with open_session(settings, answers) as client:
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
                there = list(finder.find_matches(wanted, allow_prereleases=True))
                allowed = allowed_versions(wanted, (package.version for package in there), pre=settings.pre)
                matches = [package for package in there if package.version in allowed]
                # A server that fails may have had a better one.
                problem = answers.error(failed=True) or (
                    None if matches else _explained(finder, wanted, settings, answers)
                )
            except NETWORK_EXCEPTIONS as error:
                raise SourceError(f"what the index says makes no sense: {error}", where=settings.display) from error
            if problem:
                raise problem
            return _downloaded(finder, matches[0], kept, settings, question)


def query_key(wanted: Requirement, settings: IndexSettings) -> str:
    """What decides which sdist is found, but for what indexes have: directories of archives are looked into."""
    return f"{wanted}\n{RequirementSource(settings.uv_options(), settings.uv_environ()).identity()}"


def _usable(
    host: Host, kept: SdistCache, wanted: Requirement, settings: IndexSettings, question: str
) -> Iterator[SdistRecord]:
    """What serves of what was kept, before an index is asked: the best first."""
    if host.offline:
        yield from kept.matching(wanted, pre=settings.pre, looked="")
        return
    # Directories of archives belong to people who put others of the same version there.
    if _pinned(wanted) and not settings.links:
        yield from kept.matching(wanted, pre=settings.pre, looked=settings.display)
    if answer := kept.cached_result(question):
        yield answer


def _downloaded(
    finder: PackageFinder, package: Package, kept: SdistCache, settings: IndexSettings, question: str
) -> tuple[str, str, Path]:
    link = package.link
    told = (link.hash_option or {}).get("sha256", ())
    file = kept.archive(told, link.filename) or kept.add(link.filename, download_link(finder, link))
    digest, label = file.parent.name, f"{canonicalize_name(package.name)}-{package.version}"
    record = SdistRecord(
        label, package.version or "", link.redacted, f"{digest}/{link.filename}", digest, query=settings.display
    )
    kept.remember_result(question, record)
    return label, link.redacted, file


def _explained(
    finder: PackageFinder, wanted: Requirement, settings: IndexSettings, answers: ServerErrors
) -> SourceError:
    """Why nothing was found: no project, no such version, wheels only, or a server that would not say."""
    from unearth import PackageFinder, TargetPython

    everything = PackageFinder(
        finder.session, index_urls=[source["url"] for source in finder.sources if source["type"] == "index"],
        find_links=settings.links, ignore_compatibility=True, target_python=TargetPython(),
    )  # fmt: skip
    there = list(everything.find_all_packages(wanted.name, allow_yanked=True))
    if not there:
        return (
            _distrusted(finder)
            or answers.error()
            or SourceError(f"the index has no project {wanted.name!r}", where=settings.display)
        )
    fitting = [package for package in there if wanted.specifier.contains(package.version or "0", prereleases=True)]
    if any(not package.link.is_wheel for package in fitting):
        versions = _versions([package for package in fitting if not package.link.is_wheel])
        return SourceError(
            f"every sdist of {wanted} was yanked",
            where=settings.display,
            hint=f"to build one all the same, say {wanted.name}=={versions[0]}",
        )
    if fitting:
        return SourceError(
            f"{wanted} has wheels only, no sdist",
            where=settings.display,
            hint="crosswheel builds from source: give the sdist or a git+https:// URL",
        )
    return SourceError(
        f"there is no version {wanted.specifier} of {wanted.name}",
        where=settings.display,
        hint=f"the newest are {', '.join(_versions(there)[:5])}",
    )


def _distrusted(finder: PackageFinder) -> SourceError | None:
    """The first index that is not asked, since anybody on the way could answer in its place."""
    from unearth.collector import is_secure_origin
    from unearth.link import Link

    for source in finder.sources:
        if "://" in source["url"] and not is_secure_origin(finder.session, link := Link(source["url"])):
            hint = f"use https, or --trusted-host {link.parsed.hostname}"
            return SourceError("it is not asked: without TLS anybody could answer", where=link.redacted, hint=hint)
    return None


def _versions(packages: Iterable[Package]) -> list[str]:
    return list(dict.fromkeys(package.version for package in packages if package.version))


def _pinned(requirement: Requirement) -> bool:
    return any(s.operator in {"==", "==="} and not s.version.endswith("*") for s in requirement.specifier)
