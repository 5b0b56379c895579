"""The JSON schema of ``[tool.crosswheel]``, for editors and validators."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from crosswheel.settings.model import Index, Options, Override, Settings
from crosswheel.toml_models.table import field_schema

if TYPE_CHECKING:
    from collections.abc import Iterator


def json_schema() -> dict[str, Any]:
    """The schema of the table, JSON Schema 2020-12."""
    (_,), parts = msgspec.json.schema_components((Settings,), schema_hook=field_schema, ref_template="#/$defs/{name}")
    whole = parts.pop(Settings.__name__)
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, "$defs": parts, **whole, "title": "tool.crosswheel"}


def schema_text() -> str:
    """The schema as it is kept in a file."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def reference_page() -> str:
    """Every key, its type, its default and what it does, in Markdown."""
    keys, common, overrides = Settings.keys(), Options.keys(), Override.keys()
    own = tuple(key for key in keys if key not in common)
    of_overrides = tuple(key for key in overrides if key not in common)
    schema = json_schema()
    definitions = schema["$defs"]
    lines = [
        "## `[tool.crosswheel]`",
        "",
        *_rows(own, schema),
        "### Options that overrides can change",
        "",
        *_rows(common, schema),
        "## `[tool.crosswheel.index]`",
        "",
        *_rows(Index.keys(), definitions["Index"]),
        "## `[[tool.crosswheel.overrides]]`",
        "",
        *_rows(of_overrides, definitions["Override"]),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _rows(keys: tuple[str, ...], table: dict[str, Any]) -> Iterator[str]:
    for key in keys:
        setting = table["properties"][key]
        yield f"#### `{key}`"
        yield ""
        yield setting["description"]
        yield ""
        default = f"`{json.dumps(setting['default'])}`" if "default" in setting else "not set"
        shown = "required" if key in table["required"] else f"default: {default}"
        yield f"Type: {_type(setting)}; {shown}."
        yield ""


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
