"""The JSON schema of ``[tool.crosswheel]``, for editors and validators."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from crosswheel.settings.model import Settings
from crosswheel.toml_models.fields import field_schema


def json_schema() -> dict[str, Any]:
    """The schema of the table, JSON Schema 2020-12."""
    (_,), parts = msgspec.json.schema_components((Settings,), schema_hook=field_schema, ref_template="#/$defs/{name}")
    whole = parts.pop(Settings.__name__)
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, "$defs": parts, **whole, "title": "tool.crosswheel"}


def schema_text() -> str:
    """The schema as it is kept in a file."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
