"""The types of settings beside those that every document has."""

from __future__ import annotations

from typing import Any

from crosswheel.documents import MistakeError, Several
from crosswheel.errors import UsageError
from crosswheel.targets import PythonVersion


class Pythons(Several):
    """One Python version or several: ``3.13``, ``3.13t``."""

    __slots__ = ()

    @classmethod
    def read(cls, value: Any) -> Pythons:
        """See :meth:`Several.read`."""
        return cls(cls._version(at, text) for at, text in enumerate(Several.read(value)))

    @staticmethod
    def _version(at: int, text: str) -> str:
        try:
            return str(PythonVersion.parse(text))
        except UsageError as error:
            raise MistakeError(f"{error.what}; {error.hint}", at=at) from error
