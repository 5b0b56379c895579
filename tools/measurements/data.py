"""The data of the measured tables: rows in `docs/measured/NAME.json`, each with its revision."""

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
"""The row was measured at its revision."""
RECORDED = "recorded"
"""The row was committed at its revision; the revision that was measured is not known."""


@dataclass(frozen=True)
class Table:
    """A measured table.

    :param name: the name of its files in `docs/measured`, without suffix.
    :param kind: what is measured: `corpus`, `official`, `libraries` or `release`.
    :param platforms: prefixes of the platform tags in this table, if there are several tables of a kind.
    """

    name: str
    kind: str
    platforms: tuple[str, ...] = ("",)

    def read(self, docs: Path = DOCS) -> dict[str, Any]:
        """Return the table's document: its ``rows``, and totals."""
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
    """Return the platform of a row; for a wheel with several tags, the last one."""
    if "ours" in row:
        return str(row["ours"]).removesuffix(".whl").rpartition("-")[2].rpartition(".")[2]
    return str(row["target"])


def subject_of(row: Row) -> str:
    """Return the project or library of a row, without its version."""
    if "ours" in row:
        return str(row["ours"]).partition("-")[0]
    return str(row.get("package") or row.get("library") or "").partition("==")[0]


def add_rows(kind: str, rows: Iterable[Row], docs: Path = DOCS) -> None:
    """Add rows to the tables of a kind; they replace rows of the same project and platform.

    :raises ValueError: if there is no table for the platform.
    """
    for row in rows:
        platform = platform_of(row)
        table = next((each for each in TABLES if each.kind == kind and platform.startswith(each.platforms)), None)
        if table is None:
            raise ValueError(f"no table of kind {kind} for {platform}")
        document = table.read(docs)
        known = {(subject_of(each), platform_of(each)): each for each in document["rows"]}
        known[subject_of(row), platform] = row
        table.write(document | {"rows": [*known.values()]}, docs)


def keep_rows(kind: str, subjects: Container[str], docs: Path = DOCS) -> None:
    """Remove the rows of all other projects or libraries from the tables of a kind."""
    for table in (each for each in TABLES if each.kind == kind):
        document = table.read(docs)
        rows = [row for row in document["rows"] if subject_of(row) in subjects]
        table.write(document | {"rows": rows}, docs)


def stamp(host: Host) -> Row:
    """Return the revision fields of new rows: the last commit of `src`, with `-dirty` if that is modified."""
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
