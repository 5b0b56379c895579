"""Patches of ``struct``, ``array`` and ``ctypes``: sizes, alignments and byte order of C types."""

import re
import sys

from _crosswheel_cross_venv.callers import facts, is_cross_caller_of_sizes, wraps
from _crosswheel_cross_venv.reader_dependent import Attribute, make_reader_dependent, module_dict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

# The letter in the facts of each letter that has the same size, and whether it is unsigned.
_LETTERS = {
    **{letter: letter.lower() for letter in "cbBhHiIlLqQnNfdgut?"},
    "b": "c", "B": "c", "P": "P", "z": "P", "Z": "P", "O": "P", "F": "f", "D": "d",
}  # fmt: skip
_UNSIGNED = frozenset("BHILQNP")
_INTEGERS = frozenset("bBhHiIlLqQnNP")
_STANDARD = {1: "b", 2: "h", 4: "i", 8: "q"}
_FORMAT_LETTERS = frozenset("xspe") | (_LETTERS.keys() - frozenset("zZOgut"))
_TOKENS = re.compile(r"\s*(\d*)([a-zA-Z?])")


def type_layout(letter: str) -> "tuple[int, int]":
    """Return the size and the alignment of a type on the target, by its letter in struct and ctypes."""
    size, alignment = facts()["types"][_LETTERS[letter]]
    return size, alignment


def is_swapped() -> bool:
    """Whether the target's byte order is not this machine's."""
    return bool(facts()["byteorder"] != module_dict(sys)["byteorder"])


def byte_order() -> str:
    """Return the letter of the target's byte order in struct's formats."""
    return "<" if facts()["byteorder"] == "little" else ">"


def target_format(text: "Any") -> "Any":
    """Translate a format of struct with native sizes or byte order to one with the target's, spelled out.

    Formats with a byte order of their own, and invalid ones, are returned unchanged.
    """
    name = text.decode("latin-1") if isinstance(text, bytes) else text
    if not isinstance(name, str) or name[:1] in {"<", ">", "!"}:
        return text
    if name[:1] == "=":
        return byte_order() + name[1:]
    found, offset, end = [byte_order()], 0, 0
    body = name.removeprefix("@").rstrip()
    for token in _TOKENS.finditer(body):
        count, letter = int(token[1] or 1), token[2]
        if token.start() != end or letter not in _FORMAT_LETTERS:
            return text
        end = token.end()
        size, alignment = (2, 2) if letter == "e" else (1, 1) if letter in "xsp" else type_layout(letter)
        if letter in "FD":
            size *= 2
        padding = -offset % alignment
        offset += padding + count * size
        standard = _STANDARD[size] if letter in _INTEGERS else letter
        found.append(f"{padding}x{token[1]}{standard.upper() if letter in _UNSIGNED else standard}")
    return "".join(found) if end == len(body) else text


def patch_struct(module: "ModuleType") -> None:
    """Patch ``struct``: callers that get the target's sizes compute, pack and unpack what the target does."""
    names = module.__dict__

    def patched(real: "Any") -> "Any":
        @wraps(real)
        def function(format: "Any", /, *arguments: "Any", **named: "Any") -> "Any":  # noqa: A002  # the original's name
            if is_cross_caller_of_sizes(real.__name__):
                return real(target_format(format), *arguments, **named)
            return real(format, *arguments, **named)

        return function

    for name in ("calcsize", "pack", "pack_into", "unpack", "unpack_from", "iter_unpack"):
        names[name] = patched(names[name])
    make_reader_dependent(module, [Attribute("Struct", _target_struct, sizes=True)])


def _target_struct(real: "Any") -> "Any":
    class Struct(real):  # type: ignore[misc]
        def __new__(cls, format: "Any") -> "Any":  # noqa: A002  # the original's name
            return real.__new__(cls, target_format(format))

        def __init__(self, format: "Any") -> None:  # noqa: A002
            super().__init__(target_format(format))
            self._format = format

        @property
        def format(self) -> str:
            text: str = self._format.decode() if isinstance(self._format, bytes) else self._format
            return text

    return wraps(real)(Struct)


def patch_array(module: "ModuleType") -> None:
    """Patch ``array``: the items of an array have the target's size, and its bytes the target's order."""
    make_reader_dependent(module, [Attribute(name, _target_array, sizes=True) for name in ("array", "ArrayType")])


def _target_array(real: "Any") -> "Any":
    return wraps(real)(type("array", (_TargetArray, real), {"_real": real}))


class _TargetArray:
    """The methods of ``array.array`` that depend on the platform.

    Its buffer has this machine's byte order.
    """

    _real: "Any"
    _typecode: str

    def __new__(cls, typecode: str, *initial: "Any") -> "Any":
        letter = typecode
        if typecode in {"l", "L"}:
            letter = _STANDARD[type_layout(typecode)[0]]
            letter = letter.upper() if typecode == "L" else letter
        self = cls._real.__new__(cls, letter)
        self._typecode = typecode
        for items in initial:
            (self.frombytes if isinstance(items, (bytes, bytearray)) else self.extend)(items)
        return self

    @property
    def typecode(self) -> str:
        return self._typecode

    @property
    def itemsize(self) -> int:
        return type_layout("u")[0] if self._typecode == "u" else int(self._real.itemsize.__get__(self))

    def tobytes(self) -> bytes:
        return bytes(self._in_order(self).tobytes())

    def tofile(self, file: "Any", /) -> None:
        file.write(self.tobytes())

    def frombytes(self, data: "Any", /) -> None:
        items = self._native()
        items.frombytes(data)
        self._real.extend(self, self._in_order(items))

    def fromfile(self, file: "Any", count: int, /) -> None:
        items = self._native()
        items.fromfile(file, count)
        self._real.extend(self, self._in_order(items))

    def _native(self) -> "Any":
        return self._real(self._real.typecode.__get__(self))

    def _in_order(self, items: "Any") -> "Any":
        copy = self._native()
        copy.extend(items)
        if is_swapped():
            copy.byteswap()
        return copy
