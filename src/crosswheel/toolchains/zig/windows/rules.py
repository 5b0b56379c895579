"""Rules that rewrite a tool's call for Windows with zig's clang and lld-link: pure functions over facts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from crosswheel.toolchains.build_machine_rules import (
    RewrittenItems,
    drop_build_machine_linker_paths,
    drop_build_machine_paths,
    drop_native_processor,
)
from crosswheel.toolchains.command_line import CommandLine, Item, Mode, read_command_line, tokens
from crosswheel.toolchains.link import linker_args, read_link, split_compile_and_link
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool
from crosswheel.toolchains.option_filters import LinkerArgFilter, drop_options
from crosswheel.toolchains.responses import (
    answer_query,
    error_plan,
    fortran_refusal,
    openmp_refusal,
    plan_other_tool,
    preprocessor_args,
)
from crosswheel.toolchains.zig.option_filters import clang_spelling, unsupported_options
from crosswheel.toolchains.zig.windows.gnu_to_lld_link import TranslatedLink, link_table, translate
from crosswheel.toolchains.zig.windows.msvc_options import translate_msvc_options
from crosswheel.toolchains.zig.windows.windres import plan_windres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_IMPORT = "import:"
"""Prefix of the component name of a system library's import library."""
_NO_LINKER_ARGS = LinkerArgFilter(frozenset(), (), frozenset())


@dataclass(frozen=True, slots=True)
class WindowsFacts:
    """What the rules read of a prepared toolchain. All paths are absolute.

    :param clang: start of every compiler command, with the target's flags.
    :param c_flags: header directories and macros for C.
    :param cxx_flags: the same for C++.
    :param linker: start of every link.
    :param tools: start of the commands of all other tools.
    :param linker_version: the command that prints lld's version.
    :param library: the directory of start files and MinGW's static libraries.
    :param runtime: the directory of the C++ runtime.
    :param imports: the directory of the system's import libraries, which are created on first use.
    :param system: names of the system libraries.
    :param module_start: the start file of modules.
    :param program_start: the start file of programs.
    :param libraries: libraries at the end of every link.
    :param cpu: its name in the table of options that some processors lack.
    :param multiarch: the answer to ``-print-multiarch``.
    """

    clang: tuple[str, ...]
    c_flags: tuple[str, ...]
    cxx_flags: tuple[str, ...]
    linker: tuple[str, ...]
    tools: Mapping[Tool, tuple[str, ...]]
    linker_version: tuple[str, ...]
    library: str
    runtime: str
    imports: str
    system: frozenset[str]
    module_start: str
    program_start: str
    libraries: tuple[str, ...]
    cpu: str
    multiarch: str


def system_library(component: str) -> str | None:
    """Return the name of the system library that a component is, None if it is another component."""
    return component.removeprefix(_IMPORT) if component.startswith(_IMPORT) else None


def plan_call(facts: WindowsFacts, call: Call, settings: CallSettings) -> Plan:
    """Return the plan for a call of any tool."""
    planner = _PLANNERS.get(call.tool)
    return planner(facts, call, settings) if planner else plan_other_tool(facts.tools, call, settings)


def _plan_compiler(facts: WindowsFacts, call: Call, settings: CallSettings) -> Plan:
    line = read_command_line(call.arguments)
    base = (*facts.clang, *(["--driver-mode=g++"] if call.tool is Tool.CXX else []))
    if line.mode is Mode.QUERY:
        return answer_query(facts.multiarch, "", call) or Plan(((*base, *call.arguments),))
    translated = translate_msvc_options(line.items)
    line = CommandLine(translated.items, line.mode)
    if plan := openmp_refusal(line) or _answer_linker_query(facts, line):
        return plan
    rewritten = _filter_options(line.items, settings, call.directory, facts.cpu)
    notes = (*translated.notes, *rewritten.notes)
    if rewritten.refusal:
        return error_plan(rewritten.refusal, notes)
    items = preprocessor_args(rewritten.items) if call.tool is Tool.CPP else rewritten.items
    line = CommandLine(items, line.mode)
    language_flags = facts.cxx_flags if call.tool is Tool.CXX or line.is_cxx else facts.c_flags
    compile_flags = (*language_flags, *settings.extra_compile, "-g0")
    if line.mode is not Mode.LINK or call.tool is Tool.CPP:
        compile_items = (item for item in line.items if not _is_link_only(item))
        return Plan(((*base, *tokens(compile_items), *compile_flags),), notes=notes)
    if not line.inputs and not linker_args(line.items):
        return Plan(((*base, *tokens(line.items)),), notes=notes)
    return _plan_compile_and_link(facts, call, line, settings, (base, compile_flags), notes)


def _answer_linker_query(facts: WindowsFacts, line: CommandLine) -> Plan | None:
    """Print lld's version if a call without inputs asks which linker there is."""
    args = linker_args(line.items)
    return _linker_version(facts) if not line.inputs and {"-v", "--version", "-V"} & set(args) else None


def _linker_version(facts: WindowsFacts) -> Plan:
    """Return lld's answer as a GNU-compatible linker, since these rules accept GNU ld's arguments."""
    return Plan((facts.linker_version,))


