"""What a call becomes with an installed cross compiler: its own tools, without the build machine's directories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswheel.toolchains.arguments import CommandLine, Item, Mode, read_command_line, read_linker_line
from crosswheel.toolchains.linker_words import linker_words
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool
from crosswheel.toolchains.replies import as_cpp, no_libraries, refused
from crosswheel.toolchains.rules import changed_linker_paths, without_build_machine, without_native_processor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_RUNTIME = frozenset({"stdc++", "supc++", "gcc_s", "gcc_eh"})
_OWN_EXPORTS = ("--version-script", "-version-script", "--dynamic-list", "--retain-symbols-file")
_PRIVATE = "-Wl,--exclude-libs,libstdc++.a:libsupc++.a:libgcc.a:libgcc_eh.a"


@dataclass(frozen=True, slots=True)
class GccFacts:
    """What the rules know of an installed compiler; all paths absolute.

    :param tools: the programs behind the tools; what is missing is not installed.
    :param hidden: a version script that keeps the C++ runtime out of the exported symbols.
    """

    tools: Mapping[Tool, str]
    hidden: str


def plan_call(facts: GccFacts, call: Call, settings: CallSettings) -> Plan:
    """The plan for any tool."""
    return _PLANNERS.get(call.tool, _passed_on)(facts, call, settings)


def _compiler(facts: GccFacts, call: Call, settings: CallSettings) -> Plan:
    line = read_command_line(call.arguments)
    program = facts.tools[Tool.CXX if call.tool is Tool.CXX else Tool.CC]
    if line.mode is Mode.QUERY:
        return Plan(((program, *call.arguments),))
    first = without_build_machine(line.items, settings, call.directory)
    second = without_native_processor(first.items)
    notes = (*first.notes, *second.notes)
    if first.refusal:
        return refused(first.refusal, notes)
    items = as_cpp(second.items) if call.tool is Tool.CPP else second.items
    line = CommandLine(items, line.mode)
    start = (program, *_tokens(items), *settings.extra_compile, "-g0")
    if line.mode is not Mode.LINK or call.tool is Tool.CPP:
        return Plan((start,), notes=notes)
    if not line.inputs and not linker_words(items):
        return Plan(((program, *_tokens(items)),), notes=notes)
    return Plan((_link(facts, program, line, settings, cxx=call.tool is Tool.CXX),), notes=notes)


def _link(facts: GccFacts, program: str, line: CommandLine, settings: CallSettings, *, cxx: bool) -> tuple[str, ...]:
    """A link whose C++ runtime is inside and hidden, and that leaves out what nobody uses."""
    words = linker_words(line.items)
    asked = {item.value for item in line.items if item.name == "-l"} & _RUNTIME
    items = tuple(item for item in line.items if not (item.name == "-l" and item.value in _RUNTIME))
    start = (program, *_tokens(items), *settings.extra_compile, "-g0")
    if line.has("-r") or "-r" in words:
        return start
    ending = ["-static-libgcc", "-Wl,--gc-sections", "-Wl,--strip-debug", "-Wl,--as-needed", *settings.extra_link]
    if cxx or line.is_cxx or asked:
        # gcc puts its runtime last only when it is called as g++; for a C driver it is named, between the two.
        ending += ["-static-libstdc++"] if cxx else ["-Wl,-Bstatic", "-lstdc++", "-Wl,-Bdynamic"]
    if line.has("-shared") or "-shared" in words:
        own = any(word.startswith(_OWN_EXPORTS) for word in words)
        ending += [_PRIVATE] if own else [_PRIVATE, f"-Wl,--version-script={facts.hidden}"]
    if line.has("-x"):
        ending.insert(0, "-xnone")
    return (*start, *ending)


def _linker(facts: GccFacts, call: Call, settings: CallSettings) -> Plan:
    program = facts.tools.get(Tool.LD)
    if program is None:
        return _missing(call)
    changes, notes = changed_linker_paths(call.arguments, settings, call.directory)
    words = tuple(word for at, word in enumerate(call.arguments) if changes.get(at, word) is not None)
    cleaned = without_build_machine(read_linker_line(words).items, settings, call.directory)
    if cleaned.refusal:
        return refused(cleaned.refusal, cleaned.notes)
    return Plan(((program, *_tokens(cleaned.items)),), notes=(*notes, *cleaned.notes))


def _passed_on(facts: GccFacts, call: Call, _settings: CallSettings) -> Plan:
    program = facts.tools.get(call.tool)
    return Plan(((program, *call.arguments),)) if program else _missing(call)


def _missing(call: Call) -> Plan:
    return refused(f"the toolchain has no {call.tool} for the target")


def _tokens(items: Iterable[Item]) -> tuple[str, ...]:
    return tuple(token for item in items for token in item.tokens())


_PLANNERS: Mapping[Tool, Callable[[GccFacts, Call, CallSettings], Plan]] = {
    Tool.CC: _compiler,
    Tool.CXX: _compiler,
    Tool.CPP: _compiler,
    Tool.LD: _linker,
    Tool.PKG_CONFIG: lambda _facts, call, _settings: no_libraries(call),
}
