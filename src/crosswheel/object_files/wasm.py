"""Parsing of WebAssembly modules: typed imports and exports, and the dynamic linking section, which can be rewritten.

The binary format is defined by the WebAssembly core specification 2.0, chapter 5; the section ``dylink.0`` and the
modules ``env``, ``GOT.mem`` and ``GOT.func`` by the tool conventions, "WebAssembly dynamic linking".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

MAGIC = b"\0asm"
HEADER = MAGIC + b"\x01\0\0\0"
"""Magic number and format version."""
_KINDS = ("function", "table", "memory", "global", "tag")
_VALUES = {0x7F: "i32", 0x7E: "i64", 0x7D: "f32", 0x7C: "f64", 0x7B: "v128", 0x70: "funcref", 0x6F: "externref",
           0x69: "exnref"}  # fmt: skip
# Subsections of dylink.0, and the flag of weak imports.
NEEDED, _IMPORT_FLAGS, RUN_PATHS, _WEAK = 2, 4, 5, 1
# Section ids.
_CUSTOM, _TYPES, _IMPORTS, _FUNCTIONS, _MEMORIES, _GLOBALS, _EXPORTS, _CODE, _TAGS = 0, 1, 2, 3, 5, 6, 7, 10, 13
# Flags of a memory's limits: threads proposal, memory64 proposal.
_MAXIMUM, _SHARED, _WIDE = 1, 2, 4
_END = 0x0B

_T = TypeVar("_T")
WasmKind = Literal["function", "table", "memory", "global", "tag"]


@dataclass(frozen=True, slots=True)
class WasmItem:
    """An import or export.

    :param module: module of an import: ``env``, ``GOT.mem``, ``GOT.func``; empty for an export.
    :param weak: whether it may be missing.
    :param type: function type ``(i32, i32) -> f64`` or global type ``mut i32``; empty for tables and memories.
    """

    name: str
    kind: WasmKind
    type: str = ""
    module: str = ""
    weak: bool = False


@dataclass(frozen=True, slots=True)
class Wasm:
    """The properties of a WebAssembly module.

    :param needed: needed libraries of its ``dylink.0`` section; ``run_paths`` are the run paths.
    :param side_module: whether it has a ``dylink.0`` section, so that a running program can load it.
    :param features: what it was compiled for, by its section ``target_features`` (tool conventions, "Linking"):
        ``simd128``, ``atomics``.
    :param wide_memory: whether it has or imports a memory with 64-bit addresses; ``shared_memory`` one that threads
        share.
    """

    imports: tuple[WasmItem, ...]
    exports: tuple[WasmItem, ...]
    needed: tuple[str, ...]
    side_module: bool
    run_paths: tuple[str, ...] = ()
    features: frozenset[str] = frozenset()
    wide_memory: bool = False
    shared_memory: bool = False

    format: Literal["WebAssembly"] = "WebAssembly"

    @property
    def exported_names(self) -> frozenset[str]:
        """See :attr:`crosswheel.object_files.binary.Binary.exported_names`."""
        return frozenset(item.name for item in self.exports)

    def export_types(self) -> Mapping[str, WasmItem]:
        """Return its exports by name."""
        return {item.name: item for item in self.exports}


class _DamagedError(Exception):
    """The module is malformed."""


def is_wasm(data: bytes) -> bool:
    """Whether data is a WebAssembly module, by its magic number."""
    return data[:4] == MAGIC


def read_wasm(data: bytes) -> Wasm | None:
    """Parse a module; return None if it is not one, or too damaged to parse."""
    if data[:8] != HEADER:
        return None
    try:
        return _read(data)
    except (_DamagedError, IndexError, UnicodeDecodeError):
        return None


class _Reader:
    """A cursor over the bytes of a section."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data, self.at, self.end = data, at, end

    def byte(self) -> int:
        if self.at >= self.end:
            raise _DamagedError
        self.at += 1
        return self.data[self.at - 1]

    def number(self) -> int:
        """Read an unsigned LEB128 number."""
        result = shift = 0
        while True:
            byte = self.byte()
            result |= (byte & 0x7F) << shift
            if byte < 0x80:
                return result
            shift += 7
            if shift > 63:
                raise _DamagedError

    def take(self, count: int) -> bytes:
        if count > self.end - self.at:
            raise _DamagedError
        self.at += count
        return self.data[self.at - count : self.at]

    def name(self) -> str:
        return self.take(self.number()).decode("utf-8")

    def many(self, read: Callable[[], _T]) -> list[_T]:
        return [read() for _ in range(self.number())]

    def value(self) -> str:
        code = self.byte()
        if code in {0x63, 0x64}:  # a reference with a heap type
            return f"ref {self.number()}"
        if code not in _VALUES:
            raise _DamagedError
        return _VALUES[code]

    def limits(self) -> int:
        """Read the limits of a table or memory, and return their flags."""
        flags = self.byte()
        self.number()
        if flags & _MAXIMUM:
            self.number()
        return flags

    def function_type(self) -> str:
        if self.byte() != 0x60:
            raise _DamagedError
        params, results = self.many(self.value), self.many(self.value)
        return f"({', '.join(params)}) -> {', '.join(results) or 'nothing'}"

    def global_type(self) -> str:
        value = self.value()
        return f"mut {value}" if self.byte() else value

    def skip_constant(self) -> None:
        """Skip a constant expression and its end opcode."""
        while (code := self.byte()) != 0x0B:
            if code in {0x41, 0x42, 0x23, 0xD2, 0xD0}:  # i32.const, i64.const, global.get, ref.func, ref.null
                self.number()
            elif code in {0x43, 0x44}:  # f32.const, f64.const
                self.take(4 if code == 0x43 else 8)
            elif code not in {0x6A, 0x6B, 0x6C, 0x7C, 0x7D, 0x7E}:  # addition, subtraction, multiplication
                raise _DamagedError


