"""``crosswheel build``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from crosswheel.building.requests import build_requests
from crosswheel.cli.options import (
    SettingsCommand,
    common_options,
    index_options,
    setting_options,
    settings_from_options,
)
from crosswheel.cli.render import print_results
from crosswheel.cli.session import Session
from crosswheel.errors import ExitStatus

if TYPE_CHECKING:
    from crosswheel.building.results import WheelResult


@click.command(cls=SettingsCommand)
@click.argument("sources", nargs=-1)
@setting_options()
@click.option("--no-recipes", is_flag=True, help="Ignore all recipes of packages, including those of crosswheel.")
@click.option("--rebuild", "--no-cache", is_flag=True, help="Rebuild even if a cached wheel exists.")
@click.option("--keep", is_flag=True, help="Keep build directories.")
@index_options
@common_options
@click.pass_context
def build(
    context: click.Context,
    /,
    sources: tuple[str, ...],
    *,
    keep: bool,
    rebuild: bool,
    no_recipes: bool,
    verbosity: int,
    offline: bool,
    jobs: int | None,
    **given: Any,
) -> None:
    """Build wheels of SOURCES for other platforms.

    SOURCES are requirements, sdists, directories or git+ URLs; by default the package of --recipe, or the current
    directory. If the inputs of a build are unchanged, the cached wheel is used. For directories, [tool.crosswheel] and
    [tool.cibuildwheel] in pyproject.toml apply; command-line options take precedence.
    """
    session = context.ensure_object(Session)
    settings = settings_from_options(given)
    recipes = {"recipes": None} if no_recipes else {}
    requests = build_requests(sources, settings, keep=keep, rebuild=rebuild, **recipes)
    started = time.monotonic()
    host = session.host(verbosity=verbosity, offline=offline, jobs=jobs)
    results: list[WheelResult] = []
    for note in dict.fromkeys(note for request in requests for note in request.notes):
        host.progress.note(note)
    for request in requests:
        results += session.services.build(
            request.sources,
            targets=request.targets,
            pythons=request.pythons,
            selection=request.selection,
            options=request.options,
            options_for=request.options_for,
            host=host,
        )
    status = next((result.error.status for result in results if result.error is not None), ExitStatus.OK)
    if session.json:
        seconds = round(time.monotonic() - started, 1)
        session.document(status, seconds=seconds, results=[result.as_json() for result in results])
    else:
        print_results(results)
    context.exit(int(status))
