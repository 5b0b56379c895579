"""Patterns over names, in the language of cibuildwheel's selectors."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING

import bracex

from crosswheel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable


def matches(patterns: Iterable[str], name: str) -> bool:
    """Whether a name is matched by one of the patterns.

    A text may hold several, with spaces between them. Each is one of :mod:`fnmatch`, after its braces were expanded:
    ``cp3{12,13}-*`` is ``cp312-* cp313-*``.

    :raises UsageError: when the braces of a pattern stand for too many others.
    """
    return any(fnmatchcase(name, pattern) for text in patterns for pattern in expand_braces(text))


@cache
def expand_braces(text: str) -> tuple[str, ...]:
    """The patterns in a text, without braces.

    :raises UsageError: as :func:`matches` does.
    """
    try:
        return tuple(pattern for word in text.split() for pattern in bracex.iexpand(word))
    except bracex.ExpansionLimitException as error:
        raise UsageError(f"the braces in {text!r} stand for too many patterns", hint="use * or ?") from error
