"""Plans that are the same for every compiler: refusals, and queries answered without running a program."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crosswheel.toolchains.command_line import CommandLine, Item, Mode, read_linker_line
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool

if TYPE_CHECKING:
    from collections.abc import Mapping

_PYTHON_PACKAGE = re.compile(r"python(?:3|-3\.\d+)(?:-embed)?(?![\w.-])")
"""Matches the names of CPython's own pkg-config files; versions may follow: ``python3 >= 3.9``."""
FEATURE_REFUSED = "feature refused: "
"""The beginning of a note on a call that the build needs for an optional feature: its name and the reason follow."""


def fortran_refusal() -> Plan:
    """Return a refusal of any call of a Fortran compiler."""
    return error_plan("there is no Fortran compiler for the target", feature="Fortran")


def error_plan(why: str, notes: tuple[str, ...] = (), *, feature: str = "") -> Plan:
    """Return a plan that fails with an error message, for a call that is not possible for the target.

    :param feature: what the project loses if it goes on without it; empty if nothing, as for an unknown option.
    """
    lost = (f"{FEATURE_REFUSED}{feature}: {why}",) if feature else ()
    return Plan(output=f"crosswheel: error: {why}\n", status=1, notes=(*notes, f"refused: {why}", *lost))


def preprocessor_args(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Return the items with which clang behaves as ``cpp``.

    ``cpp`` reads any file as C, and standard input if no file is named; a second file is the output.
    """
    line = CommandLine(items, Mode.PREPROCESS)
    options = tuple(item for item in items if not item.is_input)
    source, *output = line.inputs or ("-",)
    has_language = line.has("-x") or bool(line.sources)
    return (
        *((Item("-E"),) if not line.has("-E", "-M", "-MM") else ()),
        *options,
        *(() if has_language else (Item("-x", "c"),)),
        Item("", source),
        *(Item("-o", name) for name in output[:1]),
    )


def answer_query(multiarch: str, builtins: str, call: Call) -> Plan | None:
    """Answer a query that clang does not know or would answer with paths of the build machine; None for other queries.

    :param multiarch: Debian's name of the platform: ``riscv64-linux-gnu``.
    :param builtins: the path of libgcc or its replacement.
    """
    query = call.arguments[0].replace("--print", "-print", 1) if len(call.arguments) == 1 else ""
    if query.startswith("-print-prog-name="):
        return Plan(output=query.partition("=")[2] + "\n")
    answers = {
        "-print-multiarch": multiarch,
        "-print-multi-os-directory": ".",
        "-print-multi-directory": ".",
        "-print-sysroot": "",
        "-print-libgcc-file-name": builtins,
    }
    return Plan(output=answers[query] + "\n") if query in answers else None


def plan_other_tool(tools: Mapping[Tool, tuple[str, ...]], call: Call, settings: CallSettings) -> Plan:
    """Return the plan for a tool whose arguments are passed on unchanged, or that needs no program.

    :param tools: the first arguments of the commands of the available tools.
    """
    if call.tool is Tool.PKG_CONFIG:
        return answer_pkg_config(call, settings)
    if call.tool is Tool.STRIP:
        return strip_plan(call)
    if call.tool is Tool.PATCHELF:
        return patchelf_plan(call)
    command = tools.get(call.tool)
    if command is None:
        return Plan(output=f"crosswheel: there is no {call.tool} for the target\n", status=127)
    return Plan(((*command, *call.arguments),))


def strip_plan(call: Call) -> Plan:
    """Return the plan for ``strip``, which has nothing to do: links write no debug information."""
    if {"--version", "-V"} & set(call.arguments):
        return Plan(output="GNU strip (crosswheel: links leave no debug information)\n")
    note = "strip did nothing: links leave no debug information"
    line = read_linker_line(call.arguments)
    if line.output is not None and line.inputs:
        return Plan((("/bin/cp", "-p", line.inputs[0], line.output),), notes=(f"{note}; the file was copied",))
    return Plan(notes=(note,))


def patchelf_plan(call: Call) -> Plan:
    """Return the plan for ``patchelf`` where files are not ELF files: backends on Linux call it for every module."""
    if "--version" in call.arguments:
        return Plan(output="patchelf 0.18.0\n")
    if any(arg.startswith("--print-") for arg in call.arguments):
        return Plan(output="\n")
    return Plan(notes=("patchelf did nothing: the file is not an ELF file",))


def answer_pkg_config(call: Call, settings: CallSettings) -> Plan:
    """Return the plan for ``pkg-config``: that of the target's libraries if there are any, else a negative answer.

    The target's Python is a package, too: ``python3``, ``python-3.13-embed``.
    """
    if settings.python_package and any(_PYTHON_PACKAGE.match(arg) for arg in call.arguments):
        return Plan(((*settings.python_package, *call.arguments),))
    if settings.pkg_config:
        return Plan(((*settings.pkg_config, *call.arguments),))
    return no_packages_plan(call)


def no_packages_plan(call: Call) -> Plan:
    """Answer as a pkg-config that finds no package: the target has the C library only."""
    if "--version" in call.arguments:
        return Plan(output="1.8.1\n")
    if any(arg.startswith("--atleast-pkgconfig-version") for arg in call.arguments):
        return Plan()
    packages = " ".join(arg for arg in call.arguments if not arg.startswith("-"))
    note = f"pkg-config was asked for {packages}: no such library for the target"
    silent = {"--exists", "--silence-errors"} & set(call.arguments) and "--print-errors" not in call.arguments
    message = "" if silent or not packages else f"Package {packages} was not found: there is none for the target\n"
    return Plan(output=message, status=1, notes=(note,) if packages else ())
