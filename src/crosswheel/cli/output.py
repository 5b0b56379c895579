"""What commands print: tables for people on standard output, JSON for machines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from crosswheel.building.model import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosswheel.building.model import WheelResult

_STYLES = {Stage.TESTED: "green", Stage.AUDITED: "green", Stage.UNTESTED: "yellow", Stage.FAILED: "red"}


def print_json(document: Any) -> None:
    """Print a document as JSON."""
    click.echo(json.dumps(document, indent=2))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(highlight=False).print(table)


def print_results(results: Sequence[WheelResult]) -> None:
    """Print what became of each build, failures with what to do next."""
    rows = []
    for result in results:
        stage = f"[{_STYLES.get(result.stage, 'white')}]{result.stage}[/]"
        seconds = f"{sum(result.seconds.values()):.1f} s"
        name = result.wheel.name if result.wheel else result.source
        rows.append((name, str(result.target), str(result.python), stage, seconds, result.remark))
    print_table(("wheel", "target", "python", "result", "time", "remark"), rows)
    for result in results:
        for note in result.notes:
            click.echo(f"note: {result.source}: {note}", err=True)
        if result.error is not None:
            click.echo(f"\n{result.source} for {result.target}, Python {result.python}: {result.error}", err=True)
