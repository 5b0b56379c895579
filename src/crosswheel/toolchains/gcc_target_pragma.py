"""``#pragma GCC target``, which clang ignores: sources that use it are shown to clang in its own words.

gcc compiles what follows such a pragma for more of the processor, up to ``pop_options`` or the end of the file. clang
has ``#pragma clang attribute push`` and ``pop`` for that, but wants each push ended. clang is given a file system over
the real one (``-ivfsoverlay``) in which the source has them; names and lines of messages stay as they are.
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
    from collections.abc import Iterable

_USED = re.compile(rb"^[ \t]*#[ \t]*pragma[ \t]+GCC[ \t]+target\b", re.MULTILINE)
_PRAGMA = re.compile(
    r"^[ \t]*#[ \t]*pragma[ \t]+GCC[ \t]+(target|push_options|pop_options|reset_options)\b(.*)$", re.MULTILINE
)
_TEXT = re.compile(r'"([^"]*)"')
_SUFFIXES = (".c", ".cc", ".cpp", ".cxx", ".C", ".c++", ".cp")


def translate_plan(plan: Plan, call: Call, place: Path) -> Plan:
    """The plan of a call of clang, with sources for gcc translated if there are any.

    :param place: a directory for the translations, which stays as long as the build.
    """
    if call.tool not in {Tool.CC, Tool.CXX, Tool.CPP} or not plan.commands:
        return plan
    # Every call of a build comes by here, so the arguments are only understood where a file is for gcc.
    places = {word: _path(call, word) for word in call.arguments if word.endswith(_SUFFIXES)}
    for_gcc = {word: path for word, path in places.items() if _is_for_gcc(path)}
    if not for_gcc:
        return plan
    line = read_command_line(call.arguments)
    sources = [for_gcc[source] for source in line.sources if source in for_gcc]
    if line.mode is Mode.QUERY or not sources:
        return plan
    words = ("-ivfsoverlay", str(_overlay(sources, place)))
    notes = tuple(f"{path.name}: GCC's target pragma is translated for clang" for path in sources)
    return replace(
        plan,
        commands=tuple((*command, *words) if _is_clang(command) else command for command in plan.commands),
        notes=(*plan.notes, *notes),
    )


def translate_source(text: str, place: Path) -> tuple[str, dict[str, str]]:
    """A source in clang's words, with as many lines up to its end, and the files that it includes by their names.

    A pragma may be in a part that is left out, so whether to end it is known to the preprocessor only.

    :param place: where those files will lie.
    """
    files: dict[str, str] = {}
    levels: list[list[int]] = [[]]

    def include(content: list[str]) -> str:
        name = f"{len(files)}.h"
        files[name] = "\n".join(content) + "\n"
        return f'#include "{place / name}"'

    def answer(found: re.Match[str]) -> str:
        kind, options = found[1], ",".join(_TEXT.findall(found[2]))
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
            return include(_ends(levels.pop()))
        elif kind == "reset_options":
            ended, levels[-1] = levels[-1], []
            return include(_ends(ended))
        return ""

    changed = _PRAGMA.sub(answer, text)
    rest = _ends(number for level in levels for number in level)
    return "\n".join([changed, *rest, ""]) if rest else changed, files


def _ends(numbers: Iterable[int]) -> list[str]:
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
    return Path(os.path.normpath(os.path.join(call.directory, source)))  # noqa: PTH118  # without following links


def _is_for_gcc(path: Path) -> bool:
    return path.is_file() and _USED.search(path.read_bytes()) is not None


def _overlay(sources: list[Path], place: Path) -> Path:
    """The description of the file system over the real one; the same for the same sources."""
    roots = []
    for path in sources:
        own = place / _key(path)
        text, files = translate_source(path.read_text("utf-8", "surrogateescape"), own)
        for name, content in {path.name: text, **files}.items():
            write_atomic(own / name, content.encode("utf-8", "surrogateescape"))
        roots.append({"type": "file", "name": str(path), "external-contents": str(own / path.name)})
    described = {"version": 0, "use-external-names": False, "roots": roots}
    return write_atomic(place / f"{_key(*sources)}.json", json.dumps(described))


def _key(*paths: Path) -> str:
    return sha256("\n".join(map(str, paths)).encode()).hexdigest()[:16]
