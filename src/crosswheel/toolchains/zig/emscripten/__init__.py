"""zig's clang and wasm-ld for Emscripten's ABI: nothing of Emscripten is needed but its headers."""

from crosswheel.toolchains.zig.emscripten.kit import open_emscripten_kit

OLDEST_ABI = (2024, 0)
"""The oldest ABI of Pyodide that modules can be linked for."""

__all__ = ["OLDEST_ABI", "open_emscripten_kit"]
