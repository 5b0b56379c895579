"""Run a program that is linked as a WebAssembly module, in Pyodide's Python.

``python run_wasm_program.py ARGV0 PROGRAM [ARGUMENT…]``: ``main`` is called with the C library of the interpreter.
"""

import ctypes
import os
import sys


def run(argv0: str, program: str, *arguments: str) -> None:
    """Call the program's ``main``, and exit with its status."""
    library = ctypes.CDLL(os.path.abspath(program))  # noqa: PTH100  # pathlib takes long to import
    argv = [os.fsencode(word) for word in (argv0 or program, *arguments)]
    try:
        # clang's name of a main with parameters (the C ABI of WebAssembly, tool-conventions).
        status = library["__main_argc_argv"](len(argv), (ctypes.c_char_p * (len(argv) + 1))(*argv, None))
    except AttributeError:
        status = library["main"]()
    ctypes.CDLL(None).exit(status)


run(*sys.argv[1:])
