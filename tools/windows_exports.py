"""Writes the lists of what Windows' Pythons export, ``src/crosswheel/pythons/tables/exports/*.def``.

    python tools/windows_exports.py

They are read from the libraries of python.org's builds of CPython, which are fetched as for tests under wine: a row in
``src/crosswheel/runners/wine/pythons.toml`` adds a version. The list of the stable ABI, python3.dll, is the newest
one's, with what the package abi3info says of later versions.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pefile
from abi3info import DATAS, FUNCTIONS

from crosswheel.host import Host
from crosswheel.pythons.windows import WindowsExports, library_name, stable_library_name
from crosswheel.runners.wine.pythons import python_home, windows_platforms
from crosswheel.targets import PythonVersion

TABLES = Path(__file__).resolve().parents[1] / "src" / "crosswheel" / "pythons" / "tables" / "exports"
_CODE = 0x20000000  # IMAGE_SCN_CNT_CODE


def read(dll: Path, known: WindowsExports | None = None) -> WindowsExports:
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
    return WindowsExports(dll.stem, frozenset(functions), frozenset(data))


def stable(newest: WindowsExports, minor: int) -> WindowsExports:
    """The stable ABI's library, with the names that have been added since a version."""
    functions, data = (
        {symbol.name for symbol, row in rows.items() if row.added.minor > minor and row.ifdef in {None, "MS_WINDOWS"}}
        for rows in (FUNCTIONS, DATAS)
    )
    return WindowsExports(newest.library, newest.functions | functions, newest.data | data)


def write(found: WindowsExports, origin: str) -> None:
    """Write a list, with where it is from."""
    (TABLES / f"{found.library}.def").write_text(f"; {origin}\n{found.definitions()}", "utf-8")
    print(f"{found.library}: {len(found.names)} names")


def main() -> int:
    """Write every list."""
    host = Host.detect()
    pythons = {
        PythonVersion.parse(version): python
        for platform in windows_platforms().values()
        for version, python in platform.pythons.items()
    }
    for version, python in sorted(pythons.items()):
        home = python_home(host, python)
        origin = f"read by tools/windows_exports.py from {{}}.dll of CPython {python.full_version}"
        known = read(home / f"{library_name(version)}.dll")
        write(known, origin.format(known.library))
    name = stable_library_name(version)
    newest = stable(read(home / f"{name}.dll", known), version.minor)
    write(newest, origin.format(name) + "; later names: abi3info")
    return 0


if __name__ == "__main__":
    sys.exit(main())
