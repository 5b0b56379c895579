"""Make clang understand ``#pragma GCC target``, which it ignores.

gcc compiles the code after such a pragma for additional processor features, up to ``pop_options`` or the end of the
file. clang has ``#pragma clang attribute push`` and ``pop`` for that, but requires a pop for each push. clang is passed
a virtual file system overlay (``-ivfsoverlay``) in which the source contains clang's pragmas; file names and line
numbers in messages do not change.
"""

from __future__ import annotations

import json
import os.path
import re
from dataclasses import replace
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from crosswheel.host.files import write_atomic
from crosswheel.toolchains.command_line import Mode, read_command_line
from crosswheel.toolchains.model import Call, Plan, Tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_ANY_TARGET_PRAGMA = re.compile(rb"^[ \t]*#[ \t]*pragma[ \t]+GCC[ \t]+target\b", re.MULTILINE)
_PRAGMA = re.compile(
    r"^[ \t]*#[ \t]*pragma[ \t]+GCC[ \t]+(target|push_options|pop_options|reset_options)\b(.*)$", re.MULTILINE
)
_STRING = re.compile(r'"([^"]*)"')
_SUFFIXES = (".c", ".cc", ".cpp", ".cxx", ".C", ".c++", ".cp")


def translate_plan(plan: Plan, call: Call, directory: Path, outside: Callable[[Path], Path] = Path) -> Plan:
    """Translate the sources of a clang call that use the pragma, if any.

    :param directory: for the translated files; must exist as long as the build.
    :param outside: returns the path on the build machine of a path of the call or below ``directory``.
    """
    if call.tool not in {Tool.CC, Tool.CXX, Tool.CPP} or not plan.commands:
        return plan
    # Called for every compiler call of a build, so the arguments are only parsed if a file uses the pragma.
    paths = {arg: _path(call, arg) for arg in call.arguments if arg.endswith(_SUFFIXES)}
    affected = {arg: path for arg, path in paths.items() if _uses_pragma(outside(path))}
    if not affected:
        return plan
    line = read_command_line(call.arguments)
    sources = [affected[source] for source in line.sources if source in affected]
    if line.mode is Mode.QUERY or not sources:
        return plan
    args = ("-ivfsoverlay", str(_write_overlay(sources, directory, outside)))
    notes = tuple(f"{path.name}: #pragma GCC target translated for clang" for path in sources)
    return replace(
        plan,
        commands=tuple((*command, *args) if _is_clang(command) else command for command in plan.commands),
        notes=(*plan.notes, *notes),
    )


def translate_source(text: str, directory: Path) -> tuple[str, dict[str, str]]:
    """Translate the pragmas of a source file, keeping its line numbers.

    A pragma may be in a section that is conditionally excluded, so only the preprocessor knows whether a pop is needed:
    each push also defines a macro, which the pop checks.

    :param directory: where the files that the translated source includes will be written.
    :returns: the translated source, and the contents of the files it includes, by name.
    """
    files: dict[str, str] = {}
    levels: list[list[int]] = [[]]  # numbers of the pushes in effect, per push_options

    def include(content: list[str]) -> str:
        name = f"{len(files)}.h"
        files[name] = "\n".join(content) + "\n"
        return f'#include "{directory / name}"'

    def replace_pragma(match: re.Match[str]) -> str:
        kind, options = match[1], ",".join(_STRING.findall(match[2]))
        if kind == "target" and options:
            number = len(files)
            levels[-1].append(number)
            attribute = f'__attribute__((target("{options}")))'
            return include(
                [f"#define {_macro(number)}", f"#pragma clang attribute push({attribute}, apply_to = function)"]
            )
        if kind == "push_options":
            levels.append([])
        elif kind == "pop_options" and len(levels) > 1:
            return include(_pops(levels.pop()))
        elif kind == "reset_options":
            numbers, levels[-1] = levels[-1], []
            return include(_pops(numbers))
        return ""

    translated = _PRAGMA.sub(replace_pragma, text)
    pops = _pops(number for level in levels for number in level)
    return "\n".join([translated, *pops, ""]) if pops else translated, files


def _pops(numbers: Iterable[int]) -> list[str]:
    lines = []
    for number in sorted(numbers, reverse=True):
        macro = _macro(number)
        lines += [f"#ifdef {macro}", "#pragma clang attribute pop", f"#undef {macro}", "#endif"]
    return lines


def _macro(number: int) -> str:
    return f"CROSSWHEEL_TARGET_{number}"


def _is_clang(command: tuple[str, ...]) -> bool:
    return "clang" in PurePosixPath(command[0]).name or command[1:2] == ("clang",)


def _path(call: Call, source: str) -> Path:
    return Path(os.path.normpath(os.path.join(call.directory, source)))  # noqa: PTH118  # does not follow symlinks


def _uses_pragma(path: Path) -> bool:
    return path.is_file() and _ANY_TARGET_PRAGMA.search(path.read_bytes()) is not None


def _write_overlay(sources: list[Path], directory: Path, outside: Callable[[Path], Path]) -> Path:
    """Write the translated sources and return the overlay file, which is the same for the same sources."""
    roots = []
    for path in sources:
        translated = directory / _key(path)
        text, files = translate_source(outside(path).read_text("utf-8", "surrogateescape"), translated)
        for name, content in {path.name: text, **files}.items():
            write_atomic(outside(translated / name), content.encode("utf-8", "surrogateescape"))
        roots.append({"type": "file", "name": str(path), "external-contents": str(translated / path.name)})
    overlay = {"version": 0, "use-external-names": False, "roots": roots}
    file = directory / f"{_key(*sources)}.json"
    write_atomic(outside(file), json.dumps(overlay))
    return file


def _key(*paths: Path) -> str:
    return sha256("\n".join(map(str, paths)).encode()).hexdigest()[:16]
