"""zig's clang and wasm-ld for Emscripten's ABI: nothing of Emscripten is needed but its headers."""
