"""Settings of package indexes, as in pip: options, environment variables and configuration files."""

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
    """Settings of package indexes, with pip's names."""

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
        """Merge pip's configuration files, its environment variables and overrides; later ones take precedence.

        A directory in pip's configuration that does not exist is ignored, as by pip.

        :param overrides: settings of the command line or the API, by option or attribute name.
        :raises UsageError: if the configuration cannot be read, or an overriding location does not exist.
        """
        values: dict[str, Any] = {}
        for layer in (*_config_files(environ), _pip_variables(environ), dict(overrides)):
            for option, field in _OPTIONS.items():
                value = layer.get(option, layer.get(field))
                if value not in (None, (), ""):
                    values[field] = tuple(_split(value)) if field in _LISTS else value
        for flag in ("no_index", "pre"):
            if isinstance(values.get(flag), str):
                values[flag] = values[flag].lower() in {"1", "true", "yes", "on"}
        for location in _split(overrides.get("find-links") or overrides.get("find_links") or ()):
            if not _exists(location):
                raise UsageError("directory or page of links not found", where=location)
        return _absolute_paths(cls(**values))

    @property
    def links(self) -> tuple[str, ...]:
        """The directories and pages of links, without directories that do not exist."""
        return tuple(filter(_exists, self.find_links))

    @property
    def display(self) -> str:
        """The locations searched, for messages, without credentials."""
        indexes = () if self.no_index else (self.index_url, *self.extra_index_urls)
        return ", ".join(map(_without_credentials, (*indexes, *self.links)))

    def uv_options(self) -> tuple[str, ...]:
        """Return the options for ``uv pip install``; see :meth:`uv_environ` for the rest."""
        local = (location for location in self.links if "://" not in location)
        options = [argument for location in local for argument in ("--find-links", location)]
        options += [argument for host in self.trusted_hosts for argument in ("--allow-insecure-host", host)]
        options += ["--no-index"] if self.no_index else []
        return (*options, "--index-strategy", "unsafe-best-match", *(("--prerelease", "allow") if self.pre else ()))

    def uv_environ(self) -> dict[str, str]:
        """Return the environment variables for uv: certificates, indexes, and pages of links.

        URLs may contain passwords, and a command line is readable by every user of the machine.
        """
        variables = {"SSL_CERT_DIR" if Path(self.cert).is_dir() else "SSL_CERT_FILE": self.cert} if self.cert else {}
        variables |= {"SSL_CLIENT_CERT": self.client_cert} if self.client_cert else {}
        first, *others = index_urls(self) or ("",)
        variables |= {"UV_DEFAULT_INDEX": first} if first else {}
        pages = [location for location in self.links if "://" in location]
        variables |= {"UV_FIND_LINKS": ",".join(pages)} if pages else {}
        return variables | ({"UV_EXTRA_INDEX_URL": " ".join(others)} if others else {})

    def pip_environ(self) -> dict[str, str]:
        """Return the settings as environment variables for pip."""
        values = {option: getattr(self, field) for option, field in _OPTIONS.items()}
        return {
            f"PIP_{option.upper().replace('-', '_')}": " ".join(value) if isinstance(value, tuple) else str(value)
            for option, value in values.items()
            if value
        }


def index_urls(settings: IndexSettings) -> tuple[str, ...]:
    """Return the URLs of the indexes, without local ones that do not exist."""
    return () if settings.no_index else (settings.index_url, *filter(_reachable, settings.extra_index_urls))


def _reachable(url: str) -> bool:
    """Whether a ``file:`` index exists (pip ignores missing ones); true for other URLs."""
    return not url.startswith("file://") or Path(unquote(urlsplit(url).path)).exists()


def _absolute_paths(settings: IndexSettings) -> IndexSettings:
    """Return the settings with absolute paths, for programs with another working directory."""
    cert, client_cert = (path and _absolute(path) for path in (settings.cert, settings.client_cert))
    links = tuple(map(_absolute, settings.find_links))
    return replace(settings, cert=cert, client_cert=client_cert, find_links=links)


def _exists(location: str) -> bool:
    """Whether a directory or ``file:`` page exists; true for other URLs."""
    return _reachable(location) if "://" in location else Path(location).expanduser().exists()


def _absolute(location: str) -> str:
    return location if "://" in location else str(Path(location).expanduser().absolute())


def _without_credentials(location: str) -> str:
    """Return a URL without credentials."""
    parts = urlsplit(location)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if parts.netloc else location


def _split(value: str | Iterable[str]) -> list[str]:
    return value.split() if isinstance(value, str) else list(value)


def _pip_variables(environ: Mapping[str, str]) -> dict[str, str]:
    values = {
        option: environ[name] for option in _OPTIONS if (name := "PIP_" + option.upper().replace("-", "_")) in environ
    }
    if "index-url" not in values and (uv := environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL")):
        name, equals, url = uv.partition("=")  # uv's syntax for a named index
        values["index-url"] = url if equals and ":" not in name else uv
    return values


def _config_files(environ: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the options in pip's configuration files, in order of increasing precedence."""
    home = Path(environ.get("HOME", "/"))
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    paths = [Path("/etc/xdg/pip/pip.conf"), Path("/etc/pip.conf")]
    named = environ.get("PIP_CONFIG_FILE")
    if named == "/dev/null":
        return []
    if named and Path(named).exists():  # replaces the user's file, as in pip
        paths.append(Path(named))
    else:
        paths += [home / ".pip/pip.conf", config / "pip/pip.conf"]
    parsers = []
    for path in paths:
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, "utf-8")
        except (configparser.Error, UnicodeDecodeError) as error:
            raise UsageError(f"cannot read pip's configuration: {error}", where=path) from error
        parsers.append(parser)
    sections = ("global", "install")  # [install] of any file takes precedence over [global] of all files, as in pip
    return [dict(parser.items(name)) for name in sections for parser in parsers if parser.has_section(name)]
