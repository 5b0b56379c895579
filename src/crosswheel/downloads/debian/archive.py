"""Finding packages in a Debian archive through its own signed indexes."""

from __future__ import annotations

import hashlib
import json
import lzma
import re
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from pysequoia import Cert, verify

from crosswheel.errors import EnvironmentMissingError, SourceError
from crosswheel.host.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from crosswheel.host import Host

DEFAULT_MIRROR = "http://deb.debian.org/debian"
MIRROR_VARIABLE = "CROSSWHEEL_DEBIAN_MIRROR"


def mirror(environ: Mapping[str, str]) -> str:
    """The address of Debian's archive, or of the mirror that the environment names."""
    return (environ.get(MIRROR_VARIABLE) or DEFAULT_MIRROR).rstrip("/")


@dataclass(frozen=True, slots=True)
class DebianPackage:
    """A binary package.

    :param path: where it lies under the mirror.
    :param depends: groups of alternatives, by name only: within one suite the versions fit.
    """

    name: str
    version: str
    path: str
    sha256: str
    depends: tuple[tuple[str, ...], ...]
    provides: tuple[str, ...]


@dataclass(frozen=True)
class DebianArchive:
    """One suite of an archive, for one architecture."""

    host: Host
    suite: str
    architecture: str

    @property
    def mirror(self) -> str:
        """Where packages are fetched from; the signatures make any mirror as good as another."""
        return mirror(self.host.environ)

    def closure(self, names: Iterable[str], left_out: Iterable[str]) -> tuple[DebianPackage, ...]:
        """Packages and what they depend on, the first alternative that exists; kept for use offline.

        :raises SourceError: when the archive cannot be reached, or its signature is not Debian's.
        :raises EnvironmentMissingError: when a package does not exist there.
        """
        wanted, excluded = tuple(names), frozenset(left_out)
        key = hashlib.sha256(json.dumps([wanted, sorted(excluded)]).encode()).hexdigest()[:12]
        kept = self.host.cache / "debian" / f"{self.suite}-{self.architecture}-{key}.json"
        if kept.is_file():
            return tuple(_package(row) for row in json.loads(kept.read_text("utf-8")))
        index = self._index()
        found = _closed(index, wanted, excluded)
        write_atomic(kept, json.dumps([asdict(package) for package in found], indent=1))
        return found

    def fetch(self, package: DebianPackage) -> Path:
        """A package's file, verified.

        :raises SourceError: when it is not there any more or not what the index says.
        """
        try:
            return self.host.downloader.fetch(f"{self.mirror}/{package.path}", sha256=package.sha256)
        except SourceError:
            self._forget()
            raise

    def _forget(self) -> None:
        """Drop kept lists: a point release has moved the packages, the next run looks at the new index."""
        if not self.host.offline:
            for path in (self.host.cache / "debian").glob(f"{self.suite}-{self.architecture}-*.json"):
                path.unlink(missing_ok=True)

    def listing(self, name: str) -> str:
        """One of the suite's lists, verified: ``main/source/Sources.xz``.

        :raises SourceError: when the archive cannot be reached, or its signature is not Debian's.
        :raises EnvironmentMissingError: when the suite has no such list.
        """
        base = f"{self.mirror}/dists/{self.suite}"
        release = verify_clearsigned(self.host.downloader.read_bytes(f"{base}/InRelease"), f"{base}/InRelease").decode(
            "utf-8"
        )
        listed = re.findall(r"^ ([0-9a-f]{64}) +\d+ (\S+)$", release, re.MULTILINE)
        expected = next((digest for digest, path in listed if path == name), None)
        if expected is None:
            raise EnvironmentMissingError(f"Debian {self.suite} has no {self.architecture}", where=base)
        packed = self.host.downloader.fetch(f"{base}/{name}", sha256=expected)
        return lzma.decompress(packed.read_bytes()).decode("utf-8")

    def _index(self) -> Mapping[str, DebianPackage]:
        text = self.listing(f"main/binary-{self.architecture}/Packages.xz")
        found: dict[str, DebianPackage] = {}
        for stanza in text.split("\n\n"):
            if stanza.strip():
                package = _parsed(stanza)
                found[package.name] = package
                for virtual in package.provides:
                    found.setdefault(virtual, package)
        return found


def verify_clearsigned(signed: bytes, where: str) -> bytes:
    """The text inside a clear-signed message, if one of Debian's archive keys signed it.

    :raises SourceError: when none did.
    """
    directory = files("crosswheel.downloads.debian").joinpath("keys")
    certs = [c for key in directory.iterdir() if key.name.endswith(".asc") for c in Cert.split_bytes(key.read_bytes())]
    try:
        result = verify(signed, lambda _ids: certs)
    except Exception as error:  # the library has no narrower class for a bad signature
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
    )


def _names(text: str, separator: str) -> list[str]:
    return [re.split(r"[\s(\[:<]", part.strip())[0] for part in text.split(separator) if part.strip()]


def _package(row: Mapping[str, object]) -> DebianPackage:
    groups: list[list[str]] = row["depends"]  # type: ignore[assignment]  # as written above
    provides: list[str] = row["provides"]  # type: ignore[assignment]
    return DebianPackage(
        str(row["name"]), str(row["version"]), str(row["path"]), str(row["sha256"]),
        tuple(tuple(group) for group in groups), tuple(provides),
    )  # fmt: skip


def _closed(
    index: Mapping[str, DebianPackage], wanted: tuple[str, ...], left_out: frozenset[str]
) -> tuple[DebianPackage, ...]:
    chosen: dict[str, DebianPackage] = {}
    waiting: list[tuple[str, ...]] = [(name,) for name in wanted]
    while waiting:
        group = waiting.pop(0)
        if set(group) & left_out or any(name in chosen for name in group):
            continue
        package = next((index[name] for name in group if name in index), None)
        if package is None:
            raise EnvironmentMissingError(f"the archive has no package {' or '.join(group)}", hint="set another mirror")
        if package.name not in chosen:
            chosen[package.name] = package
            waiting += package.depends
    return tuple(chosen.values())
