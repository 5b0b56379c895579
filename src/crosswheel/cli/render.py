"""What commands print for people: tables."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import click

from crosswheel.building.results import Stage
from crosswheel.cli.session import print_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table
    from rich.text import Text

    from crosswheel.building.results import WheelResult

_STYLES = {Stage.TESTED: "green", Stage.AUDITED: "green", Stage.UNTESTED: "yellow", Stage.FAILED: "red"}
_WIDE = 400
"""Columns of a table that no terminal limits, so that lines of a log can be searched and cut."""


class Columns(NamedTuple):
    """A table before it is laid out."""

    names: Sequence[str]
    rows: Sequence[Sequence[str | Text]]


def print_table(names: Sequence[str], rows: Sequence[Sequence[str | Text]], *, narrow: Columns | None = None) -> None:
    """Print a table to standard output; markup in the cells is not interpreted.

    :param narrow: what to print where the table is wider than the terminal.
    """
    from rich.console import Console
    from rich.measure import Measurement

    stream = sys.stdout
    width = shutil.get_terminal_size().columns if stream.isatty() else _WIDE
    console = Console(file=stream, highlight=False, width=width)
    table = _table(Columns(names, rows))
    if narrow and Measurement.get(console, console.options.update_width(_WIDE), table).maximum > width:
        table = _table(narrow)
    console.print(table)


def _table(columns: Columns) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns.names:
        table.add_column(name, overflow="fold")
    for row in columns.rows:
        table.add_row(*map(_cell, row))
    return table


def _cell(content: str | Text) -> Text:
    from rich.text import Text

    return Text(content) if isinstance(content, str) else content


def print_results(results: Sequence[WheelResult]) -> None:
    """Print what became of each build; after that, on standard error, what to know and what to do.

    On a narrow terminal wheels go by their sources, or by nothing where there is one source: what else their names say
    is in the other columns.
    """
    from rich.text import Text

    rows = [
        (
            str(result.target),
            str(result.python),
            Text(result.stage.value, style=_STYLES.get(result.stage, "")),
            f"{sum(result.seconds.values()):.1f} s",
            result.remark,
        )
        for result in results
    ]
    names = ("target", "python", "result", "time", "remark")
    wheels = [result.wheel.name if result.wheel else result.source for result in results]
    sources = [result.source for result in results]
    narrow = Columns(names, rows) if len(set(sources)) == 1 else _beside("source", sources, names, rows)
    print_table(*_beside("wheel", wheels, names, rows), narrow=narrow)
    if len(results) > 1:
        click.echo(f"\n{_summary(results)}")
    for result in results:
        about = f"{result.source} for {result.target}, Python {result.python}"
        for note in result.notes:
            click.echo(f"note: {about}: {note}", err=True)
        if result.error is not None:
            click.echo(err=True)
            print_error(f"{about}: {result.error}")


def _beside(name: str, cells: Sequence[str], names: Sequence[str], rows: Sequence[Sequence[str | Text]]) -> Columns:
    """A table with one column more, before the others."""
    return Columns((name, *names), [(cell, *row) for cell, row in zip(cells, rows, strict=True)])


def _summary(results: Sequence[WheelResult]) -> str:
    """How many wheels there are, where, and how far the builds came: ``12 wheels in dist: 9 tested, 3 untested``."""
    wheels = [result.wheel for result in results if result.wheel]
    places = ", ".join(dict.fromkeys(str(wheel.parent) for wheel in wheels))
    stages = ", ".join(f"{number} {stage}" for stage, number in Counter(result.stage for result in results).items())
    many = f"{len(wheels)} wheel{'' if len(wheels) == 1 else 's'}"
    return f"{many} in {places}: {stages}" if wheels else f"no wheels: {stages}"
