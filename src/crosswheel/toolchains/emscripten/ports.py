"""Emscripten's ports: libraries that a build requests from its compiler, and that recipes of libraries provide here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crosswheel.toolchains.command_line import Item

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PORTS = {
    "boost_headers": "",
    "bzip2": "bz2",
    "freetype": "freetype",
    "harfbuzz": "harfbuzz",
    "libjpeg": "jpeg",
    "libpng": "png16",
    "sqlite3": "sqlite3",
    "zlib": "z",
}
"""The ports that there are recipes for, and the names that they are linked by; empty for headers alone."""
RUNTIME = ("libc", "libc++", "libc++abi", "libcompiler_rt", "libdlmalloc", "libhtml5", "libnoexit", "libunwind")
"""Libraries that programs build for Emscripten before they use them, and that are part of Pyodide's runtime."""
_SETTING = re.compile(r"-sUSE_(?P<name>[A-Z0-9_]+)(?:=(?P<value>.*))?")
_OPTION = "--use-port="
_VARIANT = re.compile(r"-(?:legacy|mt|wasm|debug)[a-z]*$")
"""The end of a library's name by which Emscripten tells how it is compiled: ``png-legacysjlj``."""


def requested_port(item: Item) -> str | None:
    """Return the port that an option of emcc requests, or None: ``-sUSE_ZLIB=1``, ``--use-port=zlib``.

    Emscripten documents both in its "Building Projects" and "Emscripten Ports" chapters.
    """
    text = item.name + (item.value or "")
    if setting := _SETTING.fullmatch(text):
        return setting["name"].lower() if setting["value"] != "0" else None
    return text.removeprefix(_OPTION).partition(":")[0] if text.startswith(_OPTION) else None


def link_ports(items: Iterable[Item], *, linking: bool) -> Iterator[Item]:
    """Replace requests for ports by their libraries.

    The headers are those of the build's own libraries, or missing like those of any other library.

    :param linking: whether the call links.
    """
    for item in items:
        port = requested_port(item)
        if port is not None:
            if linking and (library := PORTS.get(port)):
                yield Item("-l", library, joined=True)
        elif item.name == "-l" and item.value and _VARIANT.search(item.value):
            yield Item("-l", _VARIANT.sub("", item.value), joined=True)
        else:
            yield item
