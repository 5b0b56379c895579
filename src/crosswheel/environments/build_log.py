"""Reading a build's log for the first real error, with a hint, and its record of extension modules."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from crosswheel.environments.backend_exceptions import (
    EXCEPTION,
    ProjectFiles,
    exception_hint,
    full_message,
    missing_program,
    without_group_marks,
)
from crosswheel.environments.build_tools import find_tool, tool_programs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_MAX_LENGTH = 300
_WORD = re.compile(r"[\w.+-]+")
_UNIMPORTABLE = re.compile(r"^crosswheel: cannot import ([\w.]+): (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class BuildFailure:
    """The cause of a failed build, and what to do next.

    :param missing: what was missing, and its name: a ``header``, ``library`` or ``package`` of the target, or a
        ``program`` of the build machine.
    """

    what: str
    hint: str | None = None
    missing: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class _Tables:
    probes: re.Pattern[str]
    tools: re.Pattern[str]
    relayed_exceptions: frozenset[str]
    missing: tuple[tuple[str, re.Pattern[str]], ...]
    optional: tuple[tuple[str, re.Pattern[str]], ...]
    checks: tuple[tuple[str, re.Pattern[str]], ...]
    compiler_errors: re.Pattern[str]
    starts: tuple[tuple[str, re.Pattern[str]], ...]
    owners: tuple[tuple[str, re.Pattern[str], str], ...]
    hints: tuple[tuple[re.Pattern[str], str], ...]
    system_parts: tuple[tuple[re.Pattern[str], str, str], ...]
    named_programs: re.Pattern[str]
    package_programs: Mapping[str, str]

    def hint(self, line: str) -> str | None:
        """Return a hint for an error whose message has none."""
        return next(
            (hint.format(*match.groups()) for pattern, hint in self.hints if (match := pattern.search(line))), None
        )

    def missing_system_part(self, line: str) -> BuildFailure | None:
        """Return the failure for a line that reports a missing part of the target's system."""
        matches = (
            (what, hint, match[1]) for pattern, what, hint in self.system_parts if (match := pattern.search(line))
        )
        return next((BuildFailure(what.format(name), hint) for what, hint, name in matches), None)

    def owner(self, kind: str, name: str) -> str | None:
        """Return the library that a header or a ``-l`` option belongs to."""
        return next((who for what, pattern, who in self.owners if what == kind and pattern.fullmatch(name)), None)


@cache
def _tables() -> _Tables:
    table = tomllib.loads(files("crosswheel.environments").joinpath("build_log.toml").read_text("utf-8"))
    kinds = {"header": "headers", "library": "libraries"}
    return _Tables(
        probes=re.compile("|".join(table["probes"])),
        tools=re.compile("|".join(table["tools"])),
        relayed_exceptions=frozenset(table["relayed_exceptions"]),
        missing=_compile_patterns(table["missing"]),
        optional=_compile_patterns(table["optional"]),
        checks=_compile_patterns(table["checks"]),
        compiler_errors=re.compile("|".join(table["compiler_errors"])),
        starts=_compile_patterns(table["starts"]),
        owners=tuple(
            (kind, re.compile(pattern), owner)
            for owner, row in table["native"].items()
            for kind, key in kinds.items()
            for pattern in row[key]
        ),
        system_parts=tuple((re.compile(row["pattern"]), row["what"], row["hint"]) for row in table["system_parts"]),
        hints=tuple((re.compile(row["pattern"]), row["hint"]) for row in table["hints"]),
        named_programs=_compile_named(table["named_programs"]["patterns"]),
        package_programs=table["package_programs"],
    )


def _tool_failure(lines: list[str], index: int, optional: Mapping[str, str]) -> BuildFailure:
    """Return the failure for an error that a compiler or build system reports.

    :param index: of the line with the error.
    :param optional: kinds by name of what the build looked for in vain before.
    """
    tables = _tables()
    message = _joined_message(lines, index)
    what = f"the build failed: {message}"
    if not tables.compiler_errors.search(lines[index]) and (program := _named_program(message)):
        return _missing_program(program, what)
    named = next(((kind, name) for name, kind in optional.items() if name.lower() in message.lower()), None)
    if missing := _first_match(tables.missing, message) or named:
        return _missing_dependency(*missing)
    return BuildFailure(what, tables.hint(lines[index]))


def _compile_named(patterns: Iterable[str]) -> re.Pattern[str]:
    """Compile the patterns of messages that name a program that crosswheel installs."""
    programs = "|".join(re.escape(name) for name in sorted(tool_programs(), key=len, reverse=True))
    return re.compile("|".join(text.replace("{program}", f"({programs})") for text in patterns), re.IGNORECASE)


