"""Options that several commands have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from crosswheel.cli.session import Session
from crosswheel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_F = TypeVar("_F", bound="Callable[..., Any]")


def _remember_json(context: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001  # click's
    context.ensure_object(Session).json = value


def json_option(function: _F) -> _F:
    """Add ``--json``. The command finds it in its session, and so does whoever reports an error."""
    return click.option(
        "--json",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_remember_json,
        help="Print one JSON document to standard output.",
    )(function)


def common_options(function: _F) -> _F:
    """Add the options of commands that take a while."""
    for option in (
        click.option("-j", "--jobs", type=click.IntRange(1), metavar="N", help="Processors to use; all if not given."),
        click.option("--offline", is_flag=True, help="Fetch nothing; what was fetched before still serves."),
        click.option("-q", "--quiet", "verbosity", flag_value=-1, type=int, help="Say only what came of it."),
        click.option("-v", "--verbose", "verbosity", flag_value=1, type=int, default=0, help="Say what is run."),
        json_option,
    ):
        function = option(function)
    return function


_INDEX = (
    (("-i", "--index-url"), {"metavar": "URL", "help": "Package index, instead of pip's."}),
    (("--extra-index-url",), {"metavar": "URL", "multiple": True, "help": "Further index."}),
    (("-f", "--find-links"), {"metavar": "PATH|URL", "multiple": True, "help": "Directory or page with archives."}),
    (("--no-index",), {"is_flag": True, "default": None, "help": "Use --find-links only."}),
    (("--pre",), {"is_flag": True, "default": None, "help": "Take pre-releases too."}),
    (("--trusted-host",), {"metavar": "HOST", "multiple": True, "help": "Host whose certificate is not checked."}),
    (("--cert",), {"type": click.Path(exists=True), "help": "Certificates to trust."}),
)


def index_options(function: _F) -> _F:
    """Add pip's options that say where packages come from."""
    for names, settings in reversed(_INDEX):
        function = click.option(*names, **settings)(function)
    return function


def pop_index_options(given: dict[str, Any]) -> dict[str, Any]:
    """Take the index options that were given out of a command's parameters, by pip's names."""
    keys = [names[-1].removeprefix("--") for names, _ in _INDEX]
    values = {key: given.pop(key.replace("-", "_")) for key in keys}
    return {key: value for key, value in values.items() if was_given(value)}


def was_given(value: Any) -> bool:
    """Whether an option without a default was on the command line."""
    return value is not None and value != ()


def parse_pairs(words: Sequence[str], option: str) -> dict[str, tuple[str, ...]]:
    """``NAME=VALUE`` words by name; a name that comes again has several values.

    :raises UsageError: for words without a name or an equals sign.
    """
    found: dict[str, tuple[str, ...]] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals):
            raise UsageError(f"{word!r} is not NAME=VALUE", where=option)
        found[name] = (*found.get(name, ()), value)
    return found
