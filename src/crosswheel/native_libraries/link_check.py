"""Checks of a built library: its archives are for the target and link completely; no file contains build paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.errors import BuildError
from crosswheel.host.files import write_atomic
from crosswheel.native_libraries.steps import INSTALL_PREFIX
from crosswheel.object_files import read_binary
from crosswheel.object_files.ar import archive_members, is_archive
from crosswheel.object_files.elf import strings_containing
from crosswheel.object_files.mismatch import mismatch
from crosswheel.toolchains.calls import run_call
from crosswheel.toolchains.model import Call, Tool, add_user_flags

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.native_libraries.recipe import Library
    from crosswheel.targets import Target
    from crosswheel.toolchains.model import CallSettings, TargetToolchain

_MAX_ERRORS = 5
"""Linker errors that a message quotes."""


def check_library(
    host: Host, toolchain: TargetToolchain, library: Library, directory: Path, dependencies: Sequence[Path],
    settings: CallSettings, forbidden: Sequence[str], work: Path,
) -> None:  # fmt: skip
    """Raise if a built library is incomplete or unusable.

    Every archive member must be for the target. The archives of the recipe must link, with those of the dependencies,
    into a shared library without undefined symbols: so they are position-independent, and need no function of the C
    library that the target lacks. No file may contain a path of the build.

    :param directory: where the library is installed.
    :param dependencies: archives of the libraries that it is built with.
    :param forbidden: directories of the build.
    :param work: a directory to link in.
    :raises BuildError: if a check fails.
    """
    archives = sorted((directory / "lib").glob("*.a"))
    for name in library.recipe.provides.libraries:
        if directory / "lib" / f"lib{name}.a" not in archives:
            raise BuildError(f"the build of {library.label} did not install lib{name}.a")
    for archive in archives:
        if reason := archive_mismatch(archive.read_bytes(), toolchain.target):
            raise BuildError(f"{archive.name} of {library.label} contains {reason}")
    for file in sorted(directory.rglob("*")):
        if file.is_file() and (strings := strings_containing(file.read_bytes(), tuple(forbidden))):
            raise BuildError(
                f"{file.relative_to(directory)} of {library.label} contains a path of the build: {strings[0][:160]}"
            )
        if file.suffix == ".pc" and f"-L{INSTALL_PREFIX}" in file.read_text("utf-8"):
            raise BuildError(f"{file.name} of {library.label} contains -L{INSTALL_PREFIX}, the build machine's prefix")
    _check_link(host, toolchain, library, archives, dependencies, settings, work)


def archive_mismatch(data: bytes, target: Target) -> str | None:
    """Return the first member of an archive that is not for a target, with the reason, or None if all are.

    :param data: the archive.
    """
    if not is_archive(data):
        return "no archive"
    for name, content in archive_members(data):
        binary = read_binary(content)
        if binary is not None and (reason := mismatch(binary, target)):
            return f"{name}, which is {reason}"
    return None


def _check_link(
    host: Host, toolchain: TargetToolchain, library: Library, archives: Sequence[Path], dependencies: Sequence[Path],
    settings: CallSettings, work: Path,
) -> None:  # fmt: skip
    checked = library_archives(library, archives)
    if checked:  # otherwise the target's system provides the library
        # One exported function: from archives whose symbols are all hidden, zig links no output for macOS.
        source = write_atomic(work / "link_check.c", "int crosswheel_link_check(void) { return 0; }\n")
        others = [source.name, *(str(path) for path in (*archives, *dependencies) if path not in checked)]
        link_whole_archives(host, toolchain, library, checked, others, "link_check.so", settings, work)


def library_archives(library: Library, archives: Sequence[Path]) -> tuple[Path, ...]:
    """Return the archives that a recipe provides, or all of them if it names none; each once, without empty ones.

    :param archives: the installed archives; several may be links to one file.
    """
    names = [f"lib{name}.a" for name in library.recipe.provides.libraries] or [path.name for path in archives]
    by_name = {path.name: path for path in archives}
    provided = [by_name[name] for name in names if name in by_name and any(archive_members(by_name[name].read_bytes()))]
    return tuple({path.resolve(): path for path in reversed(provided)}.values())[::-1]


def link_whole_archives(
    host: Host, toolchain: TargetToolchain, library: Library, archives: Sequence[Path], args: Sequence[str],
    output: str, settings: CallSettings, work: Path,
) -> None:  # fmt: skip
    """Link every member of a library's archives into one shared library, without undefined symbols.

    :param args: further arguments of the link: sources, archives of dependencies.
    :param output: the name of the output, in ``work``.
    :raises BuildError: if the link fails.
    """
    whole_archive_args = [
        arg.format(archive=path)
        for arg in toolchain.target.system.whole
        for path in (archives if "{archive}" in arg else ("",))
    ]
    call = Call(Tool.CC, (*whole_archive_args, *args, "-lpthread", "-ldl", "-lm", "-o", output), str(work))
    status, messages = run_call(host, toolchain, add_user_flags(call, settings.user_flags), settings)
    if status:
        errors = [line.strip() for line in messages.splitlines() if "error" in line] or [messages[-300:]]
        summary = "; ".join(errors[:_MAX_ERRORS])[:600]
        raise BuildError(f"the archives of {library.label} cannot be linked into a module: {summary}")
