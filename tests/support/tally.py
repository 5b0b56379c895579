"""The recipe and sources of ``tally``, a library for tests: it has a counter, and depends on zlib."""

from __future__ import annotations

from pathlib import Path

from fake_hosts import digest, tarball
from recipes_of_libraries import written

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
    """Add the recipe to a directory of recipes."""
    libraries = directory / "libraries"
    libraries.mkdir(parents=True, exist_ok=True)
    archive = tarball(
        {name: text.encode() for name, text in _SOURCES.items()}, mode="w:xz"
    )  # gzip would contain the current time
    (libraries / "tally.tar.xz").write_bytes(archive)
    text = written(
        "tally",
        digest(archive),
        archive="tally.tar.xz",
        depends=["zlib"],
        headers=["tally.h"],
        targets=["libtally.a"],
    )
    (libraries / "tally.toml").write_text(text)
    return directory
