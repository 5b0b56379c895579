"""Command-line options: those of settings, derived from the settings' models, and those that commands share."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec import inspect

from crosswheel.cli.session import Session
from crosswheel.cli.terminal import echo
from crosswheel.errors import UsageError
from crosswheel.settings import Index, Settings, parse
from crosswheel.settings.options import CliOption, Options
from crosswheel.settings.variable_expansion import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from crosswheel.toml_models import Table

_F = TypeVar("_F", bound="Callable[..., Any]")
_FIRST_SENTENCE = re.compile(r".*?\.(?= [A-Z`]|$)", re.DOTALL)
_OLD_OPTIONS = "crosswheel.old_options"
"""The key in click's context of values given by a former spelling of an option, by parameter name."""


@cache
def cli_options(model: type[Table]) -> Mapping[str, tuple[CliOption, inspect.Metadata]]:
    """Return the fields of a settings model that have a command-line option, by name.

    Fields that the model does not inherit come first: ``targets`` before options of single builds.
    """
    info = inspect.type_info(model)
    assert isinstance(info, inspect.StructType)
    fields = sorted(info.fields, key=lambda field: issubclass(model, Options) and field.name in Options.__annotations__)
    typed = [(field.name, field.type) for field in fields if isinstance(field.type, inspect.Metadata)]
    return {name: (kind.extra["option"], kind) for name, kind in typed if kind.extra and "option" in kind.extra}


def setting_options(*names: str, model: type[Table] = Settings) -> Callable[[_F], _F]:
    """Add the command-line options of settings to a command.

    :param names: fields of the model; all that have an option if empty.
    """

    def add(function: _F) -> _F:
        options = cli_options(model)
        for name in reversed(names or tuple(options)):
            option, kind = options[name]
            function = _click_option(name, option.names, kind, option)(function)
            for old in option.old_names:
                function = _old_option(name, old, kind, option)(function)
        return function

    return add


def _click_option(
    name: str, names: Sequence[str], kind: inspect.Metadata, option: CliOption, **more: Any
) -> Callable[[_F], _F]:
    """Return the decorator that adds an option, with type and help as the setting's field has them."""
    value = kind.type
    settings: dict[str, Any] = {"default": None, "metavar": option.metavar or None, "help": _help(kind, option)}
    if isinstance(value, inspect.BoolType):
        settings["is_flag"] = True
    elif isinstance(value, inspect.FloatType):
        settings["type"] = float
    elif isinstance(value, inspect.UnionType):
        settings |= {"cls": SwitchOption, "values": _texts(value)}
    elif isinstance(value, inspect.LiteralType):
        settings["metavar"] = f"[{'|'.join(map(str, value.values))}]"
    elif isinstance(value, inspect.CustomType | inspect.DictType) and not _is_path(value):
        settings |= {"default": (), "multiple": True}
    if option.exists:
        settings["type"] = click.Path(exists=True)
    elif _is_path(value) and option.metavar == "DIRECTORY":
        settings["type"] = click.Path(file_okay=False)
    return click.option(*names, name, **{**settings, **more})


