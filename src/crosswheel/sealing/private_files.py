"""Files of a build in place of the machine's own: users, the resolver's configuration, the target's processor."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.host.files import storage_errors
from crosswheel.host.machine import SYSTEM_PROGRAMS
from crosswheel.host.trees import copy_tree
from crosswheel.sealing.command import USER_ID
from crosswheel.sealing.machine_view import REAL_PROGRAMS, installed_programs, visible_cpuinfo
from crosswheel.sealing.model import Mount

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crosswheel.sealing.model import Seal

PRIVATE = "private"
"""The directory of the build with these files."""
RESOLVER = Path("/etc/resolv.conf")
_KERNEL_SETTINGS = ("sys", "irq", "bus")
"""Directories of ``/proc`` whose files the owner may write, whatever capabilities it has."""


def write_private_files(root: Path, seal: Seal, build: Path, mounts: Iterable[Mount]) -> tuple[Mount, ...]:
    """Write the files, and return where sealed programs see them.

    :param root: the directory of the build; ``build`` is its path inside.
    :param mounts: mounts of this build, in addition to those of the seal.
    :raises StorageError: if they cannot be written.
    """
    private, programs = root / PRIVATE, root / PRIVATE / "programs"
    described = installed_programs(seal.machine)
    with storage_errors(private):
        programs.mkdir(parents=True)
        for name, text in described.items():
            (programs / name).write_text(text, "utf-8")
            (programs / name).chmod(0o755)
        if not seal.support.available:
            return ()
        for mount in (*seal.mounts, *mounts):
            if mount.copied:
                copy_tree(mount.outside, root / mount.inside.relative_to(build))
        user = f"build:x:{USER_ID}:{USER_ID}:build:{build / 'home'}:/bin/sh\n"
        files = {"passwd": user, "group": f"build:x:{USER_ID}:\n"}
        described_files = {"cpuinfo": visible_cpuinfo(seal.machine), "version": seal.machine.kernel}
        for name, text in {**files, **described_files, "empty": ""}.items():
            (private / name).write_text(text, "utf-8")
        (private / "nothing").mkdir()
        if RESOLVER.exists():
            shutil.copyfile(RESOLVER, private / RESOLVER.name)
    return (
        *(Mount(private / name, path) for name in files if (path := Path("/etc", name)).exists()),
        *((Mount(private / RESOLVER.name, RESOLVER.resolve()),) if RESOLVER.exists() else ()),
        # Of nothing where the target has no such file: that of the build machine would tell of its own processor.
        *(Mount(private / name, path) for name in described_files if (path := Path("/proc", name)).exists()),
        *_replace_programs([programs / name for name in described]),
        *(_hide_from_root(private) if os.geteuid() == 0 else ()),
    )


def _replace_programs(programs: Iterable[Path]) -> Iterator[Mount]:
    """Put programs in place of the machine's own, for those who call them by their absolute paths.

    The machine's own are in another place then, by directories: each mount costs a quarter of a millisecond.
    """
    replaced = {path: program for program in programs for path in _installed(program.name)}
    for directory in dict.fromkeys(path.parent for path in replaced):
        yield Mount(directory, Path(f"{REAL_PROGRAMS}{directory}"))
    yield from (Mount(program, path) for path, program in replaced.items())


def _installed(name: str) -> Iterator[Path]:
    for path in (Path(directory, name) for directory in SYSTEM_PROGRAMS):
        # Not where it is a link, since the program that it leads to has other names too (BusyBox).
        if path.is_file() and not path.is_symlink() and path.parent.resolve() == path.parent:
            yield path


def _hide_from_root(private: Path) -> Iterator[Mount]:
    """Hide what only root reads, and protect what only root writes.

    To the kernel, the user of a sealed program is the one who runs crosswheel, though without any privilege.
    """
    for path in _private_to_owner("/etc", depth=1):
        yield Mount(private / ("nothing" if path.is_dir() else "empty"), path)
    for path in (Path("/proc", name) for name in _KERNEL_SETTINGS):
        if path.exists():
            yield Mount(path, path)


def _private_to_owner(directory: str, depth: int) -> Iterator[Path]:
    """Yield the files and directories that others than the owner and the group cannot read."""
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_symlink():
                continue
            status, is_directory = entry.stat(follow_symlinks=False), entry.is_dir(follow_symlinks=False)
            if not status.st_mode & (0o005 if is_directory else 0o004):
                if status.st_size:
                    yield Path(entry.path)
            elif is_directory and depth:
                yield from _private_to_owner(entry.path, depth - 1)
