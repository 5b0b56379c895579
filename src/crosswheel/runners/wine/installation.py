"""wine, unpacked from Debian's packages into the cache; its programs find their libraries there."""

from __future__ import annotations

import contextlib
import filecmp
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.downloads.debian.roots import make_root, package_names
from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.files import create_once, remove_tree, storage_errors
from crosswheel.host.trees import clone_tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.host import Host

_SUITE = "trixie"
_PROGRAMS = Path("usr/lib/crosswheel-wine")
# Programs of Debian's packages, by the names wine expects.
_ORIGINALS = {"wine": "wine64", "wine-preloader": "wine64-preloader.static", "wineserver": "wineserver64"}
_PATCHED = ("wine", "wineserver")
# Not needed by tests: desktop menus, a graphical debugger and explorer, offers to download .NET and a browser, and
# drivers that access this machine's devices.
_DISABLED = (
    "winemenubuilder.exe", "winedbg.exe", "explorer.exe", "mscoree", "mshtml", "winebus.sys", "wineusb.sys",
    "winebth.sys",
)  # fmt: skip
# Displays, and what Debian's wine 10 crashes by: "free(): invalid pointer" if TMPDIR is set.
_UNSET = ("DISPLAY", "WAYLAND_DISPLAY", "TMPDIR")
_SERVER_TIMEOUT = 60
"""Seconds after which an unused server exits, in case crosswheel was killed."""
_TIMEOUT = 300.0
_SERVER_DIRECTORY = re.compile(r"wine-\w+")
_REGISTRY = ("system.reg", "user.reg", "userdef.reg")


@dataclass(frozen=True)
class WineInstallation:
    """An unpacked wine.

    :param root: directory of the packages; ``template`` is a wine prefix to copy.
    """

    host: Host
    root: Path
    template: Path

    @property
    def program(self) -> Path:
        """The program that runs Windows programs."""
        return self.root / _PROGRAMS / "wine"

    @property
    def server(self) -> Path:
        """The program that keeps the shared state of a prefix's processes."""
        return self.root / _PROGRAMS / "wineserver"

    def start(self, prefix: Path, program: Path) -> None:
        """Create a prefix and start its services, so that programs start without delay.

        :param program: a Python, run with ``-c ""``.
        :raises EnvironmentMissingError: if it does not start.
        """
        copy_prefix(self.template, prefix)
        # Into a file: a pipe would stay open as long as a service runs.
        log = prefix / "start.log"
        _run(self.host, prefix, log, self.server, f"-p{_SERVER_TIMEOUT}")
        _run(self.host, prefix, log, self.program, program, "-c", "")

    def end(self, prefix: Path) -> None:
        """Stop all processes of a prefix."""
        stop_wine(self.host, self.server, prefix)


def install_wine(host: Host, debian: str, triple: str) -> WineInstallation:
    """Return wine for this machine, downloaded once.

    :param debian: Debian's architecture name; ``triple`` is that of the programs to run.
    :raises SourceError: if Debian's archive cannot be reached or verified.
    :raises EnvironmentMissingError: if wine does not run on this machine.
    """
    root = make_root(host, _SUITE, debian, package_names("wine"), dependencies=False)
    programs = create_once(root / _PROGRAMS, lambda part: _make_programs(host, root, part))
    builtin = next((root / "usr" / "lib").glob("*/wine/*-windows/kernel32.dll")).parent

    def fill(part: Path) -> None:
        with host.progress.step("preparing wine"):
            _make_template(host, programs, root / "usr" / triple / "lib" / "zlib1.dll", part / "prefix")
            hard_link_equal_files(part / "prefix", builtin)

    return WineInstallation(host, root, create_once(root / "usr" / "share" / "crosswheel-wine", fill) / "prefix")


def wine_variables(prefix: Path) -> dict[str, str]:
    """Return wine's environment variables for a prefix, independent of this machine's locale."""
    overrides = f"{','.join(_DISABLED)}=d"
    return {"WINEPREFIX": str(prefix), "WINEDEBUG": "-all", "WINEDLLOVERRIDES": overrides, "LC_ALL": "C.UTF-8"}