class SwitchOption(click.Option):
    """An option that may be given without a value, and one with ``=VALUE``: ``--auto``, ``--no-auto``, ``--auto=all``.

    click's own options with an optional value take the next argument for it.

    :param values: the values that may follow ``=``.
    """

    def __init__(self, *args: Any, values: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.values = values

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        """Return true, false, or the value.

        :raises click.BadParameter: if the value is unknown.
        """
        if value is None or isinstance(value, bool):
            return value
        if value in {ON, OFF}:
            return value == ON
        if value not in self.values:
            raise click.BadParameter(f"{value!r} is not one of {', '.join(self.values)}", ctx, self)
        return value

    def spell_out(self, args: Sequence[str]) -> list[str]:
        """Return arguments in which every use of the option has a value; those after ``--`` are not looked at."""
        end = args.index("--") if "--" in args else len(args)
        on, *off = self.opts
        values = {on: f"{on}={ON}", **dict.fromkeys(off, f"{on}={OFF}")}
        return [*(values.get(arg, arg) for arg in args[:end]), *args[end:]]


ON, OFF = "yes", "no"
"""Values of a :class:`SwitchOption` that is given without one."""


class SettingsCommand(click.Command):
    """A command with options of settings, some of which may be given without their value."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See :class:`SwitchOption`."""
        for parameter in self.params:
            if isinstance(parameter, SwitchOption):
                args = parameter.spell_out(args)
        return super().parse_args(ctx, args)


def _texts(kind: inspect.UnionType) -> tuple[str, ...]:
    """Return the values of a setting that are not true or false."""
    literals = (each for each in kind.types if isinstance(each, inspect.LiteralType))
    return tuple(str(value) for each in literals for value in each.values)


def _is_path(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.CustomType) and kind.cls is Path


def _help(kind: inspect.Metadata, option: CliOption) -> str:
    """Return the first sentence of a setting's description, with its default and what it implies."""
    schema = kind.extra_json_schema or {}
    sentence = _FIRST_SENTENCE.match(schema["description"])
    text = (sentence[0] if sentence else schema["description"]).replace("`", "")
    if option.implies:
        text = f"{text.removesuffix('.')}; implies --{option.implies}."
    default = schema.get("default")
    if default is None or (isinstance(kind.type, inspect.BoolType) and "/" not in "".join(option.names)):
        return text
    return f"{text} [default: { ({True: 'yes', False: 'no'}[default] if isinstance(default, bool) else default) }]"


def _old_option(name: str, old: str, kind: inspect.Metadata, option: CliOption) -> Callable[[_F], _F]:
    """Return the decorator that adds a hidden option for a former spelling; its value counts as the setting's."""
    spelled, current = old.partition("/")[0], option.names[0].partition("/")[0]

    def remember(context: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if was_given(value):
            context.meta.setdefault(_OLD_OPTIONS, {})[name] = (spelled, current, value)
            echo(f"note: {spelled} is now called {current}", err=True)

    parameter = f"old_{name}_{re.sub(r'[^a-z]+', '_', spelled)}"
    return _click_option(parameter, (old,), kind, option, hidden=True, expose_value=False, callback=remember)


def _with_old_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a command's parameters with the values that were given by former spellings.

    :raises UsageError: if an option is given in both spellings.
    """
    values = dict(given)
    context = click.get_current_context(silent=True)
    for name, (old, current, value) in (context.meta.get(_OLD_OPTIONS, {}) if context else {}).items():
        if was_given(values.get(name)):
            raise UsageError(f"{old} and {current} are the same option", hint=f"remove {old}, the former spelling")
        values[name] = value
    return values


def settings_from_options(given: Mapping[str, Any]) -> Settings:
    """Return the settings given on the command line.

    :param given: the command's parameters that are fields of :class:`Settings` or of :class:`Index`.
    :raises UsageError: if a value is invalid.
    """
    values = _with_old_options(given)
    index = pop_index_options(values)
    for name, (option, kind) in cli_options(Settings).items():
        if option.implies and was_given(values.get(name)) and values.get(option.implies) is None:
            values[option.implies] = True
        if isinstance(kind.type, inspect.DictType):
            values[name] = parse_pairs(values.get(name) or (), option.names[-1]) or None
    if values.get("environment"):  # the shell has expanded the values
        values["environment"] = {key: escape(texts[-1]) for key, texts in values["environment"].items()}
    values["index"] = index or None
    table = {name.replace("_", "-"): value for name, value in values.items() if was_given(value)}
    return parse(table, where="the command line", spelling=_option_names())


@cache
def _option_names() -> Mapping[str, str]:
    """Return the options of settings by their keys, as errors name them."""
    keys = {("", name): option for name, (option, _) in cli_options(Settings).items()}
    keys |= {("index.", name): option for name, (option, _) in cli_options(Index).items()}
    return {
        f"{table}{name.replace('_', '-')}": next(text for text in option.names if text.startswith("--")).partition("/")[
            0
        ]
        for (table, name), option in keys.items()
    }


def index_options(function: _F) -> _F:
    """Add pip's options that select package indexes."""
    return setting_options(model=Index)(function)


def pop_index_options(given: dict[str, Any]) -> dict[str, Any]:
    """Remove the index options from a command's parameters and return those that were given, by pip's names."""
    values = {name.replace("_", "-"): given.pop(name, None) for name in cli_options(Index)}
    return {key: value for key, value in values.items() if was_given(value)}


def was_given(value: Any) -> bool:
    """Return whether an option without a default was on the command line."""
    return value is not None and value != ()


def parse_pairs(args: Sequence[str], option: str) -> dict[str, tuple[str, ...]]:
    """Parse ``NAME=VALUE`` arguments; a repeated name has several values.

    :param option: the option in errors.
    :raises UsageError: if an argument lacks the name or the equals sign.
    """
    pairs: dict[str, tuple[str, ...]] = {}
    for arg in args:
        name, equals, value = arg.partition("=")
        if not (name and equals):
            raise UsageError(f"{arg!r} is not NAME=VALUE", where=option)
        pairs[name] = (*pairs.get(name, ()), value)
    return pairs


def _set_json(context: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001  # click's
    context.ensure_object(Session).json = value


def json_option(function: _F) -> _F:
    """Add ``--json``, which sets :attr:`Session.json`: errors are printed as JSON too."""
    return click.option(
        "--json",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_set_json,
        help="Write one JSON document to standard output.",
    )(function)


def common_options(function: _F) -> _F:
    """Add the options of commands that run builds or tests: verbosity, network access and parallelism."""
    for option in (
        click.option("-j", "--jobs", type=click.IntRange(1), metavar="N", help="Number of CPUs to use. [default: all]"),
        click.option("--offline", is_flag=True, help="Disable network access; use cached downloads only."),
        click.option("-q", "--quiet", "verbosity", flag_value=-1, type=int, help="Print results and errors only."),
        click.option(
            "-v", "--verbose", "verbosity", flag_value=1, type=int, default=0, help="Print commands as they run."
        ),
        json_option,
    ):
        function = option(function)
    return function
