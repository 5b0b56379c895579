"""Directories of finished libraries: made to be moved, and laid together for those who build with them."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.host.clone import merge_tree
from crosswheel.host.files import remove_tree, write_atomic
from crosswheel.libraries.systems import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crosswheel.libraries.model import Library

LICENSES = "share/licenses"
"""Where the texts of licences lie in a prefix, in a directory for each library."""
_KEPT = ("include", "lib", "share/licenses", "share/pkgconfig", "share/cmake")
_SCRIPT = re.compile(r"[\w.+-]*-config")


@dataclass(frozen=True)
class Made:
    """A finished library in a directory of its own."""

    library: Library
    directory: Path


@dataclass(frozen=True)
class Prefix:
    """Libraries of the target in one directory, as ``/usr`` has them.

    :param libraries: what is in it; whatever needs another comes after that.
    """

    directory: Path
    libraries: tuple[Library, ...] = ()

    @property
    def archives(self) -> tuple[Path, ...]:
        """Every static library; whatever needs another comes before that, as linkers want it."""
        owned = {path: order for order, library in enumerate(self.libraries) for path in self.of(library)}
        return tuple(sorted(owned, key=lambda path: (-owned[path], path)))

    def of(self, library: Library) -> tuple[Path, ...]:
        """The static libraries of one recipe."""
        listed = self.directory / LICENSES / library.name / _LIST
        names = listed.read_text("utf-8").split() if listed.is_file() else []
        return tuple(self.directory / "lib" / name for name in names)

    @property
    def scripts(self) -> tuple[Path, ...]:
        """Programs by which builds ask for libraries: ``xml2-config``."""
        return tuple(sorted((self.directory / "bin").glob("*-config")))


_LIST = ".archives"


def pkg_config(program: Path, directory: Path) -> tuple[str, ...]:
    """The command that finds the libraries of a prefix, and no others."""
    places = ":".join(str(directory / part / "pkgconfig") for part in ("lib", "share"))
    unset = ("-u", "PKG_CONFIG_PATH", "-u", "PKG_CONFIG_SYSROOT_DIR")
    return ("/usr/bin/env", *unset, f"PKG_CONFIG_LIBDIR={places}", str(program), "--static")


def join(made: Iterable[Made], directory: Path) -> Prefix:
    """Lay finished libraries together; their files get second names.

    :param made: whatever is needed comes first.
    :param directory: must not exist.
    """
    for part in ("include", "lib/pkgconfig", "bin"):
        (directory / part).mkdir(parents=True, exist_ok=True)
    libraries = []
    for each in made:
        merge_tree(each.directory, directory)
        libraries.append(each.library)
    return Prefix(directory, tuple(libraries))


def settle(stage: Path, library: Library, source: Path, destination: Path) -> None:
    """Copy what builds need of an installed library, so that it can be moved, with its licences.

    :param stage: what stood for ``/`` when it was installed.
    :param destination: an empty directory.
    """
    installed = stage / PREFIX.lstrip("/")
    for part in _KEPT:
        if (installed / part).is_dir():
            shutil.copytree(installed / part, destination / part, symlinks=True, dirs_exist_ok=True)
    for script in sorted((installed / "bin").glob("*")):
        if _SCRIPT.fullmatch(script.name) and script.read_bytes().startswith(b"#!"):
            write_atomic(destination / "bin" / script.name, movable_script(script.read_text("utf-8")), mode=0o755)
    for file in sorted(destination.rglob("*")):
        if file.suffix in {".la", ".so", ".dylib"} or ".so." in file.name:
            file.unlink()
        elif file.suffix == ".pc":
            write_atomic(file, movable_pc(file.read_text("utf-8"), file.parent.relative_to(destination)))
    _licenses(library, source, destination / LICENSES / library.name)
    for directory in sorted(destination.rglob("*"), reverse=True):
        if directory.is_dir() and not directory.is_symlink() and not any(directory.iterdir()):
            remove_tree(directory)


def _licenses(library: Library, source: Path, destination: Path) -> None:
    for pattern in library.recipe.license_files:
        for file in sorted(source.glob(pattern)):
            place = destination / file.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
    names = sorted(path.name for path in (destination.parents[2] / "lib").glob("*.a"))
    write_atomic(destination / _LIST, "".join(f"{name}\n" for name in names))


def movable_pc(text: str, directory: Path) -> str:
    """A file for pkg-config whose paths begin where it lies.

    :param directory: where that is, from the prefix.
    """
    up = "/".join([".."] * len(directory.parts))
    lines = [line for line in text.splitlines() if not re.match(r"prefix\s*=", line)]
    moved = [re.sub(rf"(?<![\w}}.]){PREFIX}(?=/|\s|$)", "${prefix}", line) for line in lines]
    return "\n".join([f"prefix=${{pcfiledir}}/{up}", *moved]) + "\n"


def movable_script(text: str) -> str:
    """A script that takes its own place for the one it was configured for."""
    first, _, rest = text.partition("\n")
    here = 'crosswheel_prefix=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)'
    moved = re.sub(rf"(?<![\w}}.]){PREFIX}(?=/(?:include|lib|bin|share)\b|[\s\"']|$)", "${crosswheel_prefix}", rest)
    return f"{first}\n{here}\n{_unquoted(moved)}"


def _unquoted(text: str) -> str:
    """The same where the variable is written in double quotes, in which alone it is filled in."""
    return re.sub(r"'(\$\{crosswheel_prefix\}[^'\n]*)'", r'"\1"', text)
