"""The facts about the target, and which callers get them: build backends do, pip does not.

The rules are data, in the facts: names of modules, each including its submodules; the longest match applies.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from types import FrameType
    from typing import Any

_facts: "dict[str, Any]" = {}


def facts() -> "dict[str, Any]":
    """Return the facts about the target; ``crosswheel.environments.cross_venv.model`` writes and documents them."""
    if not _facts:
        from _crosswheel_cross_venv import facts_file

        with open(facts_file(), encoding="utf-8") as stream:  # noqa: PTH123
            _facts.update(_parse(stream.read()))
    return _facts


class _Strict:
    """The context that ``json.JSONDecoder`` provides to its scanner."""

    strict = True
    object_hook = object_pairs_hook = array_hook = None
    parse_float, parse_int, parse_constant = float, int, None
    memo: "dict[str, str]" = {}  # noqa: RUF012  # used by the scanner only


def _parse(text: str) -> "Any":
    # The C part of json: importing all of json takes 8 ms in every Python that needs the facts.
    try:
        from _json import make_scanner

        return make_scanner(_Strict)(text, 0)[0]  # type: ignore[arg-type]
    except (ImportError, AttributeError, TypeError):
        import json

        return json.loads(text)


def wraps(real: "Any") -> "Callable[[Any], Any]":
    """Like ``functools.wraps``, without importing ``functools``."""

    def decorate(function: "Any") -> "Any":
        for name in ("__module__", "__name__", "__qualname__", "__doc__"):
            setattr(function, name, getattr(real, name, None))
        function.__wrapped__ = real
        return function

    return decorate


_HERE = __name__.partition(".")[0]
# Modules that only forward a call; their caller counts.
_FORWARDING = frozenset({_HERE, "platform", "sysconfig", "_sysconfig", "runpy"})
_FUNCTION = type(wraps)
# Functions that read an attribute whose name the code need not mention.
_READERS = frozenset({"attrgetter", "getattr", "getmembers", "hasattr"})
_OWN_MODULE = frozenset({_HERE})
_STANDARD_LIBRARY = os.path.dirname(os.__file__) + os.sep  # noqa: PTH120
_results: "dict[str, bool]" = {}
_PROCESS_KEY = "this process"  # not a valid module name
_WITH_VALUE = frozenset({"-W", "-X", "--check-hash-based-pycs"})


def is_cross_caller() -> bool:
    """Whether the calling module gets the target's values; called by patched functions."""
    name = _find_asker(skip_packaging=True).name
    if name not in _results:
        _results[name] = not is_native_process() and _is_cross_module(name)
    return _results[name]


def is_cross_caller_of_sizes(asked: str = "") -> bool:
    """Whether the calling module gets the target's pointer size and byte order, on which much of Python depends.

    Only build backends and the project's own files do.

    :param asked: name of the requested attribute, by default that of the calling patched function.
    """
    asker = _find_asker(asked)
    return asker.known and not is_native_process() and _is_cross_module_of_sizes(asker.name, asker.file)


def is_cross_caller_of_system(asked: str = "") -> bool:
    """Whether the calling module gets the target's ``sys.platform``, by which Python modules choose their code.

    Only the project's own files do, scripts that describe the Python that modules are for, and callers of ``packaging``
    that evaluate markers. The standard library does not, whichever module calls it.

    :param asked: see :func:`is_cross_caller_of_sizes`.
    """
    asker = _find_asker(asked, forwarding=_OWN_MODULE)
    if not asker.known or is_native_process():
        return False
    if _describes_target(asker.file):
        return True
    if is_packaging(asker.name):
        return is_cross_caller()
    if (
        _longest_match(asker.name, facts()["callers"]["machine"]) is False
        or asker.name.partition(".")[0] in sys.stdlib_module_names
    ):
        return False
    return _is_project_file(asker.file)


def is_cross_caller_of_base_prefix() -> bool:
    """Whether the calling script looks for the target's libraries below ``sys.base_prefix``.

    Other code looks for the running interpreter there; the standard library does, for whichever module calls it.
    """
    return _describes_target(str(sys._getframe(2).f_globals.get("__file__") or ""))


class Asker:
    """The module that requests a value.

    :param known: whether it is that module itself. Otherwise it is compiled code, which has no frame, called by it.
    """

    def __init__(self, name: str, file: str, *, known: bool) -> None:
        self.name = name
        self.file = file
        self.known = known


