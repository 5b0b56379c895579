"""Rules that rewrite a tool's call for Linux with zig's clang and lld: pure functions over a toolchain's facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswheel.toolchains.build_machine_rules import (
    drop_build_machine_linker_paths,
    drop_build_machine_paths,
    drop_native_processor,
)
from crosswheel.toolchains.command_line import CommandLine, Item, Mode, read_command_line, tokens
from crosswheel.toolchains.link import Link, exclude_libs_args, library_args, linker_args, read_link
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool
from crosswheel.toolchains.responses import answer_query, error_plan, openmp_refusal, plan_other_tool, preprocessor_args
from crosswheel.toolchains.zig.option_filters import drop_unsupported, filter_linker_args

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class LinuxFacts:
    """What the rules read of a prepared toolchain. All paths are absolute.

    :param clang: start of every compiler command.
    :param target_flags: options for every compiler command, after the driver mode.
    :param c_flags: header directories and macros for C.
    :param cxx_flags: the same for C++.
    :param lld: start of every linker command.
    :param ld_path: lld as one program, for clang to start.
    :param emulation: lld's ``-m`` for the target.
    :param tools: start of the commands of all other tools.
    :param library: the directory of stubs and start files.
    :param runtime: the directory of the C++ runtime.
    :param start_files: start files of programs.
    :param libraries: libraries at the end of a shared object's link.
    :param program_libraries: libraries at the end of a program's link.
    :param program_flags: options for a program's link.
    :param hidden: a version script that hides the symbols of the C++ runtime.
    :param architecture: its name in platform tags.
    :param multiarch: Debian's multiarch triplet.
    """

    clang: tuple[str, ...]
    target_flags: tuple[str, ...]
    c_flags: tuple[str, ...]
    cxx_flags: tuple[str, ...]
    lld: tuple[str, ...]
    ld_path: str
    emulation: str
    tools: Mapping[Tool, tuple[str, ...]]
    library: str
    runtime: str
    start_files: tuple[str, ...]
    libraries: tuple[str, ...]
    program_libraries: tuple[str, ...]
    program_flags: tuple[str, ...]
    hidden: str
    architecture: str
    multiarch: str


def plan_call(facts: LinuxFacts, call: Call, settings: CallSettings) -> Plan:
    """Return the plan for a call of any tool."""
    planner = _PLANNERS.get(call.tool)
    return planner(facts, call, settings) if planner else plan_other_tool(facts.tools, call, settings)


def _plan_compiler(facts: LinuxFacts, call: Call, settings: CallSettings) -> Plan:
    line = read_command_line(call.arguments)
    driver = (*facts.clang, "--driver-mode=g++") if call.tool is Tool.CXX else facts.clang
    if line.mode is Mode.QUERY:
        return answer_query(facts.multiarch, f"{facts.library}/libbuiltins.a", call) or Plan(
            ((*driver, *facts.target_flags, *call.arguments),)
        )
    if plan := openmp_refusal(line):
        return plan
    items, notes, refusal = _filter_options(facts, line.items, settings, call.directory)
    if refusal:
        return error_plan(refusal, notes)
    line = CommandLine(preprocessor_args(items) if call.tool is Tool.CPP else items, line.mode)
    base = (*driver, *facts.target_flags)
    language_flags = facts.cxx_flags if call.tool is Tool.CXX or line.is_cxx else facts.c_flags
    compile_flags = (*language_flags, *settings.extra_compile, "-g0")
    if line.mode is not Mode.LINK or call.tool is Tool.CPP:
        return Plan(((*base, *tokens(line.items), *compile_flags),), notes=notes)
    if not line.inputs and not linker_args(line.items):
        return Plan(((*base, *tokens(line.items)),), notes=notes)
    return _plan_link(facts, call, line, settings, (base, compile_flags), notes)


def _plan_link(
    facts: LinuxFacts, call: Call, line: CommandLine, settings: CallSettings,
    compiler: tuple[tuple[str, ...], tuple[str, ...]], notes: tuple[str, ...],
) -> Plan:  # fmt: skip
    base, compile_flags = compiler
    link = read_link(line, call.tool)
    ending = [f"--ld-path={facts.ld_path}", "-nostdlib", f"-L{facts.library}", *settings.extra_link]
    if link.shared:
        ending += [*_hide_runtime(facts, link), *exclude_libs_args(settings)]
    if not link.relocatable:
        ending += ["-Wl,--gc-sections", "-Wl,--strip-debug"]
    if line.has("-x"):
        # The files that follow are objects and libraries, whatever the language of the build's own inputs.
        ending.insert(0, "-xnone")
    start = (*base, *tokens(link.items), *compile_flags)
    if link.relocatable or link.no_default_libs:
        return Plan(((*start, *ending),), notes=notes)
    runtime = [f"{facts.runtime}/{name}.a" for name in ("libc++", "libc++abi", "libunwind")] if link.cxx else []
    libraries = facts.libraries if link.shared else (*_program_flags(facts, line), *facts.program_libraries)
    start_files = () if link.shared or line.has("-nostartfiles", "-nostdlib") else facts.start_files
    target_libraries = library_args(settings, line.output or "a.out", call.directory, shared=link.shared)
    command = (*start, *ending, *start_files, "-Wl,--as-needed", *target_libraries, *runtime, *libraries)
    return Plan((command,), notes=notes, requires=("c++",) if link.cxx else ())


def _program_flags(facts: LinuxFacts, line: CommandLine) -> tuple[str, ...]:
    pie_chosen = line.has("-no-pie", "-nopie", "-pie", "-static-pie")
    return tuple(flag for flag in facts.program_flags if not (pie_chosen and flag == "-pie"))


def _hide_runtime(facts: LinuxFacts, link: Link) -> list[str]:
    """Return the options that keep the C++ runtime out of a module's exports.

    The version script is only added if the build has no export list of its own.
    """
    exclude = ["-Wl,--exclude-libs,libc++.a:libc++abi.a:libunwind.a:libbuiltins.a:libcompiler_rt.a"]
    return exclude if link.has_export_list else [*exclude, f"-Wl,--version-script={facts.hidden}"]


def _plan_linker(facts: LinuxFacts, call: Call, settings: CallSettings) -> Plan:
    changes, notes = filter_linker_args(call.arguments, facts.architecture)
    args = [arg for index, arg in enumerate(call.arguments) if index not in changes]
    rewritten = drop_build_machine_linker_paths(args, settings, call.directory)
    if rewritten.refusal:
        return error_plan(rewritten.refusal, rewritten.notes)
    command = (*facts.lld, "-m", facts.emulation, *tokens(rewritten.items), f"-L{facts.library}")
    return Plan((command,), notes=(*notes, *rewritten.notes))


def _refuse_fortran(_facts: LinuxFacts, _call: Call, _settings: CallSettings) -> Plan:
    """Return an error, so that the build machine's Fortran compiler is not used instead."""
    return error_plan("zig has no Fortran compiler, so there is none for the target", feature="Fortran")


def _filter_options(
    facts: LinuxFacts, items: tuple[Item, ...], settings: CallSettings, directory: str
) -> tuple[tuple[Item, ...], tuple[str, ...], str | None]:
    """Drop options that only apply to the build machine or that clang rejects.

    :returns: the remaining items, the notes, and the reason to refuse the call, if any.
    """
    first = drop_build_machine_paths(items, settings, directory)
    second = drop_native_processor(first.items)
    third = drop_unsupported(second.items, facts.architecture)
    return third.items, (*first.notes, *second.notes, *third.notes), first.refusal


_PLANNERS: Mapping[Tool, Callable[[LinuxFacts, Call, CallSettings], Plan]] = {
    Tool.CC: _plan_compiler,
    Tool.CXX: _plan_compiler,
    Tool.CPP: _plan_compiler,
    Tool.LD: _plan_linker,
    Tool.FORTRAN: _refuse_fortran,
}
