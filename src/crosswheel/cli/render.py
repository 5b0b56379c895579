"""What commands print for people: tables."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import click

from crosswheel.building.model import Stage
from crosswheel.cli.session import print_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

    from crosswheel.building.model import WheelResult

_STYLES = {Stage.TESTED: "green", Stage.AUDITED: "green", Stage.UNTESTED: "yellow", Stage.FAILED: "red"}
_WIDE = 400
"""Columns of a table that no terminal limits, so that lines of a log can be searched and cut."""


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str | Text]]) -> None:
    """Print a table to standard output; markup in the cells is not interpreted."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(_cell, row))
    stream = sys.stdout
    width = shutil.get_terminal_size().columns if stream.isatty() else _WIDE
    Console(file=stream, highlight=False, width=width).print(table)


def _cell(content: str | Text) -> Text:
    from rich.text import Text

    return Text(content) if isinstance(content, str) else content


def print_results(results: Sequence[WheelResult]) -> None:
    """Print what became of each build; after that, on standard error, what to know and what to do."""
    from rich.text import Text

    rows = [
        (
            result.wheel.name if result.wheel else result.source,
            str(result.target),
            str(result.python),
            Text(result.stage.value, style=_STYLES.get(result.stage, "")),
            f"{sum(result.seconds.values()):.1f} s",
            result.remark,
        )
        for result in results
    ]
    print_table(("wheel", "target", "python", "result", "time", "remark"), rows)
    for result in results:
        about = f"{result.source} for {result.target}, Python {result.python}"
        for note in result.notes:
            click.echo(f"note: {about}: {note}", err=True)
        if result.error is not None:
            click.echo(err=True)
            print_error(f"{about}: {result.error}")
