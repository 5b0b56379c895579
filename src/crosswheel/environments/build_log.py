"""Finding the first real error in what a build said, and what to do about it; pure."""

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

_LENGTH = 300
_EXCEPTION = re.compile(r"^(?:\w+\.)*(\w*(?:Error|Exception|Exit|Interrupt|NotFound)): \S")
_MODULE = re.compile(r"No module named '([\w.]+)'")
_PROGRAM = re.compile(r"FileNotFoundError: \[Errno 2\] No such file or directory: '([\w.+-]+)'")


@dataclass(frozen=True, slots=True)
class BuildFailure:
    """What went wrong and what to do next.

    :param missing: what of the target was looked for in vain: ``header``, ``library`` or ``package``, and its name.
    """

    what: str
    hint: str | None = None
    missing: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class _Tables:
    probes: re.Pattern[str]
    tools: re.Pattern[str]
    passed_on: frozenset[str]
    missing: tuple[tuple[str, re.Pattern[str]], ...]
    doubtful: tuple[tuple[str, re.Pattern[str]], ...]
    owners: tuple[tuple[str, re.Pattern[str], str], ...]
    advice: tuple[tuple[re.Pattern[str], str], ...]
    part_of: tuple[tuple[re.Pattern[str], str, str], ...]

    def advise(self, line: str) -> str | None:
        """What to do about an error that does not say it itself."""
        return next((hint.format(*match.groups()) for at, hint in self.advice if (match := at.search(line))), None)

    def of_system(self, line: str) -> BuildFailure | None:
        """What is missing of the target's system, by a line that says so."""
        found = ((what, hint, match[1]) for at, what, hint in self.part_of if (match := at.search(line)))
        return next((BuildFailure(what.format(name), hint) for what, hint, name in found), None)

    def owner(self, kind: str, name: str) -> str | None:
        """The library that a header or a ``-l`` belongs to."""
        return next((who for what, pattern, who in self.owners if what == kind and pattern.fullmatch(name)), None)


@cache
def _tables() -> _Tables:
    table = tomllib.loads(files("crosswheel.environments").joinpath("build_log.toml").read_text("utf-8"))
    kinds = {"header": "headers", "library": "libraries"}
    return _Tables(
        probes=re.compile("|".join(table["probes"])),
        tools=re.compile("|".join(table["tools"])),
        passed_on=frozenset(table["passed_on"]),
        missing=_named(table["missing"]),
        doubtful=_named(table["doubtful"]),
        owners=tuple(
            (kind, re.compile(pattern), owner)
            for owner, row in table["native"].items()
            for kind, key in kinds.items()
            for pattern in row[key]
        ),
        part_of=tuple((re.compile(row["pattern"]), row["what"], row["hint"]) for row in table["part_of"]),
        advice=tuple((re.compile(row["pattern"]), row["hint"]) for row in table["advice"]),
    )


