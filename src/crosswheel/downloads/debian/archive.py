"""Resolving and downloading packages of a Debian archive, verified by its signed indexes."""

from __future__ import annotations

import hashlib
import json
import lzma
import re
from collections import Counter
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Protocol, TypeVar

from pysequoia import Cert, verify

from crosswheel.downloads.debian.mirrors import (
    MIRROR_HINT,
    MIRROR_VARIABLE,
    combine_errors,
    fetch_file,
    suite_locations,
)
from crosswheel.errors import EnvironmentMissingError, NotFoundError, SourceError, UnavailableError
from crosswheel.host.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from crosswheel.downloads.debian.mirrors import SuiteLocation
    from crosswheel.host import Host

_TRIES = 2  # for a file missing at the mirror: the second attempt is made after reading the index again


class ArchiveFile(Protocol):
    """A file listed in an index; ``build`` identifies the source package it was built from."""

    @property
    def path(self) -> str:
        """Path relative to a mirror."""

    @property
    def sha256(self) -> str:
        """SHA-256, in hexadecimal."""

    @property
    def build(self) -> str:
        """Name and version of the source package."""


_F = TypeVar("_F", bound=ArchiveFile)


@dataclass(frozen=True, slots=True)
class DebianPackage:
    """A binary package.

    :param path: path relative to a mirror.
    :param depends: groups of alternatives, by name only: within one suite the versions match.
    :param build: name and version of the source package. Packages of one build depend on each other's exact version.
    """

    name: str
    version: str
    path: str
    sha256: str
    depends: tuple[tuple[str, ...], ...]
    provides: tuple[str, ...]
    build: str = ""


