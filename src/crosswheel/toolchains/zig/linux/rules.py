"""What a call becomes with zig's clang and lld: pure functions over the facts of a kit."""

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
from crosswheel.toolchains.zig.option_filters import drop_refused, filter_linker_args

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class LinuxFacts:
    """What the rules know of a kit; all paths absolute.

    :param clang: the first words of every compiler command.
    :param lld: the first words of every linker command; ``ld_path`` is the same as one program for clang to start.
    :param tools: the first words of commands beside the compilers' and the linker's.
    :param libraries: what every shared object is linked with in the end, ``program_libraries`` every program.
    :param hidden: a version script that keeps the C++ runtime out of the exported symbols.
    :param architecture: by its name in platform tags; ``multiarch`` is Debian's name of the platform.
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
    """The plan for any tool."""
    planner = _PLANNERS.get(call.tool)
    return planner(facts, call, settings) if planner else plan_other_tool(facts.tools, call, settings)


def _compiler(facts: LinuxFacts, call: Call, settings: CallSettings) -> Plan:
    line = read_command_line(call.arguments)
    driver = (*facts.clang, "--driver-mode=g++") if call.tool is Tool.CXX else facts.clang
    if line.mode is Mode.QUERY:
        return answer_query(facts.multiarch, f"{facts.library}/libbuiltins.a", call) or Plan(
            ((*driver, *facts.target_flags, *call.arguments),)
        )
    if plan := openmp_refusal(line):
        return plan
    items, notes, refusal = _cleaned(facts, line.items, settings, call.directory)
    if refusal:
        return error_plan(refusal, notes)
    line = CommandLine(preprocessor_args(items) if call.tool is Tool.CPP else items, line.mode)
    base = (*driver, *facts.target_flags)
    languages = facts.cxx_flags if call.tool is Tool.CXX or line.is_cxx else facts.c_flags
    compiling = (*languages, *settings.extra_compile, "-g0")
    if line.mode is not Mode.LINK or call.tool is Tool.CPP:
        return Plan(((*base, *tokens(line.items), *compiling),), notes=notes)
    if not line.inputs and not linker_args(line.items):
        return Plan(((*base, *tokens(line.items)),), notes=notes)
    return _link(facts, call, line, settings, (base, compiling), notes)


def _link(
    facts: LinuxFacts, call: Call, line: CommandLine, settings: CallSettings,
    compiling: tuple[tuple[str, ...], tuple[str, ...]], notes: tuple[str, ...],
) -> Plan:  # fmt: skip
    base, languages = compiling
    link = read_link(line, call.tool)
    ending = [f"--ld-path={facts.ld_path}", "-nostdlib", f"-L{facts.library}", *settings.extra_link]
    if link.shared:
        ending += [*_exports(facts, link), *exclude_libs_args(settings)]
    if not link.partial:
        ending += ["-Wl,--gc-sections", "-Wl,--strip-debug"]
    if line.has("-x"):
        # What follows are objects and libraries, whatever language the build's own inputs are in.
        ending.insert(0, "-xnone")
    start = (*base, *tokens(link.items), *languages)
    if link.partial or link.bare:
        return Plan(((*start, *ending),), notes=notes)
    runtime = [f"{facts.runtime}/{name}.a" for name in ("libc++", "libc++abi", "libunwind")] if link.cxx else []
    libraries = facts.libraries if link.shared else (*_program_flags(facts, line), *facts.program_libraries)
    before = () if link.shared or line.has("-nostartfiles", "-nostdlib") else facts.start_files
    given = library_args(settings, line.output or "a.out", call.directory, shared=link.shared)
    command = (*start, *ending, *before, "-Wl,--as-needed", *given, *runtime, *libraries)
    return Plan((command,), notes=notes, requires=("c++",) if link.cxx else ())


def _program_flags(facts: LinuxFacts, line: CommandLine) -> tuple[str, ...]:
    own = line.has("-no-pie", "-nopie", "-pie", "-static-pie")
    return tuple(flag for flag in facts.program_flags if not (own and flag == "-pie"))


def _exports(facts: LinuxFacts, link: Link) -> list[str]:
    """What keeps the C++ runtime private: a build's own list of exports is respected, ours is for the others."""
    hidden = ["-Wl,--exclude-libs,libc++.a:libc++abi.a:libunwind.a:libbuiltins.a:libcompiler_rt.a"]
    return hidden if link.own_exports else [*hidden, f"-Wl,--version-script={facts.hidden}"]


def _linker(facts: LinuxFacts, call: Call, settings: CallSettings) -> Plan:
    changes, notes = filter_linker_args(call.arguments, facts.architecture)
    words = [word for at, word in enumerate(call.arguments) if at not in changes]
    cleaned = drop_build_machine_linker_paths(words, settings, call.directory)
    if cleaned.refusal:
        return error_plan(cleaned.refusal, cleaned.notes)
    command = (*facts.lld, "-m", facts.emulation, *tokens(cleaned.items), f"-L{facts.library}")
    return Plan((command,), notes=(*notes, *cleaned.notes))


def _fortran(_facts: LinuxFacts, _call: Call, _settings: CallSettings) -> Plan:
    """Without this the build machine's own Fortran compiler would answer."""
    return error_plan("zig has no Fortran compiler, so there is none for the target")


def _cleaned(
    facts: LinuxFacts, items: tuple[Item, ...], settings: CallSettings, directory: str
) -> tuple[tuple[Item, ...], tuple[str, ...], str | None]:
    first = drop_build_machine_paths(items, settings, directory)
    second = drop_native_processor(first.items)
    third = drop_refused(second.items, facts.architecture)
    return third.items, (*first.notes, *second.notes, *third.notes), first.refusal


_PLANNERS: Mapping[Tool, Callable[[LinuxFacts, Call, CallSettings], Plan]] = {
    Tool.CC: _compiler,
    Tool.CXX: _compiler,
    Tool.CPP: _compiler,
    Tool.LD: _linker,
    Tool.FORTRAN: _fortran,
}