def _find_asker(asked: str = "", *, skip_packaging: bool = False, forwarding: "frozenset[str]" = _FORWARDING) -> Asker:
    """Return the module of the nearest frame that can have requested a value.

    Compiled code (Cython, mypyc) has no frames. While it is imported, importlib's frame has its name. When it is called
    later, the next frame is its caller's. A frame of the standard library that does not mention what is requested has
    called compiled code.
    """
    attribute = asked
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = _module_name(frame)
        top = name.partition(".")[0]
        if top in forwarding or (skip_packaging and is_packaging(name)):
            asked = (top == _HERE and attribute) or frame.f_code.co_name
        elif mentions(frame, asked):
            return Asker(name, str(frame.f_globals.get("__file__") or ""), known=True)
        elif top not in sys.stdlib_module_names:
            by_variable = not _READERS.isdisjoint(frame.f_code.co_names)
            return Asker(name, str(frame.f_globals.get("__file__") or ""), known=by_variable)
        elif (spec := _imported_extension(frame)) is not None:
            return Asker(spec.name, spec.origin or "", known=True)
        frame = frame.f_back
    return Asker("__main__", "", known=False)


def mentions(frame: "FrameType", asked: str) -> bool:
    """Whether the code of a frame mentions a name, or a variable that is the function of that name."""
    code = frame.f_code
    if asked in code.co_names or asked in code.co_consts or asked in code.co_freevars or ("*",) in code.co_consts:
        return True  # the last one imports everything of a module
    variables = (*map(frame.f_globals.get, code.co_names), *frame.f_locals.values())
    return any(type(value) is _FUNCTION and value.__name__ == asked for value in variables)


def _imported_extension(frame: "FrameType") -> "ModuleSpec | None":
    """Return the extension module whose code importlib runs in a frame; None if it is another frame."""
    if frame.f_code.co_name != "_call_with_frames_removed":
        return None
    for argument in frame.f_locals.get("args", ()):  # the module or its ModuleSpec
        spec = getattr(argument, "__spec__", argument)
        if hasattr(spec, "origin"):
            return spec  # type: ignore[no-any-return]
    return None


def _module_name(frame: "FrameType") -> str:
    names = frame.f_globals
    name = names.get("__name__") or "__main__"
    if name == "__main__" and (spec := names.get("__spec__")) is not None:
        return str(spec.name)  # python -m something
    return str(name)


def is_packaging(name: str) -> bool:
    """Whether a module belongs to ``packaging`` or a vendored copy of it."""
    return name == "packaging" or name.startswith("packaging.") or ".packaging." in name


def _is_cross_module(name: str) -> bool:
    rule = _longest_match(name, facts()["callers"]["machine"])
    if rule is not None:
        return rule
    return name.partition(".")[0] not in sys.stdlib_module_names


def _is_cross_module_of_sizes(name: str, file: str) -> bool:
    rules = facts()["callers"]
    rule = _longest_match(name, rules["sizes"])
    if rule is not None:
        return rule
    if _longest_match(name, rules["machine"]) is False:
        return False
    if is_packaging(name):
        return True
    if name.partition(".")[0] in sys.stdlib_module_names:
        return False
    return _is_project_file(file)


def _is_project_file(file: str) -> bool:
    """Whether a module is neither of Python nor installed; ``python -c`` has no file and counts as the project's."""
    path = os.path.abspath(file) if file else ""  # noqa: PTH100
    installed = f"{os.sep}site-packages{os.sep}" in path or f"{os.sep}dist-packages{os.sep}" in path
    return not (installed or path.startswith(_STANDARD_LIBRARY))


def _describes_target(file: str) -> bool:
    """Whether a file is a script that a build system runs to describe the Python that modules are for."""
    return file.replace(os.sep, "/").endswith(tuple(facts()["callers"]["scripts"]))


def _longest_match(name: str, rules: "dict[str, bool]") -> "bool | None":
    while name:
        if name in rules:
            return rules[name]
        name = name.rpartition(".")[0]
    return None


def is_native_process() -> bool:
    """Whether this process never gets the target's values: ``python -m pip``, the script ``virtualenv``, uv's query."""
    if _PROCESS_KEY not in _results:
        program, rules = started_program(sys.orig_argv), facts()["callers"]
        _results[_PROCESS_KEY] = program in rules["processes"] or any(text in program for text in rules["code"])
    return _results[_PROCESS_KEY]


def started_program(argv: "list[str]") -> str:
    """Return the name of the module or script that a Python command line runs, or the code after ``-c``."""
    args = iter(argv[1:])
    for arg in args:
        if arg in _WITH_VALUE:
            next(args, None)
        elif arg.startswith("-m") and not arg.startswith("--"):
            return (arg[2:] or next(args, "")).partition(".")[0]
        elif arg == "-":
            return ""
        elif not arg.startswith("-"):
            script = os.path.basename(arg)  # noqa: PTH119
            return script[:-3] if script.endswith(".py") else script.rstrip("0123456789.")
        elif arg[-1] == "m" and not arg.startswith("--"):  # -Im pip
            return next(args, "").partition(".")[0]
        elif arg[-1] == "c" and not arg.startswith("--"):  # -Ic code
            return next(args, "")
    return ""
