"""Plans that are the same whatever compiler there is: refusals, and answers that need no program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.toolchains.command_line import CommandLine, Item, Mode, read_linker_line
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool

if TYPE_CHECKING:
    from collections.abc import Mapping

_OPENMP = ("-fopenmp", "-fopenmp=libomp", "-fopenmp=libgomp")


def openmp_refusal(line: CommandLine) -> Plan | None:
    """The refusal of a call that wants OpenMP: no platform of wheels promises its library."""
    if line.has(*_OPENMP):
        return error_plan("there is no OpenMP library for the target; build without -fopenmp")
    return None


def error_plan(why: str, notes: tuple[str, ...] = ()) -> Plan:
    """The plan for a call that cannot be made for the target."""
    return Plan(output=f"crosswheel: error: {why}\n", status=1, notes=(*notes, f"refused: {why}"))


def preprocessor_args(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """What clang must be told to do as ``cpp`` does: read anything as C, from standard input if nothing is named,
    and take a second name as the output's."""
    line = CommandLine(items, Mode.PREPROCESS)
    options = tuple(item for item in items if not item.is_input)
    source, *output = line.inputs or ("-",)
    known = line.has("-x") or bool(line.sources)
    return (
        *((Item("-E"),) if not line.has("-E", "-M", "-MM") else ()),
        *options,
        *(() if known else (Item("-x", "c"),)),
        Item("", source),
        *(Item("-o", name) for name in output[:1]),
    )


def answer_query(multiarch: str, builtins: str, call: Call) -> Plan | None:
    """The answers to questions that clang would not answer, or with paths of the build machine."""
    question = call.arguments[0].replace("--print", "-print", 1) if len(call.arguments) == 1 else ""
    if question.startswith("-print-prog-name="):
        return Plan(output=question.partition("=")[2] + "\n")
    answers = {
        "-print-multiarch": multiarch,
        "-print-multi-os-directory": ".",
        "-print-multi-directory": ".",
        "-print-sysroot": "",
        "-print-libgcc-file-name": builtins,
    }
    return Plan(output=answers[question] + "\n") if question in answers else None


def plan_other_tool(tools: Mapping[Tool, tuple[str, ...]], call: Call, settings: CallSettings) -> Plan:
    """The plan for a tool that takes the build's words as they are, or needs no program at all.

    :param tools: the first words of the commands of those that there are.
    """
    if call.tool is Tool.PKG_CONFIG:
        return answer_pkg_config(call, settings)
    if call.tool is Tool.STRIP:
        return strip_plan(call)
    command = tools.get(call.tool)
    if command is None:
        return Plan(output=f"crosswheel: there is no {call.tool} for the target\n", status=127)
    return Plan(((*command, *call.arguments),))


def strip_plan(call: Call) -> Plan:
    """Nothing is left to strip: links leave no debug information."""
    if {"--version", "-V"} & set(call.arguments):
        return Plan(output="GNU strip (crosswheel: links leave no debug information)\n")
    note = "strip did nothing: links leave no debug information behind"
    line = read_linker_line(call.arguments)
    if line.output is not None and line.inputs:
        return Plan((("/bin/cp", "-p", line.inputs[0], line.output),), notes=(f"{note}; the file was copied",))
    return Plan(notes=(note,))


def answer_pkg_config(call: Call, settings: CallSettings) -> Plan:
    """The answer of pkg-config: of the one that knows the target's libraries, if the build has any."""
    if settings.pkg_config:
        return Plan(((*settings.pkg_config, *call.arguments),))
    return no_packages(call)


def no_packages(call: Call) -> Plan:
    """There are no libraries for the target but the C library's; say so as pkg-config does."""
    if "--version" in call.arguments:
        return Plan(output="1.8.1\n")
    if any(word.startswith("--atleast-pkgconfig-version") for word in call.arguments):
        return Plan()
    wanted = " ".join(word for word in call.arguments if not word.startswith("-"))
    note = f"pkg-config was asked for {wanted}: no such library for the target"
    silent = {"--exists", "--silence-errors"} & set(call.arguments) and "--print-errors" not in call.arguments
    said = "" if silent or not wanted else f"Package {wanted} was not found: there is none for the target\n"
    return Plan(output=said, status=1, notes=(note,) if wanted else ())
