"""What a call becomes with an installed cross compiler: its own tools, without the build machine's directories."""

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
_HIDDEN = "-Wl,--exclude-libs," + ":".join(f"lib{name}.a" for name in _RUNTIME)


@dataclass(frozen=True, slots=True)
class GccFacts:
    """What the rules know of an installed compiler; all paths absolute.

    :param family: ``gcc`` or ``clang``.
    :param tools: the first words of commands; a tool that is missing is not installed.
    :param flags: what every compiler call begins with: the processor and the ABI.
    :param c_flags: what makes it look for headers of the target only; ``cxx_flags`` the same for C++.
    :param helpers: archives of the compiler's own, by their ``-l`` options.
    :param no_cxx: why there is no C++, empty if there is.
    :param hidden: a version script that keeps the C++ runtime out of the exported symbols.
    :param multiarch: Debian's name of the platform.
    """

    family: str
    tools: Mapping[Tool, tuple[str, ...]]
    flags: tuple[str, ...]
    c_flags: tuple[str, ...]
    cxx_flags: tuple[str, ...]
    helpers: tuple[str, ...]
    no_cxx: str
    search_dirs: str
    libgcc: str
    hidden: str
    multiarch: str


def plan_call(facts: GccFacts, call: Call, settings: CallSettings) -> Plan:
    """The plan for any tool."""
    if call.tool is Tool.CXX and facts.no_cxx:
        return error_plan(f"no C++ for the target: {facts.no_cxx}")
    return _PLANNERS.get(call.tool, _passed_on)(facts, call, settings)


def _compiler(facts: GccFacts, call: Call, settings: CallSettings) -> Plan:
    line = read_command_line(call.arguments)
    base = (*facts.tools[Tool.CXX if call.tool is Tool.CXX else Tool.CC], *facts.flags)
    if line.mode is Mode.QUERY:
        return _answer(facts, call) or Plan(((*base, *call.arguments),))
    if plan := openmp_refusal(line):
        return plan
    cleaned = _cleaned(facts, line, settings, call.directory)
    if cleaned.refusal:
        return error_plan(cleaned.refusal, cleaned.notes)
    line = CommandLine(preprocessor_args(cleaned.items) if call.tool is Tool.CPP else cleaned.items, line.mode)
    compiling = _compiling(facts, call, line, settings)
    if line.mode is not Mode.LINK or call.tool is Tool.CPP:
        command = (*base, *tokens(line.items), *compiling)
    elif not line.inputs and not linker_args(line.items):
        command = (*base, *tokens(line.items))
    else:
        link = read_link(line, call.tool)
        given = library_args(settings, line.output or "a.out", call.directory, shared=link.shared)
        command = (*base, *tokens(link.items), *compiling, *_ending(facts, line, link, settings, given))
    return Plan((command,), notes=cleaned.notes)


def _compiling(facts: GccFacts, call: Call, line: CommandLine, settings: CallSettings) -> tuple[str, ...]:
    """What follows the build's own words wherever something may be compiled."""
    headers = facts.cxx_flags if call.tool is Tool.CXX or line.is_cxx else facts.c_flags
    own = (*(() if line.has("-nostdinc") else headers), *settings.extra_compile, "-g0")
    if facts.family == "gcc" and line.sources and not any(item.name.startswith("-frandom-seed") for item in line.items):
        # gcc would take a random number for names that differ between files; here the file's place in the build.
        return (*own, f"-frandom-seed={_place(line.sources[0], settings, call.directory)}")
    return own


def _place(source: str, settings: CallSettings, directory: str) -> str:
    """A source's path from the directory of the build, wherever that lies."""
    path = os.path.normpath(os.path.join(directory, source))  # noqa: PTH118  # Path() would cost 10 µs
    roots = [root for root in settings.kept_paths if path.startswith(f"{root}/")]
    return path.removeprefix(max(roots, key=len)) if roots else source


