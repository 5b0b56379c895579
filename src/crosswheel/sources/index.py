"""Where packages come from: index settings as pip has them, and finding a verified sdist by them."""

from __future__ import annotations

import configparser
import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit, urlunsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from crosswheel.errors import SourceError, UsageError
from crosswheel.host.downloads import network_errors
from crosswheel.host.files import publish, scratch, sha256, write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from unearth import Package, PackageFinder
    from unearth.fetchers import Fetcher, PyPIClient

    from crosswheel.host import Host

_DEFAULT = "https://pypi.org/simple/"
_LISTS = frozenset({"extra_index_urls", "find_links", "trusted_hosts"})
_OPTIONS = {
    "index-url": "index_url",
    "extra-index-url": "extra_index_urls",
    "find-links": "find_links",
    "trusted-host": "trusted_hosts",
    "cert": "cert",
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
    no_index: bool = False
    pre: bool = False

    @classmethod
    def of(cls, environ: Mapping[str, str], overrides: Mapping[str, Any]) -> IndexSettings:
        """pip's configuration files, then its variables, then what was given; later ones win."""
        values: dict[str, Any] = {}
        for layer in (*_files(environ), _variables(environ), dict(overrides)):
            for option, field in _OPTIONS.items():
                given = layer.get(option, layer.get(field))
                if given not in (None, (), ""):
                    values[field] = tuple(_words(given)) if field in _LISTS else given
        for flag in ("no_index", "pre"):
            if isinstance(values.get(flag), str):
                values[flag] = values[flag].lower() in {"1", "true", "yes", "on"}
        return cls(**values)

    @property
    def shown(self) -> str:
        """The index's address for messages, without a name and password."""
        parts = urlsplit(self.index_url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    def uv_options(self) -> tuple[str, ...]:
        """The same for ``uv pip install``."""
        existing = [url for url in self.extra_index_urls if _reachable(url)]
        options = [word for url in existing for word in ("--extra-index-url", url)]
        options += [word for place in self.find_links for word in ("--find-links", place)]
        options += [word for host in self.trusted_hosts for word in ("--allow-insecure-host", host)]
        options += ["--no-index"] if self.no_index else ["--index-url", self.index_url]
        return (*options, "--index-strategy", "unsafe-best-match", *(("--prerelease", "allow") if self.pre else ()))

    def uv_environ(self) -> dict[str, str]:
        """Variables for uv that go with the options."""
        return {"SSL_CERT_FILE": self.cert} if self.cert else {}


def find_sdist(
    host: Host, requirement: Requirement, settings: IndexSettings, constraints: Iterable[str] = ()
) -> tuple[str, str, Path]:
    """The newest sdist that satisfies a requirement, downloaded and verified.

    :returns: its name and version as ``name-version``, its URL, the file.
    :raises SourceError: when there is no such project, version or sdist, the hash is wrong or nobody answers.
    """
    wanted = _constrained(requirement, constraints)
    kept = host.cache / "sdists" / canonicalize_name(requirement.name)
    if (host.offline or _pinned(wanted)) and (found := _kept(kept, wanted, pre=settings.pre)):
        return found
    if host.offline:
        raise SourceError(f"{wanted} is not in the cache, and --offline forbids fetching it", hint="run once online")
    # Half of crosswheel's start-up time, and not needed where the sdist is kept.
    from unearth import PackageFinder, TargetPython
    from unearth.errors import HashMismatchError, UnpackError, URLError
    from unearth.fetchers import PyPIClient

    with PyPIClient(verify=_trusted(settings.cert), trusted_hosts=settings.trusted_hosts, timeout=60) as client:
        finder = PackageFinder(
            cast("Fetcher", client),
            index_urls=()
            if settings.no_index
            else (settings.index_url, *filter(_reachable, settings.extra_index_urls)),
            find_links=settings.find_links,
            trusted_hosts=settings.trusted_hosts,
            ignore_compatibility=True,
            no_binary=[":all:"],
            target_python=TargetPython(),
        )
        try:
            with network_errors(settings.shown):
                matches = list(finder.find_matches(wanted, allow_prereleases=settings.pre or None))
                if not matches:
                    raise _explained(finder, client, wanted, settings)
                return _downloaded(finder, matches[0], kept)
        except URLError as error:
            raise SourceError(f"cannot reach the index: {error}", where=settings.shown) from error
        except (HashMismatchError, UnpackError) as error:
            raise SourceError(f"{wanted}: {error}", hint="the index or its mirror may be damaged") from error


def _trusted(cert: str | None) -> ssl.SSLContext | bool:
    """The certificates to trust: a file or directory that was named, else the usual ones."""
    if cert is None:
        return True
    if not Path(cert).exists():
        raise UsageError("there are no certificates there", where=cert, hint="the setting is pip's `cert`")
    is_directory = Path(cert).is_dir()
    return ssl.create_default_context(capath=cert) if is_directory else ssl.create_default_context(cafile=cert)


def _downloaded(finder: PackageFinder, package: Package, kept: Path) -> tuple[str, str, Path]:
    link = package.link
    with scratch() as work:
        archive = finder.session.get(link.url_without_fragment)
        if archive.status_code >= 400:
            raise SourceError(f"the index says {archive.status_code}", where=link.redacted)
        file = work / link.filename
        file.write_bytes(archive.content)
        digest = sha256(file)
        expected = (link.hash_option or {}).get("sha256", []) or [
            v for k, v in (link.hashes or {}).items() if k == "sha256"
        ]
        if expected and digest not in expected:
            raise SourceError(f"hash mismatch: expected sha256 {expected[0]}, got {digest}", where=link.redacted)
        final = publish(file, kept / digest / link.filename)
    label = f"{canonicalize_name(package.name)}-{package.version}"
    record = {"label": label, "version": package.version, "url": link.redacted, "file": f"{digest}/{link.filename}"}
    write_atomic(kept / f"{package.version}.json", json.dumps({**record, "sha256": digest}, indent=1))
    return label, link.redacted, final


def _kept(kept: Path, wanted: Requirement, *, pre: bool) -> tuple[str, str, Path] | None:
    records = [json.loads(path.read_text("utf-8")) for path in kept.glob("*.json")] if kept.is_dir() else []
    allowed = set(wanted.specifier.filter((r["version"] for r in records), prereleases=pre or None))
    usable = [r for r in records if r["version"] in allowed]
    for record in sorted(usable, key=lambda r: Version(r["version"]), reverse=True):
        file = kept / record["file"]
        if file.is_file() and sha256(file) == record["sha256"]:
            return record["label"], record["url"], file
    return None


def _explained(finder: PackageFinder, client: PyPIClient, wanted: Requirement, settings: IndexSettings) -> SourceError:
    """Why nothing was found: no project, no such version, or wheels only."""
    from unearth import PackageFinder, TargetPython

    everything = PackageFinder(
        cast("Fetcher", client), index_urls=[source["url"] for source in finder.sources if source["type"] == "index"],
        find_links=settings.find_links, ignore_compatibility=True, target_python=TargetPython(),
    )  # fmt: skip
    there = list(everything.find_all_packages(wanted.name, allow_yanked=True))
    if not there:
        return SourceError(f"the index has no project {wanted.name!r}", where=settings.shown)
    if any(wanted.specifier.contains(package.version or "0", prereleases=True) for package in there):
        return SourceError(
            f"{wanted} has wheels only, no sdist",
            where=settings.shown,
            hint="crosswheel builds from source: give the sdist or a git+https:// URL",
        )
    versions = list(dict.fromkeys(package.version for package in there if package.version))[:5]
    return SourceError(
        f"there is no version {wanted.specifier} of {wanted.name}",
        where=settings.shown,
        hint=f"the newest are {', '.join(versions)}",
    )


def _constrained(requirement: Requirement, constraints: Iterable[str]) -> Requirement:
    merged = Requirement(str(requirement))
    for path in constraints:
        try:
            lines = Path(path).read_text("utf-8").splitlines()
        except OSError as error:
            raise UsageError(f"cannot read constraints: {error.strerror}", where=path) from error
        except UnicodeDecodeError as error:
            raise UsageError(f"cannot read constraints: {error}", where=path) from error
        for line in lines:
            text = line.partition(" #")[0].strip()
            if not text or text.startswith(("#", "-")):
                continue
            try:
                constraint = Requirement(text)
            except InvalidRequirement as error:
                raise UsageError(f"not a constraint: {text!r}", where=path) from error
            if canonicalize_name(constraint.name) == canonicalize_name(merged.name):
                merged.specifier &= constraint.specifier
    return merged


def _pinned(requirement: Requirement) -> bool:
    return any(s.operator in {"==", "==="} and not s.version.endswith("*") for s in requirement.specifier)


def _reachable(url: str) -> bool:
    """Whether a local index exists; pip passes over a missing one, too."""
    return not url.startswith("file://") or Path(unquote(urlsplit(url).path)).exists()


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
