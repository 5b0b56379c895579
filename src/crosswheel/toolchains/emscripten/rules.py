"""What a call becomes for a module that a running WebAssembly program loads: pure functions over the facts of a kit."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from crosswheel.toolchains.build_machine_rules import RewrittenItems, drop_build_machine_paths
from crosswheel.toolchains.command_line import CommandLine, Item, Mode, read_command_line, tokens
from crosswheel.toolchains.emscripten.link_check import ModuleLinkCheck
from crosswheel.toolchains.link import library_args, linker_args, replace_linker_args
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool
from crosswheel.toolchains.responses import answer_query, error_plan, plan_other_tool, preprocessor_args

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_NO_PORTS = "Emscripten's ports are fetched and compiled by emcc; the zig toolchain has no {name} for this target"
_PORT = "-sUSE_"
_VISIBLE = "-Wl,--export-dynamic"
_SETTING = re.compile(r"-s[A-Z][A-Z0-9_]*(=|$)")
_NO_OPENMP = "there are no threads in the runtime; build without -fopenmp"


@dataclass(frozen=True, slots=True)
class EmscriptenFacts:
    """What the rules know of a kit; all paths absolute.

    :param cc: the first words of every command of the C compiler, with the target's flags; ``cxx`` of the C++ compiler.
    :param linking: what every link of a module has in the end, ``leading`` what it begins with; ``partial`` is the end
        of a link of objects into one.
    :param named: what the linker's driver is told when a module exports what is named; ``visible`` when it exports
        whatever is visible.
    :param optimizing: what a link of objects is told that names no level of optimisation.
    :param linker: the command that tells the linker's version.
    :param surface: the file of what the runtime gives to modules.
    :param tools: the first words of commands beside the compilers' and the linker's.
    :param ports: whether the compiler brings libraries when a build asks for them (``-sUSE_ZLIB``).
    """

    cc: tuple[str, ...]
    cxx: tuple[str, ...]
    compiling: tuple[str, ...]
    linking: tuple[str, ...]
    partial: tuple[str, ...]
    linker: tuple[str, ...]
    surface: str
    tools: Mapping[Tool, tuple[str, ...]]
    multiarch: str
    leading: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    visible: tuple[str, ...] = ()
    optimizing: tuple[str, ...] = ()
    ports: bool = False


def plan_call(facts: EmscriptenFacts, call: Call, settings: CallSettings) -> Plan:
    """The plan for any tool."""
    planner = _PLANNERS.get(call.tool)
    return planner(facts, call, settings) if planner else plan_other_tool(facts.tools, call, settings)


def _compiler(facts: EmscriptenFacts, call: Call, settings: CallSettings) -> Plan:
    line = read_command_line(call.arguments)
    base = facts.cxx if call.tool is Tool.CXX else facts.cc
    if line.mode is Mode.QUERY:
        return answer_query(facts.multiarch, "", call) or Plan(((*base, *call.arguments),))
    cleaned = _cleaned(facts, line, settings, call.directory)
    if cleaned.refusal:
        return error_plan(cleaned.refusal, cleaned.notes)
    items = preprocessor_args(cleaned.items) if call.tool is Tool.CPP else cleaned.items
    line = CommandLine(items, line.mode)
    visibility = "-fvisibility=default" if "*" in settings.exports else "-fvisibility=hidden"
    compiling = (*facts.compiling, visibility, *settings.extra_compile, "-g0")
    if line.mode is not Mode.LINK or call.tool is Tool.CPP:
        return Plan(((*base, *tokens(items), *compiling),), notes=cleaned.notes)
    if not line.inputs and not linker_args(items):
        return Plan(((*base, *tokens(items)),), notes=cleaned.notes)
    return _link(facts, line, settings, call.directory, (base, compiling), cleaned.notes)


def _link(
    facts: EmscriptenFacts, line: CommandLine, settings: CallSettings, directory: str,
    compiling: tuple[tuple[str, ...], tuple[str, ...]], notes: tuple[str, ...],
) -> Plan:  # fmt: skip
    """Modules and programs are linked alike: a program is only made to see whether it links, or by a runner."""
    base, languages = compiling
    ours = _table()["libraries"]["runtime"]
    items = tuple(item for item in line.items if not (item.name == "-l" and item.value in ours))
    if line.has("-r") or "-r" in linker_args(items):
        return Plan(((*base, *tokens(items), *languages, *facts.partial),), notes=notes)
    items = tuple(item for item in items if item.name != "-shared")
    output = line.output or "a.out"
    optimized = line.sources or any(item.name.startswith("-O") for item in items)
    shared = line.has("-shared", "-dynamiclib")
    exports = _exports(settings, output, shared=shared)
    kind = facts.visible if _VISIBLE in exports else facts.named
    ending = [*(() if optimized else facts.optimizing), *kind, *facts.linking, *exports]
    command = (
        *base,
        *facts.leading,
        *tokens(items),
        *languages,
        *(["-xnone"] if line.has("-x") else []),
        *ending,
        # A program is made to ask whether a function exists, and calls it by any prototype.
        *(() if shared else ("-Wl,--no-fatal-warnings",)),
        *settings.extra_link,
        *library_args(settings, output, directory, shared=shared),
    )
    proof = ModuleLinkCheck(facts.surface, output, typed=shared, shared=settings.shared)
    return Plan((command, proof.command(settings.allowed_undefined, command)), notes=notes, check=proof)


def _exports(settings: CallSettings, output: str, *, shared: bool) -> list[str]:
    """A module's PyInit function is all that others need of it; a program's is ``main``.

    ``__wasm_call_ctors`` runs constructors of static objects; whoever loads the module calls it if it is exported. The
    program that proves the module adds what the module has to take from itself.
    """
    ours = ["-Wl,-Bsymbolic", "-Wl,--export=__wasm_call_ctors"]
    if "*" in settings.exports:
        return [*ours, _VISIBLE]
    stem = PurePosixPath(output).name.partition(".")[0]
    initial = [f"PyInit_{stem}", f"PyInitU_{stem}"] if shared else ["main", "__main_argc_argv"]
    wanted = [f"-Wl,--export-if-defined={name}" for name in (*initial, *settings.exports)]
    return [*ours, "-Wl,--no-export-dynamic", *wanted]


def _cleaned(facts: EmscriptenFacts, line: CommandLine, settings: CallSettings, directory: str) -> RewrittenItems:
    if line.has("-fopenmp", "-fopenmp=libomp", "-fopenmp=libgomp"):
        return RewrittenItems((), refusal=_NO_OPENMP)
    given = tuple(_joined(line.items))
    port = next((item.name for item in given if item.name.startswith(_PORT)), None)
    if port and not facts.ports:
        return RewrittenItems((), refusal=_NO_PORTS.format(name=port.removeprefix(_PORT).partition("=")[0].lower()))
    first = drop_build_machine_paths(_without_emcc(given), settings, directory)
    if first.refusal:
        return first
    table = _table()["compiler"]
    names, beginnings = frozenset(table["names"]) | frozenset(table["with_value"]), tuple(table["beginnings"])
    kept, notes = [], list(first.notes)
    for item in first.items:
        if item.name and (item.name in names or item.name.startswith(beginnings)):
            notes.append(f"removed {' '.join(item.tokens())}: not for this target")
        else:
            kept.append(item)
    changes = _linker_changes(linker_args(kept))
    notes += [f"removed linker option {word}" for at, word in enumerate(linker_args(kept)) if at in changes]
    return RewrittenItems(replace_linker_args(kept, changes) if changes else tuple(kept), tuple(notes))


def _without_emcc(items: Iterable[Item]) -> list[Item]:
    """Leave out emcc's settings but those that ask for ports: there is no JavaScript to be generated."""
    return [item for item in items if not _SETTING.match(item.name) or item.name.startswith(_PORT)]


