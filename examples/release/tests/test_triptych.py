"""Tests of the three extension modules; crosswheel runs them for every target that has a runner."""

from array import array

import pytest
from triptych import fnv1a, mean, moving_mean, parse, sorted_words


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"", 0xCBF29CE484222325), (b"a", 0xAF63DC4C8601EC8C), (memoryview(b"foobar"), 0x85944171F73967E8)],
)
def test_hash(data, expected):
    assert fnv1a(data) == expected


def test_only_bytes_are_hashed():
    with pytest.raises(TypeError):
        fnv1a("text")


def test_numbers():
    assert parse(" 1 -22\n333 ") == [1, -22, 333]
    assert parse("") == []


def test_exceptions_of_c_plus_plus_are_pythons():
    with pytest.raises(ValueError, match="not a number: 2x"):
        parse("1 2x")
    with pytest.raises(ValueError):
        parse("x")
    with pytest.raises(OverflowError, match="too large: 99999999999999999999"):
        parse("99999999999999999999")


def test_words():
    assert sorted_words("pear apple fig") == ["apple", "fig", "pear"]
    assert sorted_words("x " * 1000) == ["x"] * 1000


def test_means():
    values = array("d", [1.0, 2.0, 6.0, 7.0])
    assert mean(values) == 4.0
    assert list(moving_mean(values, 2)) == [1.5, 4.0, 6.5]
    with pytest.raises(ValueError, match="width is 5, of 4 values"):
        moving_mean(values, 5)
    with pytest.raises(ValueError, match="there are no values"):
        mean(array("d"))
