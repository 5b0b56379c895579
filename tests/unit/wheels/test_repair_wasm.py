"""Run paths of WebAssembly modules that need a shared library of their own project."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_hosts import Shelf, fake_host
from wasm_modules import FUNCTION, I32, code, dylink, exports, functions, module, types

from crosswheel.host import Host
from crosswheel.object_files import read_binary
from crosswheel.object_files.wasm import Wasm, relink
from crosswheel.targets import target_from_tag
from crosswheel.wheels.repair.formats import repair_wasm


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return fake_host(tmp_path, Shelf(tmp_path), lambda _request: (1, "", "nothing is run"))


def side_module(*needed: str, run_paths: tuple[str, ...] = ()) -> bytes:
    parts = (types(([I32], [I32])), functions(0), exports(("counted", FUNCTION, 0)), code(1))
    return relink(module(dylink(), *parts), needed, run_paths)


def repaired(host: Host, tree: Path, files: dict[str, bytes]) -> dict[str, tuple[str, ...]]:
    """Return the new run paths by file."""
    for path, data in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(data)
    binaries = {path: found for path, data in files.items() if (found := read_binary(data))}
    changed = repair_wasm(host, binaries, tree, target_from_tag("pyodide_2025_0_wasm32"))
    run_paths = {}
    for path, data in changed.items():
        wasm = read_binary(data)
        assert isinstance(wasm, Wasm)
        assert wasm.needed == binaries[path].needed
        run_paths[path] = wasm.run_paths
    return run_paths


def test_a_module_finds_a_library_elsewhere_in_the_wheel(host, tmp_path):
    files = {"demo/_a.so": side_module("libx.so"), ".demo.libs/libx.so": side_module()}
    assert repaired(host, tmp_path, files) == {"demo/_a.so": ("$ORIGIN/../.demo.libs",)}


def test_directories_of_wheel_data_are_where_they_are_installed(host, tmp_path):
    files = {"demo/_a.so": side_module("libx.so"), "demo-1.0.data/platlib/demo/lib/libx.so": side_module()}
    assert repaired(host, tmp_path, files) == {"demo/_a.so": ("$ORIGIN/lib",)}


def test_run_paths_that_lead_to_it_stay(host, tmp_path):
    files = {"demo/_a.so": side_module("libx.so", run_paths=("$ORIGIN",)), "demo/libx.so": side_module()}
    assert repaired(host, tmp_path, files) == {}


def test_a_library_that_is_missing_or_ambiguous_is_left_to_the_audit(host, tmp_path):
    files = {
        "demo/_a.so": side_module("liby.so", "libx.so"),
        "one/libx.so": side_module(),
        "two/libx.so": side_module(),
    }
    assert repaired(host, tmp_path, files) == {}