def _ending(
    facts: GccFacts, line: CommandLine, link: Link, settings: CallSettings, given: tuple[str, ...]
) -> list[str]:
    """The runtime inside and hidden, nothing that nobody uses, and the C library last.

    The compiler's own list of libraries is left out: with ``-pthread`` it may name a shared ``libatomic``, and it puts
    the C++ runtime in as ``g++`` only.
    """
    # What follows are options, objects and libraries, whatever language the build's own inputs are in.
    ending = ["-xnone"] if line.has("-x") else []
    if link.partial:
        return [*ending, *settings.extra_link]
    ending += ["-nodefaultlibs", *settings.extra_link, "-Wl,--gc-sections", "-Wl,--strip-debug"]
    if link.shared:
        ending += [_HIDDEN] if link.own_exports else [_HIDDEN, f"-Wl,--version-script={facts.hidden}"]
        ending += exclude_libs_args(settings)
    if link.bare:
        return ending
    ending += ["-Wl,--as-needed", *given, *(["-l:libstdc++.a", "-lm"] if link.cxx else [])]
    threads = ["-lpthread"] if link.cxx or line.has("-pthread") else []
    return [*ending, "-Wl,--start-group", *facts.helpers, *threads, "-lc", "-Wl,--end-group"]


def _answer(facts: GccFacts, call: Call) -> Plan | None:
    """The answers that would hold directories of the build machine."""
    if call.arguments in {("-print-search-dirs",), ("--print-search-dirs",)}:
        return Plan(output=facts.search_dirs)
    return answer_query(facts.multiarch, facts.libgcc, call)


def _linker(facts: GccFacts, call: Call, settings: CallSettings) -> Plan:
    if Tool.LD not in facts.tools:
        return _missing(call)
    cleaned = drop_build_machine_linker_paths(call.arguments, settings, call.directory)
    if cleaned.refusal:
        return error_plan(cleaned.refusal, cleaned.notes)
    return Plan(((*facts.tools[Tool.LD], *tokens(cleaned.items)),), notes=cleaned.notes)


def _passed_on(facts: GccFacts, call: Call, _settings: CallSettings) -> Plan:
    program = facts.tools.get(call.tool)
    return Plan(((*program, *call.arguments),)) if program else _missing(call)


def _missing(call: Call) -> Plan:
    return error_plan(f"the toolchain has no {call.tool} for the target")


def _fortran(_facts: GccFacts, _call: Call, _settings: CallSettings) -> Plan:
    """Its library would have to be inside the wheel, which distributions' archives of it are not made for."""
    return error_plan("crosswheel has no Fortran for the target yet")


def _cleaned(facts: GccFacts, line: CommandLine, settings: CallSettings, directory: str) -> RewrittenItems:
    first = drop_build_machine_paths(line.items, settings, directory)
    second = drop_native_processor(first.items)
    compiler, linker = _foreign(facts.family)
    third = drop_options(second.items, compiler, linker)
    return RewrittenItems(third.items, (*first.notes, *second.notes, *third.notes), first.refusal)


@cache
def _foreign(family: str) -> tuple[tuple[OptionFilter, ...], LinkerArgFilter]:
    """What a family of compilers lacks: options of the compiler, and words for the linker, which is GNU's."""
    table = tomllib.loads(files("crosswheel.toolchains.gcc").joinpath("flags.toml").read_text("utf-8"))
    words = table["linker"]
    compiler = (
        (toolchain_options(), read_filter(table["clang"], "only clang has it"))
        if family == "gcc"
        else (toolchain_options(),)
    )
    linker = LinkerArgFilter(frozenset(words["names"]), tuple(words["beginnings"]), frozenset(words["with_value"]))
    return compiler, linker


_PLANNERS: Mapping[Tool, Callable[[GccFacts, Call, CallSettings], Plan]] = {
    Tool.CC: _compiler,
    Tool.CXX: _compiler,
    Tool.CPP: _compiler,
    Tool.LD: _linker,
    Tool.PKG_CONFIG: lambda _facts, call, settings: answer_pkg_config(call, settings),
    Tool.FORTRAN: _fortran,
}
