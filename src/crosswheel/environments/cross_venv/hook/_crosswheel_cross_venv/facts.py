"""What to pretend, read when it is first needed."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_read: "dict[str, Any]" = {}


def facts() -> "dict[str, Any]":
    """The facts of the target; ``crosswheel.environments.cross_venv.model`` writes and explains them."""
    if not _read:
        with open(os.environ["CROSSWHEEL_CROSS_VENV"], encoding="utf-8") as stream:  # noqa: PTH123
            _read.update(_parse(stream.read()))
    return _read


class _Strict:
    """What ``json.JSONDecoder`` is to its scanner."""

    strict = True
    object_hook = object_pairs_hook = array_hook = None
    parse_float, parse_int, parse_constant = float, int, None
    memo: "dict[str, str]" = {}  # noqa: RUF012  # the scanner's own


def _parse(text: str) -> "Any":
    # The part of json that is written in C: all of json takes 8 ms to import, in every Python that asks.
    try:
        from _json import make_scanner

        return make_scanner(_Strict)(text, 0)[0]  # type: ignore[arg-type]
    except (ImportError, AttributeError, TypeError):
        import json

        return json.loads(text)


def like(real: "Any") -> "Callable[[Any], Any]":
    """``functools.wraps`` without ``functools``, which not every Python has to import."""

    def decorate(function: "Any") -> "Any":
        for name in ("__module__", "__name__", "__qualname__", "__doc__"):
            setattr(function, name, getattr(real, name, None))
        function.__wrapped__ = real
        return function

    return decorate
