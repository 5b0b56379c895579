"""From sources and settings to what is asked of the pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosswheel.building.cookbook import named_by
from crosswheel.building.options import build_options
from crosswheel.settings.merge import identifiers, resolve
from crosswheel.settings.model import Settings
from crosswheel.settings.read import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crosswheel.building.model import BuildOptions
    from crosswheel.targets import PythonVersion, Target


@dataclass(frozen=True, slots=True)
class Order:
    """Sources that are built for the same targets and Pythons with the same options.

    :param options: what holds wherever ``options_for`` does not say otherwise.
    :param options_for: the options of one combination; None when all have the same.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    pythons: tuple[str, ...]
    options: BuildOptions
    options_for: Callable[[Target, PythonVersion], BuildOptions] | None = None


def orders(sources: Sequence[str], given: Settings, **more: Any) -> tuple[Order, ...]:
    """What to build: neighbouring sources with the same settings make one order.

    Only a directory has settings of its own: an archive or a requirement comes from somebody who does not know
    this machine, and must not choose where files are written or what is run here.

    :param sources: what the recipes that are given are for, if empty, or else the current directory.
    :param given: the settings of the command line, which win over those of a directory.
    :param more: options that only the command line can give.
    :raises UsageError: when a directory's ``pyproject.toml`` is not as it must be.
    """
    tables = [(source, _table(source)) for source in sources or named_by(given.recipes or ()) or (".",)]
    return tuple(
        _order(tuple(source for source, _ in group), table, given, more)
        for table, group in ((table, list(group)) for table, group in groupby(tables, key=lambda pair: pair[1]))
    )


def _table(source: str) -> Settings:
    pyproject = Path(source) / "pyproject.toml"
    return read_settings(pyproject) if pyproject.is_file() else Settings()


def _order(sources: tuple[str, ...], table: Settings, given: Settings, more: Mapping[str, Any]) -> Order:
    settings = resolve(table, given)
    return Order(
        sources,
        settings.targets or ("native",),
        settings.pythons or (),
        build_options(settings, **more),
        partial(_options_for, table, given, more) if table.overrides else None,
    )


def _options_for(
    table: Settings, given: Settings, more: Mapping[str, Any], target: Target, python: PythonVersion
) -> BuildOptions:
    return build_options(resolve(table, given, identifiers(target, python)), **more)
