"""Records of what links took."""

from __future__ import annotations

from crosswheel.toolchains.link import archives_in, map_of


def test_each_output_has_a_record_of_its_own() -> None:
    first, second = map_of("/m", "a/x.so", "/w"), map_of("/m", "x.so", "/w")
    assert first != second
    assert map_of("/m", "/w/a/x.so", "/elsewhere") == first
    assert first.startswith("/m/x.so.")


def test_archives_are_named_by_their_true_places() -> None:
    text = (
        "  VMA  LMA Size Align Out In Symbol\n"
        "  240  240    1     1 /p/lib/pkgconfig/../libz.a(inflate.o):(.text.inflate)\n"
        "  250  250    1     1 build/a.o:(.text)\n"
    )
    assert archives_in(text) == {"/p/lib/libz.a"}
