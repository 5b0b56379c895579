"""Paths of the build machine in texts, and what sealed programs see in their place."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from crosswheel.sealing.paths import PathTranslation

PATHS = PathTranslation(
    (("/tmp/crosswheel-x", "/build"), ("/tmp/crosswheel-x/tmp", "/tmp"), ("/c", "/crosswheel/cache"))
)


@pytest.mark.parametrize(
    ("outside", "inside"),
    [
        ("/tmp/crosswheel-x", "/build"),
        ("/tmp/crosswheel-x/source/a.c", "/build/source/a.c"),
        ("/tmp/crosswheel-x/tmp/t", "/tmp/t"),
        ("-I/c/include", "-I/crosswheel/cache/include"),
        ("-isystem/c/include", "-isystem/crosswheel/cache/include"),
        ("-ffile-prefix-map=/tmp/crosswheel-x=.", "-ffile-prefix-map=/build=."),
        ("-Wl,-rpath,/c/lib,-L/c/lib", "-Wl,-rpath,/crosswheel/cache/lib,-L/crosswheel/cache/lib"),
        ("/c/bin:/tmp/crosswheel-x/bin:/usr/bin", "/crosswheel/cache/bin:/build/bin:/usr/bin"),
        ('set(A "/tmp/crosswheel-x/a;/c/b")', 'set(A "/build/a;/crosswheel/cache/b")'),
        ("exec '/c/zig' \"$@\"", "exec '/crosswheel/cache/zig' \"$@\""),
        ("file:///c/wheels", "file:///crosswheel/cache/wheels"),
        ("wrote /tmp/crosswheel-x/raw.", "wrote /build/raw."),
    ],
)
def test_paths_are_replaced_wherever_one_can_begin(outside: str, inside: str) -> None:
    assert PATHS.inside(outside) == inside


@pytest.mark.parametrize(
    "text", ["/tmp/crosswheel-xy/a", "src/c/a.c", "/tmp/crosswheel-x.log", "/usr/c", "../c/a", "-I../c", "/c-2", "a/c"]
)
def test_what_only_looks_like_one_is_kept(text: str) -> None:
    assert PATHS.inside(text) == text


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        ("/build", "/tmp/crosswheel-x"),
        ("/build/a/b", "/tmp/crosswheel-x/a/b"),
        ("/tmp/t", "/tmp/crosswheel-x/tmp/t"),
        ("/crosswheel/cache/a", "/c/a"),
        ("/builder/a", "/builder/a"),
        ("/usr/include", "/usr/include"),
        ("a.c", "a.c"),
    ],
)
def test_the_way_back(inside: str, outside: str) -> None:
    assert PATHS.outside(inside) == outside


def test_several_texts_at_once() -> None:
    assert PATHS.inside_all(["/c", "", "x /c/a"]) == ("/crosswheel/cache", "", "x /crosswheel/cache/a")
    assert PATHS.inside_all([]) == ()


@dataclass(frozen=True)
class Inner:
    prefix: str
    names: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Outer:
    pairs: tuple[tuple[str, str], ...]
    inner: Inner | None = None
    number: int = 3


def test_values_are_translated_with_all_they_contain() -> None:
    value = Outer((("/c/a", "/c/b"),), Inner("/tmp/crosswheel-x", frozenset({"/c/x"})))
    inside = Outer(
        (("/crosswheel/cache/a", "/crosswheel/cache/b"),), Inner("/build", frozenset({"/crosswheel/cache/x"}))
    )
    assert PATHS.inside_value(value) == inside
    assert PATHS.outside_value(inside) == value


def test_without_a_seal_nothing_changes() -> None:
    same = PathTranslation()
    assert same.inside("/c /tmp/crosswheel-x") == "/c /tmp/crosswheel-x"
    assert same.outside("/build/a") == "/build/a"
    assert same.inside_all(["/c"]) == ("/c",)
