"""The CPython version that a wheel is for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crosswheel.errors import UsageError

OLDEST_MINOR = 10
NEWEST_MINOR = 15
_PATTERN = re.compile(r"(?:cp|python)?3\.?(\d{1,2})(t?)")


@dataclass(frozen=True, order=True, slots=True)
class PythonVersion:
    """A CPython feature release, ``3.13``, or its free-threaded build, ``3.13t`` (PEP 703)."""

    minor: int
    freethreaded: bool = False

    @classmethod
    def parse(cls, text: str) -> PythonVersion:
        """Parse ``3.13``, ``3.13t``, ``cp313`` or ``cp313t``.

        :raises UsageError: for anything else, and for releases that are not supported.
        """
        match = _PATTERN.fullmatch(text.strip())
        if match is None:
            raise UsageError(f"{text!r} is not a Python version", hint="write it as 3.13, or 3.13t")
        version = cls(int(match[1]), bool(match[2]))
        if not OLDEST_MINOR <= version.minor <= NEWEST_MINOR:
            raise UsageError(
                f"Python {version} is not supported",
                hint=f"supported are 3.{OLDEST_MINOR} to 3.{NEWEST_MINOR}",
            )
        if version.freethreaded and version.minor < 13:
            raise UsageError(f"Python 3.{version.minor} has no free-threaded build", hint="3.13t is the first")
        return version

    def __str__(self) -> str:
        return f"{self.feature}{'t' if self.freethreaded else ''}"

    @property
    def feature(self) -> str:
        """Feature release without the build: ``3.13``."""
        return f"3.{self.minor}"

    @property
    def interpreter(self) -> str:
        """Interpreter tag: ``cp313`` (PEP 425)."""
        return f"cp3{self.minor}"

    @property
    def abi(self) -> str:
        """ABI tag: ``cp313`` or ``cp313t`` (PEP 425, PEP 703)."""
        return f"{self.interpreter}{'t' if self.freethreaded else ''}"

    @property
    def abiflags(self) -> str:
        """Its ``sys.abiflags``."""
        return "t" if self.freethreaded else ""

    @property
    def executable(self) -> str:
        """Usual name of its executable: ``python3.13`` or ``python3.13t``."""
        return f"python{self}"
