"""Rules that rewrite calls with Fortran 77: pure functions over a toolchain's facts and its plans for C."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from crosswheel.toolchains.command_line import Item, Mode, read_command_line, tokens
from crosswheel.toolchains.fortran.model import PLACEHOLDER, is_fortran, is_preprocessed, table
from crosswheel.toolchains.link import linker_args
from crosswheel.toolchains.model import Call, Plan, Tool
from crosswheel.toolchains.openmp import enables_openmp
from crosswheel.toolchains.responses import error_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from crosswheel.toolchains.command_line import CommandLine
    from crosswheel.toolchains.fortran.model import FortranFacts
    from crosswheel.toolchains.model import CallSettings

    Planner = Callable[[Call, CallSettings], Plan]

_LINE_LENGTH = "-ffixed-line-length-"
_NOT_PREPROCESSING = frozenset({"-c", "-S", "-o", "-x", "-shared", "-fsyntax-only"})
_PREPROCESSING = frozenset({"-I", "-D", "-U", "-isystem", "-iquote", "-idirafter", "-include", "-imacros", "-undef"})


def plan_with_fortran(facts: FortranFacts, call: Call, settings: CallSettings, plan_c: Planner) -> Plan:
    """Return the plan for any call: Fortran is translated, and libf2c replaces a Fortran compiler's library.

    :param plan_c: the toolchain's plans for everything else.
    """
    if call.tool is Tool.FORTRAN:
        return _answer_query(facts, call, settings, plan_c) or _plan_driver(facts, call, settings, plan_c)
    if call.tool in {Tool.CC, Tool.CXX}:
        if any(is_fortran(arg) and not arg.startswith("-") for arg in call.arguments):
            return _plan_driver(facts, call, settings, plan_c)
        call, requires = _use_libf2c(facts, call)
        plan = plan_c(call, settings)
        if settings.fortran is not None:
            plan = _check_prototypes(facts, call, settings, plan_c, plan)
        return replace(plan, requires=(*plan.requires, *requires)) if requires else plan
    if call.tool is Tool.LD:
        call, requires = _use_libf2c(facts, call)
        plan = plan_c(call, settings)
        return replace(plan, requires=(*plan.requires, *requires)) if requires else plan
    return plan_c(call, settings)


def _use_libf2c(facts: FortranFacts, call: Call) -> tuple[Call, tuple[str, ...]]:
    """Replace the runtime libraries of Fortran compilers by libf2c.

    :returns: the call, and the components it requires.
    """
    if not any(arg.startswith("-l") for arg in call.arguments):
        return call, ()
    runtimes = {f"-l{name}" for name in table()["libraries"]["names"]}
    if not runtimes & set(call.arguments):
        return call, ()
    args = [facts.library if arg in runtimes else arg for arg in call.arguments]
    args = [arg for index, arg in enumerate(args) if arg != facts.library or args.index(arg) == index]
    return replace(call, arguments=tuple(args)), ("libf2c",)


def _check_prototypes(facts: FortranFacts, call: Call, settings: CallSettings, plan_c: Planner, plan: Plan) -> Plan:
    """Extend a plan for C so that prototypes of Fortran procedures are checked first."""
    line = read_command_line(call.arguments)
    sources = [path for path in line.sources if PurePosixPath(path).suffix in table()["suffixes"]["c"]]
    if not sources or not plan.commands or line.mode not in {Mode.COMPILE, Mode.LINK} or settings.fortran is None:
        return plan
    cxx = call.tool is Tool.CXX or line.is_cxx
    items = [item for item in line.items if not item.is_input and item.name not in _NOT_PREPROCESSING
             and not item.name.startswith(("-M", "-l", "-L", "-Wl,", "-Wp,-M"))]  # fmt: skip
    args = ("-E", *tokens(items), "-x", "c++" if cxx else "c", f"{PLACEHOLDER}/source")
    preprocessing = plan_c(replace(call, arguments=args), settings)
    first, *rest = plan.commands
    program = [
        *facts.check_calls,
        *_build_options(settings),
        *(f"--f2c={arg}" for arg in (*facts.f2c, *table()["f2c"]["options"])),
    ]
    program += ["--fix"] if settings.fortran.fix_prototypes else []
    program += ["--typed-calls"] if facts.typed_calls else []
    program += ["--cxx"] if cxx else []
    program += [f"--source={path}" for path in sources]
    command = (*program, "--", *(preprocessing.commands or ((),))[0], "--", *first)
    return replace(plan, commands=(command, *rest), requires=("f2c", *plan.requires))


def _build_options(settings: CallSettings) -> list[str]:
    """Return the options that name the directories of the build's Fortran."""
    build = settings.fortran
    return [f"--records={build.records}", f"--tree={build.tree}"] if build else []


