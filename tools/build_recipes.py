"""Build every source package of a tree of Pyodide's recipes, as they are, and print a table.

    python tools/build_recipes.py TREE [--target pyodide] [--python 3.13] [--only NAME …] [--limit SECONDS] …

TREE has ``packages/NAME/meta.yaml``. Left out are finished wheels, libraries, which packages bring along, and packages
that need Rust. A package whose sources no server has is counted apart. Wheels are audited, and tested with ``--test``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.errors import ExitStatus
from crosswheel.host import Host
from crosswheel.host.files import temporary_directory
from crosswheel.recipes.pyodide_meta import FILE, read_meta

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswheel.recipes.pyodide_meta import PyodideMeta

_RUST = ("rustup", "cargo", "rustc")


@dataclass(frozen=True)
class Attempt:
    """What became of one package.

    :param outcome: the stage of its wheel; ``no sources`` if they cannot be had, ``stopped`` if it took too long.
    :param seconds: wall-clock time.
    """

    package: str
    version: str
    outcome: str
    reason: str
    seconds: float


def source_packages(tree: Path) -> Iterator[tuple[Path, PyodideMeta]]:
    """Yield the directories and recipes of packages that are built from sources without Rust."""
    for file in sorted(tree.glob(f"packages/*/{FILE}"), key=lambda file: file.parent.name.lower()):
        meta = read_meta(file)
        needs_rust = any(tool in _RUST for tool in meta.requirements.executable) or "cargo" in file.read_text("utf-8")
        if meta.build.type == "package" and not meta.source.url.endswith(".whl") and not needs_rust:
            yield file.parent, meta


def build(host: Host, recipe: Path, meta: PyodideMeta, arguments: argparse.Namespace, work: Path) -> Attempt:
    """Build one package with the command that a user would give."""
    command = (
        *(sys.executable, "-m", "crosswheel", "build", "--recipe", str(recipe), "--target", arguments.target),
        *("--python", arguments.python, "--output-dir", str(work / "dist"), "--json"),
        *(("--test",) if arguments.test else ()),
    )
    process = host.run(*command, cwd=work, timeout=arguments.limit)
    try:
        (result,) = json.loads(process.stdout)["results"]
    except (ValueError, KeyError):
        lines = [line for line in process.stderr.splitlines() if line.startswith("error:")]
        reason = (lines or process.stderr.splitlines() or [""])[-1].removeprefix("error: ")
        outcome, seconds = "stopped" if process.timed_out else "failed", process.seconds
    else:
        error = result.get("error") or {}
        reason, seconds = error.get("what", ""), sum(result["seconds"].values())
        outcome = result["stage"]
    if process.status == ExitStatus.SOURCE and "not available" in reason:
        outcome = "no sources"
    return Attempt(meta.package.name, meta.package.version, outcome, reason, round(seconds, 1))


def main() -> int:
    """Print the table, and how many packages had each outcome."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--target", default="pyodide")
    parser.add_argument("--python", default="3.13")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--skip", nargs="*", default=[])
    parser.add_argument("--limit", type=float, default=1800, help="seconds for each package")
    parser.add_argument("--test", action="store_true")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    host, attempts = Host.detect(), []
    for recipe, meta in source_packages(arguments.tree):
        name = recipe.name
        if name in arguments.skip or (arguments.only and name not in arguments.only):
            continue
        with temporary_directory() as work:
            attempt = build(host, recipe.absolute(), meta, arguments, work)
        attempts.append(attempt)
        print(f"{name:<28} {attempt.outcome:<10} {attempt.seconds:>7.1f} s  {attempt.reason}", flush=True)
        if arguments.json:
            text = json.dumps([asdict(each) for each in attempts], indent=1)
            arguments.json.write_text(f"{text}\n", "utf-8")
    for outcome, count in Counter(attempt.outcome for attempt in attempts).most_common():
        print(f"{count:>4} {outcome}")
    return int(any(attempt.outcome == "failed" for attempt in attempts))


if __name__ == "__main__":
    raise SystemExit(main())
