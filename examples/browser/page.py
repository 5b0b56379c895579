"""What the page asks of Python. Every answer is JSON, which needs no proxies between the languages."""

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
"""The compiled module of each package."""
LIMIT = 1.0
"""Seconds that a pattern may take; the page waits for it."""
BATCH = 0.005
"""Seconds that a batch of round trips takes at least."""


def about() -> str:
    """The runtime, and the compiled modules in use.

    :raises RuntimeError: when one is not compiled.
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
    """The text in pieces, each with whether it matched; and what Python's own ``re`` has against the pattern."""
    started = time.perf_counter()
    try:
        spans = [match.span() for match in regex.finditer(pattern, text, timeout=LIMIT)]
    except regex.error as error:
        return json.dumps({"error": f"regex: {error}"})
    except TimeoutError:
        return json.dumps({"error": f"regex: this takes more than {LIMIT:g} s"})
    taken = time.perf_counter() - started
    pieces, at = [], 0
    for start, end in spans:
        pieces += [(text[at:start], False), (text[start:end], True)]
        at = end
    pieces.append((text[at:], False))
    found = {
        "pieces": [piece for piece in pieces if piece[0]],
        "count": len(spans),
        "milliseconds": round(taken * 1e3, 1),
        "builtin": _refusal(pattern),
    }
    return json.dumps(found)


def _refusal(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        return str(error)
    return ""


def round_trip(text: str) -> str:
    """What ujson makes of a document and writes again, whether it is the same value, and how long it takes."""
    try:
        value = ujson.loads(text)
        written = ujson.dumps(value, ensure_ascii=False, escape_forward_slashes=False)
        same = json.loads(written) == json.loads(text)
        times = {module.__name__: _microseconds(module, text) for module in (ujson, json)}
    except (ValueError, OverflowError, RecursionError) as error:
        return json.dumps({"error": f"{type(error).__name__}: {error}"})
    return json.dumps({"text": written, "same": same, "microseconds": times})


def _microseconds(module: ModuleType, text: str) -> float:
    """The time of one round trip: the best of some batches, each long enough for a browser's coarse clock."""
    rounds = 1
    while (taken := _batch(module, text, rounds)) < BATCH:
        rounds *= 2
    return min(taken, *(_batch(module, text, rounds) for _ in range(5))) / rounds * 1e6


def _batch(module: ModuleType, text: str, rounds: int) -> float:
    started = time.perf_counter()
    for _ in range(rounds):
        module.dumps(module.loads(text))
    return time.perf_counter() - started
