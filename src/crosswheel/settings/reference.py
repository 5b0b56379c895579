"""The reference page of the settings, made from their model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from crosswheel.settings.model import Index, Options, Override, Settings, Table
from crosswheel.settings.schema import json_schema

if TYPE_CHECKING:
    from collections.abc import Iterator


def reference_page() -> str:
    """Every key, its type, its default and what it does, in Markdown."""
    common = tuple(Options.model_fields)
    own = tuple(name for name in Settings.model_fields if name not in common)
    schema = json_schema()
    definitions = schema["$defs"]
    lines = [
        "## `[tool.crosswheel]`",
        "",
        *_rows(Settings, own, schema["properties"]),
        "### Options that overrides can change",
        "",
        *_rows(Settings, common, schema["properties"]),
        "## `[tool.crosswheel.index]`",
        "",
        *_rows(Index, tuple(Index.model_fields), definitions["Index"]["properties"]),
        "## `[[tool.crosswheel.overrides]]`",
        "",
        *_rows(Override, ("select",), definitions["Override"]["properties"]),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _rows(model: type[Table], names: tuple[str, ...], properties: dict[str, Any]) -> Iterator[str]:
    for name in names:
        field = model.model_fields[name]
        key = str(field.alias)
        yield f"#### `{key}`"
        yield ""
        yield field.description or ""
        yield ""
        default = field.get_default(call_default_factory=True)
        shown = "required" if field.is_required() else f"default: {_default(default)}"
        yield f"Type: {_type(properties[key])}; {shown}."
        yield ""


def _default(value: Any) -> str:
    if value is None or isinstance(value, Table) or value in ((), {}):
        return "not set"
    return f"`{json.dumps(value[0] if isinstance(value, tuple) and len(value) == 1 else value)}`"


def _type(schema: dict[str, Any]) -> str:
    """A JSON schema in words."""
    if "$ref" in schema:
        return "table"
    if "enum" in schema:
        return " or ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_type(part) for part in schema["anyOf"])
    kind = schema["type"]
    if kind == "array":
        return f"list of {_type(schema['items'])}s"
    if kind == "object":
        values = schema["additionalProperties"]
        return f"table of {_type(values).replace('string', 'strings', 1)}"
    return {"boolean": "`true` or `false`"}.get(kind, str(kind))
