import inspect
import json
from pathlib import Path

from crosswheel.api import build
from crosswheel.building.options import BuildOptions
from crosswheel.settings import Index, Override, Settings
from crosswheel.settings.reference import reference_page
from crosswheel.settings.schema import json_schema, schema_text


def test_the_schema_knows_exactly_the_keys_of_the_model():
    schema = json_schema()
    assert set(schema["properties"]) == set(Settings.keys())
    assert schema["additionalProperties"] is False
    assert set(schema["$defs"]["Index"]["properties"]) == set(Index.keys())
    assert set(schema["$defs"]["Override"]["properties"]) == set(Override.keys())
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
    for key in {*Settings.keys(), *Index.keys(), *Override.keys()}:
        assert f"#### `{key}`\n" in page


def test_every_setting_is_explained():
    schema = json_schema()
    for table in (schema, schema["$defs"]["Index"], schema["$defs"]["Override"]):
        assert all(setting["description"] for setting in table["properties"].values())


def test_the_defaults_of_the_schema_are_those_of_the_python_api():
    names = {"output-dir": "output_directory"}
    told = {key: setting["default"] for key, setting in json_schema()["properties"].items() if "default" in setting}
    assert told.pop("targets") == inspect.signature(build).parameters["targets"].default[0]
    for key, default in told.items():
        kept = getattr(BuildOptions(), names.get(key, key.replace("-", "_")))
        assert default == (str(kept) if isinstance(kept, Path) else kept)
