"""Sdists that were downloaded before, of one project: which of them serve again."""

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
    """One sdist.

    :param label: ``name-version``.
    :param file: its path from the directory of the project.
    :param looked: where it was looked for.
    """

    label: str
    version: str
    url: str
    file: str
    sha256: str
    query: str


@dataclass(frozen=True, slots=True)
class SdistCache:
    """A directory of the cache, for one project: archives by hash, records by version, answers by question."""

    directory: Path

    def file(self, record: SdistRecord) -> Path | None:
        """The archive of a record, if it is there as it was."""
        return self.archive([record.sha256], Path(record.file).name)

    def archive(self, hashes: Iterable[str], name: str) -> Path | None:
        """An archive that has one of some hashes, SHA-256."""
        files = [self.directory / digest / name for digest in hashes]
        return next((file for file in files if file.is_file() and sha256(file) == file.parent.name), None)

    def add(self, name: str, content: bytes) -> Path:
        """Keep an archive.

        :raises StorageError: when the disk refuses.
        """
        with temporary_directory() as work:
            return move_into_place(
                write_atomic(work / name, content), self.directory / hashed(content).hexdigest() / name
            )

    def cached_result(self, question: str) -> SdistRecord | None:
        """What was found when the same was asked, as long as such an answer holds."""
        kept = self._answer(question)
        return _read(kept) if is_recent(kept) else None

    def remember_result(self, question: str, record: SdistRecord) -> None:
        """Keep what was found.

        :param question: everything that decided it but the index.
        :raises StorageError: when the disk refuses.
        """
        text = json.dumps(asdict(record), indent=1)
        write_atomic(self.directory / f"{record.version}.json", text)
        write_atomic(self._answer(question), text)

    def matching(self, wanted: Requirement, *, pre: bool, looked: str) -> Iterator[SdistRecord]:
        """Those that satisfy a requirement, the newest first.

        :param pre: whether pre-releases count where there are others.
        :param looked: where it must have been looked for them; anywhere if empty.
        """
        records = [record for path in self.directory.glob("*.json") if (record := _read(path))]
        allowed = allowed_versions(wanted, (record.version for record in records), pre=pre)
        usable = [record for record in records if record.version in allowed and looked in {"", record.query}]
        yield from sorted(usable, key=lambda record: Version(record.version), reverse=True)

    def _answer(self, question: str) -> Path:
        return self.directory / "answers" / f"{hashed(question.encode()).hexdigest()}.json"


def _read(path: Path) -> SdistRecord | None:
    """A record; None for one that is damaged, or of a version of crosswheel that wrote others."""
    try:
        return SdistRecord(**json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError):
        return None


def allowed_versions(wanted: Requirement, versions: Iterable[str | None], *, pre: bool) -> set[str]:
    """The versions to choose from: pre-releases only if they are asked for, or there is nothing else (PEP 440)."""
    return set(wanted.specifier.filter((version for version in versions if version), prereleases=pre or None))
