"""What a WebAssembly module needs can be changed, and nothing else of it does."""

from __future__ import annotations

import pytest
from wasm_modules import FUNCTION, I32, code, dylink, exports, functions, imports, module, number, types

from crosswheel.object_files.wasm import read_wasm, relink

REST = (
    types(([I32], [I32])),
    imports(("env", "maybe", FUNCTION, number(0))),
    functions(0),
    exports(("x", FUNCTION, 1)),
    code(1),
)
MODULE = module(dylink("liba.so", "libb.so", weak=[("env", "maybe")]), *REST)


def test_other_libraries_and_where_they_lie() -> None:
    before, after = read_wasm(MODULE), read_wasm(relink(MODULE, ("libc.so",), ("$ORIGIN/" + "x" * 200,)))
    assert before is not None
    assert after is not None
    assert (after.needed, after.run_paths) == (("libc.so",), ("$ORIGIN/" + "x" * 200,))
    assert (after.imports, after.exports, after.side_module) == (before.imports, before.exports, True)
    assert after.imports[0].weak


def test_none_at_all() -> None:
    changed = relink(MODULE, (), ())
    assert changed.endswith(b"".join(REST))
    assert relink(relink(changed, ("a",), ("b",)), (), ()) == changed


@pytest.mark.parametrize("data", [b"\x7fELF", module(*REST), MODULE[:20], b"\0asm\x02\0\0\0" + MODULE[8:]])
def test_what_is_no_side_module(data: bytes) -> None:
    with pytest.raises(ValueError, match="module"):
        relink(data, (), ())
