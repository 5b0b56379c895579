from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

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


class Inner(Table, frozen=True, kw_only=True):
    old_keys: ClassVar[Mapping[str, str]] = {"colour": "color"}

    color: str = ""


class Outer(Table, frozen=True, kw_only=True):
    old_keys: ClassVar[Mapping[str, str]] = {"parts": "inner-tables"}

    inner_tables: tuple[Inner, ...] = ()
    only: Inner | UnsetType = UNSET


def test_former_spellings_of_keys_are_accepted_with_a_note():
    notes: list[str] = []
    table = {"parts": [{"color": "red"}, {"colour": "blue"}], "only": {"colour": "green"}}
    made = read_table(Outer, table, name="tool.x", where="here", notes=notes)
    assert made == Outer(inner_tables=(Inner(color="red"), Inner(color="blue")), only=Inner(color="green"))
    assert notes == [
        "tool.x.parts is now called inner-tables",
        "tool.x.inner-tables[1].colour is now called color",
        "tool.x.only.colour is now called color",
    ]
    assert read_table(Outer, table, name="tool.x", where="here") == made


@pytest.mark.parametrize(
    ("table", "what"),
    [
        ({"parts": [], "inner-tables": []}, "[tool.x]: parts and inner-tables are the same key"),
        ({"parts": [{"colour": "a", "color": "a"}]}, "tool.x.inner-tables[0]: colour and color are the same key"),
    ],
)
def test_a_key_in_both_spellings_is_refused(table, what):
    with pytest.raises(UsageError) as caught:
        read_table(Outer, table, name="tool.x", where="here")
    assert what in caught.value.what
    assert caught.value.where == "here"


def test_former_spellings_are_no_keys():
    assert (Outer.keys(), Inner.keys()) == (("inner-tables", "only"), ("color",))
    with pytest.raises(UsageError, match=r"unknown key 'colors' in tool\.x\.only") as caught:
        read_table(Outer, {"only": {"colors": ""}}, name="tool.x", where="here")
    assert caught.value.hint == "did you mean 'color'?"


def every_table(base=Table):
    yield base
    for child in base.__subclasses__():
        yield from every_table(child)


def test_every_former_spelling_stands_for_a_key_and_is_none():

    renamed = {(old, kind) for kind in every_table() for old in kind.old_keys}
    assert {"mend-fortran", "gives", "parts"} <= {old for old, _ in renamed}
    for old, kind in renamed:
        keys = kind.keys()
        assert kind.old_keys[old] in keys, (kind, old)
        assert old not in keys, (kind, old)
        base = kind.__mro__[1]
        assert getattr(base, "old_keys", {}).items() <= kind.old_keys.items(), "a subclass extends those of its base"
