"""Putting the hook into an environment, where it sleeps until a process is told to pretend."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from crosswheel.host.files import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

HOOK = "_crosswheel_cross_venv"
"""The name of the hook's package in a build environment."""


def hook_sources() -> dict[str, str]:
    """The files of the hook, by their paths below site-packages.

    A line of a .pth file that begins with ``import`` is run by every Python that starts (the module ``site``).
    """
    with as_file(files("crosswheel.environments.cross_venv").joinpath("hook", HOOK)) as directory:
        modules = {f"{HOOK}/{path.name}": path.read_text("utf-8") for path in sorted(directory.glob("*.py"))}
    return {**modules, f"{HOOK}.pth": f"import {HOOK}\n"}


def hook_digest() -> str:
    """What tells this hook from that of another crosswheel."""
    return sha256(repr(sorted(hook_sources().items())).encode()).hexdigest()


def install_hook(site_packages: Path) -> None:
    """Put the hook into an environment.

    :raises StorageError: when the disk refuses.
    """
    for name, text in hook_sources().items():
        write_atomic(site_packages / name, text)
