"""The JSON schema and the reference page of ``[tool.crosswheel]``, both derived from its model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from crosswheel.settings.model import Index, Override, Settings
from crosswheel.settings.options import Options
from crosswheel.toml_models.table import field_schema

if TYPE_CHECKING:
    from collections.abc import Iterator


def json_schema() -> dict[str, Any]:
    """Return the schema of the table (JSON Schema 2020-12), for editors and validators."""
    (_,), parts = msgspec.json.schema_components((Settings,), schema_hook=field_schema, ref_template="#/$defs/{name}")
    table = parts.pop(Settings.__name__)
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, "$defs": parts, **table, "title": "tool.crosswheel"}


def schema_text() -> str:
    """Return the text of the schema's file."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def reference_page() -> str:
    """Return the Markdown page that lists every key with its type, default and description."""
    keys, common, override_keys = Settings.keys(), Options.keys(), Override.keys()
    own = tuple(key for key in keys if key not in common)
    of_overrides = tuple(key for key in override_keys if key not in common)
    schema = json_schema()
    definitions = schema["$defs"]
    lines = [
        "## `[tool.crosswheel]`",
        "",
        *_entries(own, schema),
        "### Options that overrides can change",
        "",
        *_entries(common, schema),
        "## `[tool.crosswheel.index]`",
        "",
        *_entries(Index.keys(), definitions["Index"]),
        "## `[[tool.crosswheel.overrides]]`",
        "",
        *_entries(of_overrides, definitions["Override"]),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _entries(keys: tuple[str, ...], table: dict[str, Any]) -> Iterator[str]:
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
    """Describe the type in a JSON schema in words."""
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
