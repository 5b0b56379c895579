"""Cached sdists of a project, and cached results of index queries."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256 as hashed
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version

from crosswheel.environments.packages import is_recent
from crosswheel.host.files import move_into_place, sha256, temporary_directory, write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packaging.requirements import Requirement


@dataclass(frozen=True, slots=True)
class SdistRecord:
    """A cached sdist.

    :param label: ``name-version``.
    :param file: path relative to the project's directory.
    :param query: the locations searched; see :attr:`IndexSettings.display`.
    """

    label: str
    version: str
    url: str
    file: str
    sha256: str
    query: str


@dataclass(frozen=True, slots=True)
class SdistCache:
    """A cache directory for one project: archives by hash, records by version, results by query."""

    directory: Path

    def file(self, record: SdistRecord) -> Path | None:
        """Return the archive of a record; None if it is missing or damaged."""
        return self.archive([record.sha256], Path(record.file).name)

    def archive(self, hashes: Iterable[str], name: str) -> Path | None:
        """Return an intact archive with one of the given SHA-256 hashes; None if there is none."""
        files = [self.directory / digest / name for digest in hashes]
        return next((file for file in files if file.is_file() and sha256(file) == file.parent.name), None)

    def add(self, name: str, content: bytes) -> Path:
        """Store an archive.

        :raises StorageError: if it cannot be written.
        """
        with temporary_directory() as work:
            return move_into_place(
                write_atomic(work / name, content), self.directory / hashed(content).hexdigest() / name
            )

    def cached_result(self, query: str) -> SdistRecord | None:
        """Return the result of the same query; None if there is none or it has expired."""
        cache_file = self._result_file(query)
        return _read(cache_file) if is_recent(cache_file) else None

    def remember_result(self, query: str, record: SdistRecord) -> None:
        """Store the result of a query.

        :param question: everything that determines the result but the index.
        :raises StorageError: if it cannot be written.
        """
        text = json.dumps(asdict(record), indent=1)
        write_atomic(self.directory / f"{record.version}.json", text)
        write_atomic(self._result_file(query), text)

    def matching(self, requirement: Requirement, *, pre: bool, searched: str) -> Iterator[SdistRecord]:
        """Yield records that satisfy a requirement, the newest first.

        :param pre: whether pre-releases are allowed even if there are other versions.
        :param looked: the locations that must have been searched; any if empty.
        """
        records = [record for path in self.directory.glob("*.json") if (record := _read(path))]
        allowed = allowed_versions(requirement, (record.version for record in records), pre=pre)
        usable = [record for record in records if record.version in allowed and searched in {"", record.query}]
        yield from sorted(usable, key=lambda record: Version(record.version), reverse=True)

    def _result_file(self, query: str) -> Path:
        return self.directory / "answers" / f"{hashed(query.encode()).hexdigest()}.json"


def _read(path: Path) -> SdistRecord | None:
    """Read a record; return None if it is damaged or of another version of crosswheel."""
    try:
        return SdistRecord(**json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError):
        return None


def allowed_versions(requirement: Requirement, versions: Iterable[str | None], *, pre: bool) -> set[str]:
    """Return the matching versions; pre-releases only if requested, or if there are no others (PEP 440)."""
    return set(requirement.specifier.filter((version for version in versions if version), prereleases=pre or None))
