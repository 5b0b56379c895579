"""Requests for Emscripten's ports become links with the libraries of recipes."""

from __future__ import annotations

import pytest

from crosswheel.toolchains.command_line import Item
from crosswheel.toolchains.emscripten.ports import link_ports, requested_port


@pytest.mark.parametrize(
    ("option", "port"),
    [
        ("-sUSE_ZLIB=1", "zlib"),
        ("-sUSE_LIBPNG", "libpng"),
        ("-sUSE_ZLIB=0", None),
        ("--use-port=freetype", "freetype"),
        ("--use-port=sdl2_mixer:formats=ogg", "sdl2_mixer"),
        ("-sSIDE_MODULE=1", None),
        ("-DUSE_ZLIB=1", None),
    ],
)
def test_requests_are_recognized(option: str, port: str | None) -> None:
    assert requested_port(Item(option)) == port


@pytest.mark.parametrize(("linking", "linked"), [(True, [Item("-l", "z", joined=True)]), (False, [])])
def test_a_port_is_linked_by_links_only(linking: bool, linked: list[Item]) -> None:
    items = [Item("-O2"), Item("-sUSE_ZLIB=1"), Item("-sUSE_BOOST_HEADERS=1")]
    assert list(link_ports(items, linking=linking)) == [Item("-O2"), *linked]


@pytest.mark.parametrize(
    ("name", "plain"), [("png-legacysjlj", "png"), ("freetype-legacysjlj", "freetype"), ("z", "z")]
)
def test_variants_of_a_library_are_one(name: str, plain: str) -> None:
    (item,) = link_ports([Item("-l", name, joined=True)], linking=True)
    assert item.value == plain
