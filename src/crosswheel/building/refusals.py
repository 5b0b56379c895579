"""Why a wheel fails the audit, as far as the logs of its build tell."""

from __future__ import annotations

import re
import shlex
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from crosswheel.toolchains.command_line import Mode, read_command_line
from crosswheel.toolchains.tool_names import BUILD_SUFFIX
from crosswheel.toolchains.wrappers.server import CALLED_BY

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCONS = re.compile(r"^scons: ", re.MULTILINE)
_MACHINE_COMPILER = re.compile(
    r"(?:^|[\s'\"\[])(/(?:usr/)?(?:local/)?bin/(?:[\w.-]+-)?(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+)(?:-\d+)?)(?=[\s'\",])",
    re.MULTILINE,
)
_PYTHON_CONFIG = re.compile(r"(\S*/python[\d.]*t?-config|\bpython3\.\d+t?-config)")
_FOREIGN = frozenset({"machine", "objects", "glibc", "macos"})
"""Audit checks that fail for files of the build machine."""


def explain_refusal(check: str, member: str | None, log: str, calls: str) -> tuple[str, str] | None:
    """Return the cause of a failed audit check, and what to do; None if the logs do not tell.

    :param check: the name of the audit check.
    :param member: the file in the wheel that the check is about.
    :param log: the text of the build's log.
    :param calls: the text of the log of compiler calls.
    """
    if check in _FOREIGN and member is not None:
        return _build_machine_compiler(PurePosixPath(member).name, log, calls)
    if check == "suffix" and (match := _PYTHON_CONFIG.search(log)):
        hint = "python3-config, python-config and the name with the version answer for the target's Python"
        return f"the build asked {match[1]}, which is another Python's", hint
    return None


def _build_machine_compiler(name: str, log: str, calls: str) -> tuple[str, str] | None:
    """Return how a module was compiled for the build machine."""
    hint = "compilers for the target are cc, gcc, c++ and g++ on PATH, and those that CC, CXX and LDSHARED name"
    for tool, compiler in _linkers(name, calls):
        if compiler:
            return f"the build called {compiler}", hint
        return f"the build linked it with {tool}, which is for programs that the build runs", hint
    if _SCONS.search(log):
        return (
            "the build ran SCons, which uses neither PATH nor CC of its environment by itself",
            'in the SConstruct: Environment(ENV=os.environ, CC=os.environ["CC"], CXX=os.environ["CXX"])',
        )
    match = _MACHINE_COMPILER.search(log)
    return (f"the build called {match[1]}", hint) if match else None


def _linkers(name: str, calls: str) -> Iterator[tuple[str, str]]:
    """Yield the tools of the build machine that linked a file of a name, and the compilers that called them, or "".

    The file's suffix is ignored: a build may change it when it copies the file.
    """
    stem = name.partition(".")[0]
    lines = calls.splitlines()
    for line, below in zip(lines, (*lines[1:], ""), strict=False):
        if not line.startswith("# ") or BUILD_SUFFIX not in line:
            continue
        try:
            tool, *args = shlex.split(line[2:])
        except ValueError:  # an argument that contains a line break
            continue
        call = read_command_line(tuple(args))
        output = PurePosixPath(call.output or "").name.partition(".")[0]
        if tool.endswith(BUILD_SUFFIX) and call.mode is Mode.LINK and output == stem:
            _, found, compiler = below.partition(CALLED_BY)
            yield tool, compiler if found else ""