def _answer_query(facts: FortranFacts, call: Call, settings: CallSettings, plan_c: Planner) -> Plan | None:
    """Answer a query about the Fortran compiler; None if the call is not a query."""
    line = read_command_line(call.arguments)
    if line.mode is Mode.QUERY:
        identification = table()["identification"]
        args = set(call.arguments)
        if args & {"--version", "-v", "-V", "--help"}:
            return Plan(output=identification["text"].format(version=identification["version"]))
        if args & {"-dumpversion", "-dumpfullversion"}:
            return Plan(output=identification["version"] + "\n")
        if any(arg.startswith("-print-file-name=") for arg in args):
            name = call.arguments[-1].partition("=")[2]
            runtimes = {f"lib{library}.a" for library in table()["libraries"]["names"]}
            library = Plan(output=f"{facts.library}\n", requires=("libf2c",))
            return library if name in runtimes else Plan(output=f"{name}\n")
        return plan_c(replace(call, tool=Tool.CC), settings)
    if line.mode is Mode.PREPROCESS and not any(map(is_fortran, line.inputs)):
        c_args = tuple(arg for arg in call.arguments if arg not in {"-cpp", "-nocpp"})
        language = () if line.has("-x") else ("-x", "c")
        return plan_c(Call(Tool.CC, (*language, *c_args), call.directory), settings)
    return None


def _plan_driver(facts: FortranFacts, call: Call, settings: CallSettings, plan_c: Planner) -> Plan:
    """Return the plan for a compiler driver's call with Fortran sources."""
    line = read_command_line(_without_language(_without_ignored_values(call.arguments)))
    if reason := _refusal(line):
        return error_plan(reason)
    if enables_openmp(line) and any(map(is_fortran, line.inputs)):
        return error_plan("f2c ignores OpenMP in Fortran; build without -fopenmp", feature="OpenMP in Fortran")
    driver = Tool.CXX if call.tool is Tool.CXX else Tool.CC
    if line.mode is Mode.PREPROCESS:
        args = tokens(item for item in line.items if item.name == "-o" or item.name in _PREPROCESSING)
        inputs = ("-E", "-traditional-cpp", "-x", "c", *line.inputs)
        return plan_c(Call(driver, (*args, *inputs), call.directory), settings)
    return _plan_translation(facts, call, settings, plan_c, line)


def _plan_translation(
    facts: FortranFacts, call: Call, settings: CallSettings, plan_c: Planner, line: CommandLine
) -> Plan:
    """Return the plan for C with generated files in place of the Fortran sources, run by the translating program."""
    sources = {path: f"{PLACEHOLDER}/{number}/{PurePosixPath(path).stem}.c"
               for number, path in enumerate(path for path in line.inputs if is_fortran(path))}  # fmt: skip
    args = list(tokens(_c_items(facts, line, sources)))
    linking = line.mode is Mode.LINK and (bool(line.inputs) or bool(linker_args(line.items)))
    if linking and not line.has("-r", "-nostdlib", "-nodefaultlibs"):
        args.append(facts.library)
    driver = Call(Tool.CXX if call.tool is Tool.CXX else Tool.CC, tuple(args), call.directory)
    library = ("libf2c",) if facts.library in args else ()
    driver, replaced = _use_libf2c(facts, driver)
    plan = plan_c(driver, settings)
    requires = tuple(dict.fromkeys((*plan.requires, *library, *replaced)))
    if not sources or not plan.commands:
        return replace(plan, requires=requires)
    first, *rest = plan.commands
    program = (*facts.translate, *_translate_options(facts, line, sources, settings))
    preprocessing = _preprocessor(line, call, settings, plan_c) if _needs_preprocessor(line, sources) else ()
    command = (*program, "--", *preprocessing, "--", *first)
    return replace(plan, commands=(command, *rest), requires=("f2c", *requires))


