"""Pyodide: WebAssembly with Emscripten's C library."""

from crosswheel.platforms.model import Platform
from crosswheel.targets import PyodideTarget

PYODIDE = Platform(
    family="pyodide",
    target=PyodideTarget,
    toolchains={
        "zig": "crosswheel.toolchains.zig.toolchain:prepare_for_pyodide",
        "emcc": "crosswheel.toolchains.emcc.toolchain:prepare_for_pyodide",
    },
    # The runtime exports its C++ library to modules.
    cxx_runtime=(),
    python_provider="crosswheel.pythons.runtime:RuntimeProvider",
    runners=("crosswheel.runners.node:NodeRunner",),
    mismatch="crosswheel.object_files.mismatch:wasm_mismatch",
    repairer="crosswheel.wheels.repair.formats:repair_wasm",
    audit_checks=("side-module", "runtime-abi", "side-libraries", "exceptions", "clashes"),
    audit_modules=(),
)
