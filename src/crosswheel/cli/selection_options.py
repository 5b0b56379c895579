"""Options that become settings, for the commands that have settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from crosswheel.cli.options import parse_pairs, was_given
from crosswheel.settings import Settings, parse
from crosswheel.settings.variable_expansion import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_F = TypeVar("_F", bound="Callable[..., Any]")
_SELECTING: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("-t", "--target", "targets"), {"help": "Platform tag or alias; several make a matrix. [default: native]"}),
    (("-p", "--python", "pythons"), {"metavar": "VERSION", "help": "3.13, 3.13t; several make a matrix."}),
    (("--build",), {"metavar": "PATTERNS", "help": "Identifiers to build: 'cp31{2,3}-* cp314-macosx_*'."}),
    (("--skip",), {"metavar": "PATTERNS", "help": "Identifiers to leave out: '*-win32 *-musllinux_*'."}),
    (("--archs",), {"metavar": "NAME", "help": "Architecture by cibuildwheel's name: aarch64, linux:auto."}),
)


def selection_options(function: _F) -> _F:
    """Add the options that say what to build for."""
    for names, settings in reversed(_SELECTING):
        function = click.option(*names, multiple=True, **settings)(function)
    return function


def settings_from_options(given: dict[str, Any]) -> Settings:
    """The settings that were given on the command line, by a command's parameters.

    :raises UsageError: when one has a value it does not take.
    """
    chosen = {name.replace("_", "-"): value for name, value in given.items() if was_given(value)}
    return parse(chosen, where="the command line")


def parse_variables(words: Sequence[str]) -> dict[str, str]:
    """Environment variables from ``NAME=VALUE`` words; the shell has expanded what there was to expand.

    :raises UsageError: as :func:`parse_pairs` does.
    """
    return {name: escape(values[-1]) for name, values in parse_pairs(words, "--env").items()}
