"""The reference page of the settings, made from their model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from crosswheel.settings.model import Index, Options, Override, Settings
from crosswheel.settings.schema import json_schema

if TYPE_CHECKING:
    from collections.abc import Iterator


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
