import json

from crosswheel.settings import Index, Override, Settings
from crosswheel.settings.reference import reference_page
from crosswheel.settings.schema import json_schema, schema_text


def keys(model: type) -> set[str]:
    return {str(field.alias) for field in model.model_fields.values()}


def test_the_schema_knows_exactly_the_keys_of_the_model():
    schema = json_schema()
    assert set(schema["properties"]) == keys(Settings)
    assert schema["additionalProperties"] is False
    assert set(schema["$defs"]["Index"]["properties"]) == keys(Index)
    assert set(schema["$defs"]["Override"]["properties"]) == keys(Override)
    assert schema["$defs"]["Override"]["required"] == ["select"]


def test_the_schema_has_no_null_which_toml_lacks():
    assert "null" not in schema_text()


def test_the_schema_takes_a_string_or_a_list_where_the_parser_does():
    assert json_schema()["properties"]["targets"]["anyOf"] == [
        {"type": "string"},
        {"items": {"type": "string"}, "type": "array"},
    ]


def test_the_schemas_text_is_its_json():
    assert json.loads(schema_text()) == json_schema()


def test_the_reference_explains_every_key():
    page = reference_page()
    for key in keys(Settings) | keys(Index) | {"select"}:
        assert f"#### `{key}`\n" in page
    for model in (Settings, Index, Override):
        for field in model.model_fields.values():
            assert field.description
