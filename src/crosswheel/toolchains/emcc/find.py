"""Find an installed emcc: in a given directory, in the emsdk of the environment, or on PATH."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.targets.pyodide import abis

if TYPE_CHECKING:
    from crosswheel.host import Host

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_HINT = "activate an emsdk, which sets EMSDK, or pass its directory with --toolchain-prefix"
# The programs' directory in an emsdk, below a distribution's prefix, and if the directory itself is given.
_SUBDIRECTORIES = ("upstream/emscripten", "share/emscripten", "bin", ".")


@dataclass(frozen=True, slots=True)
class InstalledEmcc:
    """An installed Emscripten.

    :param directory: the directory of ``emcc`` and the other programs, with symbolic links resolved.
    :param python: the interpreter that runs its programs.
    """

    directory: Path
    version: str
    python: Path

    def command(self, name: str) -> tuple[str, ...]:
        """Return the first arguments of a command: the Python program, without the shell script that starts it.

        That script would look up Python on PATH and find a build environment's, which reports the target's platform.
        """
        program = self.directory / f"{name}.py"
        if program.is_file():
            return (str(self.python), "-E", str(program))
        return (str(self.directory / name),)


@dataclass(frozen=True, slots=True)
class EmccSearch:
    """The result of a search: an emcc, or the reason why there is none with a hint."""

    installed: InstalledEmcc | None
    problem: str = ""
    hint: str = _HINT


def find_emcc(host: Host, prefix: Path | None) -> EmccSearch:
    """Search an emcc, without running it.

    :param prefix: where to search; None to search the emsdk that ``EMSDK`` names, or PATH if it is not set.
    """
    emsdk = host.environ.get("EMSDK")
    root = prefix or (Path(emsdk) if emsdk else None)
    if root:
        candidates = [root / subdirectory / "emcc" for subdirectory in _SUBDIRECTORIES]
        where = f"in {root}" if prefix else f"in {root}, which EMSDK names"
    else:
        candidates = [Path(entry, "emcc") for entry in host.environ.get("PATH", "").split(":") if entry]
        where = "on PATH"
    program = next((path for path in candidates if path.is_file()), None)
    return _examine(host, program.resolve().parent, root) if program else EmccSearch(None, f"there is no emcc {where}")


def _examine(host: Host, directory: Path, emsdk: Path | None) -> EmccSearch:
    try:
        text = (directory / "emscripten-version.txt").read_text("utf-8")
    except OSError:
        text = ""
    match = _VERSION.search(text)
    if match is None:
        return EmccSearch(None, f"the version of the emcc in {directory} is unknown (emscripten-version.txt)")
    oldest = min((abi.emscripten for abi in abis().values()), key=version_key)
    if version_key(match[0]) < version_key(oldest):
        return EmccSearch(None, f"the emcc in {directory} is {match[0]}; {oldest} or newer is required")
    return EmccSearch(InstalledEmcc(directory, match[0], _python(host, emsdk)))


def version_key(version: str) -> tuple[int, ...]:
    """Return a sort key for a version."""
    return tuple(int(part) for part in version.split("."))


def _python(host: Host, emsdk: Path | None) -> Path:
    """Return the Python that ``EMSDK_PYTHON`` names, else the emsdk's, else the base interpreter of this one."""
    if named := host.environ.get("EMSDK_PYTHON"):
        return Path(named)
    bundled = sorted(emsdk.glob("python/*/bin/python3")) if emsdk else []
    return bundled[-1] if bundled else Path(sys.executable).resolve()
