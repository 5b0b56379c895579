"""The parts of the build machine that sealed programs see: its programs and libraries, crosswheel's and the Pythons."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.host.machine import SYSTEM_PROGRAMS
from crosswheel.sealing.model import Mount

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DIRECTORIES = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/nix", "/gnu", "/run/current-system",
)  # fmt: skip
_INTERFACES = ("/boot", "/dev", "/proc", "/run", "/sys")
_USERS = ("/dev/shm", "/run/media", "/run/user", "/usr/src")  # noqa: S108  # not written to
_PROCESSORS = Path("/sys/devices/system/cpu")
"""By which the C library and OpenMP count processors: without it, their numbers contradict each other."""
_LOCAL = Path("/usr/local")
_LOCAL_CERTIFICATES = _LOCAL / "share" / "ca-certificates"
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")
_SHARED_PREFIXES = frozenset({_LOCAL, Path("/opt")})
"""Prefixes that hold other programs too; so do the user's own."""


def program_path(*directories: Path | str) -> str:
    """Return the value of PATH for programs of a build, sealed or not.

    :param directories: compiler wrappers, the environment's programs, supplied tools, in this order. Programs of the
        build machine's own system follow, but none of the user's: what builds find must not depend on the shell.
    """
    return ":".join((*map(str, directories), *SYSTEM_PROGRAMS))


def system_mounts() -> tuple[tuple[Mount, ...], Mapping[Path, str]]:
    """Return the system's directories, and the symbolic links among them: ``/bin`` to ``usr/bin``."""
    paths = [Path(name) for name in _DIRECTORIES]
    links = {path: str(path.readlink()) for path in paths if path.is_symlink()}
    mounts = [Mount(path, path) for path in paths if path not in links and path.is_dir()]
    if _PROCESSORS.is_dir():
        mounts.append(Mount(_PROCESSORS, _PROCESSORS))
    if _LOCAL_CERTIFICATES.is_dir():
        mounts.append(Mount(_LOCAL_CERTIFICATES, _LOCAL_CERTIFICATES))
    return tuple(mounts), links


def hidden_directories() -> tuple[Path, ...]:
    """Return the directories in them that appear empty: programs and libraries that the user has installed."""
    return (_LOCAL,) if _LOCAL.is_dir() else ()


def is_always_visible(path: Path) -> bool:
    """Whether every sealed program sees a path."""
    if path.is_relative_to(_LOCAL):
        return path.is_relative_to(_LOCAL_CERTIFICATES)
    return any(path.is_relative_to(directory) for directory in _DIRECTORIES)


def is_system_path(path: Path) -> bool:
    """Whether a path is part of the machine's system, which is no source of a project and no input of a build.

    Sealed programs see it, or no build does: devices, kernel interfaces and sockets. Directories in it where users keep
    files of their own are not part of it.
    """
    if any(path.is_relative_to(directory) for directory in _USERS):
        return False
    return path == Path("/") or is_always_visible(path) or any(path.is_relative_to(name) for name in _INTERFACES)


def python_mounts(executable: Path) -> tuple[Mount, ...]:
    """Return what a Python outside of the system's directories needs to start, at its own paths.

    :param executable: its executable; those of virtual environments are symbolic links.
    """
    found: dict[Path, None] = {}
    for program in dict.fromkeys((executable, executable.resolve())):
        prefix = program.parent.parent
        if prefix in {*_SHARED_PREFIXES, *Path.home().parents, Path.home(), Path.home() / ".local"}:
            found |= dict.fromkeys(_python_files(program, prefix))
        else:
            found[prefix] = None
    return _at_own_paths(found)


def _python_files(program: Path, prefix: Path) -> Iterator[Path]:
    """Yield the files of a Python in a prefix that holds other programs too."""
    version = program.resolve().name
    yield from (program, program.resolve())
    yield from (prefix / "lib").glob(f"lib{version}*")
    yield from (path for part in ("lib", "include") if (path := prefix / part / version).is_dir())


def own_mounts() -> tuple[Mount, ...]:
    """Return the directories of crosswheel itself and of its Python: some commands of plans are its modules."""
    package = Path(__file__).parents[1]
    libraries = [Path(entry) for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]
    pythons = python_mounts(Path(sys.executable))
    return (*pythons, *_at_own_paths(dict.fromkeys([package, *filter(Path.is_dir, libraries)])))


def certificate_mounts(environ: Mapping[str, str]) -> tuple[Mount, ...]:
    """Return the certificates that variables of the environment name."""
    named = (Path(environ[name]) for name in _CERTIFICATES if environ.get(name))
    return _at_own_paths(dict.fromkeys(path for path in named if path.exists()))


def _at_own_paths(paths: Mapping[Path, None]) -> tuple[Mount, ...]:
    return tuple(Mount(path, path) for path in paths if not is_always_visible(path))
