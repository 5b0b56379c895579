"""Reading a build's log for the first real error, with a hint, and its record of extension modules."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_MAX_LENGTH = 300
_EXCEPTION = re.compile(r"^(?:\w+\.)*(\w*(?:Error|Exception|Exit|Interrupt|NotFound)): \S")
_MODULE = re.compile(r"No module named '([\w.]+)'")
_UNIMPORTABLE = re.compile(r"^crosswheel: cannot import ([\w.]+): (.+)$", re.MULTILINE)
_PROGRAM = re.compile(r"FileNotFoundError: \[Errno 2\] No such file or directory: '([\w.+-]+)'")


@dataclass(frozen=True, slots=True)
class BuildFailure:
    """The cause of a failed build, and what to do next.

    :param missing: a missing dependency of the target: ``header``, ``library`` or ``package``, and its name.
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
    )


def _compile_patterns(table: Mapping[str, Iterable[str]]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((kind, re.compile(pattern)) for kind, row in table.items() for pattern in row)


def diagnose(log: str) -> BuildFailure:
    """Return the first real error in a build's log.

    If the build ended with an exception of Python itself, that is the cause; if it ended because a program failed, the
    cause is the first error printed by a program. Programs that only probe for features are ignored.
    """
    tables = _tables()
    lines = [line.rstrip() for line in log.splitlines() if line.strip() and not tables.probes.search(line)]
    exception = next((line for line in reversed(lines) if _EXCEPTION.match(line)), None)
    if exception is not None and _exception_name(exception) not in tables.relayed_exceptions:
        return _exception_failure(exception, log)
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
            message = _joined_message(lines, index)
            named = next(((kind, name) for name, kind in optional.items() if name.lower() in message.lower()), None)
            if missing := _first_match(tables.missing, message) or named:
                return _missing_dependency(*missing)
            return BuildFailure(f"the build failed: {message}", tables.hint(line))
    last = exception or (lines[-1] if lines else "no output")
    return BuildFailure(f"the build failed: {last.strip()[:_MAX_LENGTH]}")


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
    return tuple(dict.fromkeys(found for line in log.splitlines() if (found := _first_match(patterns, line))))


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
    """Return what a build could not run on the build machine: ``program`` or ``module``, and its name; each once."""
    starts = _tables().starts
    return tuple(dict.fromkeys(found for line in log.splitlines() if (found := _first_match(starts, line))))


def _first_match(patterns: Iterable[tuple[str, re.Pattern[str]]], line: str) -> tuple[str, str] | None:
    """Return the kind and name of what a line reports as missing."""
    return next(((kind, match[1]) for kind, pattern in patterns if (match := pattern.search(line))), None)


def _exception_name(exception: str) -> str:
    match = _EXCEPTION.match(exception)
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


def _exception_failure(line: str, log: str) -> BuildFailure:
    what = f"the build failed: {line.strip()[:_MAX_LENGTH]}"
    for name, reason in _UNIMPORTABLE.findall(log):
        if name in line:
            return BuildFailure(what, f"the build imports {name}, which it has made itself: {reason}")
    if match := _MODULE.search(line):
        return BuildFailure(
            what,
            f"if {match[1]} is a build requirement, it is missing from the project's build-system.requires: "
            "install it and build with --no-isolation, or patch pyproject.toml",
        )
    if match := _PROGRAM.search(line):
        return BuildFailure(what, f"the build runs {match[1]}: install it, or add its directory to PATH")
    return BuildFailure(what, _tables().hint(line))


def _missing_dependency(kind: str, name: str) -> BuildFailure:
    what = f"{kind} {name} not found"
    owner = _tables().owner(kind, name) or (name if kind == "package" else None)
    if owner is None:
        hint = "the package requires it for the target; that of the build machine is not used"
        return BuildFailure(what, hint, (kind, name))
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
    """

    names: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    failures: Mapping[str, str] = field(default_factory=dict, hash=False)


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
    )
