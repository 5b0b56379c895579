"""Making zig's compiler-rt leave to the C library what belongs to it.

zig's compiler-rt is one object file that defines the helpers clang calls (``__multf3``) beside memcpy, exp, sin and
many more. Once a link needs one helper, the whole object is in, and its other definitions win over the C library's:
modules would carry slower and less exact functions of their own. So those are given other names.
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
# Where a section header keeps the section's offset and size, by pointer size (System V ABI, figure 4-8).
_OFFSET_AND_SIZE = {32: (16, "II"), 64: (24, "QQ")}


@dataclass(frozen=True, slots=True)
class ExtraSource:
    """Helpers of our own, in C.

    :param instead: those of compiler-rt that they take the place of, and call by other names.
    """

    source: str
    instead: frozenset[str] = frozenset()


# What is added for which format of long double, where the processor does not know it.
_ADDED = {
    "IBM_DOUBLE_DOUBLE_LE": ExtraSource("ibm128.c"),
    "IEEE_QUAD_LE": ExtraSource("quad.c", frozenset({"__addtf3", "__subtf3", "__multf3", "__divtf3"})),
}


def make_builtins(
    host: Host, zig: ZigProgram, target: LinuxTarget, library: Path, stubs: Iterable[Path], work: Path
) -> None:
    """Write ``libbuiltins.a`` into ``library``: its compiler-rt without what the stubs offer, and what it lacks.

    :param work: a directory to work in.
    """
    provided = {name for stub in stubs for name in default_symbols(stub.read_bytes())}
    added = _ADDED.get(target.long_double)
    # Compiler helpers, which begin with two underscores, keep their names, whoever else offers them.
    provided = {name for name in provided if not name.startswith("__")} | (added.instead if added else frozenset())
    objects = []
    for number, (_, member) in enumerate(archive_members((library / COMPILER_RT).read_bytes())):
        path = work / f"builtins-{number}.o"
        path.write_bytes(rename_symbols(member, provided))
        objects.append(path)
    if added:
        objects.append(_compiled(host, zig, target, added.source, work))
    host.run(zig.executable, "ar", "rcsD", library / BUILTINS, *objects, cwd=work)


def _compiled(host: Host, zig: ZigProgram, target: LinuxTarget, name: str, work: Path) -> Path:
    source = work / name
    produced = source.with_suffix(".o")
    source.write_bytes(files("crosswheel.toolchains.zig.linux").joinpath(name).read_bytes())
    outcome = host.run(
        zig.executable, "clang", "--no-default-config", f"--target={clang_triple(target)}",
        *zig_targets()[target.architecture.name].flags, "-O2", "-g0", "-fPIC", "-ffreestanding", "-fno-builtin",
        "-ffp-contract=off", "-fvisibility=hidden", "-ffunction-sections", "-c", source.name, "-o", produced.name,
        cwd=work,
    )  # fmt: skip
    if not outcome.ok:
        raise EnvironmentMissingError(f"cannot compile {source.name} for {target}: {outcome.stderr[:500]}")
    return produced


def default_symbols(data: bytes) -> frozenset[str]:
    """The names a shared library offers to a link: old versions kept for old programs are left out."""
    elf = ELFFile(io.BytesIO(data))
    table: Any = elf.get_section_by_name(".dynsym")
    versions: Any = elf.get_section_by_name(".gnu.version")
    names = set()
    for at, symbol in enumerate(table.iter_symbols()):
        version = versions.get_symbol(at).entry.ndx if versions else 0
        old = isinstance(version, int) and bool(version & _HIDDEN_VERSION)
        if symbol.name and symbol.entry.st_shndx != "SHN_UNDEF" and not old:
            names.add(symbol.name)
    return frozenset(names)


def rename_symbols(data: bytes, names: Collection[str]) -> bytes:
    """A relocatable object whose definitions of ``names`` are called something else, for itself too.

    The new names are in a longer string table at the end of the file; nothing else moves.
    """
    elf = ELFFile(io.BytesIO(data))
    table: Any = elf.get_section_by_name(".symtab")
    strings_index = table.header.sh_link
    strings: Any = elf.get_section(strings_index)
    order = "<" if elf.little_endian else ">"
    text = bytearray(strings.data())
    changed = bytearray(data)
    for at, symbol in enumerate(table.iter_symbols()):
        given = symbol.entry.st_shndx != "SHN_UNDEF" and symbol.entry.st_info.bind != "STB_LOCAL"
        if given and symbol.name in names:
            # st_name is the first field of a symbol, 32 bits wide in both classes.
            struct.pack_into(f"{order}I", changed, table.header.sh_offset + at * table.header.sh_entsize, len(text))
            text += f"{_PREFIX}{symbol.name}\0".encode()
    field, layout = _OFFSET_AND_SIZE[elf.elfclass]
    header = elf.header.e_shoff + strings_index * elf.header.e_shentsize
    struct.pack_into(f"{order}{layout}", changed, header + field, len(changed), len(text))
    return bytes(changed + text)
