"""Paths of the build machine and their counterparts inside of a seal, in texts that contain paths."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_Value = TypeVar("_Value")
_BEFORE = r"""((?:^|[\s\0=:,;'"`(\[{<>|&@!])(?:-[A-Za-z]+|[a-z+]*file://)?)"""
"""What precedes a path in a text: nothing, a separator, or an option that is written together with its value."""
_AFTER = r"(?![\w~+-]|\.\w)"
"""A path ends where its last name does: ``/cache`` is not the beginning of ``/cache-2``."""


@dataclass(frozen=True)
class PathTranslation:
    """Paths outside of a seal, and their paths inside.

    :param pairs: outside and inside; of nested paths the innermost counts.
    """

    pairs: tuple[tuple[str, str], ...] = ()

    def inside(self, text: str) -> str:
        """Replace the paths of the build machine in a text: an argument, the value of a variable, a file."""
        if not any(outside in text for outside, _ in self.pairs):
            return text
        return self._pattern.sub(lambda match: match[1] + self._table[match[2]], text)

    def inside_all(self, texts: Sequence[str]) -> tuple[str, ...]:
        """Replace the paths in each of several texts, which is faster than one by one."""
        if not self.pairs or not texts:
            return tuple(texts)
        return tuple(self.inside("\0".join(texts)).split("\0"))

    def inside_value(self, value: _Value) -> _Value:
        """Replace the paths in all texts of a value: a dataclass, a tuple or a set, nested or not."""
        return value if not self.pairs else _map_texts(value, self.inside)

    def outside_value(self, value: _Value) -> _Value:
        """Return a value whose texts are paths with those of the build machine; see :meth:`inside_value`."""
        return value if not self.pairs else _map_texts(value, self.outside)

    def outside(self, path: str) -> str:
        """Return the path on the build machine of one path inside of the seal."""
        for outside, inside in self._inner_first:
            if path == inside or path.startswith(f"{inside}/"):
                return outside + path[len(inside) :]
        return path

    @cached_property
    def _table(self) -> Mapping[str, str]:
        return dict(self.pairs)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        paths = sorted((re.escape(outside) for outside, _ in self.pairs), key=len, reverse=True)
        return re.compile(f"{_BEFORE}({'|'.join(paths)}){_AFTER}")

    @cached_property
    def _inner_first(self) -> Sequence[tuple[str, str]]:
        return sorted(self.pairs, key=lambda pair: len(pair[1]), reverse=True)


def _map_texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, (tuple, frozenset)):
        return type(value)(_map_texts(item, change) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {each.name: _map_texts(getattr(value, each.name), change) for each in fields(value)}
        return replace(value, **changed)
    return value
