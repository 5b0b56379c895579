"""Rules that rewrite a tool's call for macOS with zig's clang and Mach-O linker: pure functions over facts.

The options of Mac builders that are dropped or handled by name are in ``flags.toml``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from crosswheel.toolchains.build_machine_rules import (
    RewrittenItems,
    drop_build_machine_paths,
    drop_native_processor,
)
from crosswheel.toolchains.command_line import CommandLine, Item, Mode, read_command_line, tokens
from crosswheel.toolchains.link import linker_args, read_link, replace_linker_args, split_compile_and_link
from crosswheel.toolchains.model import Call, CallSettings, OptionalLibrary, Plan, Tool
from crosswheel.toolchains.openmp import openmp_refusal
from crosswheel.toolchains.option_filters import LinkerArgFilter, OptionFilter, drop_options, read_filter
from crosswheel.toolchains.responses import (
    answer_query,
    error_plan,
    fortran_refusal,
    plan_other_tool,
    preprocessor_args,
)
from crosswheel.toolchains.zig.option_filters import clang_spelling, unsupported_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_LD_VERSION = "@(#)PROGRAM:ld  PROJECT:ld64-609"
"""What Meson parses: the version of Apple's linker whose options these rules accept."""
_FRAMEWORKS = {"-framework": "-framework", "-weak_framework": "-weak_framework", "-needed_framework": "-framework"}
"""Options that link a framework, and their spelling for zig's linker."""


@dataclass(frozen=True, slots=True)
class MacosFacts:
    """What the rules read of a prepared toolchain. All paths are absolute.

    :param clang: start of every compiler command, with the target's flags.
    :param c_flags: header directories and macros for C.
    :param cxx_flags: the same for C++.
    :param linker: start of every link.
    :param tools: start of the commands of all other tools.
    :param runtime: the directory of the C++ runtime.
    :param cpu_model: processor detection, None if the architecture has none.
    :param architecture: its name in platform tags.
    :param cpu: its name in the table of options that some processors lack.
    :param multiarch: the answer to ``-print-multiarch``.
    :param sdk_libraries: options that add the library directories of Apple's SDK; empty without an SDK.
    :param frameworks: the directory of framework stubs (.tbd files); empty without an SDK.
    """

    clang: tuple[str, ...]
    c_flags: tuple[str, ...]
    cxx_flags: tuple[str, ...]
    linker: tuple[str, ...]
    tools: Mapping[Tool, tuple[str, ...]]
    runtime: str
    cpu_model: OptionalLibrary | None
    architecture: str
    cpu: str
    multiarch: str
    sdk_libraries: tuple[str, ...] = ()
    frameworks: str = ""


def plan_call(facts: MacosFacts, call: Call, settings: CallSettings) -> Plan:
    """Return the plan for a call of any tool."""
    planner = _PLANNERS.get(call.tool)
    return planner(facts, call, settings) if planner else plan_other_tool(facts.tools, call, settings)


def _plan_compiler(facts: MacosFacts, call: Call, settings: CallSettings) -> Plan:
    line = read_command_line(call.arguments)
    base = (*facts.clang, *(["--driver-mode=g++"] if call.tool is Tool.CXX else []))
    if line.mode is Mode.QUERY:
        return answer_query(facts.multiarch, "", call) or Plan(((*base, *call.arguments),))
    if plan := openmp_refusal(line, settings) or _answer_linker_query(line):
        return plan
    items = _permit_undefined(line.items)
    rewritten = _filter_options(items, settings, call.directory, facts.architecture, facts.cpu)
    if rewritten.refusal:
        return error_plan(rewritten.refusal, rewritten.notes)
    items = preprocessor_args(rewritten.items) if call.tool is Tool.CPP else rewritten.items
    line = CommandLine(items, line.mode)
    language_flags = facts.cxx_flags if call.tool is Tool.CXX or line.is_cxx else facts.c_flags
    compile_flags = (*language_flags, *settings.extra_compile, "-g0")
    if line.mode is not Mode.LINK or call.tool is Tool.CPP:
        compile_items = (item for item in line.items if not _is_link_only(item))
        return Plan(((*base, *tokens(compile_items), *compile_flags),), notes=rewritten.notes)
    if not line.inputs and not linker_args(line.items):
        return Plan(((*base, *tokens(line.items)),), notes=rewritten.notes)
    return _plan_link(facts, call, line, settings, (base, compile_flags), rewritten.notes)