def _read_sections(data: bytes) -> Iterator[tuple[int, _Reader]]:
    reader = _Reader(data, 8, len(data))
    while reader.at < reader.end:
        number = reader.byte()
        size = reader.number()
        start = reader.at
        reader.take(size)
        yield number, _Reader(data, start, start + size)


class _Sections:
    """The information collected from sections; indices count imports first."""

    def __init__(self) -> None:
        self.types: list[str] = []
        self.imports: list[WasmItem] = []
        self.exports: list[WasmItem] = []
        self.known: dict[str, list[str]] = {"function": [], "global": [], "tag": []}
        self.needed: tuple[str, ...] = ()
        self.run_paths: tuple[str, ...] = ()
        self.weak: frozenset[tuple[str, str]] = frozenset()
        self.side_module = False
        self.features: frozenset[str] = frozenset()
        self.memory_flags = 0
        self.own_functions = self.bodies = 0

    def custom(self, section: _Reader) -> None:
        title = section.name()
        if title == "dylink.0":
            self.side_module = True
            self.needed, self.run_paths, self.weak = _dylink(section)
        elif title == "target_features":
            marked = section.many(lambda: (chr(section.byte()), section.name()))
            self.features = frozenset(name for mark, name in marked if mark != "-")

    def memory(self, flags: int) -> None:
        self.memory_flags |= flags

    def function_section(self, section: _Reader) -> None:
        found = [self.types[at] for at in section.many(section.number)]
        self.own_functions = len(found)
        self.known["function"].extend(found)

    def code_section(self, section: _Reader) -> None:
        """Read the sizes of all bodies: each is in the section, and ends with the opcode ``end``."""
        self.bodies = section.number()
        for _ in range(self.bodies):
            if section.take(section.number())[-1:] != bytes([_END]):
                raise _DamagedError

    def import_section(self, section: _Reader) -> None:
        imports = section.many(lambda: _import(section, self.types, self.memory))
        self.imports += imports
        for item in imports:
            self.known.get(item.kind, []).append(item.type)

    def take(self, number: int, section: _Reader) -> None:
        """Read one section."""
        known = self.known
        readers: Mapping[int, Callable[[], object]] = {
            _CUSTOM: lambda: self.custom(section),
            _TYPES: lambda: self.types.extend(section.many(section.function_type)),
            _IMPORTS: lambda: self.import_section(section),
            _FUNCTIONS: lambda: self.function_section(section),
            _MEMORIES: lambda: section.many(lambda: self.memory(section.limits())),
            _CODE: lambda: self.code_section(section),
            _TAGS: lambda: known["tag"].extend(section.many(lambda: _tag(section, self.types))),
            _GLOBALS: lambda: known["global"].extend(section.many(lambda: _global(section))),
            _EXPORTS: lambda: self.exports.extend(section.many(lambda: _export(section, known))),
        }
        if read := readers.get(number):
            read()


