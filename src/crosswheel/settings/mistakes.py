"""Saying what is wrong with a table of settings, in the words of whoever wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crosswheel.errors import UsageError, suggestion
from crosswheel.settings.model import Index, Override, Settings, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

TABLE = "tool.crosswheel"
_EXPECTED = {
    "string_type": "a string",
    "bool_type": "true or false",
    "float_type": "a number",
    "float_parsing": "a number",
    "tuple_type": "a string or a list of strings",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "path_type": "a path, as a string",
    "greater_than": "a number above 0",
}


def explain(error: ValidationError, *, where: object) -> UsageError:
    """The error a person gets for a table that is not as it must be; every mistake is in it."""
    mistakes = [_mistake(details) for details in error.errors(include_url=False)]
    (first, hint), others = mistakes[0], mistakes[1:]
    lines = [first, *(f"{what} ({advice})" if advice else what for what, advice in others)]
    return UsageError("\n  and:   ".join(lines), where=where, hint=hint)


def _mistake(details: ErrorDetails) -> tuple[str, str | None]:
    """What is wrong, and what to do about it."""
    kind, path = details["type"], details["loc"]
    if kind == "extra_forbidden":
        known = keys(_model_at(path[:-1]))
        key = str(path[-1])
        return f"unknown key {key!r} in {spell(path[:-1])}", suggestion(key, known) or f"known are {', '.join(known)}"
    if kind == "missing":
        return f"{spell(path[:-1])} lacks the key {str(path[-1])!r}", None
    if kind == "literal_error":
        return f"{spell(path)} is {_shown(details['input'])}", f"expected {details['ctx']['expected']}"
    if kind == "python_version":
        return f"{spell(path)}: {details['msg']}", None
    expected = _EXPECTED.get(kind)
    if kind == "tuple_type" and path == ("overrides",):
        expected = f"a list of tables, [[{TABLE}.overrides]]"
    if expected is None:
        return f"{spell(path)}: {details['msg']}", None
    return f"{spell(path)} is {_shown(details['input'])}", f"expected {expected}"


def keys(model: type[Table]) -> tuple[str, ...]:
    """The keys of a table, as they are written."""
    return tuple(str(field.alias or name) for name, field in model.model_fields.items())


def spell(path: Sequence[int | str]) -> str:
    """A place in the table: ``tool.crosswheel.overrides[0].select``; positions count from 0."""
    text = TABLE
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text if path else f"[{TABLE}]"


def _model_at(path: Sequence[int | str]) -> type[Table]:
    tables: dict[int | str, type[Table]] = {"overrides": Override, "index": Index}
    return tables[path[0]] if path else Settings


def _shown(value: Any) -> str:
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
