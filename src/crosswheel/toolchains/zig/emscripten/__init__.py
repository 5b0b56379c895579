"""zig's clang and wasm-ld for Emscripten's ABI: nothing of Emscripten is needed but its headers."""

OLDEST_ABI = (2024, 0)
"""The oldest ABI of Pyodide that modules can be linked for."""
