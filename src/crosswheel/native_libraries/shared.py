"""A library as a shared one: linked of its own archives, with what it uses of other libraries hidden inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswheel.errors import BuildError, UsageError
from crosswheel.host.files import move_into_place, temp_dir_without_blanks, temporary_directory, write_atomic
from crosswheel.host.machine import SYSTEM_DIRECTORIES
from crosswheel.host.trees import merge_tree
from crosswheel.native_libraries.link_check import named_archives, whole_link
from crosswheel.native_libraries.prefix import LICENSES, LIST, SHARED, STATIC, merge_prefixes, runtime_options
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
_TEXTS = frozenset({".cmake", ".pc", ""})
"""How files end that may name archives; scripts end in nothing."""


def shared_library_flags(target: Target) -> tuple[str, ...]:
    """What a compiler is told to make a shared library for a target.

    :raises UsageError: when wheels for it cannot bring any.
    """
    if target.shared_library_flags is None:
        raise UsageError(
            f"wheels for {target} cannot bring shared libraries yet",
            hint="name the library among `libraries`: each module then has its own copy",
        )
    return target.shared_library_flags


@dataclass(frozen=True)
class SharedLibraryBuild:
    """One library to be made a shared one.

    :param static: the library as archives; ``needed`` what it is built with, whatever is needed first.
    """

    host: Host
    kit: TargetToolchain
    static: InstalledLibrary
    needed: tuple[InstalledLibrary, ...]

    def build(self, destination: Path) -> None:
        """Link it, and lay out what builds need of it.

        :param destination: an empty directory.
        :raises BuildError: when it cannot be linked, or what comes of it is wrong.
        """
        library, target = self.static.library, self.kit.target
        merge_tree(self.static.directory, destination)
        with temporary_directory(parent=temp_dir_without_blanks(), prefix="crosswheel-shared-") as root:
            prefix = merge_prefixes((*self.needed, self.static), root / "libraries")
            own = named_archives(library, prefix.archives_of(library))
            if not own:  # the target has the library's code itself
                return
            name = f"{own[0].stem}{_SUFFIX}"
            settings = self._settings(root, prefix, own)
            words = tuple(word.format(name=name) for word in shared_library_flags(target))
            inside = self._linked(root, prefix, own, settings, (name, *words))
            _prove(library, target, (root / name).read_bytes())
            move_into_place(root / name, destination / "lib" / name)
        _laid_out(library, destination, name, {path.name for path in own}, inside)

    def _settings(self, root: Path, prefix: Prefix, own: tuple[Path, ...]) -> CallSettings:
        """What it exports is what its own archives define for others; where a linker asks which, all of that."""
        (root / "maps").mkdir()
        same = {path.resolve() for path in own}
        return CallSettings(
            removed_paths=SYSTEM_DIRECTORIES,
            kept_paths=(str(root), str(self.host.cache)),
            user_flags=runtime_options(prefix.libraries),
            archives=tuple(str(path) for path in prefix.archives if path.resolve() not in same),
            shared=tuple(str(shared.path) for shared in prefix.shared.values()),
            exports=tuple(sorted({name for path in own for name in archive_symbols(path.read_bytes())})),
            link_maps=str(root / "maps"),
        )

    def _linked(
        self, root: Path, prefix: Prefix, own: tuple[Path, ...], settings: CallSettings, words: tuple[str, ...]
    ) -> list[str]:
        """The names of the libraries that parts of it are from, itself first."""
        library = self.static.library
        output, *more = words
        whole_link(self.host, self.kit, library, own, more, output, settings, root)
        (record,) = (root / "maps").glob("*.map")
        taken = archives_in_map(record.read_text("utf-8", "replace"))
        others = [each for each in prefix.libraries if each.name != library.name]
        return [
            library.name,
            *(each.name for each in others if not taken.isdisjoint(map(str, prefix.archives_of(each)))),
        ]


def _prove(library: Library, target: Target, data: bytes) -> None:
    """That nothing in it is undefined its link has shown."""
    binary = read_binary(data)
    wrong = "nothing that can be read" if binary is None else mismatch(binary, target)
    if binary is not None and not wrong and not binary.exported_names:
        wrong = "without a symbol for others"
    if wrong:
        raise BuildError(f"the shared library of {library.label} is {wrong}")


def _laid_out(library: Library, place: Path, name: str, archives: set[str], inside: list[str]) -> None:
    """Make the directory of a static library that of a shared one.

    Its archives lie apart, where links of programs that are all static find them.
    """
    lib, told = place / "lib", place / LICENSES / library.name
    (place / STATIC).mkdir()
    same = {(lib / archive).resolve() for archive in archives}
    moved = [path for path in sorted(lib.glob("*.a")) if path.resolve() in same]
    for path in moved:
        if not (lib / f"{path.stem}{_SUFFIX}").exists():
            (lib / f"{path.stem}{_SUFFIX}").symlink_to(name)
    for file in sorted(place.rglob("*")):
        if file.suffix in _TEXTS and file.is_file() and not file.is_symlink() and LICENSES not in file.as_posix():
            _names_shared(file, moved)
    for path in moved:
        path.rename(place / STATIC / path.name)
    listed = (told / LIST).read_text("utf-8").split()
    write_atomic(told / LIST, "".join(f"{each}\n" for each in listed if (lib / each).exists()))
    write_atomic(told / SHARED, "".join(f"{each}\n" for each in (name, *inside)))


def _names_shared(file: Path, archives: list[Path]) -> None:
    text = data = file.read_bytes()
    for archive in archives:
        text = text.replace(archive.name.encode(), f"{archive.stem}{_SUFFIX}".encode())
    if text != data:
        write_atomic(file, text, mode=file.stat().st_mode & 0o777)