def wine_environ(base: Mapping[str, str], prefix: Path) -> dict[str, str]:
    """Return an environment for wine's programs, without a display, TMPDIR or the settings of an installed wine."""
    kept = {name: value for name, value in base.items() if name not in _UNSET and not name.startswith("WINE")}
    return kept | wine_variables(prefix)


def unset_variables() -> tuple[str, ...]:
    """Return variables to remove from wine's environment."""
    return _UNSET


def stop_wine(host: Host, server: Path, prefix: Path) -> None:
    """Stop all processes of a prefix, and remove the server's socket directory."""
    with contextlib.suppress(EnvironmentMissingError):
        _run(host, prefix, prefix / "stop.log", server, "-k")
    name = prefix / "wineserver"
    if name.is_file() and _SERVER_DIRECTORY.fullmatch(found := name.read_text("utf-8", "replace").strip()):
        remove_tree(Path("/tmp") / found)  # noqa: S108  # where Debian's wine creates it


def copy_prefix(template: Path, prefix: Path) -> None:
    """Copy a wine prefix, with hard links except for the registry, which wine writes to.

    :raises StorageError: if it cannot be written.
    """
    with storage_errors(prefix):
        prefix.mkdir(parents=True)
        clone_tree(template / "drive_c", prefix / "drive_c")
        for name in (*_REGISTRY, ".update-timestamp"):
            shutil.copyfile(template / name, prefix / name)
        drives = prefix / "dosdevices"
        drives.mkdir()
        (drives / "c:").symlink_to("../drive_c")
        (drives / "z:").symlink_to("/")


def hard_link_equal_files(directory: Path, originals: Path) -> None:
    """Replace files of a directory by hard links to identical files of the same name in another one."""
    with storage_errors(directory):
        for path in directory.rglob("*"):
            original = originals / path.name
            if (
                path.is_file()
                and not path.is_symlink()
                and original.is_file()
                and filecmp.cmp(path, original, shallow=False)
            ):
                with contextlib.suppress(OSError):  # a file system without hard links
                    path.unlink()
                    os.link(original, path)


def _make_programs(host: Host, root: Path, part: Path) -> None:
    """Copy wine's programs, and let them load the C library of their root, wherever that is.

    wine finds its other files relative to its programs, except for the tables of character sets.
    """
    patchelf = host.program("patchelf") or "patchelf"
    library = next((root / "usr" / "lib").glob("*/ld-linux*.so.*")).parent
    loader = next(library.glob("ld-linux*.so.*"))
    for name, original in _ORIGINALS.items():
        shutil.copy2(root / "usr" / "lib" / "wine" / original, part / name)
        if name in _PATCHED:
            options = ("--set-interpreter", loader, "--force-rpath", "--set-rpath", library)
            outcome = host.run(patchelf, *options, part / name, cwd=part)
            if not outcome.ok:
                raise EnvironmentMissingError(f"patchelf cannot change {original}: {outcome.stderr.strip()}")
    with contextlib.suppress(FileExistsError):
        (root / "usr" / "share" / "wine" / "wine").symlink_to(".")


def _make_template(host: Host, programs: Path, zlib: Path, prefix: Path) -> None:
    system = prefix / "drive_c" / "windows" / "system32"
    system.mkdir(parents=True)
    # Debian builds wine without a bundled zlib.
    shutil.copyfile(zlib, system / zlib.name)
    try:
        _run(host, prefix, prefix / "make.log", programs / "wine", "wineboot", "--init")
        _run(host, prefix, prefix / "make.log", programs / "wineserver", "-w")
    finally:
        stop_wine(host, programs / "wineserver", prefix)
    # Otherwise wine rewrites all files, which are shared, if its own are newer.
    (prefix / ".update-timestamp").write_text("disable\n", "ascii")


def _run(host: Host, prefix: Path, log: Path, *command: str | Path) -> None:
    outcome = host.run(*command, cwd=prefix, env=wine_environ(host.environ, prefix), log=log, timeout=_TIMEOUT)
    if not outcome.ok:
        output = log.read_text("utf-8", "replace").strip()[-300:] if log.is_file() else ""
        status = "timed out" if outcome.timed_out else f"ended with status {outcome.status}"
        raise EnvironmentMissingError(f"wine failed: {Path(command[0]).name} {status}; {output}", where=log)
