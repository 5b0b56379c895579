"""Measure the tables of the documentation, and generate its pages from their data.

    python tools/measured.py corpus CORPUS.toml --target linux-riscv64 --target pyodide [--only cffi]
    python tools/measured.py official dist/*.whl
    python tools/measured.py libraries --target linux-riscv64 [--only zlib]
    python tools/measured.py release
    python tools/measured.py pages [--check]

The first four replace rows in `docs/measured/*.json`, with the revision of the sources that was measured, and
regenerate the pages. Other rows are kept. `pages` needs neither packages nor a network.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from measurements.data import TABLES, add_rows, keep_rows, stamp
from measurements.pages import outdated, write_pages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crosswheel.host import Host
    from measurements.data import Row


def main() -> int:
    """Run the command, write the pages; return the exit status."""
    options = _parser().parse_args()
    if options.command == "pages" and options.check:
        pages = outdated()
        print("\n".join(f"differs from the data: docs/{name}" for name in pages) or "pages and data agree")
        return int(bool(pages))
    if options.command != "pages":
        _measure(options)
    print("\n".join(f"written: docs/{name}" for name in write_pages()) or "pages and data agree")
    return 0


def _measure(options: argparse.Namespace) -> None:
    from crosswheel.host import Host

    host = Host.detect()
    # First: the sources may change while this runs, but the imported ones are measured.
    revision = stamp(host)
    if options.command == "release":
        from measurements import release

        document = release.measure(host, options.wheels)
        rows = [row | revision for row in document["rows"]]
        next(table for table in TABLES if table.kind == "release").write(document | {"rows": rows})
        return
    for row in _rows(host, options):
        add_rows(options.command, [row | revision])
    if options.command == "libraries":
        from measurements import libraries

        keep_rows("libraries", libraries.names())


def _rows(host: Host, options: argparse.Namespace) -> Iterable[Row]:
    if options.command == "corpus":
        from measurements import corpus

        return corpus.measure(host, options.corpus, options.target, options.only, options.python, options.wheels)
    if options.command == "official":
        from measurements import official

        return official.measure(host, options.wheels)
    from measurements import libraries

    return libraries.measure(host, options.target, options.only)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    corpus = commands.add_parser("corpus", help="build, audit and run real packages")
    corpus.add_argument("corpus", type=Path, help="TOML file with the packages, their versions and checks")
    corpus.add_argument("--python", default="3.13")
    corpus.add_argument("--wheels", type=Path, default=Path("dist/corpus"), help="directory for the wheels")
    official = commands.add_parser("official", help="compare wheels with the official ones of the same version")
    official.add_argument("wheels", nargs="+", type=Path)
    libraries = commands.add_parser("libraries", help="build native libraries and run a program with each")
    release = commands.add_parser("release", help="build examples/release for all of its targets")
    release.add_argument("--wheels", type=Path, default=Path("dist/release"), help="directory for the wheels")
    for command in (corpus, libraries):
        command.add_argument("--target", action="append", required=True)
        command.add_argument("--only", action="append", default=[], help="what to measure (default: all)")
    pages = commands.add_parser("pages", help="generate the pages from the data")
    pages.add_argument("--check", action="store_true", help="write nothing; exit with status 1 if a page differs")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
