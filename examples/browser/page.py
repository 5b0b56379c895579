"""Functions that the page calls. They return JSON, which needs no proxies between Python and JavaScript."""

import json
import re
import sys
import time
from importlib import import_module
from importlib.machinery import ExtensionFileLoader
from importlib.metadata import distribution
from pathlib import Path
from types import ModuleType

import pyodide_js
import regex
import ujson

COMPILED = {"regex": "regex._regex", "ujson": "ujson"}
"""The extension module of each package."""
LIMIT = 1.0
"""Time limit of a search in seconds; the page waits for it."""
BATCH = 0.005
"""Minimum time of a batch of round trips in seconds."""


def about() -> str:
    """Return the runtime's versions, and the extension modules that are loaded.

    :raises RuntimeError: if a module is not an extension module.
    """
    modules = []
    for name, compiled in COMPILED.items():
        module = import_module(compiled)
        file = Path(module.__file__ or "")
        if not isinstance(module.__loader__, ExtensionFileLoader) or file.read_bytes()[:4] != b"\0asm":
            raise RuntimeError(f"{name} is not compiled: {file}")
        version = distribution(name).version
        modules.append({"name": name, "version": version, "file": str(file), "size": file.stat().st_size})
    return json.dumps({"runtime": f"Pyodide {pyodide_js.version}, Python {sys.version.split()[0]}", "modules": modules})


def search(pattern: str, text: str) -> str:
    """Return the text in pieces, each with whether it matched, and the error of Python's own ``re`` for the pattern."""
    started = time.perf_counter()
    try:
        spans = [match.span() for match in regex.finditer(pattern, text, timeout=LIMIT)]
    except regex.error as error:
        return json.dumps({"error": f"regex: {error}"})
    except TimeoutError:
        return json.dumps({"error": f"regex: this takes more than {LIMIT:g} s"})
    duration = time.perf_counter() - started
    pieces, position = [], 0
    for start, end in spans:
        pieces += [(text[position:start], False), (text[start:end], True)]
        position = end
    pieces.append((text[position:], False))
    result = {
        "pieces": [piece for piece in pieces if piece[0]],
        "count": len(spans),
        "milliseconds": round(duration * 1e3, 1),
        "builtin": _error_of_re(pattern),
    }
    return json.dumps(result)


def _error_of_re(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        return str(error)
    return ""


def round_trip(text: str) -> str:
    """Parse and write a document with ujson; return the text, whether it has the same value, and the time."""
    try:
        value = ujson.loads(text)
        written = ujson.dumps(value, ensure_ascii=False, escape_forward_slashes=False)
        same = json.loads(written) == json.loads(text)
        times = {module.__name__: _microseconds(module, text) for module in (ujson, json)}
    except (ValueError, OverflowError, RecursionError) as error:
        return json.dumps({"error": f"{type(error).__name__}: {error}"})
    return json.dumps({"text": written, "same": same, "microseconds": times})


def _microseconds(module: ModuleType, text: str) -> float:
    """Return the time of a round trip: the best of several batches, each long enough for a browser's coarse clock."""
    rounds = 1
    while (duration := _batch(module, text, rounds)) < BATCH:
        rounds *= 2
    return min(duration, *(_batch(module, text, rounds) for _ in range(5))) / rounds * 1e6


def _batch(module: ModuleType, text: str, rounds: int) -> float:
    started = time.perf_counter()
    for _ in range(rounds):
        module.dumps(module.loads(text))
    return time.perf_counter() - started
