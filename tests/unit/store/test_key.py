from pathlib import Path

import pytest

from crosswheel.store import Key, code_digest, key


def test_the_order_of_inputs_does_not_matter():
    one = Key.create("library", "z", source="a", target={"x": 1, "y": 2})
    two = Key.create("library", "z", target={"y": 2, "x": 1}, source="a")
    assert one == two
    assert hash(one) == hash(two)


@pytest.mark.parametrize(
    "other",
    [
        Key.create("library", "z", source="b", patches=[]),
        Key.create("library", "z", source="a", patches=["p"]),
        Key.create("library", "z", source="a"),
        Key.create("library", "y", source="a", patches=[]),
        Key.create("wheel", "z", source="a", patches=[]),
    ],
)
def test_any_difference_makes_another_key(other):
    assert other != Key.create("library", "z", source="a", patches=[])


def test_a_key_changes_with_the_keys_it_depends_on():
    keys = {Key.create("wheel", "lxml", libraries=[Key.create("library", "z", source=text)]) for text in ("a", "b")}
    assert len(keys) == 2


@pytest.mark.parametrize("value", [Path("/x"), {1: 2}, {"a"}, float("nan")])
def test_what_has_no_form_that_is_the_same_everywhere_is_refused(value):
    with pytest.raises((TypeError, ValueError)):
        Key.create("library", "z", value=value)


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden"])
def test_a_name_that_cannot_be_a_file_s_is_refused(name):
    with pytest.raises(ValueError, match="part of a key"):
        Key.create("library", name)


def test_what_changes_in_a_package_changes_the_digest(tmp_path, monkeypatch):
    for package in ("one", "two"):
        (tmp_path / package / "tables").mkdir(parents=True)
        (tmp_path / package / "a.py").write_text("x = 1")
    monkeypatch.setattr(key, "files", lambda _: tmp_path)

    def digests():
        code_digest.cache_clear()
        return code_digest(), code_digest("one"), code_digest("one", without=("tables",))

    def same(one, other):
        return [a == b for a, b in zip(one, other, strict=True)]

    first = digests()
    (tmp_path / "one" / "__pycache__").mkdir()
    (tmp_path / "one" / "__pycache__" / "a.pyc").write_bytes(b"compiled")
    assert digests() == first
    (tmp_path / "two" / "a.py").write_text("x = 2")
    second = digests()
    assert same(first, second) == [False, True, True]
    (tmp_path / "one" / "tables" / "z.toml").write_text("")
    third = digests()
    assert same(second, third) == [False, False, True]
    (tmp_path / "one" / "a.py").write_text("x = 2")
    assert same(third, digests()) == [False, False, False]
    code_digest.cache_clear()


def test_a_package_that_is_not_there_is_a_mistake():
    """A key that depended on nothing would never change: a renamed package must not go unnoticed."""
    with pytest.raises(ValueError, match="no package gone"):
        code_digest("store", "gone")
