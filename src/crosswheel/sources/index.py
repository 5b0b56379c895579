"""Where packages come from: index settings as pip has them, and finding a verified sdist by them."""

from __future__ import annotations

import configparser
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit, urlunsplit

from packaging.utils import canonicalize_name

from crosswheel.environments.packages import RequirementSource
from crosswheel.errors import SourceError, UsageError
from crosswheel.host.downloads import network_errors
from crosswheel.sources.constraints import apply_constraints
from crosswheel.sources.index_session import ServerErrors, open_session
from crosswheel.sources.sdist_cache import SdistCache, SdistRecord, allowed_versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.requirements import Requirement
    from unearth import Package, PackageFinder
    from unearth.fetchers import Fetcher
    from unearth.link import Link

    from crosswheel.host import Host

_DEFAULT = "https://pypi.org/simple/"
NETWORK_EXCEPTIONS = (ValueError, TypeError, AttributeError, LookupError)
"""What unearth raises over pages that are not what they say."""
_LISTS = frozenset({"extra_index_urls", "find_links", "trusted_hosts"})
_OPTIONS = {
    "index-url": "index_url",
    "extra-index-url": "extra_index_urls",
    "find-links": "find_links",
    "trusted-host": "trusted_hosts",
    "cert": "cert",
    "client-cert": "client_cert",
    "no-index": "no_index",
    "pre": "pre",
}


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """Where packages come from, by pip's own names of the settings."""

    index_url: str = _DEFAULT
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    cert: str | None = None
    client_cert: str | None = None
    no_index: bool = False
    pre: bool = False

    @classmethod
    def load(cls, environ: Mapping[str, str], overrides: Mapping[str, Any]) -> IndexSettings:
        """pip's configuration files, then its variables, then what was given; later ones win.

        A directory in pip's configuration that does not exist is passed over, as pip does.

        :raises UsageError: when the configuration cannot be read, or what was given does not exist.
        """
        values: dict[str, Any] = {}
        for layer in (*_files(environ), _variables(environ), dict(overrides)):
            for option, field in _OPTIONS.items():
                given = layer.get(option, layer.get(field))
                if given not in (None, (), ""):
                    values[field] = tuple(_words(given)) if field in _LISTS else given
        for flag in ("no_index", "pre"):
            if isinstance(values.get(flag), str):
                values[flag] = values[flag].lower() in {"1", "true", "yes", "on"}
        for place in _words(overrides.get("find-links") or overrides.get("find_links") or ()):
            if not _exists(place):
                raise UsageError("there is no such directory or page of links", where=place)
        return _anchored(cls(**values))

    @property
    def links(self) -> tuple[str, ...]:
        """The directories and pages of links, but for directories that do not exist."""
        return tuple(filter(_exists, self.find_links))

    @property
    def display(self) -> str:
        """Where is looked, for messages, without names and passwords."""
        indexes = () if self.no_index else (self.index_url, *self.extra_index_urls)
        return ", ".join(map(_anonymous, (*indexes, *self.links)))

    def uv_options(self) -> tuple[str, ...]:
        """The same for ``uv pip install``, but for what :meth:`uv_environ` says."""
        options = [word for place in self.links for word in ("--find-links", place)]
        options += [word for host in self.trusted_hosts for word in ("--allow-insecure-host", host)]
        options += ["--no-index"] if self.no_index else []
        return (*options, "--index-strategy", "unsafe-best-match", *(("--prerelease", "allow") if self.pre else ()))

    def uv_environ(self) -> dict[str, str]:
        """Variables for uv that go with the options: certificates, and indexes.

        Their URLs may hold passwords, and what is on a command line everybody on the machine can read.
        """
        found = {"SSL_CERT_DIR" if Path(self.cert).is_dir() else "SSL_CERT_FILE": self.cert} if self.cert else {}
        found |= {"SSL_CLIENT_CERT": self.client_cert} if self.client_cert else {}
        first, *others = index_urls(self) or ("",)
        found |= {"UV_DEFAULT_INDEX": first} if first else {}
        return found | ({"UV_EXTRA_INDEX_URL": " ".join(others)} if others else {})

    def pip_environ(self) -> dict[str, str]:
        """The same for pip, in its variables."""
        values = {option: getattr(self, field) for option, field in _OPTIONS.items()}
        return {
            f"PIP_{option.upper().replace('-', '_')}": " ".join(value) if isinstance(value, tuple) else str(value)
            for option, value in values.items()
            if value
        }


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


