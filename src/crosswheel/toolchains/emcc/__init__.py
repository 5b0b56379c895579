"""The emcc toolchain: an installed Emscripten compiler, for modules that Pyodide loads."""
