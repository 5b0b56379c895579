"""A copy of zig's compiler-rt that does not replace functions of the C library.

zig's compiler-rt is one object file that defines the helpers clang calls (``__multf3``) beside memcpy, exp, sin and
many more. Once a link needs one helper, the whole object is linked, and its other definitions win over the C library's:
modules would contain slower and less accurate copies of those functions. So these definitions are renamed.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from elftools.elf.elffile import ELFFile

from crosswheel.errors import EnvironmentMissingError
from crosswheel.object_files.ar import archive_members
from crosswheel.toolchains.zig.model import BUILTINS, COMPILER_RT, clang_triple, zig_targets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import LinuxTarget
    from crosswheel.toolchains.zig.model import ZigProgram

_PREFIX = "__crosswheel_"
_HIDDEN_VERSION = 0x8000
# Position and format of a section header's offset and size, by pointer size (System V ABI, figure 4-8).
_OFFSET_AND_SIZE = {32: (16, "II"), 64: (24, "QQ")}


@dataclass(frozen=True, slots=True)
class ExtraSource:
    """A C source with compiler helpers of crosswheel's.

    :param replaces: compiler-rt's functions that it replaces and calls by their new names.
    """

    source: str
    replaces: frozenset[str] = frozenset()


# By format of long double, where the processor does not implement it.
_EXTRA_SOURCES = {
    "IBM_DOUBLE_DOUBLE_LE": ExtraSource("ibm128.c"),
    "IEEE_QUAD_LE": ExtraSource("quad.c", frozenset({"__addtf3", "__subtf3", "__multf3", "__divtf3"})),
}


def make_builtins(
    host: Host, zig: ZigProgram, target: LinuxTarget, library: Path, stubs: Iterable[Path], work: Path
) -> None:
    """Write ``libbuiltins.a``: compiler-rt without the functions of the C library, plus the helpers it lacks.

    :param library: the directory of ``libcompiler_rt.a``, to write to.
    :param stubs: the C library's stubs.
    :param work: a working directory.
    """
    provided = {name for stub in stubs for name in default_symbols(stub.read_bytes())}
    extra = _EXTRA_SOURCES.get(target.long_double)
    # Compiler helpers, which begin with two underscores, keep their names even if a stub has them too.
    provided = {name for name in provided if not name.startswith("__")} | (extra.replaces if extra else frozenset())
    objects = []
    for number, (_, member) in enumerate(archive_members((library / COMPILER_RT).read_bytes())):
        path = work / f"builtins-{number}.o"
        path.write_bytes(rename_symbols(member, provided))
        objects.append(path)
    if extra:
        objects.append(_compile_extra_source(host, zig, target, extra.source, work))
    host.run(zig.executable, "ar", "rcsD", library / BUILTINS, *objects, cwd=work)


def _compile_extra_source(host: Host, zig: ZigProgram, target: LinuxTarget, name: str, work: Path) -> Path:
    source = work / name
    object_file = source.with_suffix(".o")
    source.write_bytes(files("crosswheel.toolchains.zig.linux").joinpath(name).read_bytes())
    outcome = host.run(
        zig.executable, "clang", "--no-default-config", f"--target={clang_triple(target)}",
        *zig_targets()[target.architecture.name].flags, "-O2", "-g0", "-fPIC", "-ffreestanding", "-fno-builtin",
        "-ffp-contract=off", "-fvisibility=hidden", "-ffunction-sections", "-c", source.name, "-o", object_file.name,
        cwd=work,
    )  # fmt: skip
    if not outcome.ok:
        raise EnvironmentMissingError(f"cannot compile {source.name} for {target}: {outcome.stderr[:500]}")
    return object_file


def default_symbols(data: bytes) -> frozenset[str]:
    """Return the names that a link against a shared library can resolve: those with a default symbol version."""
    elf = ELFFile(io.BytesIO(data))
    table: Any = elf.get_section_by_name(".dynsym")
    versions: Any = elf.get_section_by_name(".gnu.version")
    names = set()
    for index, symbol in enumerate(table.iter_symbols()):
        version = versions.get_symbol(index).entry.ndx if versions else 0
        old = isinstance(version, int) and bool(version & _HIDDEN_VERSION)
        if symbol.name and symbol.entry.st_shndx != "SHN_UNDEF" and not old:
            names.add(symbol.name)
    return frozenset(names)


def rename_symbols(data: bytes, names: Collection[str]) -> bytes:
    """Rename the global definitions of ``names`` in a relocatable object, and its references to them.

    The new names are in a longer string table at the end of the file; nothing else moves.
    """
    elf = ELFFile(io.BytesIO(data))
    table: Any = elf.get_section_by_name(".symtab")
    strings_index = table.header.sh_link
    strings: Any = elf.get_section(strings_index)
    order = "<" if elf.little_endian else ">"
    text = bytearray(strings.data())
    changed = bytearray(data)
    for index, symbol in enumerate(table.iter_symbols()):
        is_global = symbol.entry.st_shndx != "SHN_UNDEF" and symbol.entry.st_info.bind != "STB_LOCAL"
        if is_global and symbol.name in names:
            # st_name is the first field of a symbol, 32 bits wide in both classes.
            struct.pack_into(f"{order}I", changed, table.header.sh_offset + index * table.header.sh_entsize, len(text))
            text += f"{_PREFIX}{symbol.name}\0".encode()
    field, layout = _OFFSET_AND_SIZE[elf.elfclass]
    header = elf.header.e_shoff + strings_index * elf.header.e_shentsize
    struct.pack_into(f"{order}{layout}", changed, header + field, len(changed), len(text))
    return bytes(changed + text)
