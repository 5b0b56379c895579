"""Making an installed library relocatable: what package builds need of it, without paths of its build."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from crosswheel.host.files import write_atomic
from crosswheel.host.scratch import remove_tree
from crosswheel.native_libraries.prefix import ARCHIVES_FILE, LICENSES
from crosswheel.native_libraries.steps import INSTALL_PREFIX
from crosswheel.object_files.ar import hide_symbols
from crosswheel.sealing.paths import PathTranslation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from crosswheel.native_libraries.recipe import Library
    from crosswheel.native_libraries.steps import BuildDirs

_KEPT = ("include", "lib", "share/licenses", "share/pkgconfig", "share/cmake")
_SCRIPT = re.compile(r"[\w.+-]*[-_]config")
_PREFIX_PATTERN = rf"(?:(?<=-[IL])|(?<![\w}}.])){INSTALL_PREFIX}"
"""The configured prefix, at the beginning of a path."""
_HEADERS = frozenset({".h", ".hpp", ".inc"})
PLACEHOLDER_PATH = b"/build"
"""Replaces directories of the build in headers: generated ones have comments with the command that wrote them."""
_CMAKE_PREFIX = "${_IMPORT_PREFIX}"
"""The variable for the prefix in the files that CMake exports."""


def make_relocatable(
    dirs: BuildDirs, library: Library, source: Path, dependencies: Path, destination: Path,
    paths: PathTranslation | None = None,
) -> None:  # fmt: skip
    """Copy what package builds need of an installed library, and its license texts.

    :param source: the top directory of its sources.
    :param dependencies: the prefix of its dependencies; paths there become paths in the library's own prefix, as both
        will be merged.
    :param destination: an empty directory.
    :param paths: the paths of the build machine that installed files have elsewhere.
    """
    inside = (paths or PathTranslation()).inside
    prefix, build_dirs = inside(str(dependencies)), tuple(inside(str(path)) for path in (source, dirs.build))
    installed = dirs.stage / INSTALL_PREFIX.lstrip("/")
    for part in _KEPT:
        if (installed / part).is_dir():
            shutil.copytree(installed / part, destination / part, symlinks=True, dirs_exist_ok=True)
    for script in sorted((installed / "bin").glob("*")):
        if _SCRIPT.fullmatch(script.name) and script.read_bytes().startswith(b"#!"):
            text = script.read_text("utf-8").replace(prefix, INSTALL_PREFIX)
            write_atomic(destination / "bin" / script.name, relocatable_script(text), mode=0o755)
    for file in sorted(destination.rglob("*")):
        if file.is_file() or file.is_symlink():
            _relocate_file(file, destination, prefix, build_dirs)
    _copy_licenses(library, source, destination / LICENSES / library.name)
    for directory in sorted(destination.rglob("*"), reverse=True):
        if directory.is_dir() and not directory.is_symlink() and not any(directory.iterdir()):
            remove_tree(directory)


def _relocate_file(file: Path, destination: Path, dependencies: str, build_dirs: Sequence[str]) -> None:
    """Make paths in a file relative, and hide the symbols of archives; remove libtool's files and shared libraries.

    :param dependencies: the prefix of the dependencies.
    :param build_dirs: directories to replace in headers.
    """
    if file.suffix in {".la", ".so", ".dylib"} or ".so." in file.name:
        file.unlink()
    elif file.suffix == ".pc":
        text = file.read_text("utf-8").replace(dependencies, INSTALL_PREFIX)
        write_atomic(file, relocatable_pc(text, file.parent.relative_to(destination)))
    elif file.suffix == ".cmake":
        write_atomic(file, file.read_text("utf-8").replace(dependencies, _CMAKE_PREFIX))
    elif file.suffix == ".a" and not file.is_symlink():
        write_atomic(file, hide_symbols(file.read_bytes()))
    elif file.suffix in _HEADERS:
        data = file.read_bytes()
        for directory in build_dirs:
            data = data.replace(directory.encode(), PLACEHOLDER_PATH)
        write_atomic(file, data)


def _copy_licenses(library: Library, source: Path, destination: Path) -> None:
    """Copy the license texts, and list the archives beside them."""
    for pattern in library.recipe.license_files:
        for file in sorted(source.glob(pattern)):
            path = destination / file.relative_to(source)
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, path)
    names = sorted(path.name for path in (destination.parents[2] / "lib").glob("*.a"))
    write_atomic(destination / ARCHIVES_FILE, "".join(f"{name}\n" for name in names))


def relocatable_pc(text: str, directory: Path) -> str:
    """Return a pkg-config file with paths relative to the file itself.

    :param directory: the directory of the file, relative to the prefix.
    """
    up = "/".join([".."] * len(directory.parts))
    lines = [line for line in text.splitlines() if not re.match(r"prefix\s*=", line)]
    relative = [re.sub(rf"{_PREFIX_PATTERN}(?=/|\s|$)", "${prefix}", line) for line in lines]
    return "\n".join([f"prefix=${{pcfiledir}}/{up}", *relative]) + "\n"


def relocatable_script(text: str) -> str:
    """Return a configuration script with a prefix relative to the script itself."""
    first, _, rest = text.partition("\n")
    assignment = 'crosswheel_prefix=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)'
    relative = re.sub(rf"{_PREFIX_PATTERN}(?=/(?:include|lib|bin|share)\b|[\s\"']|$)", "${crosswheel_prefix}", rest)
    return f"{first}\n{assignment}\n{_double_quote(relative)}"


def _double_quote(text: str) -> str:
    """Replace single quotes around the variable by double quotes, in which a shell expands it."""
    return re.sub(r"'(\$\{crosswheel_prefix\}[^'\n]*)'", r'"\1"', text)
