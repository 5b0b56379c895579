"""The ``[tool.cibuildwheel]`` table, said in settings of our own; cibuildwheel's documentation is what it means."""

from __future__ import annotations

import shlex
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING, Any

from crosswheel.errors import UsageError, suggestion
from crosswheel.settings.fields import InheritRules
from crosswheel.settings.shell_assignments import read_assignments
from crosswheel.targets.selection import arch_patterns, matches
from crosswheel.toml_models import InvalidValueError, StringOrList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

TABLE = "tool.cibuildwheel"


@dataclass(frozen=True)
class Translation:
    """A table in the keys of ours.

    :param table: what ``[tool.crosswheel]`` would have to be.
    :param notes: what is not used, each key named once, and what to do.
    """

    table: dict[str, Any]
    notes: tuple[str, ...]


def translate(table: Any, *, where: object) -> Translation:
    """Say a ``[tool.cibuildwheel]`` table in our own keys.

    A platform's table becomes an override for its identifiers, before those that are written as overrides.
    ``test-skip`` becomes one after them.

    :param where: what to call the table's origin in errors.
    :raises UsageError: when a value is not of the kind that cibuildwheel takes.
    """
    reading = _Reading(where)
    found = reading.whole(table)
    return Translation({key: value for key, value in found.items() if value not in ([], {})}, reading.notes())


def _texts(value: Any) -> list[str]:
    return list(StringOrList.read(value))


def _words(value: Any) -> list[str]:
    return [word for text in _texts(value) for word in text.replace(",", " ").split()]


def _command(value: Any) -> list[str]:
    """Several commands are one for cibuildwheel: the shell of the first runs the second, if the first succeeds."""
    joined = " && ".join(_texts(value))
    return [joined] if joined else []


def _requirements(value: Any) -> list[str]:
    return shlex.split(value) if isinstance(value, str) else _texts(value)


def _extras(value: Any) -> list[str]:
    return [name.strip() for text in _texts(value) for name in text.split(",") if name.strip()]


def _environment(value: Any) -> dict[str, str]:
    """A table's values are read as in double quotes."""
    if isinstance(value, dict):
        value = " ".join(f'{name}="{text}"' for name, text in value.items())
    if not isinstance(value, str):
        raise InvalidValueError(expected="a table of strings, or a string of assignments")
    return read_assignments(value)


def _config_settings(value: Any) -> dict[str, str | list[str]]:
    if isinstance(value, str):
        pairs = [word.partition("=")[::2] for word in shlex.split(value)]
        return {key: [text for name, text in pairs if name == key] for key, _ in pairs}
    if not isinstance(value, dict):
        raise InvalidValueError(expected="a table, or a string of settings")
    return {key: list(map(str, text)) if isinstance(text, list) else str(text) for key, text in value.items()}


def _inherit(value: Any) -> dict[str, str]:
    """Rules as a table, or as a string: ``environment: prepend; test-command``, where a rule not said is ``append``."""
    if isinstance(value, str):
        said = [rule.partition(":") for rule in value.split(";") if rule.strip()]
        value = {key.strip(): rule.strip() or "append" for key, _, rule in said}
    return InheritRules.read(value)


_CHOOSING: Mapping[str, Callable[[Any], list[str]]] = {
    "build": _texts, "skip": _texts, "archs": _words, "test-skip": _texts,
}  # fmt: skip
"""What only the whole table has; ``archs`` a platform's too."""
_OPTIONS: Mapping[str, Callable[[Any], Any]] = {
    "before-build": _command,
    "config-settings": _config_settings,
    "environment": _environment,
    "test-command": _command,
    "test-requires": _requirements,
    "test-extras": _extras,
    "test-groups": _words,
}


@cache
def unsupported_keys() -> Mapping[str, str]:
    """What to do about keys that are not used, by patterns over them."""
    text = files("crosswheel.settings").joinpath("cibuildwheel.toml").read_text("utf-8")
    advice: dict[str, str] = tomllib.loads(text)["unused"]
    return advice


