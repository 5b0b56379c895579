"""Translating ``[tool.cibuildwheel]`` to the keys of ``[tool.crosswheel]``, as cibuildwheel documents them."""

from __future__ import annotations

import re
import shlex
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING, Any

from crosswheel.errors import UsageError, suggestion
from crosswheel.settings.model import InheritRules
from crosswheel.settings.variable_expansion import is_constant, read_assignments
from crosswheel.targets.selection import arch_patterns, matches
from crosswheel.toml_models import InvalidValueError, StringOrList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

TABLE = "tool.cibuildwheel"


@dataclass(frozen=True)
class Translation:
    """A translated table.

    :param table: the equivalent ``[tool.crosswheel]`` table.
    :param notes: a note for each key that is not used, with what to do instead.
    """

    table: dict[str, Any]
    notes: tuple[str, ...]


def translate(table: Any, *, where: object) -> Translation:
    """Translate a ``[tool.cibuildwheel]`` table.

    A platform's table becomes an override for its identifiers, before the table's own overrides. ``test-skip`` becomes
    an override after them.

    :param where: the table's origin in errors.
    :raises UsageError: if cibuildwheel does not accept a value, or a key is misspelt.
    """
    translator = _Translator(where)
    translated = translator.translate(table)
    translator.reject_misspelt()
    return Translation({key: value for key, value in translated.items() if value not in ([], {})}, translator.notes())


def _strings(value: Any) -> list[str]:
    return list(StringOrList.read(value))


def _words(value: Any) -> list[str]:
    return [word for text in _strings(value) for word in text.replace(",", " ").split()]


def _command(value: Any) -> list[str]:
    """Join commands with ``&&``: cibuildwheel runs a list of commands in one shell, until the first failure."""
    joined = " && ".join(_strings(value))
    return [joined] if joined else []


def _requirements(value: Any) -> list[str]:
    return shlex.split(value) if isinstance(value, str) else _strings(value)


def _extras(value: Any) -> list[str]:
    return [name.strip() for text in _strings(value) for name in text.split(",") if name.strip()]


def _environment(value: Any) -> dict[str, str]:
    """Read assignments; the values of a table are read as if in double quotes."""
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
    """Read rules from a table or a string: ``environment: prepend; test-command``. The default rule is ``append``."""
    if isinstance(value, str):
        rules = [rule.partition(":") for rule in value.split(";") if rule.strip()]
        value = {key.strip(): rule.strip() or "append" for key, _, rule in rules}
    return InheritRules.read(value)


_SELECTION: Mapping[str, Callable[[Any], list[str]]] = {
    "build": _strings, "skip": _strings, "archs": _words, "test-skip": _strings,
}  # fmt: skip
"""Keys of the top level only; ``archs`` is one of platforms too."""
_OPTIONS: Mapping[str, Callable[[Any], Any]] = {
    "before-build": _command,
    "config-settings": _config_settings,
    "environment": _environment,
    "test-command": _command,
    "test-requires": _requirements,
    "test-extras": _extras,
    "test-groups": _words,
}

_OF_THE_MACHINE = re.compile(r"^/(?:dev|etc|proc)/|/s?bin(?:/|$)")
"""Programs and configuration, which are those of the build machine here as well."""
_OF_IMAGES = re.compile(r"/(?:usr|opt|lib|lib64)(?:/|$)")


@cache
def unsupported_keys() -> Mapping[str, str]:
    """Return what to do instead of each key that is not used, by pattern for keys."""
    text = files("crosswheel.settings").joinpath("cibuildwheel.toml").read_text("utf-8")
    advice: dict[str, str] = tomllib.loads(text)["unused"]
    return advice


