"""The types of settings beside those that every document has."""

from __future__ import annotations

from typing import Any

from crosswheel.errors import UsageError
from crosswheel.targets import PythonVersion
from crosswheel.toml_models import InvalidValueError, StringOrList


class PythonVersions(StringOrList):
    """One Python version or several: ``3.13``, ``3.13t``."""

    __slots__ = ()

    @classmethod
    def read(cls, value: Any) -> PythonVersions:
        """See :meth:`StringOrList.read`."""
        return cls(cls._version(at, text) for at, text in enumerate(StringOrList.read(value)))

    @staticmethod
    def _version(at: int, text: str) -> str:
        try:
            return str(PythonVersion.parse(text))
        except UsageError as error:
            raise InvalidValueError(f"{error.what}; {error.hint}", index=at) from error


class InheritRules(dict[str, str]):
    """How settings join what held before, by their keys: ``none``, ``append`` or ``prepend``."""

    __slots__ = ()
    WORDS = ("none", "append", "prepend")

    @classmethod
    def read(cls, value: Any) -> InheritRules:
        """See :meth:`FieldType.read`."""
        if not isinstance(value, dict):
            raise InvalidValueError(expected="a table")
        for key, rule in value.items():
            if rule not in cls.WORDS:
                raise InvalidValueError(f"{key} is {rule!r}; expected {' or '.join(map(repr, cls.WORDS))}")
        return cls(value)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """See :meth:`FieldType.schema`."""
        return {"type": "object", "additionalProperties": {"enum": list(cls.WORDS)}}
