"""Records of what links took."""

from __future__ import annotations

from crosswheel.toolchains.link import archives_in_map, map_file


def test_each_output_has_a_record_of_its_own() -> None:
    first, second = map_file("/m", "a/x.so", "/w"), map_file("/m", "x.so", "/w")
    assert first != second
    assert map_file("/m", "/w/a/x.so", "/elsewhere") == first
    assert first.startswith("/m/x.so.")


def test_archives_are_named_by_their_true_places() -> None:
    text = (
        "  VMA  LMA Size Align Out In Symbol\n"
        "  240  240    1     1 /p/lib/pkgconfig/../libz.a(inflate.o):(.text.inflate)\n"
        "  250  250    1     1 build/a.o:(.text)\n"
    )
    assert archives_in_map(text) == {"/p/lib/libz.a"}