def _permit_undefined(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Replace ``-U SYMBOL``, which zig's linker does not know, by the option that permits any undefined symbol.

    The audit of the wheel checks which ones there are.
    """
    args = linker_args(items)
    symbols = [index for index, arg in enumerate(args[:-1]) if arg == "-U"]
    if not symbols:
        return items
    first, *others = symbols
    changes: dict[int, str | None] = {first: "-undefined", first + 1: "dynamic_lookup"}
    changes |= {position: None for index in others for position in (index, index + 1)}
    return replace_linker_args(items, changes)


def _answer_linker_query(line: CommandLine) -> Plan | None:
    """Answer as Apple's linker if a call without inputs asks which linker there is."""
    args = linker_args(line.items)
    if line.inputs or not args:
        return None
    if "-v" in args:
        return _print_error(_LD_VERSION, 0)
    return _print_error(f"ld: unknown option: {args[0]}", 1) if _foreign_linker_arg(args) else None


def _print_error(text: str, status: int) -> Plan:
    """Return a plan that prints to standard error, where Apple's linker prints everything."""
    return Plan((("/bin/sh", "-c", f"echo '{text}' >&2; exit {status}"),))


def _plan_link(
    facts: MacosFacts, call: Call, line: CommandLine, settings: CallSettings,
    compiler: tuple[tuple[str, ...], tuple[str, ...]], notes: tuple[str, ...],
) -> Plan:  # fmt: skip
    items, frameworks = _split_frameworks(line.items)
    if frameworks and not facts.frameworks:
        name = frameworks[0].value
        reason = f"there is no framework {name}: frameworks are part of Apple's SDK"
        return error_plan(reason, notes, feature=f"the framework {name}")
    line = replace(line, items=items)
    args = linker_args(line.items)
    if arg := _foreign_linker_arg(args):
        return error_plan(f"ld: unknown option: {arg}", notes)
    link = read_link(line, call.tool)
    output = line.output or "a.out"
    parts = split_compile_and_link(CommandLine(link.items, line.mode), output, compiler, _is_not_for_compiling)
    link_items = [item for item in parts.items if item.is_input or _is_passed_to_linker(item)]
    kind = ["-r"] if link.relocatable else ["-shared"] if link.shared else []
    has_install_name = line.has("-install_name") or "-install_name" in args
    if link.shared and not has_install_name:
        kind += ["-install_name", f"@rpath/{PurePosixPath(output).name}"]
    has_cxx_runtime = link.cxx and not link.relocatable
    runtime = [f"{facts.runtime}/{name}.a" for name in ("libc++", "libc++abi")] if has_cxx_runtime else []
    framework_args = (*tokens(frameworks), f"-F{facts.frameworks}") if frameworks else ()
    optional = (facts.cpu_model,) if facts.cpu_model and not link.relocatable else ()
    runtime += [library.path for library in optional]
    libraries = (*framework_args, *facts.sdk_libraries, *settings.extra_link, *settings.archives, *runtime)
    command = (*facts.linker, *kind, *tokens(link_items), *libraries, "-o", output)
    cleanup = (("/bin/rm", "-f", *parts.objects),) if parts.objects else ()
    requires = (*(f"framework {item.value}" for item in frameworks), *(["c++"] if has_cxx_runtime else []))
    return Plan((*parts.commands, command, *cleanup), notes=notes, requires=requires, optional=optional)


def _plan_linker(facts: MacosFacts, call: Call, settings: CallSettings) -> Plan:
    """Plan a direct call of the linker as a link by the compiler driver, which mostly has the same options."""
    if {"-v", "--version"} & set(call.arguments):
        return _print_error(_LD_VERSION, 0)
    items = read_command_line(call.arguments).items
    renamed = tuple(Item("-shared") if item.name in {"-dylib", "-bundle"} else item for item in items)
    return _plan_compiler(facts, Call(Tool.CC, tokens(renamed), call.directory), settings)


_PLANNERS: Mapping[Tool, Callable[[MacosFacts, Call, CallSettings], Plan]] = {
    Tool.CC: _plan_compiler,
    Tool.CXX: _plan_compiler,
    Tool.CPP: _plan_compiler,
    Tool.LD: _plan_linker,
    Tool.FORTRAN: lambda _facts, _call, _settings: fortran_refusal(),
}


@dataclass(frozen=True, slots=True)
class _MacosOptions:
    """The contents of ``flags.toml``, where each table is explained."""

    compiler: OptionFilter
    link_only: frozenset[str]
    passed: frozenset[str]
    linker: LinkerArgFilter
    foreign: OptionFilter


@cache
def _macos_options() -> _MacosOptions:
    rows = tomllib.loads(files("crosswheel.toolchains.zig.macos").joinpath("flags.toml").read_text("utf-8"))
    linker, link_only = rows["linker"], rows["link_only"]
    return _MacosOptions(
        read_filter(rows["compiler"], "set by the target or not supported by zig's linker"),
        frozenset(link_only["names"]) | frozenset(link_only["with_value"]),
        frozenset(link_only["passed"]),
        LinkerArgFilter(frozenset(linker["names"]), tuple(linker["beginnings"]), frozenset(linker["with_value"])),
        read_filter(rows["foreign"], "Apple's linker has no such option"),
    )


def _filter_options(
    items: Iterable[Item], settings: CallSettings, directory: str, architecture: str, cpu: str
) -> RewrittenItems:
    """Drop options that only apply to the build machine, or that this toolchain does not support.

    :param architecture: of the target; ``-arch`` with this value is dropped without a note.
    :param cpu: its name in the table of options that some processors lack.
    """
    items = [item for item in items if not (item.name == "-arch" and item.value == architecture)]
    first = drop_build_machine_paths(items, settings, directory)
    second = drop_native_processor(map(clang_spelling, first.items))
    table = _macos_options()
    third = drop_options(second.items, (table.compiler, *unsupported_options(cpu).compiler), table.linker)
    return replace(third, notes=(*first.notes, *second.notes, *third.notes), refusal=first.refusal)


def _is_link_only(item: Item) -> bool:
    """Return whether an option has no effect on compiling."""
    return item.name in _macos_options().link_only


def _is_not_for_compiling(item: Item) -> bool:
    return _is_link_only(item) or item.name.startswith("-Wl,")


def _is_passed_to_linker(item: Item) -> bool:
    """Return whether an option is passed on to zig's linker."""
    return item.name in _macos_options().passed or item.name.startswith("-Wl,") or item.name == "-Xlinker"


def _split_frameworks(items: Iterable[Item]) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """Separate the frameworks from the other items.

    :returns: the other items, and the frameworks as options of the compiler driver, each once.
    """
    items = tuple(items)
    kept = [item for item in items if item.name not in _FRAMEWORKS]
    requested = [item for item in items if item.name in _FRAMEWORKS]
    args, changes = linker_args(kept), dict[int, str | None]()
    for index, arg in enumerate(args[:-1]):
        if arg in _FRAMEWORKS:
            requested.append(Item(arg, args[index + 1]))
            changes |= {index: None, index + 1: None}
    frameworks = (Item(_FRAMEWORKS[item.name], item.value) for item in requested if item.value)
    return replace_linker_args(kept, changes) if changes else tuple(kept), tuple(dict.fromkeys(frameworks))


def _foreign_linker_arg(args: tuple[str, ...]) -> str | None:
    """Return the first argument that Apple's linker rejects, if any."""
    return next((arg for arg in args if _macos_options().foreign.has(arg)), None)
