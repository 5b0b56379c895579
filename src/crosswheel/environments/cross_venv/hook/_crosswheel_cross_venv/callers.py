"""Who asks: the same function must tell a build backend of the target and pip of this machine.

The rules are data, in the facts. They are names of modules, each with everything below it; the longest one that
fits decides.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
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


_HERE = __name__.partition(".")[0]
# Modules of the standard library that only pass a question on; the one who asked them counts.
_PASSING_ON = frozenset({_HERE, "platform", "sysconfig", "_sysconfig", "runpy"})
_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep  # noqa: PTH120
_decided: "dict[str, bool]" = {}
_PROCESS = "this process"  # no module is called so
_WITH_VALUE = frozenset({"-W", "-X", "--check-hash-based-pycs"})


def pretends() -> bool:
    """Whether whoever asks is told about the target; called by what is asked."""
    frame = _asking_frame(passing_packaging=True)
    name = "__main__" if frame is None else _name(frame)
    if name not in _decided:
        _decided[name] = not tells_truth_everywhere() and _decide(name)
    return _decided[name]


def pretends_numbers() -> bool:
    """The same for the size of a pointer and the order of bytes, which much of Python itself lives on.

    Only build backends and the project's own files are told the target's.
    """
    frame = _asking_frame(passing_packaging=False)
    if frame is None or tells_truth_everywhere():
        return False
    return _decide_numbers(_name(frame), str(frame.f_globals.get("__file__", "")))


def pretends_system() -> bool:
    """The same for the name of the operating system, ``sys.platform``, by which Python chooses its own code.

    Only the project's own files are told the target's, and whoever asks ``packaging`` for markers. The standard library
    is not, whoever calls it.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _name(frame).partition(".")[0] == _HERE:
        frame = frame.f_back
    if frame is None or tells_truth_everywhere():
        return False
    name = _name(frame)
    if is_packaging(name):
        return pretends()
    if _longest(name, facts()["askers"]["machine"]) is False or name.partition(".")[0] in sys.stdlib_module_names:
        return False
    return _is_of_project(str(frame.f_globals.get("__file__", "")))


def _asking_frame(*, passing_packaging: bool) -> "FrameType | None":
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = _name(frame)
        if name.partition(".")[0] not in _PASSING_ON and not (passing_packaging and is_packaging(name)):
            return frame
        frame = frame.f_back
    return None


def _name(frame: "FrameType") -> str:
    names = frame.f_globals
    name = names.get("__name__") or "__main__"
    if name == "__main__" and (spec := names.get("__spec__")) is not None:
        return str(spec.name)  # python -m something
    return str(name)


def is_packaging(name: str) -> bool:
    """Whether a module belongs to the library ``packaging`` or to a backend's copy of it."""
    return name == "packaging" or name.startswith("packaging.") or ".packaging." in name


def _decide(name: str) -> bool:
    rule = _longest(name, facts()["askers"]["machine"])
    if rule is not None:
        return rule
    return name.partition(".")[0] not in sys.stdlib_module_names


def _decide_numbers(name: str, file: str) -> bool:
    rules = facts()["askers"]
    rule = _longest(name, rules["numbers"])
    if rule is not None:
        return rule
    if _longest(name, rules["machine"]) is False:
        return False
    if is_packaging(name):
        return True
    if name.partition(".")[0] in sys.stdlib_module_names:
        return False
    return _is_of_project(file)


def _is_of_project(file: str) -> bool:
    """Whether a module is neither Python's nor installed; ``python -c`` has no file and asks for the project."""
    path = os.path.abspath(file) if file else ""  # noqa: PTH100
    installed = f"{os.sep}site-packages{os.sep}" in path or f"{os.sep}dist-packages{os.sep}" in path
    return not (installed or path.startswith(_STANDARD_LIBRARY))


def _longest(name: str, rules: "dict[str, bool]") -> "bool | None":
    while name:
        if name in rules:
            return rules[name]
        name = name.rpartition(".")[0]
    return None


def tells_truth_everywhere() -> bool:
    """Whether this process is one that must not pretend at all: ``python -m pip``, the script ``virtualenv``."""
    if _PROCESS not in _decided:
        _decided[_PROCESS] = program(sys.orig_argv) in facts()["askers"]["processes"]
    return _decided[_PROCESS]


def program(argv: "list[str]") -> str:
    """What a Python's command line starts: the name of a module or of a script."""
    words = iter(argv[1:])
    for word in words:
        if word in _WITH_VALUE:
            next(words, None)
        elif word.startswith("-m") and not word.startswith("--"):
            return (word[2:] or next(words, "")).partition(".")[0]
        elif word in {"-c", "-"}:
            return ""
        elif not word.startswith("-"):
            script = os.path.basename(word)  # noqa: PTH119
            return script[:-3] if script.endswith(".py") else script.rstrip("0123456789.")
        elif "m" in word and not word.startswith("--") and word[-1] == "m":  # -Im pip
            return next(words, "").partition(".")[0]
    return ""
