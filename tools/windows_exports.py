"""Generate the lists of the symbols that Windows' Pythons export, ``src/crosswheel/pythons/tables/exports/*.def``.

    python tools/windows_exports.py

They are read from the DLLs of python.org's CPython builds, which are fetched as for tests under wine: a row in
``src/crosswheel/runners/wine/pythons.toml`` adds a version. The list of the stable ABI is that of the newest
python3.dll, and the symbols that later versions add, by the package abi3info.
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
    """Read the exports of a DLL.

    :param known: the DLL that its exports are forwarded to, which tells functions from data.
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
    """Return the exports of the stable ABI's DLL, and of names that versions after 3.``minor`` add."""
    functions, data = (
        {symbol.name for symbol, row in rows.items() if row.added.minor > minor and row.ifdef in {None, "MS_WINDOWS"}}
        for rows in (FUNCTIONS, DATAS)
    )
    return WindowsExports(newest.library, newest.functions | functions, newest.data | data)


def write(exports: WindowsExports, origin: str) -> None:
    """Write a list, with a comment about its origin."""
    (TABLES / f"{exports.library}.def").write_text(f"; {origin}\n{exports.definitions()}", "utf-8")
    print(f"{exports.library}: {len(exports.names)} names")


def main() -> int:
    """Write all lists."""
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
