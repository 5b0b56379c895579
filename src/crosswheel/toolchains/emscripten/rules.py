"""Rewrite compiler calls for modules that a Pyodide runtime loads, with zig's clang or emcc: pure functions."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from crosswheel.toolchains.build_machine_rules import RewrittenItems, drop_build_machine_paths, drop_native_processor
from crosswheel.toolchains.command_line import CommandLine, Item, Mode, read_command_line, tokens
from crosswheel.toolchains.emscripten.link_check import ModuleLinkCheck
from crosswheel.toolchains.emscripten.ports import PORTS, link_ports, requested_port
from crosswheel.toolchains.link import library_args, linker_args, replace_linker_args
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool
from crosswheel.toolchains.openmp import openmp_refusal
from crosswheel.toolchains.responses import (
    answer_query,
    error_plan,
    fortran_refusal,
    plan_other_tool,
    preprocessor_args,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_NO_PORTS = "Emscripten's ports require emcc; the zig toolchain has no {name} for this target"
_SIDE_MODULE = re.compile(r"-sSIDE_MODULE(=[12])?")
_EXPORT_VISIBLE = "-Wl,--export-dynamic"
_SETTING = re.compile(r"-s[A-Z][A-Z0-9_]*(=|$)")
_NO_OPENMP = "there are no threads in the runtime"


@dataclass(frozen=True, slots=True)
class EmscriptenFacts:
    """What the rules need to know about a prepared toolchain. Paths are absolute.

    :param cc: the first arguments of every C compiler command, with the target's flags; ``cxx`` for C++.
    :param compiling: appended to every call that may compile.
    :param linking: appended to every link of a module.
    :param partial: appended to a link of object files into one.
    :param linker: the command that prints the linker's version.
    :param surface: path of the file with the runtime's exports (:class:`.RuntimeExports`).
    :param tools: the first arguments of the commands of the other tools.
    :param multiarch: the answer to ``-print-multiarch``.
    :param leading: the first arguments of every link of a module, before the build's.
    :param named: driver arguments for a module that exports listed symbols; ``visible`` for one that exports all
        visible symbols.
    :param optimizing: the optimization level of links of object files that set none.
    :param ports: whether the compiler provides libraries that a build requests (``-sUSE_ZLIB``).
    """

    cc: tuple[str, ...]
    cxx: tuple[str, ...]
    compile_args: tuple[str, ...]
    link_args: tuple[str, ...]
    relocatable_link_args: tuple[str, ...]
    linker: tuple[str, ...]
    runtime_exports_file: str
    tools: Mapping[Tool, tuple[str, ...]]
    multiarch: str
    first_link_args: tuple[str, ...] = ()
    listed_exports_args: tuple[str, ...] = ()
    visible_exports_args: tuple[str, ...] = ()
    default_optimization: tuple[str, ...] = ()
    ports: bool = False


def plan_call(facts: EmscriptenFacts, call: Call, settings: CallSettings) -> Plan:
    """Return the plan for a call of any tool."""
    planner = _PLANNERS.get(call.tool)
    return planner(facts, call, settings) if planner else plan_other_tool(facts.tools, call, settings)


def _plan_compiler(facts: EmscriptenFacts, call: Call, settings: CallSettings) -> Plan:
    line = read_command_line(call.arguments)
    base = facts.cxx if call.tool is Tool.CXX else facts.cc
    if line.mode is Mode.QUERY:
        return answer_query(facts.multiarch, "", call) or Plan(((*base, *call.arguments),))
    if plan := openmp_refusal(line, settings, _NO_OPENMP):
        return plan
    filtered = _filter_options(facts, line, settings, call.directory)
    if filtered.refusal:
        return error_plan(filtered.refusal, filtered.notes)
    items = preprocessor_args(filtered.items) if call.tool is Tool.CPP else filtered.items
    if line.mode is Mode.LINK and any(_SIDE_MODULE.fullmatch(item.name) for item in _join_settings(line.items)):
        items = (Item("-shared"), *items)
    line = CommandLine(items, line.mode)
    visibility = "-fvisibility=default" if "*" in settings.exports else "-fvisibility=hidden"
    compile_args = (*facts.compile_args, visibility, *settings.extra_compile, "-g0")
    if line.mode is not Mode.LINK or call.tool is Tool.CPP:
        return Plan(((*base, *tokens(items), *compile_args),), notes=filtered.notes)
    if not line.inputs and not linker_args(items):
        return Plan(((*base, *tokens(items)),), notes=filtered.notes)
    return _plan_link(facts, line, settings, call.directory, (base, compile_args), filtered.notes)


def _plan_link(
    facts: EmscriptenFacts, line: CommandLine, settings: CallSettings, directory: str,
    compiler: tuple[tuple[str, ...], tuple[str, ...]], notes: tuple[str, ...],
) -> Plan:  # fmt: skip
    """Return the plan for a link.

    Modules and programs are linked in the same way: a program is linked only to check whether that succeeds, or to be
    loaded by a runner.

    :param compiler: the arguments before and after the build's own.
    """
    base, compile_args = compiler
    runtime = _table()["libraries"]["runtime"]
    items = tuple(item for item in line.items if not (item.name == "-l" and item.value in runtime))
    if line.has("-r") or "-r" in linker_args(items):
        return Plan(((*base, *tokens(items), *compile_args, *facts.relocatable_link_args),), notes=notes)
    items = tuple(item for item in items if item.name != "-shared")
    output = line.output or "a.out"
    sets_level = line.sources or any(item.name.startswith("-O") for item in items)
    shared = line.has("-shared", "-dynamiclib")
    exports = _export_args(settings, output, shared=shared)
    kind = facts.visible_exports_args if _EXPORT_VISIBLE in exports else facts.listed_exports_args
    link_args = [*(() if sets_level else facts.default_optimization), *kind, *facts.link_args, *exports]
    command = (
        *base,
        *facts.first_link_args,
        *tokens(items),
        *compile_args,
        *(["-xnone"] if line.has("-x") else []),
        *link_args,
        # Configure checks link programs to find out whether a function exists, and call it with any prototype.
        *(() if shared else ("-Wl,--no-fatal-warnings",)),
        *settings.extra_link,
        *library_args(settings, output, directory, shared=shared),
    )
    libraries = (*settings.shared, *_project_libraries(line))
    check = ModuleLinkCheck(facts.runtime_exports_file, output, typed=shared, shared=libraries)
    return Plan((command, check.command(settings.allowed_undefined, command)), notes=notes, check=check)


def _project_libraries(line: CommandLine) -> Iterator[str]:
    """Yield where the shared libraries that a link names may be: the project has linked them before."""
    yield from (name for name in line.inputs if name.endswith(".so"))
    directories = [item.value for item in line.items if item.name == "-L"]
    for item in line.items:
        if item.name == "-l":
            yield from (f"{directory}/lib{item.value}.so" for directory in directories)


def _export_args(settings: CallSettings, output: str, *, shared: bool) -> list[str]:
    """Return the arguments that select the exported symbols: a module's PyInit function, or a program's ``main``.

    ``__wasm_call_ctors`` runs constructors of static objects; the loader of a module calls it if it is exported. The
    link check adds symbols that the module imports from itself.
    """
    args = ["-Wl,-Bsymbolic", "-Wl,--export=__wasm_call_ctors"]
    if "*" in settings.exports:
        return [*args, _EXPORT_VISIBLE]
    stem = PurePosixPath(output).name.partition(".")[0]
    entry_points = [f"PyInit_{stem}", f"PyInitU_{stem}"] if shared else ["main", "__main_argc_argv"]
    exported = [f"-Wl,--export-if-defined={name}" for name in (*entry_points, *settings.exports)]
    return [*args, "-Wl,--no-export-dynamic", *exported]


def _filter_options(
    facts: EmscriptenFacts, line: CommandLine, settings: CallSettings, directory: str
) -> RewrittenItems:
    items = tuple(_join_settings(line.items))
    if not facts.ports:
        unknown = next((port for item in items if (port := requested_port(item)) and port not in PORTS), None)
        if unknown:
            return RewrittenItems((), refusal=_NO_PORTS.format(name=unknown))
        items = tuple(link_ports(items, linking=line.mode is Mode.LINK))
    paths = drop_build_machine_paths(_drop_emcc_settings(items), settings, directory)
    if paths.refusal:
        return paths
    table = _table()["compiler"]
    names, prefixes = frozenset(table["names"]) | frozenset(table["with_value"]), tuple(table["beginnings"])
    portable = drop_native_processor(paths.items)
    kept, notes = [], [*paths.notes, *portable.notes]
    for item in portable.items:
        if item.name and (item.name in names or item.name.startswith(prefixes)):
            notes.append(f"removed {' '.join(item.tokens())}: not for this target")
        else:
            kept.append(item)
    changes = _drop_linker_args(linker_args(kept))
    notes += [f"removed linker option {arg}" for index, arg in enumerate(linker_args(kept)) if index in changes]
    return RewrittenItems(replace_linker_args(kept, changes) if changes else tuple(kept), tuple(notes))


def _drop_emcc_settings(items: Iterable[Item]) -> list[Item]:
    """Remove emcc's settings except those that request ports: no JavaScript is generated."""
    return [item for item in items if not _SETTING.match(item.name) or requested_port(item)]


