"""An installed emcc: Emscripten's own compiler driver, for modules that Pyodide loads."""
