"""Import libraries: of the system from the lists in the ziglang package, of anything else from a list of exports."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.files import temporary_directory, write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.toolchains.zig.model import ZigProgram

_ARGUMENTS = re.compile(r"^(\s*[^\s@;]+)@\d+\b", re.MULTILINE)
_KINDS = (".def", ".def.in")


def system_libraries(zig: ZigProgram, places: tuple[str, ...]) -> frozenset[str]:
    """The names of the system's libraries there are lists of exports for.

    :param places: directories under those of MinGW in the ziglang package.
    """
    root = zig.library / "libc" / "mingw"
    return frozenset(
        path.name.removesuffix(kind).lower()
        for place in places
        for kind in _KINDS
        for path in (root / place).glob(f"*{kind}")
    )


def system_exports(host: Host, zig: ZigProgram, name: str, places: tuple[str, ...], macro: str) -> str:
    """The list of exports of a library of the system, in the syntax of module-definition files.

    :param macro: what says in the lists which architecture they are wanted for.
    :raises EnvironmentMissingError: when there is none.
    """
    root = zig.library / "libc" / "mingw"
    names = (path for place in places for kind in _KINDS for path in (root / place).glob(f"*{kind}"))
    found = next((path for path in names if path.name.partition(".def")[0].lower() == name), None)
    if found is None:
        raise EnvironmentMissingError(f"there is no library {name} of Windows")
    if found.suffix == ".def":
        return found.read_text("utf-8")
    outcome = host.run(
        *(zig.executable, "clang", "--no-default-config", "-E", "-P", "-undef", "-x", "c", "-w", f"-D{macro}"),
        *(f"-I{root / 'def-include'}", found),
        cwd=root,
    )
    if not outcome.ok:
        raise EnvironmentMissingError(f"cannot read {found.name}: {outcome.stderr[:300]}")
    return outcome.stdout


def strip_argument_sizes(exports: str) -> str:
    """A list without the sizes of arguments, which are part of the names of functions on 32-bit x86 only."""
    return _ARGUMENTS.sub(r"\1", exports)


def make_import_library(host: Host, zig: ZigProgram, exports: str, machine: str, output: Path) -> Path:
    """Write an import library.

    :param exports: the text of a module-definition file.
    :param machine: as dlltool calls it.
    :raises EnvironmentMissingError: when the list is not understood.
    """
    with temporary_directory() as work:
        definitions, made = work / "exports.def", work / "made.lib"
        definitions.write_text(exports if machine == "i386" else strip_argument_sizes(exports), "utf-8")
        outcome = host.run(zig.executable, "dlltool", "-k", "-m", machine, "-d", definitions, "-l", made, cwd=work)
        if not outcome.ok or not made.is_file():
            raise EnvironmentMissingError(f"cannot make {output.name}: {outcome.stderr[:300]}")
        return write_atomic(output, made.read_bytes())


_ROOT = "/crosswheel/windows"
"""A directory that only clang sees, in the file system that is laid over the real one."""


def caseless_headers(host: Host, directory: str) -> tuple[str, ...]:
    """The options by which clang finds the headers of a directory that are asked for with other capitals.

    They come after the directory itself, so that an exact name is found without them.
    """
    place = sha256(directory.encode()).hexdigest()[:12]
    overlay = host.cache / "toolchains" / "headers" / f"{place}.json"
    if not overlay.is_file():
        described = {"version": 0, "case-sensitive": False, "roots": [_described(Path(directory), _ROOT)]}
        write_atomic(overlay, json.dumps(described))
    return ("-isystem", _ROOT, "-ivfsoverlay", str(overlay))


def _described(directory: Path, name: str) -> dict[str, Any]:
    contents = [
        _described(path, path.name)
        if path.is_dir()
        else {"type": "file", "name": path.name, "external-contents": str(path)}
        for path in sorted(directory.iterdir())
    ]
    return {"type": "directory", "name": name, "contents": contents}
