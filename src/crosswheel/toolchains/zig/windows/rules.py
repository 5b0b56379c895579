"""What a call becomes for Windows: pure functions over the facts of a kit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from crosswheel.toolchains.build_machine_rules import drop_build_machine_linker_paths
from crosswheel.toolchains.command_line import CommandLine, Item, Mode, read_command_line, tokens
from crosswheel.toolchains.link import linker_args, read_link, split_compile_and_link
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool
from crosswheel.toolchains.responses import answer_query, error_plan, openmp_refusal, plan_other_tool, preprocessor_args
from crosswheel.toolchains.zig.windows import resources
from crosswheel.toolchains.zig.windows.gnu_to_lld_link import TranslatedLink, link_table, translate
from crosswheel.toolchains.zig.windows.msvc_options import translate_msvc_options
from crosswheel.toolchains.zig.windows.option_filters import filter_options, is_link_only

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_IMPORTED = "import:"
"""Before the name of a library of the system in the parts of a kit."""


@dataclass(frozen=True, slots=True)
class WindowsFacts:
    """What the rules know of a kit; all paths absolute.

    :param clang: the first words of every compiler command, with the target's flags; ``linker`` those of every link.
    :param tools: the first words of commands beside the compilers' and the linker's.
    :param linker_version: the command that says which lld there is.
    :param library: the directory of the kit's own libraries, ``runtime`` that of the C++ runtime, ``imports`` that of
        the system's libraries, which are made when they are first needed.
    :param system: the names of those libraries.
    :param module_start: the start file of modules, ``program_start`` of programs; ``libraries`` end every link.
    :param cpu: its name in the table of flags that some processors lack.
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


def system_library(part: str) -> str | None:
    """The name of the system's library that a part of a kit is, None if it is another part."""
    return part.removeprefix(_IMPORTED) if part.startswith(_IMPORTED) else None


def plan_call(facts: WindowsFacts, call: Call, settings: CallSettings) -> Plan:
    """The plan for any tool."""
    planner = _PLANNERS.get(call.tool)
    return planner(facts, call, settings) if planner else plan_other_tool(facts.tools, call, settings)


def _compiler(facts: WindowsFacts, call: Call, settings: CallSettings) -> Plan:
    line = read_command_line(call.arguments)
    base = (*facts.clang, *(["--driver-mode=g++"] if call.tool is Tool.CXX else []))
    if line.mode is Mode.QUERY:
        return answer_query(facts.multiarch, "", call) or Plan(((*base, *call.arguments),))
    said = translate_msvc_options(line.items)
    line = CommandLine(said.items, line.mode)
    if plan := openmp_refusal(line) or _about_linker(facts, line):
        return plan
    found = filter_options(line.items, settings, call.directory, facts.cpu)
    notes = (*said.notes, *found.notes)
    if found.refusal:
        return error_plan(found.refusal, notes)
    line = CommandLine(preprocessor_args(found.items) if call.tool is Tool.CPP else found.items, line.mode)
    languages = facts.cxx_flags if call.tool is Tool.CXX or line.is_cxx else facts.c_flags
    compiling = (*languages, *settings.extra_compile, "-g0")
    if line.mode is not Mode.LINK or call.tool is Tool.CPP:
        items = (item for item in line.items if not is_link_only(item))
        return Plan(((*base, *tokens(items), *compiling),), notes=notes)
    if not line.inputs and not linker_args(line.items):
        return Plan(((*base, *tokens(line.items)),), notes=notes)
    return _compile_and_link(facts, call, line, settings, (base, compiling), notes)


def _about_linker(facts: WindowsFacts, line: CommandLine) -> Plan | None:
    """What lld says of itself, to a build that asks which linker there is."""
    words = linker_args(line.items)
    return _linker_version(facts) if not line.inputs and {"-v", "--version", "-V"} & set(words) else None


def _linker_version(facts: WindowsFacts) -> Plan:
    """lld's answer as a linker with GNU's words, which are those that are understood here."""
    return Plan((facts.linker_version,))


