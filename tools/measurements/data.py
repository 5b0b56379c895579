"""The data of the measured tables: rows in `docs/measured/NAME.json`, each with the revision it is of."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from crosswheel.host import Host

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
Row = dict[str, Any]

MEASURED = "measured"
"""A row's revision is the one it was measured at."""
RECORDED = "recorded"
"""A row's revision is the commit that brought its data: the one it was measured at was not written down."""


@dataclass(frozen=True)
class Table:
    """One table.

    :param name: of its files below `docs/measured`.
    :param kind: what is measured: `corpus`, `official`, `libraries` or `release`.
    :param platforms: how the platform tags begin that the table is for, where a kind has several tables.
    """

    name: str
    kind: str
    platforms: tuple[str, ...] = ("",)

    def read(self, docs: Path = DOCS) -> dict[str, Any]:
        """Return the table's document: ``rows``, and what else is measured of all of them."""
        path = docs / "measured" / f"{self.name}.json"
        document: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.is_file() else {"rows": []}
        return document

    def write(self, document: dict[str, Any], docs: Path = DOCS) -> None:
        """Replace the table's document."""
        path = docs / "measured" / f"{self.name}.json"
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


TABLES = (
    Table("corpus", "corpus", ("manylinux", "musllinux")),
    Table("pyodide", "corpus", ("pyodide", "pyemscripten")),
    Table("macos", "corpus", ("macosx",)),
    Table("windows", "corpus", ("win",)),
    Table("libraries", "libraries"),
    Table("official", "official", ("manylinux", "musllinux")),
    Table("official-macos", "official", ("macosx",)),
    Table("official-windows", "official", ("win",)),
    Table("release", "release"),
)


def platform_of(row: Row) -> str:
    """Return the platform a row is for; a wheel's last tag, where it has several."""
    if "ours" in row:
        return str(row["ours"]).removesuffix(".whl").rpartition("-")[2].rpartition(".")[2]
    return str(row["target"])


def subject_of(row: Row) -> str:
    """Return the project or library a row is about, without its version."""
    if "ours" in row:
        return str(row["ours"]).partition("-")[0]
    return str(row.get("package") or row.get("library") or "").partition("==")[0]


def add_rows(kind: str, rows: Iterable[Row], docs: Path = DOCS) -> None:
    """Add rows to the tables of a kind, in the place of earlier ones of the same project and platform.

    :raises ValueError: for a platform that no table is for.
    """
    for row in rows:
        platform = platform_of(row)
        table = next((each for each in TABLES if each.kind == kind and platform.startswith(each.platforms)), None)
        if table is None:
            raise ValueError(f"no table of the kind {kind} is for {platform}")
        document = table.read(docs)
        known = {(subject_of(each), platform_of(each)): each for each in document["rows"]}
        known[subject_of(row), platform] = row
        table.write(document | {"rows": [*known.values()]}, docs)


def keep_rows(kind: str, subjects: Container[str], docs: Path = DOCS) -> None:
    """Remove rows of projects and libraries that are not measured any more."""
    for table in (each for each in TABLES if each.kind == kind):
        document = table.read(docs)
        rows = [row for row in document["rows"] if subject_of(row) in subjects]
        table.write(document | {"rows": rows}, docs)


def stamp(host: Host) -> Row:
    """Return the revision part of rows that are measured now: the last commit of `src`, `-dirty` if that is changed."""
    outcome = host.run("git", "log", "-1", "--abbrev=7", "--format=%h", "--", "src", cwd=ROOT)
    changes = host.run("git", "status", "--porcelain", "--", "src", cwd=ROOT)
    if not (outcome.ok and changes.ok):
        raise SystemExit("git failed: a measurement needs the revision of the sources")
    dirty = "-dirty" if changes.stdout.strip() else ""
    return {
        "revision": outcome.stdout.strip() + dirty,
        "revision_is": MEASURED,
        "date": datetime.now(UTC).date().isoformat(),
    }
