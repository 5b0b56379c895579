"""The JSON schema of ``[tool.crosswheel]``, for editors and validators."""

from __future__ import annotations

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from crosswheel.settings.model import Settings


class _Generator(GenerateJsonSchema):
    """Without the titles that only repeat a key, and without null, which TOML does not have."""

    def nullable_schema(self, schema: Any) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: Any) -> dict[str, Any]:
        made = super().default_schema(schema)
        return {key: value for key, value in made.items() if (key, value) != ("default", None)}

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  # the parent's signature
        return False


def json_schema() -> dict[str, Any]:
    """The schema of the table, JSON Schema 2020-12."""
    schema = Settings.model_json_schema(by_alias=True, mode="validation", schema_generator=_Generator)
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema, "title": "tool.crosswheel"}


def schema_text() -> str:
    """The schema as it is kept in a file."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