def _plan_compile_and_link(
    facts: WindowsFacts, call: Call, line: CommandLine, settings: CallSettings,
    compiler: tuple[tuple[str, ...], tuple[str, ...]], notes: tuple[str, ...],
) -> Plan:  # fmt: skip
    link = read_link(line, call.tool)
    if link.relocatable:
        return error_plan("lld cannot make one object of several for Windows", notes)
    output = _add_exe_suffix(line.output or "a.exe")
    parts = split_compile_and_link(CommandLine(link.items, line.mode), output, compiler, _is_link_only)
    args = translate(_gnu_linker_args(parts.items))
    extra = translate(settings.extra_link)
    notes = (*notes, *args.notes)
    if refusal := args.refusal or extra.refusal:
        return error_plan(f"lld: error: {refusal}", notes)
    runtime = [f"{facts.runtime}/{name}.a" for name in ("libc++", "libc++abi", "libunwind")] if link.cxx else []
    link_plan = _plan_link(facts, args, output, shared=link.shared, start=not line.has("-nostartfiles", "-nostdlib"))
    extra_args, extra_requires = _system_libraries(facts, extra.args)
    command = (
        *link_plan.commands[0],
        *extra_args,
        *settings.archives,
        *runtime,
        *([] if link.no_default_libs else facts.libraries),
    )
    cleanup = (("/bin/rm", "-f", *parts.objects),) if parts.objects else ()
    requires = (*dict.fromkeys((*link_plan.requires, *extra_requires)), *(("c++",) if link.cxx else ()))
    return Plan((*parts.commands, command, *cleanup), notes=notes, requires=requires)


def _plan_link(facts: WindowsFacts, translated: TranslatedLink, output: str, *, shared: bool, start: bool) -> Plan:
    """Return lld-link's command, without the libraries at its end, and the system libraries it requires.

    :param start: whether to link a start file.
    """
    args, requires = _system_libraries(facts, translated.args)
    kind = ["-dll"] if shared else []
    # Nothing links against an extension module, so it needs no import library unless the build asks for one.
    kind += [] if any(arg.startswith("-implib:") for arg in args) else ["-noimplib"]
    start_files = [facts.module_start if shared else facts.program_start] if start else []
    directories = (f"-libpath:{facts.library}", f"-libpath:{facts.imports}")
    return Plan(((*facts.linker, *kind, f"-out:{output}", *args, *start_files, *directories),), requires=requires)


def _system_libraries(facts: WindowsFacts, args: Iterable[str]) -> tuple[list[str], tuple[str, ...]]:
    """Drop the libraries that every link has, and spell system libraries in lower case.

    :returns: the arguments, and the components of the system libraries among them.
    """
    option = "-defaultlib:"
    kept: list[str] = []
    requires: list[str] = []
    for arg in args:
        name = arg.removeprefix(option).lower()
        if not arg.startswith(option):
            kept.append(arg)
        elif name in facts.system:
            kept.append(option + name)
            requires.append(_IMPORT + name)
        elif name not in link_table().implied:
            kept.append(arg)
    return kept, tuple(dict.fromkeys(requires))


def _gnu_linker_args(items: Iterable[Item]) -> list[str]:
    """Return the arguments that a compiler driver would pass to GNU ld, without the output."""
    args: list[str] = []
    for item in items:
        if item.is_input and item.value:
            args.append(item.value)
        elif item.name in {"-L", "-l"}:
            args += [item.name, item.value or ""]
        elif item.name == "-mwindows":
            args.append("--subsystem=windows")
        elif item.name == "-Xlinker" or item.name.startswith("-Wl,"):
            args += linker_args((item,))
    return args


def _add_exe_suffix(output: str) -> str:
    """Add .exe to a name without a suffix, as gcc and clang do."""
    return output if PurePosixPath(output).suffix or output.startswith("/dev/") else f"{output}.exe"


def _plan_linker(facts: WindowsFacts, call: Call, settings: CallSettings) -> Plan:
    """Plan a direct call of the linker, with GNU ld's arguments."""
    if {"-v", "--version", "-V"} & set(call.arguments):
        return _linker_version(facts)
    rewritten = drop_build_machine_linker_paths(call.arguments, settings, call.directory)
    if rewritten.refusal:
        return error_plan(rewritten.refusal, rewritten.notes)
    line = CommandLine(rewritten.items, Mode.LINK)
    output = line.output or "a.exe"
    args = translate([token for item in rewritten.items if item.name != "-o" for token in item.tokens()])
    notes = (*rewritten.notes, *args.notes)
    if args.refusal:
        return error_plan(f"lld: error: {args.refusal}", notes)
    shared = line.has("-shared", "--shared", "-dll", "--dll")
    link_plan = _plan_link(facts, args, output, shared=shared, start=False)
    return Plan(link_plan.commands, notes=notes, requires=link_plan.requires)


_PLANNERS: Mapping[Tool, Callable[[WindowsFacts, Call, CallSettings], Plan]] = {
    Tool.CC: _plan_compiler,
    Tool.CXX: _plan_compiler,
    Tool.CPP: _plan_compiler,
    Tool.LD: _plan_linker,
    Tool.WINDRES: lambda facts, call, _settings: plan_windres(facts.tools, call),
    Tool.FORTRAN: lambda _facts, _call, _settings: fortran_refusal(),
}


def _filter_options(items: Iterable[Item], settings: CallSettings, directory: str, cpu: str) -> RewrittenItems:
    """Drop options that only apply to the build machine, or that this toolchain does not support.

    :param cpu: its name in the table of options that some processors lack.
    """
    first = drop_build_machine_paths(items, settings, directory)
    second = drop_native_processor(map(clang_spelling, first.items))
    third = drop_options(second.items, unsupported_options(cpu).compiler, _NO_LINKER_ARGS)
    return replace(third, notes=(*first.notes, *second.notes, *third.notes), refusal=first.refusal)


def _is_link_only(item: Item) -> bool:
    """Return whether an option has no effect on compiling."""
    return item.name in link_table().link_only or item.name.startswith("-Wl,")