def index_urls(settings: IndexSettings) -> tuple[str, ...]:
    """The indexes to ask."""
    return () if settings.no_index else (settings.index_url, *filter(_reachable, settings.extra_index_urls))


def download_link(finder: PackageFinder, link: Link) -> bytes:
    """An archive that an index or a page of links names, verified as far as it tells hashes.

    :raises SourceError: when it cannot be had, or a hash is wrong.
    """
    archive = finder.session.get(link.url_without_fragment)
    if archive.status_code >= 400:
        raise SourceError(f"the index says {archive.status_code}", where=link.redacted)
    for name, expected in (link.hash_option or {}).items():
        if name in hashlib.algorithms_guaranteed and (found := _digest(name, archive.content)) not in expected:
            raise SourceError(
                f"hash mismatch: expected {name} {expected[0]}, got {found}",
                where=link.redacted,
                hint="the index or its mirror may be damaged",
            )
    return archive.content


def _digest(name: str, content: bytes) -> str:
    return hashlib.new(name, content, usedforsecurity=False).hexdigest()


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


def _reachable(url: str) -> bool:
    """Whether a local index exists; pip passes over a missing one, too."""
    return not url.startswith("file://") or Path(unquote(urlsplit(url).path)).exists()


def _anchored(settings: IndexSettings) -> IndexSettings:
    """The same with full paths, for programs that run elsewhere."""
    cert, client_cert = (path and _absolute(path) for path in (settings.cert, settings.client_cert))
    links = tuple(map(_absolute, settings.find_links))
    return replace(settings, cert=cert, client_cert=client_cert, find_links=links)


def _exists(place: str) -> bool:
    """Whether there is such a directory or page, as far as can be seen from here."""
    return _reachable(place) if "://" in place else Path(place).expanduser().exists()


def _absolute(place: str) -> str:
    return place if "://" in place else str(Path(place).expanduser().absolute())


def _anonymous(place: str) -> str:
    """A place without a name and password."""
    parts = urlsplit(place)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if parts.netloc else place


def _words(value: str | Iterable[str]) -> list[str]:
    return value.split() if isinstance(value, str) else list(value)


def _variables(environ: Mapping[str, str]) -> dict[str, str]:
    found = {
        option: environ[name] for option in _OPTIONS if (name := "PIP_" + option.upper().replace("-", "_")) in environ
    }
    if "index-url" not in found and (uv := environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL")):
        name, equals, url = uv.partition("=")  # uv's own way to give an index a name
        found["index-url"] = url if equals and ":" not in name else uv
    return found


def _files(environ: Mapping[str, str]) -> list[dict[str, str]]:
    """The options of pip's configuration files, in the order in which later ones win."""
    home = Path(environ.get("HOME", "/"))
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    places = [Path("/etc/xdg/pip/pip.conf"), Path("/etc/pip.conf")]
    named = environ.get("PIP_CONFIG_FILE")
    if named == "/dev/null":
        return []
    if named and Path(named).exists():  # in place of the user's own, as pip has it
        places.append(Path(named))
    else:
        places += [home / ".pip/pip.conf", config / "pip/pip.conf"]
    parsers = []
    for path in places:
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, "utf-8")
        except (configparser.Error, UnicodeDecodeError) as error:
            raise UsageError(f"pip's configuration cannot be read: {error}", where=path) from error
        parsers.append(parser)
    sections = ("global", "install")  # what any file says of installing wins over what all say in general
    return [dict(parser.items(name)) for name in sections for parser in parsers if parser.has_section(name)]
