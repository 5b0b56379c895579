"""``windres``, the GNU resource compiler, translated to zig's resource compiler (``zig rc``)."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from crosswheel.toolchains.model import Plan, Tool
from crosswheel.toolchains.responses import error_plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crosswheel.toolchains.model import Call

_VERSION = "GNU windres (crosswheel: zig rc)\n"
_OPTIONS = {"-D": "/d", "--define": "/d", "-U": "/u", "--undefine": "/u", "-I": "/i", "--include-dir": "/i",
            "-l": "/l", "--language": "/l", "-c": "/c", "--codepage": "/c", "-o": "/fo", "--output": "/fo"}  # fmt: skip
_INPUT = ("-i", "--input")
_IGNORED_WITH_VALUE = ("-O", "--output-format", "-J", "--input-format", "-F", "--target", "--preprocessor",
                       "--preprocessor-arg")  # fmt: skip
_IGNORED_FLAGS = frozenset({"-v", "--verbose", "--use-temp-file", "--no-use-temp-file"})
_OBJECT_SUFFIXES = (".o", ".obj")


def plan_windres(tools: Mapping[Tool, tuple[str, ...]], call: Call) -> Plan:
    """Return the plan for ``windres -i A.rc -o A.o`` or ``windres A.rc A.o``.

    The suffix of the output decides whether it is an object or a ``.res`` file.

    :param tools: start of each tool's command.
    """
    if {"-V", "--version"} & set(call.arguments):
        return Plan(output=_VERSION)
    options: list[str] = []
    files: list[str] = []
    args = iter(call.arguments)
    for arg in args:
        if arg in _IGNORED_FLAGS:
            continue
        name, value = _read_option(arg, args)
        if name in _INPUT:
            files.insert(0, value)
        elif name in _OPTIONS:
            options += [_OPTIONS[name], value]
        elif not name:
            files.append(value)
        elif name not in _IGNORED_WITH_VALUE:
            return error_plan(f"windres: unknown option {arg}")
    if not files:
        return error_plan("windres: reading resources from standard input is not supported")
    source, *outputs = files
    options += ["/fo", outputs[0]] if outputs else []
    output = options[options.index("/fo") + 1] if "/fo" in options else ""
    output_format = "coff" if PurePosixPath(output).suffix in _OBJECT_SUFFIXES else "res"
    return Plan(((*tools[Tool.WINDRES], "/:output-format", output_format, *options, "--", source),))


def _read_option(arg: str, rest: Iterator[str]) -> tuple[str, str]:
    """Split an argument into option and value.

    :param rest: the following arguments; consumed if the value is the next one.
    :returns: an empty option for a file name.
    """
    if not arg.startswith("-"):
        return "", arg
    if arg.startswith("--"):
        name, equals, value = arg.partition("=")
        return name, value if equals else next(rest, "")
    return arg[:2], arg[2:].removeprefix("=") or next(rest, "")
