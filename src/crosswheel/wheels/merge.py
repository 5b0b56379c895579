"""Merging wheels for the two macOS architectures into one (universal2)."""

from __future__ import annotations

import calendar
import zipfile
from itertools import zip_longest
from typing import TYPE_CHECKING

from crosswheel.errors import AuditError, UsageError
from crosswheel.host.files import temporary_directory
from crosswheel.object_files import read_binary
from crosswheel.object_files.macho import MachO, join_universal
from crosswheel.targets import MacosTarget, macos_architectures, target_from_tag
from crosswheel.wheels.archive import (
    SINGLE_ARCHITECTURE_FILE,
    WheelContents,
    pack_wheel,
    read_wheel,
    unpack_wheel,
    wheel_file,
)

if TYPE_CHECKING:
    from pathlib import Path

_UNIVERSAL = "universal2"
_REGENERATED = ("RECORD", "WHEEL")


def merge_wheels(first: Path, second: Path, destination: Path, *, single: bool = False) -> Path:
    """Merge two wheels for one architecture each into a universal2 wheel.

    Every file must be in both wheels: compiled files are merged into universal files, others must be identical. Of two
    pure wheels, one is returned.

    :param single: keep compiled files that only one of the wheels has, and list them in ``.dist-info``. They cannot be
        imported on the other architecture, as in its own wheel. The caller has to know that no file is missing.
    :returns: path of the wheel in ``destination``.
    :raises UsageError: if they are not wheels of one project for two macOS architectures.
    :raises AuditError: if they differ in more than compiled files.
    """
    wheels = read_wheel(first), read_wheel(second)
    _same_project(*wheels)
    if all(contents.name.is_pure for contents in wheels):
        name, files = wheels[0].name, _joined(*wheels)
    else:
        intel, arm = _ordered(*wheels)
        name = intel.name.with_platforms((_tag(_target(intel), _target(arm)),))
        files = _joined(intel, arm, single=single)
        files[f"{intel.info}/WHEEL"] = wheel_file(intel.headers("WHEEL"), name.tags(), pure=False)
    with temporary_directory() as work:
        trees = unpack_wheel(first, work / "first"), unpack_wheel(second, work / "second")
        found = {path: tree / path for tree in trees for path in files if (tree / path).is_file()}
        modes = {path: file.stat().st_mode for path, file in found.items()}
    destination.mkdir(parents=True, exist_ok=True)
    return pack_wheel(files, modes, name, destination, max(_time(first), _time(second)))


def _ordered(*wheels: WheelContents) -> list[WheelContents]:
    """Return the wheels in the order of their slices in universal files."""
    found = {_target(contents).architecture.name: contents for contents in wheels}
    order = macos_architectures()[_UNIVERSAL].parts
    if set(found) != set(order):
        raise UsageError(
            f"{' and '.join(str(contents.name) for contents in wheels)} are not wheels for {' and '.join(order)}",
            hint="crosswheel build --target macos-universal2",
        )
    return [found[name] for name in order]


def _target(contents: WheelContents) -> MacosTarget:
    targets = [target_from_tag(tag) for tag in contents.name.platforms]
    if len(targets) == 1 and isinstance(targets[0], MacosTarget):
        return targets[0]
    raise UsageError(f"{contents.name} is not a wheel for a single macOS architecture")


def _same_project(intel: WheelContents, arm: WheelContents) -> None:
    ours, theirs = intel.name, arm.name
    if (ours.prefix, ours.pythons, ours.abis) != (theirs.prefix, theirs.pythons, theirs.abis):
        raise UsageError(f"{ours} and {theirs} differ in project, version or Python")


def _joined(intel: WheelContents, arm: WheelContents, *, single: bool = False) -> dict[str, bytes]:
    regenerated = {f"{intel.info}/{name}" for name in _REGENERATED}
    unmatched = {path: {**intel.files, **arm.files}[path] for path in sorted(intel.files.keys() ^ arm.files.keys())}
    for path, data in unmatched.items():
        if not (single and isinstance(read_binary(data), MachO)):
            where = intel if path in intel.files else arm
            raise AuditError(f"{path} is only in {where.name}", where=path)
    both = {path: data for path, data in intel.files.items() if path not in unmatched}
    joined = {path: data if path in regenerated else _one(path, data, arm.files[path]) for path, data in both.items()}
    named = (
        {f"{intel.info}/{SINGLE_ARCHITECTURE_FILE}": "".join(f"{path}\n" for path in unmatched).encode()}
        if unmatched
        else {}
    )
    return {**joined, **unmatched, **named}


def _one(path: str, intel: bytes, arm: bytes) -> bytes:
    if isinstance(read_binary(intel), MachO) and isinstance(read_binary(arm), MachO):
        return join_universal((intel, arm))
    if intel == arm:
        return intel
    raise AuditError(f"{path} differs between the wheels: {_difference(intel, arm)}", where=path,
                     hint="only compiled files can be merged")  # fmt: skip


def _difference(intel: bytes, arm: bytes) -> str:
    """Describe the first differing line of two texts."""
    if b"\0" in intel + arm:
        return "not a text file"
    pairs = zip_longest(intel.splitlines(keepends=True), arm.splitlines(keepends=True), fillvalue=b"")
    number, (ours, theirs) = next((n, pair) for n, pair in enumerate(pairs, 1) if len(set(pair)) > 1)
    return f"line {number} is {ours.decode('utf-8', 'replace')[:80]!r} and {theirs.decode('utf-8', 'replace')[:80]!r}"


def _tag(intel: MacosTarget, arm: MacosTarget) -> str:
    """Return the platform tag; its version is x86_64's, unless arm64 requires more than its first macOS version."""
    first = macos_architectures()[arm.architecture.name].versions[0]
    major, minor = intel.version if arm.version <= first else max(intel.version, arm.version)
    return f"macosx_{major}_{minor}_{_UNIVERSAL}"


def _time(wheel: Path) -> int:
    """Return the modification time of a wheel's newest member, in seconds since 1970."""
    with zipfile.ZipFile(wheel) as archive:
        return max(calendar.timegm((*info.date_time, 0, 0, 0)) for info in archive.infolist())