@dataclass
class _Reading:
    """One table, and what was found in it that is not used."""

    where: object
    unused: dict[str, None] = field(default_factory=dict)

    def whole(self, table: Any) -> dict[str, Any]:
        known = {*_CHOOSING, *arch_patterns(), "inherit", "overrides"}
        found = self._options(self._a_table(table, TABLE), TABLE, known)
        found |= {key: self._value(read, table, key, TABLE) for key, read in _CHOOSING.items() if key in table}
        overrides: list[dict[str, Any]] = []
        for platform, patterns in arch_patterns().items():
            path = f"{TABLE}.{platform}"
            own = self._a_table(table.get(platform, {}), path)
            if "archs" in own:
                words = self._value(_words, own, "archs", path)
                found["archs"] = [*found.get("archs", ()), *(f"{platform}:{word}" for word in words)]
            overrides += self._override(own, path, {"archs"}, [f"*-{pattern}" for pattern in patterns.values()])
        for path, own in self._overrides(table):
            overrides += self._override(own, path, {"select"}, self._value(_texts, own, "select", path))
        if untested := found.pop("test-skip", []):
            overrides.append({"select": untested, "test": False})
        return {**found, "overrides": overrides}

    def notes(self) -> tuple[str, ...]:
        """What is not used; keys for which there is one advice together."""
        said = []
        rows = [
            (next((row for row in unsupported_keys() if matches([row], key)), ""), key) for key in sorted(self.unused)
        ]
        for row, group in groupby(sorted(rows), key=lambda pair: pair[0]):
            keys = [key for _, key in group]
            if row:
                said.append(f"{', '.join(keys)} of [{TABLE}] is not used: {unsupported_keys()[row]}")
                continue
            for key in keys:
                hint = suggestion(key, [*_CHOOSING, *_OPTIONS]) or "it is no key of cibuildwheel"
                said.append(f"{key} of [{TABLE}] is not used: {hint}")
        return tuple(said)

    def _overrides(self, table: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        listed = table.get("overrides", [])
        if not isinstance(listed, list):
            raise self._wrong(f"{TABLE}.overrides", listed, f"a list of tables, [[{TABLE}.overrides]]")
        for number, value in enumerate(listed):
            path = f"{TABLE}.overrides[{number}]"
            own = self._a_table(value, path)
            if not own.get("select"):
                raise UsageError(f"{path} lacks the key 'select'", where=self.where)
            yield path, own

    def _override(
        self, table: Mapping[str, Any], path: str, known: set[str], select: Sequence[str]
    ) -> list[dict[str, Any]]:
        """The override that a part of the table means, if it means any."""
        rules = self._value(_inherit, table, "inherit", path) if "inherit" in table else {}
        options = self._options(table, path, {*known, "inherit"})
        for key in [key for key in rules if not options.get(key, True)]:  # nothing is joined
            options = {name: value for name, value in options.items() if name not in {key, "test"}}
        joined = {key: rules.get(key, "none") for key, value in options.items() if isinstance(value, list | dict)}
        return [{"select": list(select), "inherit": joined, **options}] if options else []

    def _options(self, table: Mapping[str, Any], path: str, known: set[str]) -> dict[str, Any]:
        """The options in a part of the table; a command for tests means that there are tests."""
        self.unused |= dict.fromkeys(key for key in table if key not in _OPTIONS and key not in known)
        found = {key: self._value(read, table, key, path) for key, read in _OPTIONS.items() if key in table}
        return {**found, "test": bool(found["test-command"])} if "test-command" in found else found

    def _value(self, read: Callable[[Any], Any], table: Mapping[str, Any], key: str, path: str) -> Any:
        try:
            return read(table[key])
        except InvalidValueError as error:
            raise self._wrong(f"{path}.{key}", table[key], error.expected or error.said) from error
        except (UsageError, ValueError) as error:  # the latter is how shlex finds a quote without an end
            what, hint = (error.what, error.hint) if isinstance(error, UsageError) else (str(error).lower(), None)
            raise UsageError(f"{path}.{key}: {what}", where=self.where, hint=hint) from error

    def _a_table(self, value: Any, path: str) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise self._wrong(path, value, "a table")
        return value

    def _wrong(self, path: str, value: Any, expected: str) -> UsageError:
        return UsageError(f"{path} is {value!r}", where=self.where, hint=f"expected {expected}")