@dataclass(frozen=True)
class DebianArchive:
    """One suite of a Debian archive, for one architecture.

    :param suite: codename: ``trixie``.
    :param architecture: Debian's name, ``riscv64``; ``source`` for source packages.
    """

    host: Host
    suite: str
    architecture: str

    def resolve(self, names: Iterable[str], exclude: Iterable[str]) -> tuple[DebianPackage, ...]:
        """Return packages and their dependencies, the first existing alternative of each; cached for offline use.

        :param exclude: names of packages to leave out, with their dependencies.
        :raises SourceError: if the archive cannot be reached, or its signature is not Debian's.
        :raises EnvironmentMissingError: if a package does not exist in the suite.
        """
        requested, excluded = tuple(names), frozenset(exclude)
        cache_file = self._cache_file(requested, excluded)
        if cache_file.is_file():
            return tuple(_package(row) for row in json.loads(cache_file.read_text("utf-8")))
        packages = _resolve(_index(self.read_index(self._packages)), requested, excluded)
        _write_cache(cache_file, packages)
        return packages

    def download(self, names: Iterable[str], exclude: Iterable[str], *, dependencies: bool = True) -> tuple[Path, ...]:
        """Download packages and their dependencies; see :meth:`resolve` and :meth:`fetch_all`.

        :param dependencies: whether to download dependencies too.
        :returns: the files.
        :raises UnavailableError: if an index lists a file that no mirror has, and there is no replacement.
        :raises SourceError: if the archive cannot be reached, or its signature is not Debian's.
        :raises EnvironmentMissingError: if a package does not exist in the suite.
        """
        requested, excluded = tuple(names), frozenset(exclude)
        selected: list[tuple[DebianPackage, ...]] = [self.resolve(requested, excluded)]
        count = None if dependencies else len(requested)

        def select(text: str, missing: AbstractSet[str]) -> tuple[DebianPackage, ...]:
            selected.append(_resolve(_index(text, missing), requested, excluded))
            return selected[-1][:count]

        fetched = self.fetch_all(selected[0][:count], self._packages, select)
        if len(selected) > 1:
            _write_cache(self._cache_file(requested, excluded), selected[-1])
        return tuple(path for _, path in fetched)

    def fetch(self, file: ArchiveFile) -> Path:
        """Download a file listed in an index from the first mirror that has it, and verify it.

        :raises UnavailableError: if no mirror has it.
        :raises SourceError: if its hash differs, or it is not in the cache and ``--offline`` is given.
        """
        try:
            return fetch_file(self.host, file.path, sha256=file.sha256)
        except SourceError as error:
            self._forget()
            if not isinstance(error, NotFoundError | UnavailableError):
                raise
            name = file.path.rpartition("/")[2]
            detail = error.what if str(error.where) in error.what else f"{error.where}: {error.what}"
            what = f"Debian {self.suite} lists {name}, which cannot be downloaded: {detail}"
            raise UnavailableError(what, where=error.where, hint=MIRROR_HINT) from error

    def fetch_all(
        self, first: Sequence[_F], index_path: str, select: Callable[[str, AbstractSet[str]], tuple[_F, ...]]
    ) -> tuple[tuple[_F, Path], ...]:
        """Download files listed in an index. If one is unavailable, look for a replacement.

        Tried in this order: the index again (a point release may have moved the file, or a mirror be in the middle of
        an update), another version in the same index, the suite by its other name, the next mirror.

        :param first: files to try first.
        :param index_path: path of the index in a suite.
        :param select: returns files, given the text of an index and the builds to leave out.
        :returns: each file with its path; all of the same index.
        :raises UnavailableError: if no attempt has every file.
        :raises SourceError: if an attempt failed for another reason: a hash mismatch, an invalid signature.
        """
        misses: Counter[str] = Counter()
        attempts: dict[str, None] = {}
        failures: list[SourceError] = []
        files = self._try(first, misses, failures)
        for location in suite_locations(self.host.environ, self.suite):
            while files is None:
                missing = {build for build, count in misses.items() if count >= _TRIES}
                try:
                    selected = select(self._read_index_at(location, index_path), missing)
                except (SourceError, EnvironmentMissingError) as error:
                    reason = error.what if isinstance(error, SourceError | _OtherSuiteError) else "no other version"
                    attempts[f"{location.name} at {location.mirror} ({reason})"] = None
                    if isinstance(error, SourceError):
                        failures.append(error)
                    break
                files = self._try(selected, misses, failures)
        if files is None:
            first_failure = failures[0]
            kind = UnavailableError if isinstance(combine_errors(failures), UnavailableError) else SourceError
            hint = f"tried {'; '.join(attempts)}; {MIRROR_HINT}"
            raise kind(first_failure.what, where=first_failure.where, hint=hint) from first_failure
        return files

    def _try(
        self, files: Sequence[_F], misses: Counter[str], failures: list[SourceError]
    ) -> tuple[tuple[_F, Path], ...] | None:
        """Download files; return None if one is unavailable, and count it in ``misses``."""
        paths = []
        for file in files:
            try:
                paths.append((file, self.fetch(file)))
            except UnavailableError as error:
                misses[file.build] += 1
                failures.append(error)
                return None
        return tuple(paths)

    @property
    def _packages(self) -> str:
        return f"main/binary-{self.architecture}/Packages.xz"

    def _cache_file(self, names: tuple[str, ...], excluded: frozenset[str]) -> Path:
        key = hashlib.sha256(json.dumps([names, sorted(excluded)]).encode()).hexdigest()[:12]
        return self.host.cache / "debian" / f"{self.suite}-{self.architecture}-{key}.json"

    def _forget(self) -> None:
        """Remove cached lists: a point release has moved packages, so the next run must read the new index."""
        if not self.host.offline:
            for path in (self.host.cache / "debian").glob(f"{self.suite}-{self.architecture}-*.json"):
                path.unlink(missing_ok=True)

    def read_index(self, name: str) -> str:
        """Return a verified index of the suite (``main/source/Sources.xz``), from the first location that has it.

        :raises UnavailableError: if no mirror can be reached.
        :raises SourceError: if the archive cannot be reached, or its signature is not Debian's.
        :raises EnvironmentMissingError: if the suite has no such index.
        """
        failures: list[SourceError] = []
        unreachable: set[str] = set()
        for location in suite_locations(self.host.environ, self.suite):
            if location.mirror in unreachable:
                continue
            try:
                return self._read_index_at(location, name)
            except SourceError as error:
                if self.host.offline:
                    raise
                failures.append(error)
                if isinstance(error, UnavailableError):
                    unreachable.add(location.mirror)
            except _OtherSuiteError as error:
                failures.append(NotFoundError(error.what, where=error.where))
        raise combine_errors(failures)

    def _read_index_at(self, location: SuiteLocation, name: str) -> str:
        url = f"{location.url}/InRelease"
        release = verify_clearsigned(self.host.downloader.read_bytes(url), url).decode("utf-8")
        names = dict(re.findall(r"^(Suite|Codename): *(\S+)$", release, re.MULTILINE))
        if location.name != self.suite and self.suite not in names.values():
            raise _OtherSuiteError(f"it is {names.get('Codename', 'another suite')}, not {self.suite}", where=url)
        listed = re.findall(r"^ ([0-9a-f]{64}) +\d+ (\S+)$", release, re.MULTILINE)
        expected = next((digest for digest, path in listed if path == name), None)
        if expected is None:
            raise EnvironmentMissingError(
                f"Debian {self.suite} has no index for {self.architecture}", where=location.url
            )
        packed = self.host.downloader.fetch(f"{location.url}/{name}", sha256=expected)
        return lzma.decompress(packed.read_bytes()).decode("utf-8")


