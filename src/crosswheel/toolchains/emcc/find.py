"""Finding an installed emcc: at a place a person names, in the emsdk of the environment, on PATH."""

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
_HINT = "activate an emsdk, so that EMSDK names it, or say with --toolchain-prefix where one lies"
# Where the programs lie under an emsdk, under a distribution's prefix, and in their own directory.
_PLACES = ("upstream/emscripten", "share/emscripten", "bin", ".")


@dataclass(frozen=True, slots=True)
class InstalledEmcc:
    """An Emscripten with the Python that runs its programs.

    :param directory: where ``emcc`` and its siblings lie, links being followed.
    """

    directory: Path
    version: str
    python: Path

    def command(self, name: str) -> tuple[str, ...]:
        """The first words of a command: the program behind the shell script that looks for a Python.

        That script would find the one of a build environment, which pretends to be the target's.
        """
        program = self.directory / f"{name}.py"
        if program.is_file():
            return (str(self.python), "-E", str(program))
        return (str(self.directory / name),)


@dataclass(frozen=True, slots=True)
class EmccSearch:
    """What was found: an emcc, or why there is none and what to do."""

    installed: InstalledEmcc | None
    problem: str = ""
    hint: str = _HINT


def find_emcc(host: Host, prefix: Path | None) -> EmccSearch:
    """The emcc at a prefix, else of the emsdk that ``EMSDK`` names, else on PATH; nothing is run."""
    emsdk = host.environ.get("EMSDK")
    named = prefix or (Path(emsdk) if emsdk else None)
    if named:
        candidates = [named / place / "emcc" for place in _PLACES]
        where = f"in {named}" if prefix else f"in {named}, which EMSDK names"
    else:
        candidates = [Path(entry, "emcc") for entry in host.environ.get("PATH", "").split(":") if entry]
        where = "on PATH"
    found = next((path for path in candidates if path.is_file()), None)
    return _examined(host, found.resolve().parent, named) if found else EmccSearch(None, f"there is no emcc {where}")


def _examined(host: Host, directory: Path, emsdk: Path | None) -> EmccSearch:
    try:
        told = (directory / "emscripten-version.txt").read_text("utf-8")
    except OSError:
        told = ""
    match = _VERSION.search(told)
    if match is None:
        return EmccSearch(None, f"the emcc in {directory} does not tell its version (emscripten-version.txt)")
    oldest = min((abi.emscripten for abi in abis().values()), key=version_key)
    if version_key(match[0]) < version_key(oldest):
        return EmccSearch(None, f"the emcc in {directory} is {match[0]}; the oldest that serves is {oldest}")
    return EmccSearch(InstalledEmcc(directory, match[0], _python(host, emsdk)))


def version_key(version: str) -> tuple[int, ...]:
    """A version to be compared."""
    return tuple(int(part) for part in version.split("."))


def _python(host: Host, emsdk: Path | None) -> Path:
    """The Python an emsdk has or names, else the one crosswheel runs on, without its virtual environment."""
    if named := host.environ.get("EMSDK_PYTHON"):
        return Path(named)
    own = sorted(emsdk.glob("python/*/bin/python3")) if emsdk else []
    return own[-1] if own else Path(sys.executable).resolve()
