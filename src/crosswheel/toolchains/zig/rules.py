"""What a call becomes with zig's clang and lld: pure functions over the facts of a kit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswheel.toolchains.arguments import CommandLine, Item, Mode, read_command_line, read_linker_line
from crosswheel.toolchains.model import Call, CallSettings, Plan, Tool
from crosswheel.toolchains.rules import without, without_build_machine, without_native_processor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Libraries that are always at the end of a link, or that clang has under another name.
_RUNTIME_LIBRARIES = frozenset({"stdc++", "c++", "c++abi", "supc++", "gcc_s", "gcc_eh", "unwind"})
_IMPLIED_LIBRARIES = frozenset({"gcc", "c", "atomic"})
# gcc's choices of its own parts, which are made here, and options only gcc has.
_NOT_OURS = frozenset(
    "-static-libgcc -static-libstdc++ -shared-libgcc -fno-var-tracking-assignments -fno-tree-vrp"
    " -mno-fma4 -fno-gcse-after-reload -fuse-linker-plugin -fno-use-linker-plugin -mfpmath=387".split()
)
_NOT_OURS_PREFIXES = (
    "-fuse-ld=", "--ld-path=", "-stdlib=", "-rtlib=", "--rtlib=", "-unwindlib=", "--unwindlib=", "-Wp,-D_FORTIFY",
    "-fplugin=", "-specs=", "--target=", "--gcc-toolchain=",
    "-Wl,-plugin", "-Wl,--plugin",
)  # fmt: skip
_OWN_EXPORTS = (
    "-Wl,--version-script",
    "-Wl,-version-script",
    "-Wl,--dynamic-list",
    "-Wl,--retain-symbols-file",
)


@dataclass(frozen=True, slots=True)
class KitFacts:
    """What the rules know of a kit; all paths absolute.

    :param clang: the first words of every compiler command.
    :param lld: the first words of every linker command; ``ld_path`` is the same as one program for clang to start.
    :param archiver: the first words of ``ar``; ``ranlib`` likewise.
    :param libraries: what every shared object is linked with in the end, ``program_libraries`` every program.
    :param hidden: a version script that keeps the C++ runtime out of the exported symbols.
    :param inspect: the first words of commands that crosswheel itself provides: ``nm``, ``readelf``.
    """

    clang: tuple[str, ...]
    target_flags: tuple[str, ...]
    c_flags: tuple[str, ...]
    cxx_flags: tuple[str, ...]
    lld: tuple[str, ...]
    ld_path: str
    emulation: str
    archiver: tuple[str, ...]
    ranlib: tuple[str, ...]
    library: str
    runtime: str
    start_files: tuple[str, ...]
    libraries: tuple[str, ...]
    program_libraries: tuple[str, ...]
    program_flags: tuple[str, ...]
    hidden: str
    inspect: Mapping[Tool, tuple[str, ...]]


def plan_call(facts: KitFacts, call: Call, settings: CallSettings) -> Plan:
    """The plan for any tool."""
    return _PLANNERS[call.tool](facts, call, settings)


def _compiler(facts: KitFacts, call: Call, settings: CallSettings) -> Plan:
    line = read_command_line(call.arguments)
    cleaned, notes, refusal = _cleaned(line.items, settings, call.directory)
    if refusal:
        return Plan(output=f"crosswheel: {refusal}\n", status=1, notes=(*notes, refusal))
    cxx = call.tool is Tool.CXX or line.is_cxx
    driver = (*facts.clang, "--driver-mode=g++") if call.tool is Tool.CXX else facts.clang
    preprocess = ("-E",) if call.tool is Tool.CPP and line.mode is Mode.LINK else ()
    if line.mode is Mode.QUERY:
        return Plan(((*driver, *facts.target_flags, *call.arguments),))
    base = (*driver, *facts.target_flags, *preprocess)
    compiling = (
        *_tokens(cleaned),
        *(facts.cxx_flags if cxx else facts.c_flags),
        *settings.extra_compile,
        "-g0",
    )
    if line.mode is not Mode.LINK or preprocess:
        return Plan(((*base, *compiling),), notes=notes)
    return _link(facts, call, CommandLine(cleaned, Mode.LINK), settings, (*base, *compiling), notes)


def _link(
    facts: KitFacts, call: Call, line: CommandLine, settings: CallSettings, start: tuple[str, ...],
    notes: tuple[str, ...],
) -> Plan:  # fmt: skip
    asked = {item.value for item in line.items if item.name == "-l"}
    cxx = call.tool is Tool.CXX or line.is_cxx or bool(asked & _RUNTIME_LIBRARIES)
    start = tuple(word for word in start if word.removeprefix("-l") not in _RUNTIME_LIBRARIES | _IMPLIED_LIBRARIES)
    ending = [f"--ld-path={facts.ld_path}", "-nostdlib", f"-L{facts.library}", *settings.extra_link]
    bare = line.has("-nostdlib", "-nodefaultlibs", "-r", "-Wl,-r")
    shared = line.has("-shared", "-dynamiclib", "-Wl,-shared")
    if line.has("-fopenmp"):
        ending.append("-lomp")
    if shared:
        ending += _exports(facts, line)
    if not line.has("-r", "-Wl,-r"):
        ending += ["-Wl,--gc-sections", "-Wl,--strip-debug"]
    if bare:
        return Plan(((*start, *ending),), notes=notes)
    runtime = [f"{facts.runtime}/{name}.a" for name in ("libc++", "libc++abi", "libunwind")] if cxx else []
    libraries = facts.libraries if shared else (*facts.program_flags, *facts.program_libraries)
    before = () if shared or line.has("-nostartfiles") else facts.start_files
    command = (*start, *before, *ending, "-Wl,--as-needed", *runtime, *libraries)
    return Plan((command,), notes=notes, needs=("c++",) if cxx else ())


def _exports(facts: KitFacts, line: CommandLine) -> list[str]:
    """What keeps the C++ runtime private: a build's own list of exports is respected, ours is for the others."""
    own = any(item.name.startswith(_OWN_EXPORTS) for item in line.items)
    hidden = ["-Wl,--exclude-libs,libc++.a:libc++abi.a:libunwind.a:libbuiltins.a:libcompiler_rt.a"]
    return hidden if own else [*hidden, f"-Wl,--version-script={facts.hidden}"]


