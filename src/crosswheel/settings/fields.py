"""The types of settings: what a person may write for each, and what it becomes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec import Meta

from crosswheel.errors import UsageError
from crosswheel.targets import PythonVersion


class MistakeError(ValueError):
    """A value that is not what its setting takes.

    :param said: what is wrong, if ``expected`` does not say it.
    :param at: the position in a list, counted from 0.
    """

    def __init__(self, said: str = "", *, expected: str | None = None, at: int | None = None) -> None:
        super().__init__(said or expected)
        self.said = said
        self.expected = expected
        self.at = at


class Several(tuple[str, ...]):
    """Strings; written as a list, or as a string that stands for a list of one."""

    __slots__ = ()

    @classmethod
    def read(cls, value: Any) -> Several:
        """What was written for a setting of this type.

        :raises MistakeError: when it is something else.
        """
        if isinstance(value, str):
            return cls((value,))
        if not isinstance(value, list | tuple):
            raise MistakeError(expected="a string or a list of strings")
        for at, item in enumerate(value):
            if not isinstance(item, str):
                raise MistakeError(expected="a string", at=at)
        return cls(value)


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


class Rules(dict[str, str]):
    """How settings join what held before, by their keys: ``none``, ``append`` or ``prepend``."""

    __slots__ = ()
    WORDS = ("none", "append", "prepend")

    @classmethod
    def read(cls, value: Any) -> Rules:
        """See :meth:`Several.read`."""
        if not isinstance(value, dict):
            raise MistakeError(expected="a table")
        for key, rule in value.items():
            if rule not in cls.WORDS:
                raise MistakeError(f"{key} is {rule!r}; expected {' or '.join(map(repr, cls.WORDS))}")
        return cls(value)


def read_field(kind: type, value: Any) -> Any:
    """A value for a setting of one of the types above, or of a path; a relative path stays one.

    :raises MistakeError: when it is something else.
    """
    if issubclass(kind, Several | Rules):
        return kind.read(value)
    if isinstance(value, str):
        return Path(value).expanduser()
    if isinstance(value, Path):
        return value
    raise MistakeError(expected="a path, as a string")


def field_schema(kind: type) -> dict[str, Any]:
    """The JSON schema of what a person may write for a setting of such a type."""
    text = {"type": "string"}
    if issubclass(kind, Rules):
        return {"type": "object", "additionalProperties": {"enum": list(Rules.WORDS)}}
    return {"anyOf": [text, {"type": "array", "items": text}]} if issubclass(kind, Several) else text


def about(description: str, default: Any = None, *, above: float | None = None) -> Meta:
    """What the reference and the schema say of a setting.

    :param default: what holds where it is not set, as it would be written; None where nothing does.
    """
    return Meta(description=description, extra_json_schema=None if default is None else {"default": default}, gt=above)
