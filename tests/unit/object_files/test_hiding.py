"""Objects keep what they define to the module they are linked into."""

from __future__ import annotations

import pytest
from fake_hosts import ar_archive
from macho_files import OBJECT, macho

from crosswheel.object_files.ar import archive_members, hide_symbols
from crosswheel.object_files.macho import external_symbols, read_macho

PLAIN = macho(kind=OBJECT, exports=("one", "two"), imports={"three": -2}, signed=False)


def test_what_is_defined_is_private_and_what_is_taken_stays() -> None:
    ((_, data),) = archive_members(hide_symbols(ar_archive({"#1/4": b"a.o\0" + PLAIN})))
    assert len(external_symbols(PLAIN)) == 2
    assert external_symbols(data) == ()
    before, after = read_macho(PLAIN), read_macho(data)
    assert before is not None
    assert after is not None
    assert (after.defined, after.imports) == (before.defined, before.imports)


@pytest.mark.parametrize(
    "data", [PLAIN, b"", ar_archive({"a.o/": b"\x7fELF and so on"}), ar_archive({"a.o/": PLAIN[:90]})]
)
def test_everything_else_stays_as_it_is(data: bytes) -> None:
    assert hide_symbols(data) == data
