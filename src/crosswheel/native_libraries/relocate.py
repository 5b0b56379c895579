"""What builds need of an installed library, changed so that it can be moved: nothing in it says where it was made."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from crosswheel.host.files import remove_tree, write_atomic
from crosswheel.native_libraries.prefix import LICENSES, LIST
from crosswheel.native_libraries.steps import INSTALL_PREFIX
from crosswheel.object_files.hiding import hide_symbols

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.native_libraries.recipe import Library
    from crosswheel.native_libraries.steps import BuildDirs

_KEPT = ("include", "lib", "share/licenses", "share/pkgconfig", "share/cmake")
_SCRIPT = re.compile(r"[\w.+-]*[-_]config")
_PLACE = rf"(?:(?<=-[IL])|(?<![\w}}.])){INSTALL_PREFIX}"
"""The prefix, where it is the beginning of a path."""
_HEADERS = frozenset({".h", ".hpp", ".inc"})
PLACEHOLDER_PATH = b"/build"
"""What stands in headers for directories of the build, which some name in remarks on how they were made."""
_IN_CMAKE = "${_IMPORT_PREFIX}"
"""What the files that CMake writes for users of a library call the directory they lie in."""


def make_relocatable(bench: BuildDirs, library: Library, source: Path, needed: Path, destination: Path) -> None:
    """Copy what builds need of an installed library, with its licences.

    :param needed: the directory of what it was built with, which will be laid together with it.
    :param destination: an empty directory.
    """
    installed = bench.stage / INSTALL_PREFIX.lstrip("/")
    for part in _KEPT:
        if (installed / part).is_dir():
            shutil.copytree(installed / part, destination / part, symlinks=True, dirs_exist_ok=True)
    for script in sorted((installed / "bin").glob("*")):
        if _SCRIPT.fullmatch(script.name) and script.read_bytes().startswith(b"#!"):
            text = script.read_text("utf-8").replace(str(needed), INSTALL_PREFIX)
            write_atomic(destination / "bin" / script.name, relocatable_script(text), mode=0o755)
    for file in sorted(destination.rglob("*")):
        if file.is_file() or file.is_symlink():
            _made_movable(
                file, destination, needed, {bytes(place): PLACEHOLDER_PATH for place in (source, bench.build)}
            )
    _licenses(library, source, destination / LICENSES / library.name)
    for directory in sorted(destination.rglob("*"), reverse=True):
        if directory.is_dir() and not directory.is_symlink() and not any(directory.iterdir()):
            remove_tree(directory)


def _made_movable(file: Path, destination: Path, needed: Path, places: Mapping[bytes, bytes]) -> None:
    """Change a file so that it holds wherever it lies, and nothing of it shows; libtool's and shared libraries go.

    :param places: directories of the build, and what stands for them in remarks of headers.
    """
    if file.suffix in {".la", ".so", ".dylib"} or ".so." in file.name:
        file.unlink()
    elif file.suffix == ".pc":
        text = file.read_text("utf-8").replace(str(needed), INSTALL_PREFIX)
        write_atomic(file, relocatable_pc(text, file.parent.relative_to(destination)))
    elif file.suffix == ".cmake":
        write_atomic(file, file.read_text("utf-8").replace(str(needed), _IN_CMAKE))
    elif file.suffix == ".a" and not file.is_symlink():
        write_atomic(file, hide_symbols(file.read_bytes()))
    elif file.suffix in _HEADERS:
        data = file.read_bytes()
        for place, neutral in places.items():
            data = data.replace(place, neutral)
        write_atomic(file, data)


def _licenses(library: Library, source: Path, destination: Path) -> None:
    for pattern in library.recipe.license_files:
        for file in sorted(source.glob(pattern)):
            place = destination / file.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
    names = sorted(path.name for path in (destination.parents[2] / "lib").glob("*.a"))
    write_atomic(destination / LIST, "".join(f"{name}\n" for name in names))


def relocatable_pc(text: str, directory: Path) -> str:
    """A file for pkg-config whose paths begin where it lies.

    :param directory: where that is, from the prefix.
    """
    up = "/".join([".."] * len(directory.parts))
    lines = [line for line in text.splitlines() if not re.match(r"prefix\s*=", line)]
    moved = [re.sub(rf"{_PLACE}(?=/|\s|$)", "${prefix}", line) for line in lines]
    return "\n".join([f"prefix=${{pcfiledir}}/{up}", *moved]) + "\n"


def relocatable_script(text: str) -> str:
    """A script that takes its own place for the one it was configured for."""
    first, _, rest = text.partition("\n")
    here = 'crosswheel_prefix=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)'
    moved = re.sub(rf"{_PLACE}(?=/(?:include|lib|bin|share)\b|[\s\"']|$)", "${crosswheel_prefix}", rest)
    return f"{first}\n{here}\n{_unquoted(moved)}"


def _unquoted(text: str) -> str:
    """The same where the variable is written in double quotes, in which alone it is filled in."""
    return re.sub(r"'(\$\{crosswheel_prefix\}[^'\n]*)'", r'"\1"', text)
