"""Pages made from the data of the measured tables: `docs/measured/NAME.md`, and blocks inside of other pages.

A page may contain the summary of a table between the lines `<!-- measured: NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from measurements.data import DOCS, RECORDED, TABLES, Row, Table, platform_of, subject_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

NOTICE = "<!-- Made by tools/measured.py; changes here are lost. -->"
_BEGIN = "<!-- measured: "
_BLOCK = re.compile(rf"{_BEGIN}([\w-]+) -->\n(?:(?!<!--).)*<!-- end -->", re.DOTALL)
_STEPS = ("environment", "build", "repair", "audit", "test")


def write_pages(docs: Path = DOCS) -> list[str]:
    """Write the pages that differ from what the data give; return their names."""
    changed = outdated(docs)
    texts = pages(docs)
    for name in changed:
        (docs / name).write_text(texts[name], encoding="utf-8")
    return changed


def outdated(docs: Path = DOCS) -> list[str]:
    """Return the names of the pages that differ from what the data give."""
    return [name for name, text in pages(docs).items() if not _has_text(docs / name, text)]


def pages(docs: Path = DOCS) -> dict[str, str]:
    """Return the text of each generated page and of each page with a generated block, by its name below `docs`.

    :raises ValueError: for a block without an end, or of a table that does not exist.
    """
    documents = {table.name: table.read(docs) for table in TABLES}
    made = {f"measured/{table.name}.md": _page(table, documents[table.name]) for table in TABLES}
    blocks = {table.name: _block(table, documents[table.name]) for table in TABLES}
    for path in sorted(docs.rglob("*.md")):
        name = path.relative_to(docs).as_posix()
        if name not in made and _BEGIN in (text := path.read_text("utf-8")):
            made[name] = _with_blocks(name, text, blocks)
    return made


def _has_text(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text("utf-8") == text


def _with_blocks(name: str, text: str, blocks: dict[str, str]) -> str:
    found = _BLOCK.findall(text)
    if len(found) != text.count(_BEGIN):
        raise ValueError(f"{name}: a measured block has no <!-- end -->")
    if unknown := sorted(set(found) - set(blocks)):
        raise ValueError(f"{name}: there is no measured table {', '.join(unknown)}")
    return _BLOCK.sub(lambda match: f"{_BEGIN}{match[1]} -->\n{blocks[match[1]]}\n<!-- end -->", text)


def _page(table: Table, document: dict[str, Any]) -> str:
    rows: list[Row] = document["rows"]
    title, body = _PAGES[table.kind]
    return "\n".join([NOTICE, "", f"# {title}", "", provenance(rows), "", *body(document)]) + "\n"


def _block(table: Table, document: dict[str, Any]) -> str:
    return "\n".join(["", provenance(document["rows"]), "", *_SUMMARIES[table.kind](document), ""])


def provenance(rows: Sequence[Row]) -> str:
    """Say of which revisions rows are, and of when."""
    measured = _revisions(row for row in rows if row["revision_is"] != RECORDED)
    recorded = _revisions(row for row in rows if row["revision_is"] == RECORDED)
    parts = [f"Measured at {measured}."] if measured else []
    if recorded:
        which = "Other rows are data" if parts else "Data"
        commits = "commits" if recorded.count("`") > 2 else "commit"
        parts.append(f"{which} of {commits} {recorded}; the revision they were measured at was not recorded.")
    return " ".join(parts)


def _revisions(rows: Iterable[Row]) -> str:
    by_date: dict[str, set[str]] = {}
    for row in rows:
        by_date.setdefault(row["date"], set()).add(f"`{row['revision']}`")
    return ", ".join(f"{', '.join(sorted(found))} ({date})" for date, found in sorted(by_date.items()))


def markdown_table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    names = [*header]
    yield f"| {' | '.join(names)} |"
    yield "|" + "---|" * len(names)
    yield from (f"| {' | '.join(cells)} |" for cells in rows)


def _by_platform(rows: Iterable[Row]) -> dict[str, list[Row]]:
    return dict(_grouped((platform_of(row), row) for row in rows))


def _corpus_page(document: dict[str, Any]) -> Iterator[str]:
    rows: list[Row] = document["rows"]
    targets = _by_platform(rows)
    cells = {(row["package"], row["target"]): f"{row['result']}, {row['seconds']:.0f} s" for row in rows}
    packages = dict.fromkeys(row["package"] for row in rows)
    lines = [[package, *(cells.get((package, target), "") for target in targets)] for package in packages]
    good = [sum(row["result"] != "failed" for row in found) for found in targets.values()]
    totals = [f"{number} of {len(found)}" for number, found in zip(good, targets.values(), strict=True)]
    yield from markdown_table(["package", *targets], [*lines, ["**good**", *totals]])
    remarks = [f"- {row['package']}, {row['target']}: {row['remark']}" for row in rows if _has_remark(row)]
    yield from ["", *remarks] if remarks else []


def _has_remark(row: Row) -> bool:
    return row["result"] == "failed" or ".so" in row["remark"]


def _corpus_summary(document: dict[str, Any]) -> Iterator[str]:
    rows: list[Row] = document["rows"]
    results = ("passed", "audited", "failed")
    lines = []
    for target, found in _by_platform(rows).items():
        python = ", ".join(dict.fromkeys(row["python"] for row in found))
        numbers = [str(sum(row["result"] == result for row in found)) for result in results]
        lines.append([f"`{target}`", python, str(len(found)), *numbers])
    yield from markdown_table(["target", "Python", "packages", "passed", "built and audited, not run", "failed"], lines)
    failed = (((row["package"], row["remark"]), row) for row in rows if row["result"] == "failed")
    failures = [
        f"**{package.replace('==', ' ')}** for {_targets(found)}: {remark}"
        for (package, remark), found in _grouped(failed)
    ]
    yield from _list("Failed", failures)
    not_run = _grouped((row["remark"], row) for row in rows if row["result"] == "audited")
    yield from _list("Not run", [f"{_targets(found)}: {len(found)} wheels, {remark}" for remark, found in not_run])


def _grouped(rows: Iterable[tuple[Any, Row]]) -> Iterable[tuple[Any, list[Row]]]:
    found: dict[Any, list[Row]] = {}
    for key, row in rows:
        found.setdefault(key, []).append(row)
    return found.items()


def _targets(rows: Iterable[Row]) -> str:
    return ", ".join(dict.fromkeys(f"`{row['target']}`" for row in rows))


def _list(title: str, entries: Sequence[str]) -> Iterator[str]:
    if entries:
        yield from ["", f"{title}:", "", *(f"- {entry}" for entry in entries)]


def _official_page(document: dict[str, Any]) -> Iterator[str]:
    yield from [_agreement(document["rows"]), ""]
    lines = [
        [row["ours"], row["official"], row["verdict"], _differences(row)] for row in document["rows"] if row["official"]
    ]
    yield from markdown_table(["ours", "official", "verdict", "differences"], lines)


def _differences(row: Row) -> str:
    """Join what differs; rows of earlier revisions do not have every kind of difference."""
    labels = {"missing": "missing ", "additional": "additional ", "too_new": "newer: ", "symbols": "other symbols: ",
              "dlls": "other DLLs: ", "others": "", "explained": ""}  # fmt: skip
    return " / ".join(f"{label}{'; '.join(row[key])}" for key, label in labels.items() if row.get(key))


def _agreement(rows: Sequence[Row]) -> str:
    compared = [row for row in rows if row["official"]]
    same = sum(row["verdict"] != "differs" for row in compared)
    return f"{same} of {len(compared)} wheels agree with the official one; {len(rows) - len(compared)} have none."


def _official_summary(document: dict[str, Any]) -> Iterator[str]:
    rows: list[Row] = document["rows"]
    yield from [_agreement(rows), ""]
    lines = []
    for platform, found in _by_platform(rows).items():
        compared = [row for row in found if row["official"]]
        same = sum(row["verdict"] != "differs" for row in compared)
        lines.append([f"`{platform}`", str(len(found)), str(len(compared)), str(same)])
    yield from markdown_table(["target", "our wheels", "with an official one", "agree"], lines)
    different = [f"{subject_of(row)} (`{platform_of(row)}`)" for row in rows if row["verdict"] == "differs"]
    yield from ["", f"Different: {', '.join(different)}."] if different else []


def _libraries_page(document: dict[str, Any]) -> Iterator[str]:
    rows = sorted(document["rows"], key=lambda row: (row["library"], row["target"]))
    targets = sorted(_by_platform(rows))
    cells = {(row["library"], row["target"]): row["result"] for row in rows}
    lines = []
    for name in dict.fromkeys(row["library"] for row in rows):
        of_it = [row for row in rows if row["library"] == name]
        versions = ", ".join(dict.fromkeys(row["version"] for row in of_it))
        results = (cells.get((name, target), "") for target in targets)
        lines.append([f"[{name}]({of_it[-1]['homepage']})", versions, *results])
    yield from markdown_table(["library", "version", *targets], lines)
    remarks = [f"- {row['library']}, {row['target']}: {row['remark']}" for row in rows if row["result"] in _WITHOUT]
    yield from ["", *remarks] if remarks else []


_WITHOUT = ("absent", "failed")


def _libraries_summary(document: dict[str, Any]) -> Iterator[str]:
    targets = _by_platform(sorted(document["rows"], key=lambda row: (row["target"], row["library"])))
    lines = []
    for target, found in targets.items():
        numbers = [str(sum(row["result"] == result for row in found)) for result in ("passed", "built")]
        without = ", ".join(row["library"] for row in found if row["result"] in _WITHOUT)
        lines.append([f"`{target}`", str(len(found)), *numbers, without])
    yield from markdown_table(["target", "tried", "passed", "built, not run", "not available"], lines)


def _release_page(document: dict[str, Any]) -> Iterator[str]:
    rows: list[Row] = document["rows"]
    yield f"{len(rows)} targets in {document['seconds']:.0f} seconds; builds run side by side, so their sum is larger."
    yield ""
    lines = []
    for row in rows:
        times = [f"{row['seconds'][step]:.1f}" for step in _STEPS]
        lines.append([f"`{row['target']}`", row["python"], row["stage"], *times, f"{row['total']:.1f}", row["remark"]])
    yield from markdown_table(["target", "Python", "result", *_STEPS, "total", ""], lines)


def _release_summary(document: dict[str, Any]) -> Iterator[str]:
    rows: list[Row] = document["rows"]
    tested = [row for row in rows if row["stage"] == "tested"]
    yield f"{len(rows)} wheels in {document['seconds']:.0f} seconds; {len(tested)} passed their tests."
    others = _grouped(((row["stage"], row["remark"]), row) for row in rows if row["stage"] != "tested")
    yield from _list("The others", [f"{_targets(found)}: {stage}, {remark}" for (stage, remark), found in others])


_PAGES: dict[str, tuple[str, Callable[[dict[str, Any]], Iterator[str]]]] = {
    "corpus": ("Package by package", _corpus_page),
    "official": ("Wheel by wheel", _official_page),
    "libraries": ("Library by library", _libraries_page),
    "release": ("Seconds for each target", _release_page),
}
_SUMMARIES: dict[str, Callable[[dict[str, Any]], Iterator[str]]] = {
    "corpus": _corpus_summary,
    "official": _official_summary,
    "libraries": _libraries_summary,
    "release": _release_summary,
}
