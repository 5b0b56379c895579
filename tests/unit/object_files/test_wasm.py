"""What is read from a WebAssembly module, and that nothing in one is fatal."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wasm_modules import (
    F64,
    FUNCREF,
    FUNCTION,
    GLOBAL,
    HEADER,
    I32,
    I64,
    MEMORY,
    MUTABLE,
    TABLE,
    TAG,
    code,
    custom,
    dylink,
    exports,
    functions,
    global_values,
    imports,
    module,
    number,
    section,
    tags,
    types,
)

from crosswheel.object_files import is_binary, read_binary
from crosswheel.object_files.wasm import Wasm, WasmItem, read_wasm

SIDE_MODULE = module(
    dylink("libfoo.so", "libbar.so", weak=[("env", "maybe")], strong=[("env", "must")]),
    types(([I32, I32], [F64]), ([], []), ([I64], [I32, I32])),
    imports(
        ("env", "must", FUNCTION, number(0)),
        ("env", "maybe", FUNCTION, number(1)),
        ("env", "memory", MEMORY, bytes([0, 1])),
        ("env", "__indirect_function_table", TABLE, bytes([FUNCREF, 1, 0, 9])),
        ("env", "__stack_pointer", GLOBAL, bytes([I32, MUTABLE])),
        ("GOT.mem", "table", GLOBAL, bytes([I32, MUTABLE])),
        ("env", "__cpp_exception", TAG, b"\0" + number(1)),
    ),
    functions(1, 2),
    tags(2),
    global_values(
        (I32, 0, b"\x41\x80\x08"), (I64, 0, b"\x42\x00"), (F64, 0, b"\x44" + bytes(8)), (I32, 0, b"\x23\x00")
    ),
    exports(
        ("PyInit_x", FUNCTION, 3),
        ("again", FUNCTION, 0),
        ("number", GLOBAL, 4),
        ("memory", MEMORY, 0),
        ("thrown", TAG, 1),
    ),
    code(2),
)
"""Every kind of thing is imported and made, so that an index that forgets the imports finds another type."""


def read(data: bytes) -> Wasm:
    found = read_wasm(data)
    assert found is not None
    return found


def test_imports_have_their_modules_and_types():
    assert read(SIDE_MODULE).imports == (
        WasmItem("must", "function", "(i32, i32) -> f64", "env"),
        WasmItem("maybe", "function", "() -> nothing", "env", weak=True),
        WasmItem("memory", "memory", "", "env"),
        WasmItem("__indirect_function_table", "table", "", "env"),
        WasmItem("__stack_pointer", "global", "mut i32", "env"),
        WasmItem("table", "global", "mut i32", "GOT.mem"),
        WasmItem("__cpp_exception", "tag", "() -> nothing", "env"),
    )


def test_exports_are_counted_after_imports():
    found = read(SIDE_MODULE)
    assert found.exports == (
        WasmItem("PyInit_x", "function", "(i64) -> i32, i32"),
        WasmItem("again", "function", "(i32, i32) -> f64"),
        WasmItem("number", "global", "f64"),
        WasmItem("memory", "memory"),
        WasmItem("thrown", "tag", "(i64) -> i32, i32"),
    )
    assert found.exported_names == {"PyInit_x", "again", "number", "memory", "thrown"}
    assert found.export_types()["number"].type == "f64"


def test_a_side_module_names_what_it_needs():
    found = read(SIDE_MODULE)
    assert (found.needed, found.side_module, found.format) == (("libfoo.so", "libbar.so"), True, "WebAssembly")


def test_a_program_is_no_side_module():
    found = read(
        module(custom("name", b"anything"), types(([], [])), functions(0), exports(("_start", FUNCTION, 0)), code(1))
    )
    assert (found.needed, found.side_module) == ((), False)
    assert found.exports == (WasmItem("_start", "function", "() -> nothing"),)


def test_imports_in_two_sections_are_counted_once():
    one, two = (imports(("env", title, FUNCTION, number(at))) for at, title in enumerate(("one", "two")))
    found = read(
        module(types(([], []), ([I32], []), ([F64], [])), one, two, functions(2), exports(("x", FUNCTION, 2)), code(1))
    )
    assert found.exports == (WasmItem("x", "function", "(f64) -> nothing"),)


def test_an_empty_module_is_one():
    assert read(HEADER) == Wasm((), (), (), side_module=False)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0asm",
        b"\0asm\x0d\0\x01\0",  # a component
        b"text",
        module(b"\x01"),
        module(section(1, b"\x01\x60")),
        module(section(1, b"\xff" * 11)),
        module(section(1, b"\x01\x60\x01\x20\x00")),  # no type has this number
        module(section(1, b"\x01\x5f\x00")),  # a structure, of another proposal
        module(functions(0)),  # of a type that is not there
        module(exports(("x", FUNCTION, 0))),
        module(exports(("x", 9, 0))),
        module(section(7, b"\x01\x01\xff\x00\x00")),  # a name that is not UTF-8
        module(section(7, number(2**62))),
        module(custom("dylink.0", b"\x02\x7f\x01")),
        module(global_values((I32, 0, b"\x10\x00"))),  # a call is no constant
    ],
)  # fmt: skip
def test_damage_is_none(data):
    assert read_wasm(data) is None
    assert read_binary(data) is None


def test_binaries_are_told_by_their_first_bytes():
    assert is_binary(SIDE_MODULE)
    assert not is_binary(b"PK\x03\x04")
    assert read_binary(SIDE_MODULE) == read_wasm(SIDE_MODULE)


@pytest.mark.parametrize("end", range(len(SIDE_MODULE)))
def test_truncated(end):
    # Cut between sections it is a module all the same.
    found = read_wasm(SIDE_MODULE[:end])
    assert found is None or found != read(SIDE_MODULE) or end >= len(SIDE_MODULE) - len(code(2))


@given(st.lists(st.tuples(st.integers(8, len(SIDE_MODULE) - 1), st.integers(0, 255)), min_size=1, max_size=4))
@settings(max_examples=300)
def test_mutated(changes):
    data = bytearray(SIDE_MODULE)
    for at, byte in changes:
        data[at] = byte
    found = read_wasm(bytes(data))
    assert found is None or isinstance(found, Wasm)


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_anything_after_the_header(data):
    found = read_wasm(HEADER + data)
    assert found is None or isinstance(found, Wasm)


@pytest.mark.parametrize(
    "data",
    [
        module(*[imports(("", "", MEMORY, b"\0\0"))] * 20_000),
        module(types(([], [])), *[imports(("", "", FUNCTION, b"\0"))] * 20_000),
        module(section(1, number(2**63) + b"\x60\0\0" * 50_000)),
        module(*[custom("dylink.0", section(2, number(2**40)))] * 1000),
    ],
    ids=["memories", "functions", "types", "libraries"],
)
def test_absurd_numbers_do_not_take_long(data):
    begin = time.monotonic()
    read_wasm(data)
    assert time.monotonic() - begin < 5
