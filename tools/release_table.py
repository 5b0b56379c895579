"""Writes the table of docs/release.md out of what a release by one command says of itself.

    crosswheel build ./examples/release --json > release.json
    python tools/release_table.py release.json docs/measured/release

The figures go into ``release.json`` there too, without the paths of the machine they were made on.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

_STEPS = ("environment", "build", "repair", "audit", "test")


def main() -> None:
    """Read the document, write the table and the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("document", type=Path, help="what --json printed")
    parser.add_argument("output", type=Path, help="where to write, without a suffix")
    options = parser.parse_args()
    document = json.loads(options.document.read_text("utf-8"))
    rows = [_row(result) for result in document["results"]]
    figures = {"seconds": document["seconds"], "targets": rows}
    options.output.with_suffix(".json").write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    options.output.with_suffix(".md").write_text(_page(document["seconds"], rows), "utf-8")


def _row(result: dict[str, Any]) -> dict[str, Any]:
    steps = {step: round(result["seconds"].get(step, 0.0), 1) for step in _STEPS}
    total = round(sum(result["seconds"].values()), 1)
    return {key: result[key] for key in ("target", "python", "stage", "remark")} | {"seconds": steps, "total": total}


def _page(seconds: float, rows: list[dict[str, Any]]) -> str:
    lines = [
        "# Seconds for each target",
        "",
        f"{len(rows)} targets in {seconds:.0f} seconds; builds run side by side, so the sum of their times is larger.",
        "Made by `tools/release_table.py`.",
        "",
        f"| target | Python | result | {' | '.join(_STEPS)} | total | |",
        f"|---|---|---|{'---|' * len(_STEPS)}---|---|",
    ]
    for row in rows:
        times = " | ".join(f"{row['seconds'][step]:.1f}" for step in _STEPS)
        lines.append(
            f"| `{row['target']}` | {row['python']} | {row['stage']} | {times} | {row['total']:.1f} | {row['remark']} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
