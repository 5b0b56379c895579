"""Finding out whether this machine can run sealed programs: bubblewrap, and the namespaces that it needs."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.downloads.debian import build_machine, make_root, root_directory
from crosswheel.downloads.debian.roots import package_names
from crosswheel.errors import CrosswheelError
from crosswheel.host import machine
from crosswheel.host.files import write_atomic
from crosswheel.host.machine import SYSTEM_PROGRAMS
from crosswheel.sealing.command import SealedView, binfmt_command, bwrap_command
from crosswheel.sealing.model import Mount, SealSupport
from crosswheel.sealing.system import system_mounts

if TYPE_CHECKING:
    from crosswheel.downloads.debian import DebianMachine
    from crosswheel.host import Host

_SUITE = "bookworm"
_TIMEOUT = 20.0
_CONDITIONS = (
    "/proc/sys/kernel/osrelease", "/proc/sys/kernel/random/boot_id", "/proc/sys/user/max_user_namespaces",
    "/proc/sys/kernel/unprivileged_userns_clone", "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
    "/proc/self/attr/current", "/proc/self/uid_map",
)  # fmt: skip
_STATUS = ("Seccomp:", "NoNewPrivs:", "CapEff:", "CapBnd:")
_HINTS = (
    ("/proc/sys/user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=10000"),
    ("/proc/sys/kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
        "sysctl kernel.apparmor_restrict_unprivileged_userns=0, or install your system's AppArmor profile for bwrap",
    ),
)  # fmt: skip
_CONTAINER_HINT = "the container's profile may forbid it: docker run --security-opt seccomp=unconfined"


def find_support(host: Host, *, download: bool = True) -> SealSupport:
    """Try to run a sealed program, unless it was found to work before under the same conditions.

    :param download: whether bubblewrap may be downloaded.
    """
    bwrap = _find_bwrap(host, download=download)
    if not bwrap.available:
        return bwrap
    file = host.cache / "sealing" / f"{_conditions(bwrap)}.json"
    with suppress(OSError, ValueError, TypeError):
        known = json.loads(file.read_text("utf-8"))
        return SealSupport(**{**known, "bwrap": tuple(known["bwrap"])})
    support = _try(host, bwrap)
    if support.available:
        with suppress(CrosswheelError):  # a cache that cannot be written is reported elsewhere
            write_atomic(file, json.dumps(asdict(support)))
    return support


def _find_bwrap(host: Host, *, download: bool) -> SealSupport:
    """Return the command that starts bubblewrap: the machine's own, since profiles of AppArmor name its path."""
    installed = shutil.which("bwrap", path=":".join(SYSTEM_PROGRAMS)) or host.program("bwrap")
    if installed:
        return SealSupport((str(installed),))
    debian = build_machine()
    if debian is None:
        reason = f"bubblewrap is not installed, nor available for {machine.architecture()} machines"
        return SealSupport(reason=reason, hint="apt-get install bubblewrap")
    names = package_names("bubblewrap")
    root = root_directory(host, _SUITE, debian.debian, names)
    if root.is_dir():
        return SealSupport(_downloaded(debian, root))
    if not download:
        return SealSupport(reason="bubblewrap is not installed; a build downloads it")
    try:
        return SealSupport(_downloaded(debian, make_root(host, _SUITE, debian.debian, names, dependencies=False)))
    except CrosswheelError as error:
        reason = f"bubblewrap is not installed and cannot be downloaded: {error.what}"
        return SealSupport(reason=reason, hint="apt-get install bubblewrap")


def _downloaded(debian: DebianMachine, root: Path) -> tuple[str, ...]:
    return debian.command(root, root / "usr" / "bin" / "bwrap")


def _try(host: Host, found: SealSupport) -> SealSupport:
    """Run a program in a seal, then one in an outer namespace with its own binfmt_misc."""
    mounts, links = system_mounts()
    root = Path("/usr").resolve()
    view = SealedView((*mounts, Mount(root, Path("/crosswheel/trial"))), links)
    sealed = bwrap_command(found.bwrap, view, ("/bin/sh", "-c", "test ! -w /usr"), "/crosswheel/trial", {})
    if problem := _problem(host, sealed):
        return SealSupport(reason=f"namespaces are not available: {problem}", hint=_hint())
    unshare = shutil.which("unshare", path=":".join(SYSTEM_PROGRAMS)) or host.program("unshare")
    if unshare is None or _problem(host, binfmt_command(str(unshare), (_EMPTY_RULE,), sealed)):
        return found
    return replace(found, unshare=str(unshare))


_EMPTY_RULE = r":crosswheel:M::\x00crosswheel::/bin/sh:"


def _problem(host: Host, command: tuple[str, ...]) -> str:
    """Return why a command does not run, empty if it does."""
    try:
        process = host.run(*command, cwd=Path("/"), env={}, timeout=_TIMEOUT)
    except CrosswheelError as error:
        return error.what
    if process.ok:
        return ""
    lines = process.stderr.strip().splitlines()
    return lines[-1].removeprefix("bwrap: ") if lines else f"bubblewrap ended with status {process.status}"


def _hint() -> str:
    for file, value, hint in _HINTS:
        if _read(file) == value:
            return hint
    return _CONTAINER_HINT if any(map(os.path.exists, ("/.dockerenv", "/run/.containerenv"))) else ""


def _conditions(bwrap: SealSupport) -> str:
    """Return a digest of what decides whether namespaces can be created."""
    changed = [
        str(Path(part).stat().st_mtime_ns) for part in bwrap.bwrap if part.startswith("/") and Path(part).is_file()
    ]
    status = [line for line in _read("/proc/self/status").splitlines() if line.startswith(_STATUS)]
    user = f"{os.getuid()} {os.geteuid()} {os.getgroups()}"
    parts = (*bwrap.bwrap, *changed, *map(_read, _CONDITIONS), *status, user)
    return sha256("\n".join(parts).encode()).hexdigest()[:16]


def _read(file: str) -> str:
    try:
        return Path(file).read_text("utf-8", "replace").strip()
    except OSError:
        return ""
