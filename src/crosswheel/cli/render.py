"""Printing results as tables."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from crosswheel.building.results import Stage
from crosswheel.cli.session import print_error
from crosswheel.cli.terminal import echo, printable_line
from crosswheel.errors import UntestedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table
    from rich.text import Text

    from crosswheel.building.results import WheelResult

_STYLES = {Stage.TESTED: "green", Stage.AUDITED: "green", Stage.UNTESTED: "yellow", Stage.FAILED: "red"}
_WIDE = 400
"""Columns of tables that are not printed to a terminal: one line per row, for grep and cut."""


class Columns(NamedTuple):
    """The header and the rows of a table."""

    names: Sequence[str]
    rows: Sequence[Sequence[str | Text]]


def print_table(names: Sequence[str], rows: Sequence[Sequence[str | Text]], *, narrow: Columns | None = None) -> None:
    """Print a table to standard output; markup in the cells is not interpreted.

    :param narrow: the table to print instead if this one is wider than the terminal.
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

    return Text(printable_line(content)) if isinstance(content, str) else content


def print_results(results: Sequence[WheelResult]) -> None:
    """Print a table of build results, then notes and errors to standard error.

    On a narrow terminal the names of wheels are replaced by their sources, or left out if there is only one source:
    the other columns have the rest.
    """
    from rich.text import Text

    rows = [
        (
            str(result.target),
            str(result.python),
            Text(result.stage.value, style=_STYLES.get(result.stage, "")),
            f"{sum(result.seconds.values()):.1f} s",
            _remark(result),
        )
        for result in results
    ]
    names = ("target", "python", "result", "time", "remark")
    wheels = [result.wheel.name if result.wheel else result.source for result in results]
    sources = [result.source for result in results]
    narrow = Columns(names, rows) if len(set(sources)) == 1 else _with_column("source", sources, names, rows)
    print_table(*_with_column("wheel", wheels, names, rows), narrow=narrow)
    if len(results) > 1:
        echo(f"\n{_summary(results)}")
    for result in results:
        about = f"{result.source} for {result.target}, Python {result.python}"
        for note in result.notes:
            echo(f"note: {about}: {note}", err=True)
        for loss in result.degraded:
            echo(f"degraded: {about}: {loss}", err=True)
        if result.lacks_test:
            echo(err=True)
            print_error(f"{about}: {_not_tested(result)}")
        if result.error is not None:
            echo(err=True)
            print_error(f"{about}: {result.error}")


def _remark(result: WheelResult) -> str:
    names = ", ".join(dict.fromkeys(loss.name for loss in result.degraded))
    return "; ".join(filter(None, (result.remark, names and f"degraded: {names}")))


def _not_tested(result: WheelResult) -> UntestedError:
    """Return the error that explains the exit status of an untested wheel, which is published nevertheless."""
    hint = "--no-test builds without a test; --require-test does not publish untested wheels"
    return UntestedError("the wheel was built, but its test could not run", where=result.remark, hint=hint)


def _with_column(
    name: str, cells: Sequence[str], names: Sequence[str], rows: Sequence[Sequence[str | Text]]
) -> Columns:
    """Return a table with one more column, before the others."""
    return Columns((name, *names), [(cell, *row) for cell, row in zip(cells, rows, strict=True)])


def _summary(results: Sequence[WheelResult]) -> str:
    """Return a summary of results: ``12 wheels in dist: 9 tested, 3 untested``."""
    wheels = dict.fromkeys(result.wheel for result in results if result.wheel)
    directories = ", ".join(dict.fromkeys(str(wheel.parent) for wheel in wheels))
    stages = ", ".join(f"{number} {stage}" for stage, number in Counter(result.stage for result in results).items())
    many = f"{len(wheels)} wheel{'' if len(wheels) == 1 else 's'}"
    return f"{many} in {directories}: {stages}" if wheels else f"no wheels: {stages}"
