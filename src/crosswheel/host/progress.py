"""What is going on, told to whoever watches: a terminal, a log, nobody."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


class Progress(Protocol):
    """Somebody who wants to know."""

    def step(self, label: str) -> AbstractContextManager[None]:
        """Something begins that can take over two seconds; it ends with the block."""
        ...

    def note(self, text: str) -> None:
        """Something worth a line whatever the verbosity: a decision, a removed path, a fallback."""
        ...

    def detail(self, text: str) -> None:
        """Something worth a line for those who asked for more (``-v``)."""
        ...


class NullProgress:
    """Nobody watches."""

    def step(self, label: str) -> AbstractContextManager[None]:  # noqa: ARG002  # the Protocol's signature
        """See :meth:`Progress.step`."""
        return contextlib.nullcontext()

    def note(self, text: str) -> None:
        """See :meth:`Progress.note`."""

    def detail(self, text: str) -> None:
        """See :meth:`Progress.detail`."""


class LabelledProgress:
    """Whoever watches, told which of several jobs each thing belongs to."""

    def __init__(self, inner: Progress, label: str) -> None:
        self._inner = inner
        self._label = label

    def step(self, label: str) -> AbstractContextManager[None]:
        """See :meth:`Progress.step`."""
        return self._inner.step(f"{self._label}: {label}")

    def note(self, text: str) -> None:
        """See :meth:`Progress.note`."""
        self._inner.note(f"{self._label}: {text}")

    def detail(self, text: str) -> None:
        """See :meth:`Progress.detail`."""
        self._inner.detail(f"{self._label}: {text}")
