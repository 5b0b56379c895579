"""``windres``, which compiles resources, by way of zig's compiler of resources."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from crosswheel.toolchains.model import Plan, Tool
from crosswheel.toolchains.responses import error_plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crosswheel.toolchains.model import Call

_VERSION = "GNU windres (crosswheel: zig rc)\n"
_SAME = {"-D": "/d", "--define": "/d", "-U": "/u", "--undefine": "/u", "-I": "/i", "--include-dir": "/i",
         "-l": "/l", "--language": "/l", "-c": "/c", "--codepage": "/c", "-o": "/fo", "--output": "/fo"}  # fmt: skip
_INPUT = ("-i", "--input")
_WITHOUT_MEANING = ("-O", "--output-format", "-J", "--input-format", "-F", "--target", "--preprocessor",
                    "--preprocessor-arg")  # fmt: skip
_ALONE = frozenset({"-v", "--verbose", "--use-temp-file", "--no-use-temp-file"})
_OBJECTS = (".o", ".obj")


def plan_windres(tools: Mapping[Tool, tuple[str, ...]], call: Call) -> Plan:
    """``windres -i A.rc -o A.o``, or input and output as last words; an object is made if it is called one."""
    if {"-V", "--version"} & set(call.arguments):
        return Plan(output=_VERSION)
    options: list[str] = []
    files: list[str] = []
    words = iter(call.arguments)
    for word in words:
        if word in _ALONE:
            continue
        name, value = _option(word, words)
        if name in _INPUT:
            files.insert(0, value)
        elif name in _SAME:
            options += [_SAME[name], value]
        elif not name:
            files.append(value)
        elif name not in _WITHOUT_MEANING:
            return error_plan(f"windres: unknown option {word}")
    if not files:
        return error_plan("windres: resources from standard input are not read")
    source, *output = files
    options += ["/fo", output[0]] if output else []
    made = options[options.index("/fo") + 1] if "/fo" in options else ""
    kind = "coff" if PurePosixPath(made).suffix in _OBJECTS else "res"
    command = (*tools[Tool.WINDRES], "/:output-format", kind, *options, "--", source)
    return Plan((command,))


def _option(word: str, rest: Iterator[str]) -> tuple[str, str]:
    """The option a word is or begins with, and its value; no option for the name of a file."""
    if not word.startswith("-"):
        return "", word
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, value if equals else next(rest, "")
    return word[:2], word[2:].removeprefix("=") or next(rest, "")
