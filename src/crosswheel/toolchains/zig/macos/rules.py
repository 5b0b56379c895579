"""What a call becomes for macOS: pure functions over the facts of a kit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from crosswheel.toolchains.command_line import CommandLine, Item, Mode, read_command_line, tokens
from crosswheel.toolchains.link import linker_args, read_link, split_compile_and_link
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool
from crosswheel.toolchains.responses import answer_query, error_plan, openmp_refusal, plan_other_tool, preprocessor_args
from crosswheel.toolchains.zig.macos.option_filters import (
    filter_options,
    foreign_linker_arg,
    is_link_only,
    is_passed_to_linker,
    split_frameworks,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LD = "@(#)PROGRAM:ld  PROJECT:ld64-609"
"""What Meson looks for: the version of Apple's linker whose options are understood here."""


@dataclass(frozen=True, slots=True)
class MacosFacts:
    """What the rules know of a kit; all paths absolute.

    :param clang: the first words of every compiler command, with the target's flags.
    :param linker: the first words of every link.
    :param tools: the first words of commands beside the compilers' and the linker's.
    :param runtime: the directory of the C++ runtime.
    :param architecture: by its name in platform tags; ``cpu`` by that in the table of refused flags.
    :param sdk_libraries: options by which the libraries of Apple's SDK are found, where there is one.
    :param frameworks: the directory in which what the SDK's frameworks have is written down.
    """

    clang: tuple[str, ...]
    c_flags: tuple[str, ...]
    cxx_flags: tuple[str, ...]
    linker: tuple[str, ...]
    tools: Mapping[Tool, tuple[str, ...]]
    runtime: str
    architecture: str
    cpu: str
    multiarch: str
    sdk_libraries: tuple[str, ...] = ()
    frameworks: str = ""


def plan_call(facts: MacosFacts, call: Call, settings: CallSettings) -> Plan:
    """The plan for any tool."""
    planner = _PLANNERS.get(call.tool)
    return planner(facts, call, settings) if planner else plan_other_tool(facts.tools, call, settings)


def _compiler(facts: MacosFacts, call: Call, settings: CallSettings) -> Plan:
    line = read_command_line(call.arguments)
    base = (*facts.clang, *(["--driver-mode=g++"] if call.tool is Tool.CXX else []))
    if line.mode is Mode.QUERY:
        return answer_query(facts.multiarch, "", call) or Plan(((*base, *call.arguments),))
    if plan := openmp_refusal(line) or _about_linker(line):
        return plan
    found = filter_options(line.items, settings, call.directory, facts.architecture, facts.cpu)
    if found.refusal:
        return error_plan(found.refusal, found.notes)
    line = CommandLine(preprocessor_args(found.items) if call.tool is Tool.CPP else found.items, line.mode)
    languages = facts.cxx_flags if call.tool is Tool.CXX or line.is_cxx else facts.c_flags
    compiling = (*languages, *settings.extra_compile, "-g0")
    if line.mode is not Mode.LINK or call.tool is Tool.CPP:
        items = (item for item in line.items if not is_link_only(item))
        return Plan(((*base, *tokens(items), *compiling),), notes=found.notes)
    if not line.inputs and not linker_args(line.items):
        return Plan(((*base, *tokens(line.items)),), notes=found.notes)
    return _link(facts, call, line, settings, (base, compiling), found.notes)


def _about_linker(line: CommandLine) -> Plan | None:
    """The answer of Apple's linker to a build that asks which one it is."""
    words = linker_args(line.items)
    if line.inputs or not words:
        return None
    if "-v" in words:
        return _complaint(_LD, 0)
    return _complaint(f"ld: unknown option: {words[0]}", 1) if foreign_linker_arg(words) else None


def _complaint(text: str, status: int) -> Plan:
    """Words on the error stream, where that linker says everything."""
    return Plan((("/bin/sh", "-c", f"echo '{text}' >&2; exit {status}"),))


def _link(
    facts: MacosFacts, call: Call, line: CommandLine, settings: CallSettings,
    compiling: tuple[tuple[str, ...], tuple[str, ...]], notes: tuple[str, ...],
) -> Plan:  # fmt: skip
    found, frameworks = split_frameworks(line.items)
    if frameworks and not facts.frameworks:
        return error_plan(f"there is no framework {frameworks[0].value}: frameworks are part of Apple's SDK", notes)
    line = replace(line, items=found)
    words = linker_args(line.items)
    if word := foreign_linker_arg(words):
        return error_plan(f"ld: unknown option: {word}", notes)
    link = read_link(line, call.tool)
    output = line.output or "a.out"
    apart = split_compile_and_link(CommandLine(link.items, line.mode), output, compiling, _not_compiling)
    items = [item for item in apart.items if item.is_input or is_passed_to_linker(item)]
    kind = ["-r"] if link.partial else ["-shared"] if link.shared else []
    named = line.has("-install_name") or "-install_name" in words
    if link.shared and not named:
        kind += ["-install_name", f"@rpath/{PurePosixPath(output).name}"]
    runtime = [f"{facts.runtime}/{name}.a" for name in ("libc++", "libc++abi")] if link.cxx and not link.partial else []
    system = (*tokens(frameworks), f"-F{facts.frameworks}") if frameworks else ()
    ending = (*system, *facts.sdk_libraries, *settings.extra_link, *settings.archives, *runtime, "-o", output)
    command = (*facts.linker, *kind, *tokens(items), *ending)
    cleanup = (("/bin/rm", "-f", *apart.made),) if apart.made else ()
    needs = (*(f"framework {item.value}" for item in frameworks), *(["c++"] if runtime else []))
    return Plan((*apart.commands, command, *cleanup), notes=notes, requires=needs)


def _not_compiling(item: Item) -> bool:
    return is_link_only(item) or item.name.startswith("-Wl,")


def _linker(facts: MacosFacts, call: Call, settings: CallSettings) -> Plan:
    """A direct call of the linker is a link by the compiler's driver, whose options mostly have the same names."""
    if {"-v", "--version"} & set(call.arguments):
        return _complaint(_LD, 0)
    items = read_command_line(call.arguments).items
    renamed = tuple(Item("-shared") if item.name in {"-dylib", "-bundle"} else item for item in items)
    return _compiler(facts, Call(Tool.CC, tokens(renamed), call.directory), settings)


_PLANNERS: Mapping[Tool, Callable[[MacosFacts, Call, CallSettings], Plan]] = {
    Tool.CC: _compiler,
    Tool.CXX: _compiler,
    Tool.CPP: _compiler,
    Tool.LD: _linker,
    Tool.FORTRAN: lambda _facts, _call, _settings: error_plan("there is no Fortran compiler for the target"),
}