def _join_settings(items: Iterable[Item]) -> Iterator[Item]:
    """Join emcc's settings into one argument, ``-sNAME=VALUE``, and drop any other ``-s``, which means strip."""
    after_s = False
    for item in items:
        if after_s and item.is_input and _SETTING.match(f"-s{item.value}"):
            yield Item(f"-s{item.value}")
        elif item.name != "-s":
            yield item
        after_s = item.name == "-s"


def _drop_linker_args(args: tuple[str, ...]) -> dict[int, str | None]:
    """Return None for the index of each linker argument that wasm-ld does not have."""
    table = _table()["linker"]
    names, prefixes, valued = frozenset(table["names"]), tuple(table["beginnings"]), frozenset(table["with_value"])
    changes: dict[int, str | None] = {}
    for index, arg in enumerate(args):
        if arg in valued:
            changes |= {index: None, index + 1: None}
        elif arg in names or arg.startswith(prefixes):
            changes[index] = None
    return changes


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("crosswheel.toolchains.emscripten").joinpath("flags.toml").read_text("utf-8"))


def _plan_linker(facts: EmscriptenFacts, call: Call, settings: CallSettings) -> Plan:
    """Return the plan for a direct call of the linker: a link by the compiler driver."""
    if {"--version", "-v", "-V"} & set(call.arguments):
        return Plan((facts.linker,))
    return _plan_compiler(facts, Call(Tool.CC, call.arguments, call.directory), settings)


_PLANNERS: Mapping[Tool, Callable[[EmscriptenFacts, Call, CallSettings], Plan]] = {
    Tool.CC: _plan_compiler,
    Tool.CXX: _plan_compiler,
    Tool.CPP: _plan_compiler,
    Tool.LD: _plan_linker,
    Tool.FORTRAN: lambda _facts, _call, _settings: fortran_refusal(),
}
