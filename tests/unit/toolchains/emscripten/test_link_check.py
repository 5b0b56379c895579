"""Imports of a module, checked against the exports of a runtime."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from wasm_modules import FUNCTION, I32, code, dylink, exports, functions, imports, module, types

from crosswheel.errors import EnvironmentMissingError
from crosswheel.object_files.wasm import Wasm, WasmItem, relink
from crosswheel.toolchains.emscripten.link_check import ModuleLinkCheck, main, missing_imports
from crosswheel.toolchains.emscripten.runtime_exports import RuntimeExports, runtime_exports

EXPORTS = RuntimeExports(
    {"PyLong_FromLong": "(i32) -> i32", "from_javascript": "", "_ZN3fooB8ne190106Ev": "() -> ()"},
    frozenset({"PyExc_ValueError", "environ"}),
)


def function(name: str, kind: str = "(i32) -> i32", module: str = "env", *, weak: bool = False) -> WasmItem:
    return WasmItem(module=module, name=name, kind="function" if module == "env" else "global", type=kind, weak=weak)


def errors(*imports: WasmItem, exports: tuple[WasmItem, ...] = ()) -> list[str]:
    return [what for _, what in missing_imports(Wasm(imports, exports, (), side_module=True), EXPORTS)]


def test_what_the_runtime_has_is_taken() -> None:
    assert errors(function("PyLong_FromLong"), function("PyExc_ValueError", "i32", "GOT.mem")) == []
    assert errors(function("PyLong_FromLong", "i32", "GOT.func"), function("from_javascript", "(f64) -> ()")) == []


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (function("missing"), "undefined function missing"),
        (function("missing", "i32", "GOT.func"), "undefined function missing"),
        (function("missing", "i32", "GOT.mem"), "undefined variable missing"),
        (
            function("PyLong_FromLong", "i32", "GOT.mem"),
            "PyLong_FromLong is a function of the runtime, not a variable",
        ),
        (
            function("PyLong_FromLong", "(i64) -> i32"),
            "wrong prototype of PyLong_FromLong: called as (i64) -> i32, but defined as (i32) -> i32",
        ),
    ],
)
def test_what_it_lacks_is_told(item: WasmItem, expected: str) -> None:
    assert errors(item) == [expected]


def test_weak_and_own_symbols_and_trampolines_are_no_mistakes() -> None:
    own = WasmItem(module="", name="mine", kind="function", type="(i32) -> i32")
    assert errors(function("missing", weak=True), function("invoke_viij", "(i32, i32) -> ()")) == []
    assert errors(function("mine"), function("mine", "i32", "GOT.func"), exports=(own,)) == []
    assert errors(function("invoke_me")) == ["undefined function invoke_me"]


def test_a_surface_is_read_as_it_was_written(tmp_path: Path) -> None:
    EXPORTS.write(tmp_path / "runtime_exports.json")
    assert RuntimeExports.read(tmp_path / "runtime_exports.json") == EXPORTS


def test_the_version_of_the_cxx_library_is_in_its_names() -> None:
    assert EXPORTS.libcxx == 19
    assert RuntimeExports({"malloc": ""}, frozenset()).libcxx is None


def test_a_file_that_is_no_module_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    EXPORTS.write(tmp_path / "runtime_exports.json")
    (tmp_path / "a.so").write_bytes(b"\x7fELF")
    assert main([str(tmp_path / "runtime_exports.json"), str(tmp_path / "a.so")]) == 1
    assert "is not a WebAssembly module" in capsys.readouterr().err


def test_a_runtime_without_its_parts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.wasm").write_bytes(b"\0asm\x01\0\0\0")
    (tmp_path / "a.js").write_text("no table")
    with pytest.raises(EnvironmentMissingError, match="no table wasmImports"):
        runtime_exports(tmp_path / "a.wasm", tmp_path / "a.js")
    with pytest.raises(EnvironmentMissingError, match="not a WebAssembly"):
        runtime_exports(tmp_path / "a.js", tmp_path / "a.js")


def linked(directory: Path, taken: str, given: str) -> ModuleLinkCheck:
    """Write a module that imports one function and exports another, as after its first link."""
    EXPORTS.write(directory / "runtime_exports.json")
    parts = (types(([I32], [I32])), imports(("env", taken, FUNCTION, b"\0")), functions(0), code(1))
    (directory / "a.so").write_bytes(module(dylink(), *parts, exports((given, FUNCTION, 1)), code(1)))
    return ModuleLinkCheck(str(directory / "runtime_exports.json"), "a.so")


def test_a_module_that_is_right_is_seen_to_be(tmp_path: Path) -> None:
    assert linked(tmp_path, "PyLong_FromLong", "PyInit_a").passes(str(tmp_path))


@pytest.mark.parametrize(
    ("taken", "given"),
    [
        ("missing", "PyInit_a"),
        ("PyLong_FromLong", "__wasm_call_ctors"),  # a library for ctypes, which is to export everything
    ],
)
def test_any_other_is_left_to_the_program(tmp_path: Path, taken: str, given: str) -> None:
    assert not linked(tmp_path, taken, given).passes(str(tmp_path))


def test_what_a_library_has_is_taken_by_those_that_need_it(tmp_path: Path) -> None:
    check = replace(linked(tmp_path, "counted", "PyInit_a"), shared=(str(tmp_path / "libcount.so"),))
    parts = (types(([I32], [I32])), functions(0), exports(("counted", FUNCTION, 0)), code(1))
    (tmp_path / "libcount.so").write_bytes(module(dylink(), *parts))
    assert not check.passes(str(tmp_path))
    needing = relink((tmp_path / "a.so").read_bytes(), ("libcount.so",), ())
    (tmp_path / "a.so").write_bytes(needing)
    assert check.passes(str(tmp_path))
    assert f"--shared={tmp_path}/libcount.so" in check.command((), ("link",))
    (tmp_path / "libcount.so").write_bytes(module(dylink(), types(([I32], [])), *parts[1:]))
    assert not check.passes(str(tmp_path))  # of another type


def test_libraries_may_be_named_relative_to_the_call(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    check = replace(linked(tmp_path, "counted", "PyInit_a"), shared=("lib/libcount.so", "elsewhere/libcount.so"))
    parts = (types(([I32], [I32])), functions(0), exports(("counted", FUNCTION, 0)), code(1))
    (tmp_path / "lib" / "libcount.so").write_bytes(module(dylink(), *parts))
    (tmp_path / "a.so").write_bytes(relink((tmp_path / "a.so").read_bytes(), ("libcount.so",), ()))
    assert check.passes(str(tmp_path))


def test_what_is_no_module_is_left_to_the_program(tmp_path: Path) -> None:
    check = linked(tmp_path, "PyLong_FromLong", "PyInit_a")
    (tmp_path / "a.so").write_bytes(b"\x7fELF")
    assert not check.passes(str(tmp_path))
    (tmp_path / "a.so").unlink()
    assert not check.passes(str(tmp_path))
