"""Windows headers and import libraries, from the MinGW-w64 part of the ziglang package."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.files import temporary_directory, write_atomic

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.toolchains.zig.model import ZigProgram

_ARGUMENT_SIZE = re.compile(r"^(\s*[^\s@;]+)@\d+\b", re.MULTILINE)
_SUFFIXES = (".def", ".def.in")
_OVERLAY_ROOT = "/crosswheel/windows"
"""A directory that exists only in clang's virtual file system."""


def system_libraries(zig: ZigProgram, directories: tuple[str, ...]) -> frozenset[str]:
    """Return the lower-case names of the system libraries that there are module-definition files for.

    :param directories: directories of these files, relative to MinGW's in the ziglang package.
    """
    root = zig.library / "libc" / "mingw"
    return frozenset(
        path.name.removesuffix(suffix).lower()
        for directory in directories
        for suffix in _SUFFIXES
        for path in (root / directory).glob(f"*{suffix}")
    )


def system_exports(host: Host, zig: ZigProgram, name: str, directories: tuple[str, ...], macro: str) -> str:
    """Return the exports of a system library, as a module-definition file.

    :param name: its name in lower case.
    :param directories: see :func:`system_libraries`; the first with the library is used.
    :param macro: the macro that selects the architecture in ``.def.in`` files.
    :raises EnvironmentMissingError: if there is no such library, or its file cannot be preprocessed.
    """
    root = zig.library / "libc" / "mingw"
    paths = (
        path for directory in directories for suffix in _SUFFIXES for path in (root / directory).glob(f"*{suffix}")
    )
    path = next((path for path in paths if path.name.partition(".def")[0].lower() == name), None)
    if path is None:
        raise EnvironmentMissingError(f"Windows has no library {name}")
    if path.suffix == ".def":
        return path.read_text("utf-8")
    outcome = host.run(
        *(zig.executable, "clang", "--no-default-config", "-E", "-P", "-undef", "-x", "c", "-w", f"-D{macro}"),
        *(f"-I{root / 'def-include'}", path),
        cwd=root,
    )
    if not outcome.ok:
        raise EnvironmentMissingError(f"cannot preprocess {path.name}: {outcome.stderr[:300]}")
    return outcome.stdout


def strip_argument_sizes(exports: str) -> str:
    """Remove the sizes of arguments (``@16``), which are part of function names on 32-bit x86 only."""
    return _ARGUMENT_SIZE.sub(r"\1", exports)


def make_import_library(host: Host, zig: ZigProgram, exports: str, machine: str, output: Path) -> Path:
    """Write an import library.

    :param exports: the text of a module-definition file.
    :param machine: the target, for dlltool's ``-m``.
    :param output: the file to write.
    :returns: ``output``.
    :raises EnvironmentMissingError: if dlltool fails.
    """
    with temporary_directory() as work:
        definitions, library = work / "exports.def", work / "exports.lib"
        definitions.write_text(exports if machine == "i386" else strip_argument_sizes(exports), "utf-8")
        outcome = host.run(zig.executable, "dlltool", "-k", "-m", machine, "-d", definitions, "-l", library, cwd=work)
        if not outcome.ok or not library.is_file():
            raise EnvironmentMissingError(f"cannot create {output.name}: {outcome.stderr[:300]}")
        return write_atomic(output, library.read_bytes())


def caseless_headers(host: Host, directory: str) -> tuple[str, ...]:
    """Return clang options that find the headers of a directory regardless of case.

    Sources rely on it: on Windows ``Windows.h`` is ``windows.h``. The options go after the directory itself, so that
    an exact name is found first.
    """
    key = sha256(directory.encode()).hexdigest()[:12]
    overlay = host.cache / "toolchains" / "headers" / f"{key}.json"
    if not overlay.is_file():
        roots = [_overlay_directory(Path(directory), _OVERLAY_ROOT)]
        write_atomic(overlay, json.dumps({"version": 0, "case-sensitive": False, "roots": roots}))
    return ("-isystem", _OVERLAY_ROOT, "-ivfsoverlay", str(overlay))


def _overlay_directory(directory: Path, name: str) -> dict[str, Any]:
    """Describe a directory in the format of clang's ``-ivfsoverlay``."""
    contents = [
        _overlay_directory(path, path.name)
        if path.is_dir()
        else {"type": "file", "name": path.name, "external-contents": str(path)}
        for path in sorted(directory.iterdir())
    ]
    return {"type": "directory", "name": name, "contents": contents}