def _compile_and_link(
    facts: WindowsFacts, call: Call, line: CommandLine, settings: CallSettings,
    compiling: tuple[tuple[str, ...], tuple[str, ...]], notes: tuple[str, ...],
) -> Plan:  # fmt: skip
    link = read_link(line, call.tool)
    if link.partial:
        return error_plan("lld cannot make one object of several for Windows", notes)
    output = _with_suffix(line.output or "a.exe")
    apart = split_compile_and_link(CommandLine(link.items, line.mode), output, compiling, is_link_only)
    words = translate(_gnu_words(apart.items))
    extra = translate(settings.extra_link)
    notes = (*notes, *words.notes)
    if refusal := words.refusal or extra.refusal:
        return error_plan(f"lld: error: {refusal}", notes)
    runtime = [f"{facts.runtime}/{name}.a" for name in ("libc++", "libc++abi", "libunwind")] if link.cxx else []
    linking = _link(facts, words, output, shared=link.shared, start=not line.has("-nostartfiles", "-nostdlib"))
    more, asked = _system_libraries(facts, extra.words)
    command = (
        *linking.commands[0],
        *more,
        *settings.archives,
        *runtime,
        *([] if link.bare else facts.libraries),
    )
    cleanup = (("/bin/rm", "-f", *apart.made),) if apart.made else ()
    needs = (*dict.fromkeys((*linking.requires, *asked)), *(("c++",) if link.cxx else ()))
    return Plan((*apart.commands, command, *cleanup), notes=notes, requires=needs)


def _link(facts: WindowsFacts, given: TranslatedLink, output: str, *, shared: bool, start: bool) -> Plan:
    """lld-link's command without the libraries that end it, and the system's libraries that it asks for."""
    words, needs = _system_libraries(facts, given.words)
    kind = ["-dll"] if shared else []
    # A module is imported by nobody's linker.
    kind += [] if any(word.startswith("-implib:") for word in words) else ["-noimplib"]
    started = [facts.module_start if shared else facts.program_start] if start else []
    places = (f"-libpath:{facts.library}", f"-libpath:{facts.imports}")
    return Plan(((*facts.linker, *kind, f"-out:{output}", *words, *started, *places),), requires=needs)


def _system_libraries(facts: WindowsFacts, words: Iterable[str]) -> tuple[list[str], tuple[str, ...]]:
    """The words of a link, with those left out that every link has, and the system's spelled as in the kit."""
    option = "-defaultlib:"
    kept: list[str] = []
    needs: list[str] = []
    for word in words:
        name = word.removeprefix(option).lower()
        if not word.startswith(option):
            kept.append(word)
        elif name in facts.system:
            kept.append(option + name)
            needs.append(_IMPORTED + name)
        elif name not in link_table().implied:
            kept.append(word)
    return kept, tuple(dict.fromkeys(needs))


def _gnu_words(items: Iterable[Item]) -> list[str]:
    """What GNU's linker would be told by a compiler's driver, without the output."""
    words: list[str] = []
    for item in items:
        if item.is_input and item.value:
            words.append(item.value)
        elif item.name in {"-L", "-l"}:
            words += [item.name, item.value or ""]
        elif item.name == "-mwindows":
            words.append("--subsystem=windows")
        elif item.name == "-Xlinker" or item.name.startswith("-Wl,"):
            words += linker_args((item,))
    return words


def _with_suffix(output: str) -> str:
    """gcc and clang put .exe behind a name without a dot."""
    return output if PurePosixPath(output).suffix or output.startswith("/dev/") else f"{output}.exe"


def _linker(facts: WindowsFacts, call: Call, settings: CallSettings) -> Plan:
    """A direct call of the linker says what a compiler's driver would pass on to it."""
    if {"-v", "--version", "-V"} & set(call.arguments):
        return _linker_version(facts)
    found = drop_build_machine_linker_paths(call.arguments, settings, call.directory)
    if found.refusal:
        return error_plan(found.refusal, found.notes)
    line = CommandLine(found.items, Mode.LINK)
    output = line.output or "a.exe"
    given = translate([word for item in found.items if item.name != "-o" for word in item.tokens()])
    notes = (*found.notes, *given.notes)
    if given.refusal:
        return error_plan(f"lld: error: {given.refusal}", notes)
    shared = line.has("-shared", "--shared", "-dll", "--dll")
    linking = _link(facts, given, output, shared=shared, start=False)
    return Plan(linking.commands, notes=notes, requires=linking.requires)


_PLANNERS: Mapping[Tool, Callable[[WindowsFacts, Call, CallSettings], Plan]] = {
    Tool.CC: _compiler,
    Tool.CXX: _compiler,
    Tool.CPP: _compiler,
    Tool.LD: _linker,
    Tool.WINDRES: resources.plan_windres,
    Tool.FORTRAN: lambda _facts, _call, _settings: error_plan("there is no Fortran compiler for the target"),
}
