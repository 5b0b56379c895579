"""wine, out of Debian's packages and installed nowhere: its programs find their libraries where they were unpacked."""

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
# Programs of Debian's packages, by the names under which wine looks for them.
_ORIGINALS = {"wine": "wine64", "wine-preloader": "wine64-preloader.static", "wineserver": "wineserver64"}
_PATCHED = ("wine", "wineserver")
# What no test wants: menus on a desktop, a debugger and an explorer with windows, offers to fetch .NET and a browser,
# drivers that look at this machine's devices.
_DISABLED = (
    "winemenubuilder.exe", "winedbg.exe", "explorer.exe", "mscoree", "mshtml", "winebus.sys", "wineusb.sys",
    "winebth.sys",
)  # fmt: skip
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")
_LINGER = 60
"""Seconds after which a server ends that nobody needs any more, should crosswheel have been killed."""
_PATIENCE = 300.0
_TEMPORARY = re.compile(r"wine-\w+")
_REGISTRY = ("system.reg", "user.reg", "userdef.reg")


@dataclass(frozen=True)
class WineInstallation:
    """An unpacked wine.

    :param root: the packages; ``template`` is a Windows directory tree and registry to be copied.
    """

    host: Host
    root: Path
    template: Path

    @property
    def program(self) -> Path:
        """What stands before a program of Windows to run it."""
        return self.root / _PROGRAMS / "wine"

    @property
    def server(self) -> Path:
        """The program that keeps what the processes of one Windows have in common."""
        return self.root / _PROGRAMS / "wineserver"

    def start(self, prefix: Path, program: Path) -> None:
        """Make a Windows of its own and have its services run, with which every program starts at once.

        :param program: one that does nothing, to be run with ``-c ""``.
        :raises EnvironmentMissingError: when it does not start.
        """
        copy_prefix(self.template, prefix)
        # Into a file: a pipe would stay open as long as any service runs.
        log = prefix / "start.log"
        _run(self.host, prefix, log, self.server, f"-p{_LINGER}")
        _run(self.host, prefix, log, self.program, program, "-c", "")

    def end(self, prefix: Path) -> None:
        """End every process of that Windows."""
        stop_wine(self.host, self.server, prefix)


def install_wine(host: Host, debian: str, triple: str) -> WineInstallation:
    """wine for this machine, fetched once.

    :param debian: the architecture of its packages; ``triple`` that of the programs it is to run.
    :raises SourceError: when Debian's archive cannot be reached or verified.
    :raises EnvironmentMissingError: when wine does not run here.
    """
    root = make_root(host, _SUITE, debian, package_names("wine"), closed=False)
    programs = create_once(root / _PROGRAMS, lambda part: _make_programs(host, root, part))
    builtin = next((root / "usr" / "lib").glob("*/wine/*-windows/kernel32.dll")).parent

    def fill(part: Path) -> None:
        with host.progress.step("preparing wine, once"):
            _make_template(host, programs, root / "usr" / triple / "lib" / "zlib1.dll", part / "prefix")
            hard_link_equal_files(part / "prefix", builtin)

    return WineInstallation(host, root, create_once(root / "usr" / "share" / "crosswheel-wine", fill) / "prefix")


def wine_variables(prefix: Path) -> dict[str, str]:
    """The environment variables of wine for one Windows; nothing depends on this machine's language."""
    overrides = f"{','.join(_DISABLED)}=d"
    return {"WINEPREFIX": str(prefix), "WINEDEBUG": "-all", "WINEDLLOVERRIDES": overrides, "LC_ALL": "C.UTF-8"}


def wine_environ(base: Mapping[str, str], prefix: Path) -> dict[str, str]:
    """An environment for wine's programs: no display, none of a wine that a person has."""
    ours = {name: value for name, value in base.items() if name not in _DISPLAYS and not name.startswith("WINE")}
    return ours | wine_variables(prefix)


def unset_variables() -> tuple[str, ...]:
    """Variables that wine must not see."""
    return _DISPLAYS


def stop_wine(host: Host, server: Path, prefix: Path) -> None:
    """End every process of a Windows, and remove the directory in which they met."""
    with contextlib.suppress(EnvironmentMissingError):
        _run(host, prefix, prefix / "stop.log", server, "-k")
    name = prefix / "wineserver"
    if name.is_file() and _TEMPORARY.fullmatch(found := name.read_text("utf-8", "replace").strip()):
        remove_tree(Path("/tmp") / found)  # noqa: S108  # where Debian's wine makes it


def copy_prefix(template: Path, prefix: Path) -> None:
    """A Windows like another. Files are second names of the other's but for the registry, which wine writes into.

    :raises StorageError: when the disk refuses.
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
    """Make files of a directory second names of those that another one has under the same name, if they are equal."""
    with storage_errors(directory):
        for path in directory.rglob("*"):
            twin = originals / path.name
            if path.is_file() and not path.is_symlink() and twin.is_file() and filecmp.cmp(path, twin, shallow=False):
                with contextlib.suppress(OSError):  # a file system without links
                    path.unlink()
                    os.link(twin, path)


def _make_programs(host: Host, root: Path, part: Path) -> None:
    """Copies of wine's programs that take the C library of their root, wherever that is.

    wine finds the rest from where its programs are, but for its tables of characters.
    """
    patchelf = host.program("patchelf") or "patchelf"
    library = next((root / "usr" / "lib").glob("*/ld-linux*.so.*")).parent
    loader = next(library.glob("ld-linux*.so.*"))
    for name, original in _ORIGINALS.items():
        shutil.copy2(root / "usr" / "lib" / "wine" / original, part / name)
        if name in _PATCHED:
            words = ("--set-interpreter", loader, "--force-rpath", "--set-rpath", library)
            outcome = host.run(patchelf, *words, part / name, cwd=part)
            if not outcome.ok:
                raise EnvironmentMissingError(f"patchelf cannot change {original}: {outcome.stderr.strip()}")
    with contextlib.suppress(FileExistsError):
        (root / "usr" / "share" / "wine" / "wine").symlink_to(".")


def _make_template(host: Host, programs: Path, zlib: Path, prefix: Path) -> None:
    system = prefix / "drive_c" / "windows" / "system32"
    system.mkdir(parents=True)
    # Debian builds wine without a copy of its own.
    shutil.copyfile(zlib, system / zlib.name)
    try:
        _run(host, prefix, prefix / "make.log", programs / "wine", "wineboot", "--init")
        _run(host, prefix, prefix / "make.log", programs / "wineserver", "-w")
    finally:
        stop_wine(host, programs / "wineserver", prefix)
    # Otherwise wine writes all of it anew, into what others share, should a file be younger.
    (prefix / ".update-timestamp").write_text("disable\n", "ascii")


def _run(host: Host, prefix: Path, log: Path, *words: str | Path) -> None:
    outcome = host.run(*words, cwd=prefix, env=wine_environ(host.environ, prefix), log=log, timeout=_PATIENCE)
    if not outcome.ok:
        said = log.read_text("utf-8", "replace").strip()[-300:] if log.is_file() else ""
        how = "ran out of time" if outcome.timed_out else f"ended with status {outcome.status}"
        raise EnvironmentMissingError(f"wine does not run here: {Path(words[0]).name} {how}; {said}", where=log)