def _linker(facts: KitFacts, call: Call, settings: CallSettings) -> Plan:
    line = read_linker_line(call.arguments)
    cleaned = without_build_machine(line.items, settings, call.directory)
    if cleaned.refusal:
        return Plan(output=f"crosswheel: {cleaned.refusal}\n", status=1, notes=cleaned.notes)
    command = (*facts.lld, "-m", facts.emulation, *_tokens(cleaned.items), f"-L{facts.library}")
    return Plan((command,), notes=cleaned.notes)


def _archiver(facts: KitFacts, call: Call, _settings: CallSettings) -> Plan:
    return Plan(((*facts.archiver, *call.arguments),))


def _ranlib(facts: KitFacts, call: Call, _settings: CallSettings) -> Plan:
    return Plan(((*facts.ranlib, *call.arguments),))


def _strip(_facts: KitFacts, call: Call, _settings: CallSettings) -> Plan:
    if "--version" in call.arguments:
        return Plan(output="GNU strip (crosswheel: links leave no debug information)\n")
    return Plan(notes=("strip did nothing: links leave no debug information behind",))


def _inspector(facts: KitFacts, call: Call, _settings: CallSettings) -> Plan:
    command = facts.inspect.get(call.tool)
    if command is None:
        return Plan(output=f"crosswheel: there is no {call.tool} for the target\n", status=127)
    return Plan(((*command, *call.arguments),))


def _pkg_config(_facts: KitFacts, call: Call, _settings: CallSettings) -> Plan:
    """There are no libraries for the target but the C library's; say so as pkg-config does."""
    if "--version" in call.arguments:
        return Plan(output="1.8.1\n")
    wanted = " ".join(word for word in call.arguments if not word.startswith("-"))
    note = f"pkg-config was asked for {wanted}: no such library for the target"
    return Plan(status=1, notes=(note,) if wanted else ())


def _cleaned(
    items: tuple[Item, ...], settings: CallSettings, directory: str
) -> tuple[tuple[Item, ...], tuple[str, ...], str | None]:
    first = without_build_machine(items, settings, directory)
    second = without_native_processor(first.items)
    third = without(second.items, _NOT_OURS, _NOT_OURS_PREFIXES)
    return third.items, (*first.notes, *second.notes, *third.notes), first.refusal


def _tokens(items: tuple[Item, ...]) -> tuple[str, ...]:
    return tuple(token for item in items for token in item.tokens())


_PLANNERS: Mapping[Tool, Callable[[KitFacts, Call, CallSettings], Plan]] = {
    Tool.CC: _compiler,
    Tool.CXX: _compiler,
    Tool.CPP: _compiler,
    Tool.LD: _linker,
    Tool.AR: _archiver,
    Tool.RANLIB: _ranlib,
    Tool.STRIP: _strip,
    Tool.NM: _inspector,
    Tool.OBJCOPY: _inspector,
    Tool.OBJDUMP: _inspector,
    Tool.READELF: _inspector,
    Tool.PKG_CONFIG: _pkg_config,
}
