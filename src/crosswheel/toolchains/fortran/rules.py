"""What calls become where Fortran is translated: pure functions over the facts of a kit and its plans for C."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from crosswheel.toolchains.command_line import Item, Mode, read_command_line, tokens
from crosswheel.toolchains.fortran.model import PLACE, is_fortran, is_preprocessed, table
from crosswheel.toolchains.link import linker_args
from crosswheel.toolchains.model import Call, Plan, Tool
from crosswheel.toolchains.responses import error_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from crosswheel.toolchains.command_line import CommandLine
    from crosswheel.toolchains.fortran.model import FortranFacts
    from crosswheel.toolchains.model import CallSettings

    Planner = Callable[[Call, CallSettings], Plan]

_LENGTH = "-ffixed-line-length-"
_NOT_CHECKING = frozenset({"-c", "-S", "-o", "-x", "-shared", "-fsyntax-only"})
_PREPROCESSING = frozenset({"-I", "-D", "-U", "-isystem", "-iquote", "-idirafter", "-include", "-imacros", "-undef"})


def plan_with_fortran(facts: FortranFacts, call: Call, settings: CallSettings, c: Planner) -> Plan:
    """The plan for any call, with Fortran translated and its library in the place of a Fortran compiler's.

    :param c: the kit's plans for everything else.
    """
    if call.tool is Tool.FORTRAN:
        return _reply(facts, call, settings, c) or _driver(facts, call, settings, c)
    if call.tool in {Tool.CC, Tool.CXX}:
        if any(is_fortran(word) and not word.startswith("-") for word in call.arguments):
            return _driver(facts, call, settings, c)
        call, needs = _with_library(facts, call)
        plan = c(call, settings)
        if settings.fortran is not None:
            plan = _checked(facts, call, settings, c, plan)
        return replace(plan, requires=(*plan.requires, *needs)) if needs else plan
    if call.tool is Tool.LD:
        call, needs = _with_library(facts, call)
        plan = c(call, settings)
        return replace(plan, requires=(*plan.requires, *needs)) if needs else plan
    return c(call, settings)


def _with_library(facts: FortranFacts, call: Call) -> tuple[Call, tuple[str, ...]]:
    """The call with libf2c where it names the library of a Fortran compiler, and what that needs."""
    if not any(word.startswith("-l") for word in call.arguments):
        return call, ()
    ours = {f"-l{name}" for name in table()["libraries"]["names"]}
    if not ours & set(call.arguments):
        return call, ()
    words = [facts.library if word in ours else word for word in call.arguments]
    words = [word for at, word in enumerate(words) if word != facts.library or words.index(word) == at]
    return replace(call, arguments=tuple(words)), ("libf2c",)


def _checked(facts: FortranFacts, call: Call, settings: CallSettings, c: Planner, plan: Plan) -> Plan:
    """The plan for C, with its prototypes of Fortran procedures checked before."""
    line = read_command_line(call.arguments)
    sources = [path for path in line.sources if PurePosixPath(path).suffix in table()["suffixes"]["c"]]
    if not sources or not plan.commands or line.mode not in {Mode.COMPILE, Mode.LINK} or settings.fortran is None:
        return plan
    cxx = call.tool is Tool.CXX or line.is_cxx
    kept = [item for item in line.items if not item.is_input and item.name not in _NOT_CHECKING
            and not item.name.startswith(("-M", "-l", "-L", "-Wl,", "-Wp,-M"))]  # fmt: skip
    given = ("-E", *tokens(kept), "-x", "c++" if cxx else "c", f"{PLACE}/source")
    preprocessing = c(replace(call, arguments=given), settings)
    first, *rest = plan.commands
    orders = [
        *facts.callers,
        *_build(settings),
        *(f"--f2c={word}" for word in (*facts.f2c, *table()["f2c"]["options"])),
    ]
    orders += ["--mend"] if settings.fortran.fix_prototypes else []
    orders += ["--typed"] if facts.typed else []
    orders += ["--cxx"] if cxx else []
    orders += [f"--source={path}" for path in sources]
    command = (*orders, "--", *(preprocessing.commands or ((),))[0], "--", *first)
    return replace(plan, commands=(command, *rest), requires=("f2c", *plan.requires))


def _build(settings: CallSettings) -> list[str]:
    """Where the programs find what is known of the build's Fortran."""
    build = settings.fortran
    return [f"--records={build.records}", f"--tree={build.tree}"] if build else []


def _reply(facts: FortranFacts, call: Call, settings: CallSettings, c: Planner) -> Plan | None:
    """Answers to the questions by which builds find out what compiler there is."""
    replies = table()["replies"]
    line = read_command_line(call.arguments)
    if line.mode is Mode.QUERY:
        words = set(call.arguments)
        if words & {"--version", "-v", "-V", "--help"}:
            return Plan(output=replies["text"].format(version=replies["version"]))
        if words & {"-dumpversion", "-dumpfullversion"}:
            return Plan(output=replies["version"] + "\n")
        if any(word.startswith("-print-file-name=") for word in words):
            name = call.arguments[-1].partition("=")[2]
            ours = {f"lib{library}.a" for library in table()["libraries"]["names"]}
            return Plan(output=f"{facts.library}\n", requires=("libf2c",)) if name in ours else Plan(output=f"{name}\n")
        return c(replace(call, tool=Tool.CC), settings)
    if line.mode is Mode.PREPROCESS and not any(map(is_fortran, line.inputs)):
        words_of_c = tuple(word for word in call.arguments if word not in {"-cpp", "-nocpp"})
        known = () if line.has("-x") else ("-x", "c")
        return c(Call(Tool.CC, (*known, *words_of_c), call.directory), settings)
    return None


