"""Building a shared library from a library's static archives, with its static dependencies linked in and hidden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswheel.errors import BuildError, UsageError
from crosswheel.host.files import move_into_place, temp_dir_without_blanks, temporary_directory, write_atomic
from crosswheel.host.machine import SYSTEM_DIRECTORIES
from crosswheel.host.trees import merge_tree
from crosswheel.native_libraries.link_check import library_archives, link_whole_archives
from crosswheel.native_libraries.prefix import (
    ARCHIVES_FILE,
    LICENSES,
    SHARED_FILE,
    STATIC_DIR,
    merge_prefixes,
    runtime_flags,
)
from crosswheel.object_files import read_binary
from crosswheel.object_files.ar import archive_symbols
from crosswheel.object_files.mismatch import mismatch
from crosswheel.toolchains.link import archives_in_map
from crosswheel.toolchains.model import CallSettings

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.native_libraries.prefix import InstalledLibrary, Prefix
    from crosswheel.native_libraries.recipe import Library
    from crosswheel.targets import Target
    from crosswheel.toolchains.model import TargetToolchain

_SUFFIX = ".so"
_TEXT_SUFFIXES = frozenset({".cmake", ".pc", ""})
"""Suffixes of files that may name archives; configuration scripts have none."""


def shared_library_flags(target: Target) -> tuple[str, ...]:
    """Return the compiler flags that link a shared library for a target.

    :raises UsageError: if wheels for the target cannot contain shared libraries.
    """
    if target.shared_library_flags is None:
        raise UsageError(
            f"wheels for {target} cannot contain shared libraries yet",
            hint="use the option `libraries` instead: each module then links its own copy",
        )
    return target.shared_library_flags


@dataclass(frozen=True)
class SharedLibraryBuild:
    """The build of a shared library.

    :param static: the library as static archives.
    :param dependencies: the installed libraries that it is linked with, each after its own dependencies.
    """

    host: Host
    toolchain: TargetToolchain
    static: InstalledLibrary
    dependencies: tuple[InstalledLibrary, ...]

    def build(self, destination: Path) -> None:
        """Link the shared library, and install it for package builds.

        :param destination: an empty directory.
        :raises BuildError: if it cannot be linked, or the result is not usable.
        """
        library, target = self.static.library, self.toolchain.target
        merge_tree(self.static.directory, destination)
        with temporary_directory(parent=temp_dir_without_blanks(), prefix="crosswheel-shared-") as root:
            prefix = merge_prefixes((*self.dependencies, self.static), root / "libraries")
            archives = library_archives(library, prefix.archives_of(library))
            if not archives:  # the target's system provides the library
                return
            name = f"{archives[0].stem}{_SUFFIX}"
            settings = self._settings(root, prefix, archives)
            flags = tuple(flag.format(name=name) for flag in shared_library_flags(target))
            linked = self._link(root, prefix, archives, settings, name, flags)
            _check_output(library, target, (root / name).read_bytes())
            move_into_place(root / name, destination / "lib" / name)
        _replace_archives(library, destination, name, {path.name for path in archives}, linked)

    def _settings(self, root: Path, prefix: Prefix, archives: tuple[Path, ...]) -> CallSettings:
        """Return the settings of the link, which exports every global symbol of the library's own archives."""
        (root / "maps").mkdir()
        linked = {path.resolve() for path in archives}
        return CallSettings(
            removed_paths=SYSTEM_DIRECTORIES,
            kept_paths=(str(root), str(self.host.cache)),
            user_flags=runtime_flags(prefix.libraries),
            archives=tuple(str(path) for path in prefix.archives if path.resolve() not in linked),
            shared=tuple(str(shared.path) for shared in prefix.shared.values()),
            exports=tuple(sorted({name for path in archives for name in archive_symbols(path.read_bytes())})),
            link_maps=str(root / "maps"),
        )

    def _link(
        self, root: Path, prefix: Prefix, archives: tuple[Path, ...], settings: CallSettings, output: str,
        flags: tuple[str, ...],
    ) -> list[str]:  # fmt: skip
        """Link the library, and return the names of the libraries linked into it, itself first."""
        library = self.static.library
        link_whole_archives(self.host, self.toolchain, library, archives, flags, output, settings, root)
        (link_map,) = (root / "maps").glob("*.map")
        linked = archives_in_map(link_map.read_text("utf-8", "replace"))
        others = [each for each in prefix.libraries if each.name != library.name]
        return [
            library.name,
            *(each.name for each in others if not linked.isdisjoint(map(str, prefix.archives_of(each)))),
        ]


def _check_output(library: Library, target: Target, data: bytes) -> None:
    """Raise if a shared library is not for the target or exports nothing; its link has no undefined symbols."""
    binary = read_binary(data)
    reason = "not a known object file" if binary is None else mismatch(binary, target)
    if binary is not None and not reason and not binary.exported_names:
        reason = "without exported symbols"
    if reason:
        raise BuildError(f"the shared library of {library.label} is {reason}")


def _replace_archives(library: Library, directory: Path, name: str, archives: set[str], linked: list[str]) -> None:
    """Turn the directory of a static library into that of a shared one.

    The archives move to a directory of their own, where only static links of programs find them.

    :param name: the shared library, in ``lib``.
    :param archives: names of the archives that it replaces, and that files for pkg-config and CMake name.
    :param linked: names of the libraries linked into it, itself first.
    """
    lib, licenses = directory / "lib", directory / LICENSES / library.name
    (directory / STATIC_DIR).mkdir()
    same = {(lib / archive).resolve() for archive in archives}
    moved = [path for path in sorted(lib.glob("*.a")) if path.resolve() in same]
    for path in moved:
        if not (lib / f"{path.stem}{_SUFFIX}").exists():
            (lib / f"{path.stem}{_SUFFIX}").symlink_to(name)
    for file in sorted(directory.rglob("*")):
        if (
            file.suffix in _TEXT_SUFFIXES
            and file.is_file()
            and not file.is_symlink()
            and LICENSES not in file.as_posix()
        ):
            _name_shared(file, moved)
    for path in moved:
        path.rename(directory / STATIC_DIR / path.name)
    names = (licenses / ARCHIVES_FILE).read_text("utf-8").split()
    write_atomic(licenses / ARCHIVES_FILE, "".join(f"{each}\n" for each in names if (lib / each).exists()))
    write_atomic(licenses / SHARED_FILE, "".join(f"{each}\n" for each in (name, *linked)))


def _name_shared(file: Path, archives: list[Path]) -> None:
    """Replace the names of archives in a file by those of the shared libraries."""
    text = data = file.read_bytes()
    for archive in archives:
        text = text.replace(archive.name.encode(), f"{archive.stem}{_SUFFIX}".encode())
    if text != data:
        write_atomic(file, text, mode=file.stat().st_mode & 0o777)
