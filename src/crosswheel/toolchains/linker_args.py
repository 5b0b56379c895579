"""The words a compiler's command line passes on to its linker: ``-Wl,a,b`` and ``-Xlinker a``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from crosswheel.toolchains.command_line import Item

_PASSED = "-Wl,"


def linker_args(items: Iterable[Item]) -> tuple[str, ...]:
    """Every word meant for the linker, in order."""
    return tuple(word for item in items for word in _words(item))


def replace_linker_args(items: Iterable[Item], changes: Mapping[int, str | None]) -> tuple[Item, ...]:
    """The items with some words for the linker replaced.

    :param changes: what stands in a word's place, by its position among :func:`linker_args`; None removes it.
    """
    changed: list[Item] = []
    position = 0
    for item in items:
        words = _words(item)
        kept = [changes.get(at, word) for at, word in enumerate(words, position)]
        position += len(words)
        if not words or kept == list(words):
            changed.append(item)
        elif left := [word for word in kept if word is not None]:
            changed.append(_with_words(item, left))
    return tuple(changed)


def _words(item: Item) -> tuple[str, ...]:
    if item.name.startswith(_PASSED):
        return tuple(item.name.removeprefix(_PASSED).split(","))
    if item.name == "-Xlinker" and item.value is not None:
        return (item.value,)
    return ()


def _with_words(item: Item, words: list[str]) -> Item:
    if item.name == "-Xlinker":
        return replace(item, value=words[0])
    return replace(item, name=_PASSED + ",".join(words))