def _translate_options(
    facts: FortranFacts, line: CommandLine, sources: Mapping[str, str], settings: CallSettings
) -> tuple[str, ...]:
    """Return the options of the translating program.

    :param sources: the placeholder of each Fortran source.
    """
    rows = table()
    f2c_options = [*rows["f2c"]["options"], *rows["f2c"][facts.common_blocks]["options"]]
    for item in line.items:
        if (removed := rows["removes"].get(item.name)) in f2c_options:
            f2c_options.remove(removed)
        if (added := rows["adds"].get(item.name)) and added not in f2c_options:
            f2c_options.append(added)
    options = [f"--f2c={arg}" for arg in (*facts.f2c, *f2c_options)]
    options += [f"--include={item.value}" for item in line.items if item.name == "-I" and item.value]
    lengths = (item.name.removeprefix(_LINE_LENGTH) for item in line.items if item.name.startswith(_LINE_LENGTH))
    length = next(lengths, None)
    options += [f"--line-length={length}"] if length else []
    options += _build_options(settings)
    preprocess = not line.has("-fpreprocessed")
    preprocess_all = line.has("-cpp") and preprocess
    options += ["--free"] if line.has("-ffree-form") else []
    options += ["--fixed"] if line.has("-ffixed-form") else []
    options += ["--recursive"] if line.has("-frecursive") else []
    for path, placeholder in sources.items():
        kind = "preprocessed" if preprocess_all or (preprocess and is_preprocessed(path)) else "source"
        options.append(f"--{kind}={placeholder}={path}")
    return tuple(options)


def _needs_preprocessor(line: CommandLine, sources: Mapping[str, str]) -> bool:
    if line.has("-fpreprocessed"):
        return False
    return line.has("-cpp") or any(map(is_preprocessed, sources))


def _preprocessor(line: CommandLine, call: Call, settings: CallSettings, plan_c: Planner) -> tuple[str, ...]:
    """Return the command that preprocesses a source, with a placeholder for its path."""
    options = tokens(item for item in line.items if item.name in _PREPROCESSING)
    args = ("-E", "-traditional-cpp", "-w", *options, "-x", "c", f"{PLACEHOLDER}/source")
    plan = plan_c(Call(Tool.CC, args, call.directory), settings)
    return plan.commands[0] if plan.commands else ()


def _c_items(facts: FortranFacts, line: CommandLine, sources: Mapping[str, str]) -> Iterable[Item]:
    """Yield the C compiler's items: without options for Fortran, with placeholders for the Fortran sources."""
    rows = table()
    names = {*rows["dropped"]["names"], *rows["adds"], *rows["removes"]} - {"-w"}
    prefixes = tuple(rows["dropped"]["beginnings"])
    for item in line.items:
        if item.is_input:
            yield replace(item, value=sources.get(item.value or "", item.value))
        elif item.name not in names and not item.name.startswith(prefixes):
            yield item
    if sources:
        flags = (*rows["f2c"]["flags"], *rows["f2c"][facts.common_blocks]["flags"])
        yield from (Item(flag) for flag in flags)
        yield Item("-isystem", facts.include)


def _refusal(line: CommandLine) -> str | None:
    """Return the reason to refuse the first unsupported option, if any."""
    reasons: Mapping[str, str] = table()["refused"]
    name = next((item.name for item in line.items if item.name in reasons), None)
    return f"{name}: {reasons[name]}" if name is not None else None


def _without_ignored_values(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """Drop the options without effect whose value is the next argument, with their values."""
    names = frozenset(table()["dropped"]["with_value"])
    return tuple(
        arg for index, arg in enumerate(arguments) if arg not in names and not (index and arguments[index - 1] in names)
    )


def _without_language(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """Drop ``-x f77``, since suffixes determine what is Fortran."""
    kept: list[str] = []
    for arg in arguments:
        if kept and kept[-1] == "-x" and arg in {"f77", "f77-cpp-input"}:
            kept.pop()
        elif arg not in {"-xf77", "-xf77-cpp-input"}:
            kept.append(arg)
    return tuple(kept)
