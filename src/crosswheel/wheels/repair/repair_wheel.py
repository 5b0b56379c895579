"""Repairing a wheel: libraries, compiled files, platform tag, and reproducible packing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from crosswheel.errors import AuditError
from crosswheel.host.files import temporary_directory
from crosswheel.object_files import read_binary
from crosswheel.platforms import load, platform_of
from crosswheel.wheels.archive import WheelContents, WheelName, pack_wheel, read_wheel, unpack_wheel, wheel_file
from crosswheel.wheels.loaded_files import compiled_files
from crosswheel.wheels.repair.graft import SharedLibraries, graft

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import Target
    from crosswheel.wheels.repair.formats import Repairer


@dataclass(frozen=True, slots=True)
class RepairedWheel:
    """A wheel with its final name and tags, not audited yet.

    :param pure: whether it contains no compiled files and is for any platform.
    """

    path: Path
    name: WheelName
    pure: bool


_NO_LIBRARIES = SharedLibraries()
NEUTRAL = "/build"
"""Replaces paths of the build machine in text files."""


def repair_wheel(
    host: Host, raw: Path, target: Target, destination: Path, epoch: int, *, directories: Collection[str] = (),
    dist_info_files: Mapping[str, bytes] = MappingProxyType({}), shared: SharedLibraries = _NO_LIBRARIES,
) -> RepairedWheel:  # fmt: skip
    """Set the target's platform tag, graft shared libraries, and pack the wheel reproducibly.

    :param directories: paths of the build machine to replace with ``/build`` in generated text, such as a record of the
        build configuration, or C written by Cython. Paths in compiled files are left to the audit.
    :param accompanying: additional files for its .dist-info directory, by path there.
    :param shared: shared libraries that it was built with; those that it needs are grafted into it.
    :raises AuditError: if it needs a library that neither the target nor the wheel provides.
    """
    repair: Repairer = load(platform_of(target).repairer)
    contents = _replace_paths(read_wheel(raw), directories)
    native = dict(compiled_files(contents, (target,)).loaded)
    if contents.name.is_pure and not native and not shared.bundled:
        return RepairedWheel(
            pack_wheel(contents.files, {}, contents.name, destination, epoch), contents.name, pure=True
        )
    name = contents.name.with_platforms(target.wheel_tags())
    files = dict(contents.files)
    files |= {f"{contents.info}/{path}": data for path, data in dist_info_files.items()}
    files[f"{contents.info}/WHEEL"] = wheel_file(contents.headers("WHEEL"), name.tags(), pure=False)
    with temporary_directory() as work:
        tree = unpack_wheel(raw, work / "tree")
        try:
            grafted = graft(host, tree, native, shared, name.prefix.partition("-")[0])
            files |= grafted
            native |= {path: found for path, data in grafted.items() if (found := read_binary(data))}
            files |= repair(host, native, tree, target)
        except AuditError as error:
            error.where = error.where or raw.name
            raise
        modes = {path: (tree / path).stat().st_mode for path in files if (tree / path).is_file()}
    return RepairedWheel(pack_wheel(files, modes, name, destination, epoch), name, pure=False)


def _replace_paths(contents: WheelContents, directories: Collection[str]) -> WheelContents:
    files = dict(contents.files)
    for directory in sorted(directories, key=len, reverse=True):
        for path, data in files.items():
            if directory.encode() in data and b"\0" not in data:
                files[path] = data.replace(directory.encode(), NEUTRAL.encode())
    return replace(contents, files=files)