def _read(data: bytes) -> Wasm:
    sections = _Sections()
    for number, section in _read_sections(data):
        sections.take(number, section)
    if sections.bodies != sections.own_functions:
        raise _DamagedError
    imports = (
        replace(item, weak=True) if (item.module, item.name) in sections.weak else item for item in sections.imports
    )
    return Wasm(
        tuple(imports), tuple(sections.exports), sections.needed, sections.side_module, sections.run_paths,
        sections.features, bool(sections.memory_flags & _WIDE), bool(sections.memory_flags & _SHARED),
    )  # fmt: skip


def _import(section: _Reader, types: list[str], memory: Callable[[int], None]) -> WasmItem:
    module, name = section.name(), section.name()
    kind = _kind(section.byte())
    if kind == "function":
        return WasmItem(name, kind, types[section.number()], module)
    if kind == "global":
        return WasmItem(name, kind, section.global_type(), module)
    if kind == "tag":
        return WasmItem(name, kind, _tag(section, types), module)
    if kind == "table":
        section.value()
    flags = section.limits()
    if kind == "memory":
        memory(flags)
    return WasmItem(name, kind, "", module)


def _export(section: _Reader, known: Mapping[str, list[str]]) -> WasmItem:
    name, kind, index = section.name(), _kind(section.byte()), section.number()
    return WasmItem(name, kind, known[kind][index] if kind in known else "")


def _tag(section: _Reader, types: list[str]) -> str:
    section.byte()
    return types[section.number()]


def _global(section: _Reader) -> str:
    global_type = section.global_type()
    section.skip_constant()
    return global_type


def _kind(code: int) -> WasmKind:
    if code >= len(_KINDS):
        raise _DamagedError
    return _KINDS[code]  # type: ignore[return-value]  # these are its values


def _dylink(section: _Reader) -> tuple[tuple[str, ...], tuple[str, ...], frozenset[tuple[str, str]]]:
    """Return the needed libraries, the run paths, and the weak imports by module and name."""
    needed: tuple[str, ...] = ()
    run_paths: tuple[str, ...] = ()
    weak: set[tuple[str, str]] = set()
    for kind, part in _parts(section):
        if kind == NEEDED:
            needed = tuple(part.many(part.name))
        elif kind == RUN_PATHS:
            run_paths = tuple(part.many(part.name))
        elif kind == _IMPORT_FLAGS:
            for module, name, flags in part.many(lambda: (part.name(), part.name(), part.number())):  # noqa: B023
                if flags & _WEAK:
                    weak.add((module, name))
    return needed, run_paths, frozenset(weak)


def _parts(section: _Reader) -> Iterator[tuple[int, _Reader]]:
    """Iterate over the subsections of ``dylink.0``, after its name."""
    while section.at < section.end:
        kind, size = section.byte(), section.number()
        start = section.at
        section.take(size)
        yield kind, _Reader(section.data, start, start + size)


def dylink_parts(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Return the subsections of a side module's ``dylink.0`` by kind, and all data after that section.

    :raises ValueError: if it is not a side module.
    """
    try:
        number, section = next(_read_sections(data), (None, None))
        if data[:8] != HEADER or number != _CUSTOM or section is None or section.name() != "dylink.0":
            raise ValueError("not a side module")
        return [(kind, part.take(part.end - part.at)) for kind, part in _parts(section)], data[section.end :]
    except (_DamagedError, IndexError, UnicodeDecodeError) as error:
        raise ValueError("malformed module") from error


def relink(data: bytes, needed: Sequence[str], run_paths: Sequence[str]) -> bytes:
    """Return a side module with other needed libraries and run paths.

    :raises ValueError: if it is not a side module.
    """
    subsections, rest = dylink_parts(data)
    parts = [(kind, content) for kind, content in subsections if kind not in {NEEDED, RUN_PATHS}]
    parts += [(kind, _names(names)) for kind, names in ((NEEDED, needed), (RUN_PATHS, run_paths)) if names]
    section = _sized(b"dylink.0") + b"".join(bytes([kind]) + _sized(part) for kind, part in parts)
    return HEADER + b"\0" + _sized(section) + rest


def _names(names: Sequence[str]) -> bytes:
    return _leb128(len(names)) + b"".join(_sized(name.encode()) for name in names)


def _sized(content: bytes) -> bytes:
    return _leb128(len(content)) + content


def _leb128(number: int) -> bytes:
    """Encode an unsigned number in LEB128."""
    digits = []
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*digits, number])
