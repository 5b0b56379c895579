from pathlib import Path

import pytest

from crosswheel.store import Key


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