def _driver(facts: FortranFacts, call: Call, settings: CallSettings, c: Planner) -> Plan:
    line = read_command_line(_without_language(_without_values(call.arguments)))
    if refusal := _refusal(line):
        return error_plan(refusal)
    driver = Tool.CXX if call.tool is Tool.CXX else Tool.CC
    if line.mode is Mode.PREPROCESS:
        words = tokens(item for item in line.items if item.name == "-o" or item.name in _PREPROCESSING)
        inputs = ("-E", "-traditional-cpp", "-x", "c", *line.inputs)
        return c(Call(driver, (*words, *inputs), call.directory), settings)
    return _translated(facts, call, settings, c, line)


def _translated(facts: FortranFacts, call: Call, settings: CallSettings, c: Planner, line: CommandLine) -> Plan:
    """The plan for C in the place of every Fortran source, run by what makes that C."""
    sources = {path: f"{PLACE}/{at}/{PurePosixPath(path).stem}.c"
               for at, path in enumerate(path for path in line.inputs if is_fortran(path))}  # fmt: skip
    words = list(tokens(_c_items(facts, line, sources)))
    linking = line.mode is Mode.LINK and (bool(line.inputs) or bool(linker_args(line.items)))
    if linking and not line.has("-r", "-nostdlib", "-nodefaultlibs"):
        words.append(facts.library)
    driver = Call(Tool.CXX if call.tool is Tool.CXX else Tool.CC, tuple(words), call.directory)
    library = ("libf2c",) if facts.library in words else ()
    driver, more = _with_library(facts, driver)
    plan = c(driver, settings)
    needs = tuple(dict.fromkeys((*plan.requires, *library, *more)))
    if not sources or not plan.commands:
        return replace(plan, requires=needs)
    first, *rest = plan.commands
    program = (*facts.translate, *_orders(facts, line, sources, settings))
    preprocessing = _preprocessing(line, call, settings, c) if _wants_cpp(line, sources) else ()
    command = (*program, "--", *preprocessing, "--", *first)
    return replace(plan, commands=(command, *rest), requires=("f2c", *needs))


def _orders(
    facts: FortranFacts, line: CommandLine, sources: Mapping[str, str], settings: CallSettings
) -> tuple[str, ...]:
    """The options of the program that translates."""
    rows = table()
    chosen = [*rows["f2c"]["options"], *rows["f2c"][facts.commons]["options"]]
    for item in line.items:
        if (gone := rows["removes"].get(item.name)) in chosen:
            chosen.remove(gone)
        if (more := rows["adds"].get(item.name)) and more not in chosen:
            chosen.append(more)
    orders = [f"--f2c={word}" for word in (*facts.f2c, *chosen)]
    orders += [f"--include={item.value}" for item in line.items if item.name == "-I" and item.value]
    length = next((item.name.removeprefix(_LENGTH) for item in line.items if item.name.startswith(_LENGTH)), None)
    orders += [f"--line-length={length}"] if length else []
    orders += _build(settings)
    preprocessed = not line.has("-fpreprocessed")
    forced = line.has("-cpp") and preprocessed
    orders += ["--free"] if line.has("-ffree-form") else []
    orders += ["--fixed"] if line.has("-ffixed-form") else []
    orders += ["--recursive"] if line.has("-frecursive", "-fopenmp") else []
    for path, place in sources.items():
        kind = "preprocessed" if forced or (preprocessed and is_preprocessed(path)) else "source"
        orders.append(f"--{kind}={place}={path}")
    return tuple(orders)


def _wants_cpp(line: CommandLine, sources: Mapping[str, str]) -> bool:
    if line.has("-fpreprocessed"):
        return False
    return line.has("-cpp") or any(map(is_preprocessed, sources))


def _preprocessing(line: CommandLine, call: Call, settings: CallSettings, c: Planner) -> tuple[str, ...]:
    """The command that preprocesses a source named ``PLACE``."""
    words = tokens(item for item in line.items if item.name in _PREPROCESSING)
    given = ("-E", "-traditional-cpp", "-w", *words, "-x", "c", f"{PLACE}/source")
    plan = c(Call(Tool.CC, given, call.directory), settings)
    return plan.commands[0] if plan.commands else ()


def _c_items(facts: FortranFacts, line: CommandLine, sources: Mapping[str, str]) -> Iterable[Item]:
    """What the C compiler is told: the build's options without those of Fortran, and generated C for its sources."""
    rows = table()
    names = {*rows["dropped"]["names"], *rows["adds"], *rows["removes"]} - {"-w"}
    beginnings = tuple(rows["dropped"]["beginnings"])
    for item in line.items:
        if item.is_input:
            yield replace(item, value=sources.get(item.value or "", item.value))
        elif item.name not in names and not item.name.startswith(beginnings):
            yield item
    if sources:
        flags = (*rows["f2c"]["flags"], *rows["f2c"][facts.commons]["flags"])
        yield from (Item(flag) for flag in flags)
        yield Item("-isystem", facts.include)


def _refusal(line: CommandLine) -> str | None:
    reasons: Mapping[str, str] = table()["refused"]
    name = next((item.name for item in line.items if item.name in reasons), None)
    return f"{name}: {reasons[name]}" if name is not None else None


def _without_values(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """The arguments without options that mean nothing here and have their value in the next one."""
    valued = frozenset(table()["dropped"]["with_value"])
    return tuple(
        word for at, word in enumerate(arguments) if word not in valued and not (at and arguments[at - 1] in valued)
    )


def _without_language(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """The arguments without ``-x f77``: names say what is Fortran."""
    kept: list[str] = []
    for word in arguments:
        if kept and kept[-1] == "-x" and word in {"f77", "f77-cpp-input"}:
            kept.pop()
        elif word not in {"-xf77", "-xf77-cpp-input"}:
            kept.append(word)
    return tuple(kept)