def _joined(items: Iterable[Item]) -> Iterator[Item]:
    """The items with emcc's settings in one word, ``-sNAME=VALUE``; a ``-s`` before anything else strips, as always."""
    after = False
    for item in items:
        if after and item.is_input and _SETTING.match(f"-s{item.value}"):
            yield Item(f"-s{item.value}")
        elif item.name != "-s":
            yield item
        after = item.name == "-s"


def _linker_changes(words: tuple[str, ...]) -> dict[int, str | None]:
    table = _table()["linker"]
    names, beginnings, valued = frozenset(table["names"]), tuple(table["beginnings"]), frozenset(table["with_value"])
    changes: dict[int, str | None] = {}
    for at, word in enumerate(words):
        if word in valued:
            changes |= {at: None, at + 1: None}
        elif word in names or word.startswith(beginnings):
            changes[at] = None
    return changes


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("crosswheel.toolchains.emscripten").joinpath("flags.toml").read_text("utf-8"))


def _linker(facts: EmscriptenFacts, call: Call, settings: CallSettings) -> Plan:
    """A direct call of the linker is a link by the compiler's driver with words for the linker."""
    if {"--version", "-v", "-V"} & set(call.arguments):
        return Plan((facts.linker,))
    return _compiler(facts, Call(Tool.CC, call.arguments, call.directory), settings)


_PLANNERS: Mapping[Tool, Callable[[EmscriptenFacts, Call, CallSettings], Plan]] = {
    Tool.CC: _compiler,
    Tool.CXX: _compiler,
    Tool.CPP: _compiler,
    Tool.LD: _linker,
    Tool.FORTRAN: lambda _facts, _call, _settings: error_plan("there is no Fortran compiler for the target"),
}
