"""Fresh environments of a target's Python, into which wheels are installed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path


class Uv(Protocol):
    """Runs uv on this machine."""

    def __call__(self, *words: str | Path) -> None:
        """Run it to its end; raises, as whoever handed it in wants it, when it fails."""
        ...


class TestEnvironment(Protocol):
    """An environment: its directory has ``bin/python``, and in ``bin`` the commands of what is installed."""

    def install(self, *words: str | Path) -> None:
        """Install packages; ``words`` are requirements, and options of ``uv pip install`` that say where they are."""
        ...


class CreateEnvironment(Protocol):
    """How environments of one interpreter are made."""

    def __call__(self, executable: Path, directory: Path, uv: Uv) -> AbstractContextManager[TestEnvironment]:
        """Make one in a directory that does not exist; nothing that emulates it runs any more when it is left.

        :param executable: the interpreter.
        :raises EnvironmentMissingError: when it does not start.
        """
        ...


@contextlib.contextmanager
def virtual_environment(executable: Path, directory: Path, uv: Uv) -> Iterator[TestEnvironment]:
    """An environment for Pythons that find their own by ``pyvenv.cfg``, and that uv can ask what they are."""
    uv("venv", "--quiet", "--no-project", "--python", executable, directory)
    yield _VirtualEnvironment(directory / "bin" / "python", uv)


@dataclass(frozen=True)
class _VirtualEnvironment:
    python: Path
    uv: Uv

    def install(self, *words: str | Path) -> None:
        self.uv("pip", "install", "--quiet", "--python", self.python, *words)
        self.uv("pip", "check", "--quiet", "--python", self.python)
