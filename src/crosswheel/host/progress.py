"""Progress reports, to a terminal, a log or nothing."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


class Progress(Protocol):
    """A receiver of progress reports."""

    def step(self, label: str) -> AbstractContextManager[None]:
        """Report a step that may take more than two seconds; it ends with the block."""
        ...

    def note(self, text: str) -> None:
        """Report a line at any verbosity: a decision, a removed path, a fallback."""
        ...

    def detail(self, text: str) -> None:
        """Report a line for ``-v``."""
        ...


class NullProgress:
    """Discards progress reports."""

    def step(self, label: str) -> AbstractContextManager[None]:  # noqa: ARG002  # the Protocol's signature
        """See :meth:`Progress.step`."""
        return contextlib.nullcontext()

    def note(self, text: str) -> None:
        """See :meth:`Progress.note`."""

    def detail(self, text: str) -> None:
        """See :meth:`Progress.detail`."""


class LabelledProgress:
    """Prefixes progress reports with the label of one of several parallel jobs."""

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
