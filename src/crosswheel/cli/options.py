"""Options that commands share."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console

from crosswheel.cli.progress import ConsoleProgress
from crosswheel.host import Host


def common(function: Any) -> Any:
    """Add the options every command has: verbosity, JSON, offline, jobs."""
    for option in (
        click.option("-j", "--jobs", type=click.IntRange(1), help="Processors to use (all)."),
        click.option("--offline", is_flag=True, help="Fetch nothing; what was fetched before still serves."),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON document."),
        click.option("-q", "--quiet", "verbosity", flag_value=-1, type=int, help="Say only what came of it."),
        click.option("-v", "--verbose", "verbosity", flag_value=1, type=int, default=0, help="Say what is run."),
    ):
        function = option(function)
    return function


def make_host(*, offline: bool, verbosity: int, jobs: int | None) -> Host:
    """The build machine, reporting to the terminal."""
    console = Console(stderr=True, quiet=verbosity < 0)
    return Host.detect(offline=offline, progress=ConsoleProgress(console, verbose=verbosity > 0), jobs=jobs)