class _OtherSuiteError(EnvironmentMissingError):
    """A suite name that has moved to another release."""


def _index(text: str, missing: AbstractSet[str] = frozenset()) -> Mapping[str, DebianPackage]:
    """Return packages by their names and the names they provide.

    :param missing: builds to leave out.
    """
    packages: dict[str, DebianPackage] = {}
    for stanza in text.split("\n\n"):
        if stanza.strip() and (package := _parsed(stanza)).build not in missing:
            packages[package.name] = package
            for virtual in package.provides:
                packages.setdefault(virtual, package)
    return packages


def _write_cache(cache_file: Path, packages: Iterable[DebianPackage]) -> None:
    write_atomic(cache_file, json.dumps([asdict(package) for package in packages], indent=1))


def verify_clearsigned(signed: bytes, where: str) -> bytes:
    """Return the text of a clear-signed message that is signed by one of Debian's archive keys.

    :raises SourceError: if it is not.
    """
    directory = files("crosswheel.downloads.debian").joinpath("keys")
    certs = [c for key in directory.iterdir() if key.name.endswith(".asc") for c in Cert.split_bytes(key.read_bytes())]
    try:
        result = verify(signed, lambda _ids: certs)
    except Exception as error:  # the library has no narrower class for an invalid signature
        raise SourceError(f"the archive's signature is not Debian's: {error}", where=where) from error
    if not result.valid_sigs or result.bytes is None:
        raise SourceError("the archive is not signed by Debian", where=where)
    return bytes(result.bytes)


def _parsed(stanza: str) -> DebianPackage:
    fields = dict(re.findall(r"^([\w-]+): ?(.*(?:\n .*)*)$", stanza, re.MULTILINE))
    depends = ", ".join(filter(None, (fields.get("Pre-Depends"), fields.get("Depends"))))
    return DebianPackage(
        name=fields["Package"],
        version=fields["Version"],
        path=fields["Filename"],
        sha256=fields["SHA256"],
        depends=tuple(tuple(_names(group, "|")) for group in depends.split(",") if group.strip()),
        provides=tuple(_names(fields.get("Provides", ""), ",")),
        build=_build(fields),
    )


def _build(fields: Mapping[str, str]) -> str:
    """Return name and version of the source package; ``Source`` is absent if both equal the package's (deb-control)."""
    name, _, version = fields.get("Source", fields["Package"]).partition(" ")
    return f"{name} {version.strip('()') or fields['Version']}"


def _names(text: str, separator: str) -> list[str]:
    return [re.split(r"[\s(\[:<]", part.strip())[0] for part in text.split(separator) if part.strip()]


def _package(row: Mapping[str, object]) -> DebianPackage:
    groups: list[list[str]] = row["depends"]  # type: ignore[assignment]  # as _write_cache writes it
    provides: list[str] = row["provides"]  # type: ignore[assignment]
    return DebianPackage(
        str(row["name"]), str(row["version"]), str(row["path"]), str(row["sha256"]),
        tuple(tuple(group) for group in groups), tuple(provides), str(row.get("build", "")),
    )  # fmt: skip


def _resolve(
    index: Mapping[str, DebianPackage], names: tuple[str, ...], exclude: frozenset[str]
) -> tuple[DebianPackage, ...]:
    chosen: dict[str, DebianPackage] = {}
    waiting: list[tuple[str, ...]] = [(name,) for name in names]
    while waiting:
        group = waiting.pop(0)
        if set(group) & exclude or any(name in chosen for name in group):
            continue
        package = next((index[name] for name in group if name in index), None)
        if package is None:
            raise EnvironmentMissingError(
                f"Debian has no package {' or '.join(group)}", hint=f"set another mirror in {MIRROR_VARIABLE}"
            )
        if package.name not in chosen:
            chosen[package.name] = package
            waiting += package.depends
    return tuple(chosen.values())
