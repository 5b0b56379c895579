"""Where packages come from: index settings as pip has them, and finding a verified sdist by them."""

from __future__ import annotations

import configparser
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from crosswheel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


_DEFAULT = "https://pypi.org/simple/"
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


def index_urls(settings: IndexSettings) -> tuple[str, ...]:
    """The indexes to ask."""
    return () if settings.no_index else (settings.index_url, *filter(_reachable, settings.extra_index_urls))


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
