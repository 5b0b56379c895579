"""Patches of ``ctypes``: ``sizeof`` and ``alignment`` of the target's types.

The types themselves stay the build machine's, so that calling functions works as before. Types that are one here but
two on the target (``c_int64`` is ``c_long`` where that has 64 bits) become two for callers that get the target's sizes,
and if the target's byte order is the other one, their types have it.
"""

from _crosswheel_cross_venv.callers import facts, is_cross_caller_of_sizes, wraps
from _crosswheel_cross_venv.layout_patches import is_swapped, type_layout
from _crosswheel_cross_venv.reader_dependent import Attribute, make_reader_dependent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType
    from typing import Any

# What the names that can be aliases mean, by letters of struct.
_ALIASES = {
    "c_longlong": "q", "c_ulonglong": "Q", "c_int64": "q", "c_uint64": "Q", "c_size_t": "N", "c_ssize_t": "n",
    "c_time_t": "t",
}  # fmt: skip
_WINTYPES = {"WPARAM": "N", "LPARAM": "n"}
_own_letters: "dict[Any, str]" = {}


def patch_ctypes(module: "ModuleType") -> None:
    """Patch ``ctypes``."""
    names = module.__dict__
    for name, index in (("sizeof", 0), ("alignment", 1)):
        names[name] = _measure(names[name], index, module)
    _serve(module, _ALIASES, names)


def patch_wintypes(module: "ModuleType") -> None:
    """Patch ``ctypes.wintypes``."""
    _serve(module, _WINTYPES, module.__dict__)


def _serve(module: "ModuleType", aliases: "dict[str, str]", names: "dict[str, Any]") -> None:
    swapped = is_swapped()
    wanted = [
        name for name, value in names.items() if _is_simple(value) and (swapped or _is_ambiguous(value, name, aliases))
    ]
    make_reader_dependent(
        module, [Attribute(name, _type(aliases.get(name), swapped=swapped), sizes=True) for name in wanted]
    )


def _is_simple(value: "Any") -> bool:
    return isinstance(value, type) and isinstance(value.__dict__.get("_type_"), str)


def _is_ambiguous(native: "Any", name: str, aliases: "dict[str, str]") -> bool:
    return name in aliases and type_layout(aliases[name])[0] != type_layout(native._type_)[0]


def _type(letter: "str | None", *, swapped: bool) -> "Callable[[Any], Any]":
    def compute(native: "Any") -> "Any":
        found = native
        if letter and type_layout(letter)[0] != type_layout(native._type_)[0]:
            found = type(native)(native.__name__, native.__bases__, {"_type_": native._type_})
            _own_letters[found] = letter
        if swapped:
            other = getattr(found, "__ctype_be__" if facts()["byteorder"] == "big" else "__ctype_le__", found)
            if found in _own_letters:
                _own_letters[other] = _own_letters[found]
            found = other
        return found

    return compute


def _measure(real: "Any", index: int, module: "ModuleType") -> "Any":
    layout = Layout(module)

    @wraps(real)
    def function(value: "Any", /) -> int:
        native = int(real(value))
        if not is_cross_caller_of_sizes(real.__name__):
            return native
        found = layout.of(value if isinstance(value, type) else type(value))
        return native if found is None else found[index]

    return function


class Layout:
    """Computes the size and the alignment of types on the target, as compilers that follow the Itanium ABI do.

    :param module: ``ctypes``.
    """

    def __init__(self, module: "ModuleType") -> None:
        self._ctypes: Any = module

    def of(self, c_type: "Any") -> "tuple[int, int] | None":
        """Return the size and the alignment of a type; None if it is not known."""
        ctypes = self._ctypes
        if issubclass(c_type, ctypes._SimpleCData):
            letter = _own_letters.get(c_type, c_type._type_)
            return (
                (2, 2)
                if letter == "v"
                else type_layout("P" if letter == "X" else letter)
                if letter in _LETTERS
                else None
            )
        if issubclass(c_type, (ctypes._Pointer, ctypes._CFuncPtr)):
            return type_layout("P")
        if issubclass(c_type, ctypes.Array):
            item = self.of(c_type._type_)
            return None if item is None else (item[0] * c_type._length_, item[1])
        if issubclass(c_type, (ctypes.Structure, ctypes.Union)):
            return self._of_fields(c_type, union=issubclass(c_type, ctypes.Union))
        return None

    def _of_fields(self, c_type: "Any", *, union: bool) -> "tuple[int, int] | None":
        bits, size, alignment = 0, 0, 1
        for fields, packing in _fields(c_type):
            for _name, field_type, *width in fields:
                found = self.of(field_type)
                if found is None:
                    return None
                unit = min(found[1], packing or found[1])
                alignment = max(alignment, unit)
                start = 0 if union else bits
                if width and start % (8 * unit) + width[0] <= 8 * found[0]:
                    bits = start + width[0]
                else:
                    bits = start + -start % (8 * unit) + (width[0] if width else 8 * found[0])
                size = max(size, -(-bits // 8))
        alignment = max(alignment, getattr(c_type, "_align_", 1))
        return size + -size % alignment, alignment


def _fields(c_type: "Any") -> "Iterator[tuple[Any, int]]":
    """Yield the fields of a structure and its bases, with their packing, first fields first."""
    for base in reversed(c_type.__mro__):
        if "_fields_" in base.__dict__:
            yield base.__dict__["_fields_"], getattr(base, "_pack_", 0)


_LETTERS = frozenset("cbBhHiIlLqQfdgu?PzZO")
