"""The state shared by the commands of one invocation: the functions they call, output and errors."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from crosswheel.cli.terminal import echo, echo_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from crosswheel.building.results import WheelResult
    from crosswheel.cross_requirements import Overlay
    from crosswheel.doctor import CheckItem, TargetSurvey
    from crosswheel.doctor.cache import CacheKind
    from crosswheel.errors import CrosswheelError, ExitStatus
    from crosswheel.host import Host, Progress
    from crosswheel.package_index import IndexResult
    from crosswheel.recipe_tools import RecipeEntry, RecipeFinding
    from crosswheel.targets import PythonVersion, Target
    from crosswheel.testing import TestResult
    from crosswheel.wheels.audit import AuditReport


class Services:
    """The functions that commands call, imported on use. Tests replace them."""

    def detect(self, *, progress: Progress | None = None, offline: bool = False, jobs: int | None = None) -> Host:
        """See :meth:`crosswheel.host.Host.detect`."""
        from crosswheel.host import Host

        return Host.detect(progress=progress, offline=offline, jobs=jobs)

    @property
    def build(self) -> Callable[..., tuple[WheelResult, ...]]:
        """See :func:`crosswheel.api.build`."""
        from crosswheel.api import build

        return build

    @property
    def select(self) -> Callable[..., tuple[tuple[Target, PythonVersion], ...]]:
        """See :func:`crosswheel.api.select`."""
        from crosswheel.api import select

        return select

    @property
    def test(self) -> Callable[..., tuple[TestResult, ...]]:
        """See :func:`crosswheel.api.test`."""
        from crosswheel.api import test

        return test

    def audit(self, wheels: Sequence[Path], *, strict: bool) -> tuple[AuditReport, ...]:
        """See :func:`crosswheel.api.audit`."""
        from crosswheel.api import audit

        return audit(wheels, strict=strict)

    def index(self, directory: Path, *, pyodide_lock: bool | None, host: Host) -> IndexResult:
        """See :func:`crosswheel.api.index`."""
        from crosswheel.api import index

        return index(directory, pyodide_lock=pyodide_lock, host=host)

    def cross_env(self, archive: Path, target: str, **more: Any) -> tuple[Overlay, ...]:
        """See :func:`crosswheel.api.cross_env`."""
        from crosswheel.api import cross_env

        return cross_env(archive, target, **more)

    def merge(self, first: Path, second: Path, destination: Path) -> Path:
        """See :func:`crosswheel.api.merge`."""
        from crosswheel.api import merge

        return merge(first, second, destination)

    def survey(self, host: Host, toolchain: str, prefix: Path | None) -> tuple[TargetSurvey, ...]:
        """See :func:`crosswheel.doctor.survey`."""
        from crosswheel.doctor import survey

        return survey(host, toolchain, prefix)

    def recipes(self, host: Host) -> tuple[RecipeEntry, ...]:
        """See :func:`crosswheel.recipe_tools.list_recipes`."""
        from crosswheel.recipe_tools import list_recipes

        return list_recipes(host)

    def check_recipes(self, host: Host, paths: Sequence[Path], *, fetch: bool) -> tuple[RecipeFinding, ...]:
        """See :func:`crosswheel.recipe_tools.check_recipes`."""
        from crosswheel.recipe_tools import check_recipes
        from crosswheel.toolchains.select import find_toolchain

        return check_recipes(host, paths, find_toolchain(host, "zig"), fetch=fetch)

    def draft_recipe(
        self, host: Host, name: str, *, index: Mapping[str, Any], directory: Path, target: str, python: str | None
    ) -> tuple[Path, WheelResult]:
        """See :func:`crosswheel.api.draft_recipe`."""
        from crosswheel.api import draft_recipe

        return draft_recipe(name, directory, target=target, python=python, index=index, host=host)

    def update_recipe(
        self, host: Host, file: Path, *, index: Mapping[str, Any], version: str | None
    ) -> tuple[str, str]:
        """See :func:`crosswheel.recipe_tools.update_recipe`."""
        from crosswheel.recipe_tools import update_recipe
        from crosswheel.sources.index_settings import IndexSettings

        return update_recipe(host, file, IndexSettings.load(host.environ, index), version)

    def cached(self, host: Host) -> tuple[CacheKind, ...]:
        """Return the contents of the cache by kind."""
        from crosswheel.doctor.cache import cache_entries, group_by_kind
        from crosswheel.store import Store

        return group_by_kind(cache_entries(host, Store.open(host)))

    def verify_cache(self, host: Host) -> tuple[dict[str, str], int]:
        """See :func:`crosswheel.doctor.cache.verify_cache`."""
        from crosswheel.doctor.cache import verify_cache
        from crosswheel.store import Store

        return verify_cache(host, Store.open(host))

    def prune(
        self, host: Host, *, before: float | None, most: int | None, kinds: Sequence[str], dry: bool
    ) -> tuple[CacheKind, ...]:
        """See :func:`crosswheel.doctor.cache.prune_cache`."""
        from crosswheel.doctor.cache import prune_cache
        from crosswheel.store import Store

        return prune_cache(host, Store.open(host), before=before, max_bytes=most, kinds=kinds, dry_run=dry)

    def examine(self, host: Host) -> tuple[CheckItem, ...]:
        """See :func:`crosswheel.doctor.examine`."""
        from crosswheel.doctor import examine

        return examine(host)


@dataclass
class Session:
    """One invocation of the program.

    :param json: whether to write one JSON document, and nothing else, to standard output.
    """

    services: Services = field(default_factory=Services)
    json: bool = False

    def host(self, *, verbosity: int = 0, offline: bool = False, jobs: int | None = None) -> Host:
        """Return the build machine, with progress on standard error.

        :param verbosity: -1 for no progress, 1 for details.
        """
        return self.services.detect(progress=_progress(verbosity), offline=offline, jobs=jobs)

    def document(self, status: ExitStatus, **parts: Any) -> None:
        """Print the JSON document of a command, with the command's exit status."""
        echo_json({"exit_status": int(status), **parts})

    def fail(self, error: CrosswheelError) -> int:
        """Print an error and return its exit status."""
        if self.json:
            self.document(error.status, error=error_json(error))
        else:
            print_error(error)
        return int(error.status)


def _progress(verbosity: int) -> Progress:
    """Return the progress for standard error, live if that is a terminal."""
    from crosswheel.cli.progress import LineProgress, LiveProgress

    if not sys.stderr.isatty() or verbosity < 0:
        return LineProgress(None if verbosity < 0 else sys.stderr, verbose=verbosity > 0)
    from rich.console import Console  # slow to import

    return LiveProgress(Console(file=sys.stderr, highlight=False), verbose=verbosity > 0)


def error_json(error: CrosswheelError) -> dict[str, str | None]:
    """Return an error as plain values."""
    log = str(error.log) if error.log else None
    return {"what": error.what, "where": error.where, "hint": error.hint, "log": log}


def print_error(text: object) -> None:
    """Print an error as text."""
    click.secho("error: ", fg="red", bold=True, nl=False, err=True)
    echo(str(text), err=True)
