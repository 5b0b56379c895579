"""Rewrite compiler calls for an installed cross gcc or clang: its tools, without the build machine's directories."""

from __future__ import annotations

import os.path
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from crosswheel.toolchains.build_machine_rules import (
    RewrittenItems,
    drop_build_machine_linker_paths,
    drop_build_machine_paths,
    drop_native_processor,
)
from crosswheel.toolchains.command_line import CommandLine, Mode, read_command_line, tokens
from crosswheel.toolchains.link import Link, exclude_libs_args, library_args, linker_args, read_link
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool
from crosswheel.toolchains.option_filters import (
    LinkerArgFilter,
    OptionFilter,
    drop_options,
    read_filter,
    toolchain_options,
)
from crosswheel.toolchains.responses import (
    answer_pkg_config,
    answer_query,
    error_plan,
    openmp_refusal,
    preprocessor_args,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_RUNTIME = ("stdc++", "supc++", "gcc", "gcc_eh", "atomic")
_HIDE_RUNTIME = "-Wl,--exclude-libs," + ":".join(f"lib{name}.a" for name in _RUNTIME)


@dataclass(frozen=True, slots=True)
class GccFacts:
    """What the rules need to know about an installed compiler. Paths are absolute.

    :param family: ``gcc`` or ``clang``.
    :param tools: the first arguments of the commands; tools that are not installed are absent.
    :param flags: the first flags of every compiler call: the processor and the ABI.
    :param c_flags: flags that restrict headers to the target's; ``cxx_flags`` for C++.
    :param compiler_libraries: ``-l`` options for the archives that belong to the compiler.
    :param cxx_problem: why there is no C++, empty if there is.
    :param search_dirs: the answer to ``-print-search-dirs``; ``libgcc`` the one to ``-print-libgcc-file-name``.
    :param version_script: a version script that does not export the C++ runtime.
    :param multiarch: Debian's name of the platform.
    """

    family: str
    tools: Mapping[Tool, tuple[str, ...]]
    flags: tuple[str, ...]
    c_flags: tuple[str, ...]
    cxx_flags: tuple[str, ...]
    compiler_libraries: tuple[str, ...]
    cxx_problem: str
    search_dirs: str
    libgcc: str
    version_script: str
    multiarch: str


def plan_call(facts: GccFacts, call: Call, settings: CallSettings) -> Plan:
    """Return the plan for a call of any tool."""
    if call.tool is Tool.CXX and facts.cxx_problem:
        return error_plan(f"no C++ for the target: {facts.cxx_problem}", feature="C++")
    return _PLANNERS.get(call.tool, _plan_other)(facts, call, settings)


def _plan_compiler(facts: GccFacts, call: Call, settings: CallSettings) -> Plan:
    line = read_command_line(call.arguments)
    base = (*facts.tools[Tool.CXX if call.tool is Tool.CXX else Tool.CC], *facts.flags)
    if line.mode is Mode.QUERY:
        return _answer_query(facts, call) or Plan(((*base, *call.arguments),))
    if plan := openmp_refusal(line):
        return plan
    filtered = _filter_options(facts, line, settings, call.directory)
    if filtered.refusal:
        return error_plan(filtered.refusal, filtered.notes)
    line = CommandLine(preprocessor_args(filtered.items) if call.tool is Tool.CPP else filtered.items, line.mode)
    compile_args = _compile_args(facts, call, line, settings)
    if line.mode is not Mode.LINK or call.tool is Tool.CPP:
        command = (*base, *tokens(line.items), *compile_args)
    elif not line.inputs and not linker_args(line.items):
        command = (*base, *tokens(line.items))
    else:
        link = read_link(line, call.tool)
        libraries = library_args(settings, line.output or "a.out", call.directory, shared=link.shared)
        command = (*base, *tokens(link.items), *compile_args, *_link_args(facts, line, link, settings, libraries))
    return Plan((command,), notes=filtered.notes)


def _compile_args(facts: GccFacts, call: Call, line: CommandLine, settings: CallSettings) -> tuple[str, ...]:
    """Return the arguments that are appended to the build's in every call that may compile."""
    headers = facts.cxx_flags if call.tool is Tool.CXX or line.is_cxx else facts.c_flags
    args = (*(() if line.has("-nostdinc") else headers), *settings.extra_compile, "-g0")
    if facts.family == "gcc" and line.sources and not any(item.name.startswith("-frandom-seed") for item in line.items):
        # gcc uses a random number in symbol names that must differ between files; this makes them reproducible.
        return (*args, f"-frandom-seed={_path_in_build(line.sources[0], settings, call.directory)}")
    return args


def _path_in_build(source: str, settings: CallSettings, directory: str) -> str:
    """Return a source's path relative to the directory of the build, so that it does not depend on that."""
    path = os.path.normpath(os.path.join(directory, source))  # noqa: PTH118  # Path() would cost 10 µs
    roots = [root for root in settings.kept_paths if path.startswith(f"{root}/")]
    return path.removeprefix(max(roots, key=len)) if roots else source


def _link_args(
    facts: GccFacts, line: CommandLine, link: Link, settings: CallSettings, libraries: tuple[str, ...]
) -> list[str]:
    """Return the arguments that are appended to a link: a static and hidden runtime, and the C library last.

    The compiler's default libraries are disabled: with ``-pthread`` they may include a shared ``libatomic``, and only
    ``g++`` links the C++ runtime.

    :param libraries: the arguments for the target's libraries.
    """
    # Reset the language of the build's inputs: object files and libraries follow.
    args = ["-xnone"] if line.has("-x") else []
    if link.relocatable:
        return [*args, *settings.extra_link]
    args += ["-nodefaultlibs", *settings.extra_link, "-Wl,--gc-sections", "-Wl,--strip-debug"]
    if link.shared:
        args += [_HIDE_RUNTIME]
        args += [] if link.has_export_list else [f"-Wl,--version-script={facts.version_script}"]
        args += exclude_libs_args(settings)
    if link.no_default_libs:
        return args
    args += ["-Wl,--as-needed", *libraries, *(["-l:libstdc++.a", "-lm"] if link.cxx else [])]
    threads = ["-lpthread"] if link.cxx or line.has("-pthread") else []
    return [*args, "-Wl,--start-group", *facts.compiler_libraries, *threads, "-lc", "-Wl,--end-group"]


def _answer_query(facts: GccFacts, call: Call) -> Plan | None:
    """Answer queries whose answers would contain directories of the build machine."""
    if call.arguments in {("-print-search-dirs",), ("--print-search-dirs",)}:
        return Plan(output=facts.search_dirs)
    return answer_query(facts.multiarch, facts.libgcc, call)


def _plan_linker(facts: GccFacts, call: Call, settings: CallSettings) -> Plan:
    if Tool.LD not in facts.tools:
        return _missing_tool(call)
    filtered = drop_build_machine_linker_paths(call.arguments, settings, call.directory)
    if filtered.refusal:
        return error_plan(filtered.refusal, filtered.notes)
    return Plan(((*facts.tools[Tool.LD], *tokens(filtered.items)),), notes=filtered.notes)


def _plan_other(facts: GccFacts, call: Call, _settings: CallSettings) -> Plan:
    program = facts.tools.get(call.tool)
    return Plan(((*program, *call.arguments),)) if program else _missing_tool(call)


def _missing_tool(call: Call) -> Plan:
    return error_plan(f"the toolchain has no {call.tool} for the target")


def _refuse_fortran(_facts: GccFacts, _call: Call, _settings: CallSettings) -> Plan:
    """Refuse: libgfortran would be linked into modules, and distributions do not compile its archive for that."""
    return error_plan("the gcc toolchain does not support Fortran", feature="Fortran")


def _filter_options(facts: GccFacts, line: CommandLine, settings: CallSettings, directory: str) -> RewrittenItems:
    """Remove paths and processor flags of the build machine, and options that the compiler does not have."""
    paths = drop_build_machine_paths(line.items, settings, directory)
    processor = drop_native_processor(paths.items)
    compiler, linker = _option_filters(facts.family)
    options = drop_options(processor.items, compiler, linker)
    return RewrittenItems(options.items, (*paths.notes, *processor.notes, *options.notes), paths.refusal)


@cache
def _option_filters(family: str) -> tuple[tuple[OptionFilter, ...], LinkerArgFilter]:
    """Return the filters for options that a family of compilers, or the linker, which is GNU's, does not have."""
    table = tomllib.loads(files("crosswheel.toolchains.gcc").joinpath("flags.toml").read_text("utf-8"))
    rows = table["linker"]
    compiler = (
        (toolchain_options(), read_filter(table["clang"], "clang-only option"))
        if family == "gcc"
        else (toolchain_options(),)
    )
    linker = LinkerArgFilter(frozenset(rows["names"]), tuple(rows["beginnings"]), frozenset(rows["with_value"]))
    return compiler, linker


_PLANNERS: Mapping[Tool, Callable[[GccFacts, Call, CallSettings], Plan]] = {
    Tool.CC: _plan_compiler,
    Tool.CXX: _plan_compiler,
    Tool.CPP: _plan_compiler,
    Tool.LD: _plan_linker,
    Tool.PKG_CONFIG: lambda _facts, call, settings: answer_pkg_config(call, settings),
    Tool.FORTRAN: _refuse_fortran,
}
