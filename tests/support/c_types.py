"""The C types of a target, for tests that need no compiler: crosswheel measures them."""

from __future__ import annotations

from crosswheel.pythons.model import CValues
from crosswheel.targets import Target

# Sizes and alignments that are the same everywhere, by letter.
_FIXED = {"c": 1, "?": 1, "h": 2, "i": 4, "q": 8, "f": 4, "d": 8, "t": 8}


def c_values(target: Target, **constants: dict[str, int]) -> CValues:
    """Return the values of a target whose ABI aligns types to their sizes, with constants by module."""
    windows = target.family == "windows"
    pointer = target.architecture.pointer_size
    sizes = {**_FIXED, "P": pointer, "n": pointer, "l": 4 if windows else pointer, "u": 2 if windows else 4}
    return CValues({letter: (size, size) for letter, size in (sizes | {"g": 16}).items()}, constants)
