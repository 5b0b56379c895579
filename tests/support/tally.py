"""A library for tests that counts, and is built with another one: its recipe, and its sources."""

from __future__ import annotations

from pathlib import Path

from fake_hosts import digest, tarball

_RECIPE = """
version = "1.0"
summary = "Counts"
homepage = "https://example.org"
license = "MIT"
license-files = ["LICENSE"]
depends = ["zlib"]
[source]
urls = ["tally.tar.xz"]
sha256 = "{digest}"
[gives]
headers = ["tally.h"]
libraries = ["tally"]
[build]
system = "make"
targets = ["libtally.a"]
"""
_SOURCES = {
    "tally-1.0/tally.h": "extern long tally_count;\nlong tally_add(void);\nlong tally_total(void);\n",
    "tally-1.0/tally.c": """
#include <tally.h>
#include <zlib.h>
long tally_count;
long tally_total(void) { return tally_count; }
__attribute__((visibility("hidden"))) long tally_inner(void) { return crc32(0, 0, 0); }
long tally_add(void) { return tally_count += 1 + tally_inner(); }
""",
    "tally-1.0/LICENSE": "do as you like\n",
    "tally-1.0/Makefile": """
libtally.a: tally.c
\t$(CC) $(CFLAGS) -I. -c tally.c -o tally.o
\t$(AR) rcs libtally.a tally.o
install:
\tinstall -D tally.h $(DESTDIR)/usr/include/tally.h
\tinstall -D libtally.a $(DESTDIR)/usr/lib/libtally.a
""",
}


def tally_recipes(directory: Path) -> Path:
    """A directory of recipes with it; it may be there already."""
    place = directory / "libraries"
    place.mkdir(parents=True, exist_ok=True)
    archive = tarball(
        {name: text.encode() for name, text in _SOURCES.items()}, mode="w:xz"
    )  # without the time, as gzip has it
    (place / "tally.tar.xz").write_bytes(archive)
    (place / "tally.toml").write_text(_RECIPE.format(digest=digest(archive)))
    return directory