@dataclass
class _Translator:
    """Translates one table and collects the keys that are not used."""

    where: object
    unused: dict[str, None] = field(default_factory=dict)
    paths: dict[str, None] = field(default_factory=dict)

    def translate(self, table: Any) -> dict[str, Any]:
        known = {*_SELECTION, *arch_patterns(), "inherit", "overrides"}
        parts = (self._require_table(table, TABLE), *(table.get(name, {}) for name in arch_patterns()))
        self.unused |= dict.fromkeys(key for key in ("before-all",) if any(key in part for part in parts))
        options = self._options(self._require_table(table, TABLE), TABLE, known)
        options |= {key: self._value(read, table, key, TABLE) for key, read in _SELECTION.items() if key in table}
        overrides: list[dict[str, Any]] = []
        for platform, patterns in arch_patterns().items():
            path = f"{TABLE}.{platform}"
            part = self._require_table(table.get(platform, {}), path)
            if "archs" in part:
                names = self._value(_words, part, "archs", path)
                options["archs"] = [*options.get("archs", ()), *(f"{platform}:{word}" for word in names)]
            overrides += self._override(part, path, {"archs"}, [f"*-{pattern}" for pattern in patterns.values()])
        for path, part in self._overrides(table):
            overrides += self._override(part, path, {"select"}, self._value(_strings, part, "select", path))
        if untested := options.pop("test-skip", []):
            overrides.append({"select": untested, "test": False})
        return {**options, "overrides": overrides}

    def reject_misspelt(self) -> None:
        """Raise if an unknown key resembles a known one, as cibuildwheel does; others may be of a newer cibuildwheel.

        :raises UsageError: if one does; lists all.
        """
        rows = unsupported_keys()
        known = [*_SELECTION, *_OPTIONS, *(row for row in rows if row.replace("-", "").isalpha())]
        unknown = [key for key in self.unused if not any(matches([row], key) for row in rows)]
        misspelt = [(key, hint) for key in unknown if (hint := suggestion(key, known))]
        if misspelt:
            (first, hint), *others = misspelt
            lines = [f"unknown key {first!r} in [{TABLE}]", *(f"{key!r} ({advice})" for key, advice in others)]
            raise UsageError("\n  and:   ".join(lines), where=self.where, hint=hint)

    def notes(self) -> tuple[str, ...]:
        """Return a note for each group of unused keys with the same advice."""
        notes = [
            f"environment variable {path} of [{TABLE}] is not used: it names a directory of cibuildwheel's container, "
            "for a library that --library or a recipe builds for the target"
            for path in self.paths
        ]
        rows = [
            (next((row for row in unsupported_keys() if matches([row], key)), ""), key) for key in sorted(self.unused)
        ]
        for row, group in groupby(sorted(rows), key=lambda pair: pair[0]):
            keys = [key for _, key in group]
            if row:
                notes.append(f"{', '.join(keys)} of [{TABLE}] is not used: {unsupported_keys()[row]}")
                continue
            notes += [f"{key} of [{TABLE}] is not used: crosswheel knows no such key" for key in keys]
        return tuple(notes)

    def _overrides(self, table: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        listed = table.get("overrides", [])
        if not isinstance(listed, list):
            raise self._error(f"{TABLE}.overrides", listed, f"a list of tables, [[{TABLE}.overrides]]")
        for number, value in enumerate(listed):
            path = f"{TABLE}.overrides[{number}]"
            part = self._require_table(value, path)
            if not part.get("select"):
                raise UsageError(f"{path} lacks the key 'select'", where=self.where)
            yield path, part

    def _override(
        self, table: Mapping[str, Any], path: str, known: set[str], select: Sequence[str]
    ) -> list[dict[str, Any]]:
        """Return the override for a part of the table; empty if it sets no options."""
        rules = self._value(_inherit, table, "inherit", path) if "inherit" in table else {}
        options = self._options(table, path, {*known, "inherit"})
        for key in [key for key in rules if not options.get(key, True)]:  # nothing to combine
            options = {name: value for name, value in options.items() if name not in {key, "test"}}
        joined = {key: rules.get(key, "none") for key, value in options.items() if isinstance(value, list | dict)}
        return [{"select": list(select), "inherit": joined, **options}] if options else []

    def _options(self, table: Mapping[str, Any], path: str, known: set[str]) -> dict[str, Any]:
        """Return the options in a part of the table; a test command enables tests."""
        self.unused |= dict.fromkeys(key for key in table if key not in _OPTIONS and key not in known)
        options = {key: self._value(read, table, key, path) for key, read in _OPTIONS.items() if key in table}
        if "environment" in options:
            container = {name: text for name, text in options["environment"].items() if self._is_in_container(text)}
            self.paths |= dict.fromkeys(f"{name}={text}" for name, text in container.items())
            variables = {name: text for name, text in options["environment"].items() if name not in container}
            options["environment"] = variables
        return {**options, "test": bool(options["test-command"])} if "test-command" in options else options

    def _is_in_container(self, value: str) -> bool:
        """Whether a value is a directory that the image, or the command before all, has filled with libraries."""
        if not (value.startswith("/") and is_constant(value)) or _OF_THE_MACHINE.search(value):
            return False
        return "before-all" in self.unused or bool(_OF_IMAGES.match(value))

    def _value(self, read: Callable[[Any], Any], table: Mapping[str, Any], key: str, path: str) -> Any:
        try:
            return read(table[key])
        except InvalidValueError as error:
            raise self._error(f"{path}.{key}", table[key], error.expected or error.message) from error
        except (UsageError, ValueError) as error:  # shlex raises ValueError for an unterminated quote
            what, hint = (error.what, error.hint) if isinstance(error, UsageError) else (str(error).lower(), None)
            raise UsageError(f"{path}.{key}: {what}", where=self.where, hint=hint) from error

    def _require_table(self, value: Any, path: str) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise self._error(path, value, "a table")
        return value

    def _error(self, path: str, value: Any, expected: str) -> UsageError:
        return UsageError(f"{path} is {value!r}", where=self.where, hint=f"expected {expected}")