def _compile_patterns(table: Mapping[str, Iterable[str]]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((kind, re.compile(pattern)) for kind, row in table.items() for pattern in row)


def diagnose(log: str, project: ProjectFiles | None = None) -> BuildFailure:
    """Return the first real error in a build's log.

    If the build ended with an exception of Python itself, that is the cause; if it ended because a program failed, the
    cause is the first error printed by a program. Programs that only probe for features are ignored.

    :param project: the files of the project, by which a missing module or file is distinguished from the project's own.
    """
    tables = _tables()
    lines = _error_lines(log)
    position = next((index for index in reversed(range(len(lines))) if EXCEPTION.match(lines[index])), None)
    exception = None if position is None else lines[position]
    if position is not None and _exception_name(lines[position]) not in tables.relayed_exceptions:
        return _exception_failure(lines, position, project or ProjectFiles())
    optional: dict[str, str] = {}
    for index, line in enumerate(lines):
        if found := tables.missing_system_part(line):
            return found
        if missing := _first_match(tables.missing, line):
            return _missing_dependency(*missing)
        if missing := _first_match(tables.optional, line):
            kind, name = missing
            optional[name] = kind
        elif tables.tools.search(line):
            return _tool_failure(lines, index, optional)
    text = (exception or (lines[-1] if lines else "no output")).strip()[:_MAX_LENGTH]
    if program := _named_program(text):
        return _missing_program(program, f"the build failed: {text}")
    return BuildFailure(f"the build failed: {text}")


def _error_lines(log: str) -> list[str]:
    """Return the lines of a log without empty ones and those of probes."""
    lines = (without_group_marks(line).rstrip() for line in log.splitlines())
    return [line for line in lines if line.strip() and not _tables().probes.search(line)]


def compiler_error(log: str) -> str | None:
    """Return the first error that a compiler or another program reported, even if the build went on; None if none."""
    tables, lines = _tables(), _error_lines(log)
    found = (index for index, line in enumerate(lines) if tables.tools.search(line))
    return next((_joined_message(lines, index) for index in found), None)


def missing_library(log: str) -> BuildFailure | None:
    """Return the first library of the target that the build did not find, in a check or elsewhere.

    The build decides whether that matters: some projects leave out the parts that need it.
    """
    owner = _tables().owner
    return next((_missing_dependency(*missing) for missing in missing_dependencies(log) if owner(*missing)), None)


def missing_dependencies(log: str) -> tuple[tuple[str, str], ...]:
    """Return the kinds and names of the headers, libraries and packages that the build did not find, each once.

    Results of checks count, other than in :func:`diagnose`: ``checking for zlib.h... no``.
    """
    tables = _tables()
    patterns = (*tables.missing, *tables.optional, *tables.checks)
    found = (missing for line in log.splitlines() if (missing := _first_match(patterns, line)))
    return tuple(dict.fromkeys((kind, name) for kind, name in found if kind != "program"))


def survived_errors(log: str) -> tuple[tuple[str, str], ...]:
    """Return the errors of compilers in the log of a build that succeeded: the source file, and the line.

    Each file is returned once, with its first error. Those of programs that only probe for features are left out.
    """
    tables = _tables()
    errors: dict[str, str] = {}
    for line in log.splitlines():
        if (match := tables.compiler_errors.search(line)) and not tables.probes.search(line):
            name = next(filter(None, match.groups()))
            errors.setdefault(name, line.strip()[:_MAX_LENGTH])
    return tuple(errors.items())


def failed_starts(log: str) -> tuple[tuple[str, str], ...]:
    """Return what a build could not run on the build machine: ``program`` or ``module``, and its name; each once.

    Programs that only probe for features are left out.
    """
    tables = _tables()
    found = (_matches(tables.starts, line) for line in log.splitlines() if not tables.probes.search(line))
    return tuple(dict.fromkeys(first for matches in found if (first := next(matches, None))))


def _first_match(patterns: Iterable[tuple[str, re.Pattern[str]]], line: str) -> tuple[str, str] | None:
    """Return the kind and name of what a line reports as missing; a program only if crosswheel installs it."""
    matches = _matches(patterns, line)
    return next((found for found in matches if found[0] != "program" or find_tool(_program_name(found[1]))), None)


def _matches(patterns: Iterable[tuple[str, re.Pattern[str]]], line: str) -> Iterator[tuple[str, str]]:
    return ((kind, match[1]) for kind, pattern in patterns if (match := pattern.search(line)))


def _exception_name(exception: str) -> str:
    match = EXCEPTION.match(exception)
    return match[1] if match else ""


def _joined_message(lines: list[str], index: int) -> str:
    """Return an error with the line below, if the first line ends with a colon (CMake, Cython)."""
    text = lines[index].strip()
    if text.endswith(":") and index + 1 < len(lines):
        text = f"{text} {_message_below(lines[index + 1 :])}"
    return text[:_MAX_LENGTH]


def _message_below(lines: list[str]) -> str:
    """Return the message below such a line: for Cython the line that starts with a position in a file."""
    position = re.compile(r"^\S+\.pyx?:\d+:\d+: ")
    return next((line for line in lines if position.match(line)), lines[0]).strip()


def _exception_failure(lines: list[str], index: int, project: ProjectFiles) -> BuildFailure:
    what = f"the build failed: {full_message(lines, index)[:_MAX_LENGTH]}"
    for name, reason in _UNIMPORTABLE.findall("\n".join(lines)):
        if name in lines[index]:
            return BuildFailure(what, f"the build imports {name}, which it has made itself: {reason}")
    program = missing_program(lines, index) or _named_program(lines[index])
    if program is not None:
        return _missing_program(program, what)
    return BuildFailure(what, _tables().hint(lines[index]) or exception_hint(lines, index, project))


def _named_program(message: str) -> str | None:
    """Return the program that a message of a project's own wording reports as missing, if crosswheel installs it."""
    match = _tables().named_programs.search(message)
    return next(filter(None, match.groups())).lower() if match else None


def _missing_program(text: str, what: str | None = None) -> BuildFailure:
    """Return the failure for a program that the build machine lacks.

    :param text: its name, alternatives, or the package of CMake that finds it.
    :param what: what failed; by default that it was not found.
    """
    name = _program_name(text)
    hint = f"the build runs {name} on the build machine: install it there"
    return BuildFailure(what or f"program {name} not found", hint, ("program", name))


def _program_name(text: str) -> str:
    """Return the first program in a text that crosswheel installs, or the first of all."""
    named: str = _tables().package_programs.get(text, text)
    words: list[str] = _WORD.findall(named) or [named]
    return next((word.lower() for word in words if find_tool(word.lower())), words[0])


_OPENMP = "openmp"
"""The name by which CMake and Meson find a compiler's OpenMP, which is no library with a recipe of that name."""


def _missing_dependency(kind: str, name: str) -> BuildFailure:
    if kind == "program":
        return _missing_program(name)
    what = f"{kind} {name} not found"
    owner = _tables().owner(kind, name) or (name if kind == "package" else None)
    if owner is None:
        hint = "the package requires it for the target; that of the build machine is not used"
        return BuildFailure(what, hint, (kind, name))
    if owner.lower() == _OPENMP:
        hint = "builds for Linux have OpenMP, unless the option openmp disables it; build for others without"
        return BuildFailure(f"{what}: the target has no OpenMP library", hint, (kind, name))
    return BuildFailure(
        f"{what}: the package requires {owner} for the target",
        f"there is no recipe for {owner}: write one, or set the path of one built for the target with "
        "--env CPPFLAGS=-I… --env LDFLAGS=-L…",
        (kind, name),
    )


@dataclass(frozen=True, slots=True)
class DeclaredExtensions:
    """The extension modules that a build declared.

    :param names: full names of those that have sources: ``yaml._yaml``. Without sources a name need not be that of
        a module: some projects run CMake under the name of an extension.
    :param optional: those that setuptools may leave out if they fail.
    :param failures: error messages of those that failed, even if the build continued.
    :param unimportable: modules built for the target that the build could not import, even if it continued.
    """

    names: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    failures: Mapping[str, str] = field(default_factory=dict, hash=False)
    unimportable: frozenset[str] = frozenset()


def read_declared(path: Path) -> DeclaredExtensions:
    """Read the record written by the cross environment's hook; a missing file is an empty record."""
    if not path.is_file():
        return DeclaredExtensions()
    events = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    declared = [event for event in events if event["event"] == "declared" and event["sources"]]
    return DeclaredExtensions(
        names=frozenset(event["name"] for event in declared),
        optional=frozenset(event["name"] for event in declared if event["optional"]),
        failures={event["name"]: event["error"] for event in events if event["event"] == "failed"},
        unimportable=frozenset(event["name"] for event in events if event["event"] == "unimportable"),
    )
