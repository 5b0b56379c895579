from typing import Annotated, Literal

import pytest
from msgspec import UNSET, UnsetType

from crosswheel.errors import UsageError
from crosswheel.toml_models import StringOrList, Table, doc, read_table


class Step(Table, frozen=True, kw_only=True):
    system: Literal["cmake", "meson"]
    options: Annotated[dict[str, StringOrList], doc("Words.")] | UnsetType = UNSET


class Recipe(Table, frozen=True, kw_only=True):
    version: str
    count: int = 0
    build: Step | UnsetType = UNSET
    steps: tuple[Step, ...] = ()
    words: tuple[str, ...] = ()


def test_a_document_is_a_value():
    made = read_table(Recipe, {"version": "1", "build": {"system": "cmake", "options": {"a": "b"}}}, name="", where="x")
    assert made == Recipe(version="1", build=Step(system="cmake", options={"a": StringOrList(("b",))}))


@pytest.mark.parametrize(
    ("table", "what", "hint"),
    [
        ({"version": "1", "biuld": {}}, "unknown key 'biuld' in the document", "did you mean 'build'?"),
        ({}, "the document lacks the key 'version'", None),
        ({"version": "1", "build": {"system": "scons"}}, "build.system is 'scons'", "expected 'cmake' or 'meson'"),
        ({"version": "1", "build": {"system": "cmake", "x": 1}}, "unknown key 'x' in build", "known are system"),
        ({"version": "1", "steps": [{"system": "meson", "option": 1}]}, "'option' in steps[0]", "'options'"),
        ({"version": "1", "steps": 1}, "steps is 1", "expected a list of tables, [[steps]]"),
        ({"version": "1", "words": 1}, "words is 1", "expected a list"),
        ({"version": "1", "count": "x"}, "count is 'x'", "expected a whole number"),
        ({"version": "1", "build": {"system": "cmake", "options": {"a": "b", "c": [1]}}}, "build.options.c[0]", "str"),
    ],
)
def test_a_mistake_is_named_by_its_place(table, what, hint):
    with pytest.raises(UsageError) as caught:
        read_table(Recipe, table, name="", where="zlib.toml")
    assert caught.value.where == "zlib.toml"
    assert what in caught.value.what
    assert hint is None if caught.value.hint is None else hint in caught.value.hint
