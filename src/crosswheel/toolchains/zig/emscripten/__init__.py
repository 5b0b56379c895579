"""zig for Pyodide: clang and wasm-ld for Emscripten's ABI, with Emscripten's headers."""
