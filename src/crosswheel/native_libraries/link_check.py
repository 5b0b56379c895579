"""Proving a built library before anybody links with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.errors import BuildError
from crosswheel.host.files import write_atomic
from crosswheel.native_libraries.steps import INSTALL_PREFIX
from crosswheel.object_files import read_binary
from crosswheel.object_files.ar import archive_members, is_archive
from crosswheel.object_files.elf import strings_containing
from crosswheel.object_files.mismatch import mismatch
from crosswheel.toolchains.model import Call, Tool, add_user_flags, run_call

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.native_libraries.recipe import Library
    from crosswheel.targets import Target
    from crosswheel.toolchains.model import CallSettings, TargetToolchain

_SHOWN = 5
"""Errors of a linker that are told."""


def check_library(
    host: Host, kit: TargetToolchain, library: Library, directory: Path, needed: Sequence[Path], settings: CallSettings,
    forbidden: Sequence[str], work: Path,
) -> None:  # fmt: skip
    """Prove what a recipe has built.

    Every member of its archives is for the target; all of them together, with what they need, make a shared library
    in which nothing is undefined, so that they are position independent and take no more of the C library than the
    target has; no directory of the build is named in any file.

    :param needed: archives of the libraries it is built with.
    :param forbidden: directories of the build.
    :param work: a directory to link in.
    :raises BuildError: when it is wrong.
    """
    archives = sorted((directory / "lib").glob("*.a"))
    for name in library.recipe.provides.libraries:
        if directory / "lib" / f"lib{name}.a" not in archives:
            raise BuildError(f"the build of {library.label} has left no lib{name}.a")
    for archive in archives:
        if wrong := archive_mismatch(archive.read_bytes(), kit.target):
            raise BuildError(f"{archive.name} of {library.label} holds {wrong}")
    for file in sorted(directory.rglob("*")):
        if file.is_file() and (found := strings_containing(file.read_bytes(), tuple(forbidden))):
            raise BuildError(
                f"{file.relative_to(directory)} of {library.label} names a directory of the build: {found[0][:160]}"
            )
        if file.suffix == ".pc" and f"-L{INSTALL_PREFIX}" in file.read_text("utf-8"):
            raise BuildError(f"{file.name} of {library.label} names {INSTALL_PREFIX}, which is the build machine's")
    _link(host, kit, library, archives, needed, settings, work)


def archive_mismatch(data: bytes, target: Target) -> str | None:
    """What in an archive is not for a target, in words; None if all of it is."""
    if not is_archive(data):
        return "no archive"
    for name, content in archive_members(data):
        binary = read_binary(content)
        if binary is not None and (wrong := mismatch(binary, target)):
            return f"{name}, which is {wrong}"
    return None


def _link(
    host: Host, kit: TargetToolchain, library: Library, archives: Sequence[Path], needed: Sequence[Path],
    settings: CallSettings, work: Path,
) -> None:  # fmt: skip
    own = named_archives(library, archives)
    if own:  # otherwise the target has the library's code itself
        # Something that is exported: of archives that keep everything to themselves zig makes no module for macOS.
        source = write_atomic(work / "link_check.c", "int crosswheel_link_check(void) { return 0; }\n")
        others = [source.name, *(str(path) for path in (*archives, *needed) if path not in own)]
        whole_link(host, kit, library, own, others, "link_check.so", settings, work)


def named_archives(library: Library, archives: Sequence[Path]) -> tuple[Path, ...]:
    """The archives that a recipe names, those with something in them; all, where it names none. Each of them once."""
    named = [f"lib{name}.a" for name in library.recipe.provides.libraries] or [path.name for path in archives]
    found = {path.name: path for path in archives}
    own = [found[name] for name in named if name in found and any(archive_members(found[name].read_bytes()))]
    return tuple({path.resolve(): path for path in reversed(own)}.values())[::-1]


def whole_link(
    host: Host, kit: TargetToolchain, library: Library, own: Sequence[Path], others: Sequence[str], output: str,
    settings: CallSettings, work: Path,
) -> None:  # fmt: skip
    """Link all of a library's archives into one file with nothing undefined.

    :param others: further words for the link: sources, archives that it takes from.
    :param work: the directory of the output.
    :raises BuildError: when it cannot be linked.
    """
    words = [
        word.format(archive=path)
        for word in kit.target.system.whole
        for path in (own if "{archive}" in word else ("",))
    ]
    call = Call(Tool.CC, (*words, *others, "-lpthread", "-ldl", "-lm", "-o", output), str(work))
    status, said = run_call(host, kit, add_user_flags(call, settings.user_flags), settings)
    if status:
        errors = [line.strip() for line in said.splitlines() if "error" in line] or [said[-300:]]
        shown = "; ".join(errors[:_SHOWN])[:600]
        raise BuildError(f"the archives of {library.label} cannot be linked into a module: {shown}")