def _named(table: Mapping[str, Iterable[str]]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((kind, re.compile(pattern)) for kind, row in table.items() for pattern in row)


def diagnose(log: str) -> BuildFailure:
    """The first real error in a build's log.

    A build that ends with an exception of Python's own failed for that; one that ends because a program did
    failed for the first thing a program complained of. Programs that only find out what there is do not count.
    """
    tables = _tables()
    lines = [line.rstrip() for line in log.splitlines() if line.strip() and not tables.probes.search(line)]
    exception = next((line for line in reversed(lines) if _EXCEPTION.match(line)), None)
    if exception is not None and _names(exception) not in tables.passed_on:
        return _of_exception(exception)
    doubtful: dict[str, str] = {}
    for number, line in enumerate(lines):
        if found := tables.of_system(line):
            return found
        if missing := _first(tables.missing, line):
            return _missing(*missing)
        if missing := _first(tables.doubtful, line):
            kind, name = missing
            doubtful[name] = kind
        elif tables.tools.search(line):
            said = _with_next(lines, number)
            named = next(((kind, name) for name, kind in doubtful.items() if name.lower() in said.lower()), None)
            if missing := _first(tables.missing, said) or named:
                return _missing(*missing)
            return BuildFailure(f"the build failed: {said}", tables.advise(line))
    last = exception or (lines[-1] if lines else "it said nothing")
    return BuildFailure(f"the build failed: {last.strip()[:_LENGTH]}")


def missing_library(log: str) -> BuildFailure | None:
    """The first library of the target that a build looked for in vain, in a check for it or anywhere.

    Whether that matters, the build decides: some projects then leave out what needs it.
    """
    tables = _tables()
    for line in log.splitlines():
        missing = _first((*tables.missing, *tables.doubtful), line)
        if missing and tables.owner(*missing):
            return _missing(*missing)
    return None


def _first(patterns: Iterable[tuple[str, re.Pattern[str]]], line: str) -> tuple[str, str] | None:
    """What a line says to be missing: its kind and its name."""
    return next(((kind, match[1]) for kind, pattern in patterns if (match := pattern.search(line))), None)


def _names(exception: str) -> str:
    match = _EXCEPTION.match(exception)
    return match[1] if match else ""


def _with_next(lines: list[str], number: int) -> str:
    """An error, with the line below it where the first only announces something (CMake, Cython)."""
    text = lines[number].strip()
    if text.endswith(":") and number + 1 < len(lines):
        text = f"{text} {_told(lines[number + 1 :])}"
    return text[:_LENGTH]


def _told(lines: list[str]) -> str:
    """The message below an announcement: for Cython the line that begins with a place in a file."""
    place = re.compile(r"^\S+\.pyx?:\d+:\d+: ")
    return next((line for line in lines if place.match(line)), lines[0]).strip()


def _of_exception(line: str) -> BuildFailure:
    what = f"the build failed: {line.strip()[:_LENGTH]}"
    if match := _MODULE.search(line):
        return BuildFailure(
            what,
            f"if {match[1]} is a build requirement, the project has forgotten it in build-system.requires; "
            "install it for the build with --no-isolation, or patch pyproject.toml",
        )
    if match := _PROGRAM.search(line):
        return BuildFailure(what, f"the build runs {match[1]}: put it on PATH")
    return BuildFailure(what, _tables().advise(line))


def _missing(kind: str, name: str) -> BuildFailure:
    what = f"the {kind} {name} is missing"
    owner = _tables().owner(kind, name) or (name if kind == "package" else None)
    if owner is None:
        hint = "the package needs it for the target; the build machine's does not count"
        return BuildFailure(what, hint, (kind, name))
    return BuildFailure(
        f"{what}: the package needs {owner} for the target",
        f"crosswheel has no recipe of {owner} yet: write one, or give the place of one built for the target with "
        "--env CPPFLAGS=-I… --env LDFLAGS=-L…",
        (kind, name),
    )


@dataclass(frozen=True, slots=True)
class DeclaredExtensions:
    """The extension modules a build declared.

    :param names: full names of those that have sources: ``yaml._yaml``. Without sources a name need not be that of
        a module: some projects run CMake under the name of an extension.
    :param optional: those of them that setuptools may leave out when they fail.
    :param failures: what was said of those that failed, whether or not the build went on without them.
    """

    names: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    failures: Mapping[str, str] = field(default_factory=dict, hash=False)


def read_declared(record: Path) -> DeclaredExtensions:
    """Read the record of a build; nothing was declared if there is none."""
    if not record.is_file():
        return DeclaredExtensions()
    events = [json.loads(line) for line in record.read_text("utf-8").splitlines()]
    declared = [event for event in events if event["event"] == "declared" and event["sources"]]
    return DeclaredExtensions(
        names=frozenset(event["name"] for event in declared),
        optional=frozenset(event["name"] for event in declared if event["optional"]),
        failures={event["name"]: event["error"] for event in events if event["event"] == "failed"},
    )
