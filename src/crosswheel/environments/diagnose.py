"""Finding the first real error in what a build said, and what to do about it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What went wrong and what to do next."""

    what: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class _Tables:
    errors: tuple[re.Pattern[str], ...]
    headers: tuple[tuple[re.Pattern[str], str], ...]
    libraries: tuple[tuple[re.Pattern[str], str], ...]


_MISSING_HEADER = re.compile(r"fatal error: '?([\w./+-]+\.h(?:pp)?)'?(?: file not found|: No such file)")
_MISSING_LIBRARY = re.compile(r"(?:unable to find library -l|cannot find -l)([\w.+-]+)")


@cache
def _tables() -> _Tables:
    table = tomllib.loads(files("crosswheel.environments").joinpath("diagnoses.toml").read_text("utf-8"))
    return _Tables(
        errors=tuple(re.compile(pattern, re.MULTILINE) for pattern in table["errors"]),
        headers=tuple(
            (re.compile(pattern), name) for name, row in table["native"].items() for pattern in row["headers"]
        ),
        libraries=tuple(
            (re.compile(pattern), name) for name, row in table["native"].items() for pattern in row["libraries"]
        ),
    )


def diagnose(log: str) -> Diagnosis:
    """The first real error in a build's log; pure."""
    if match := _MISSING_HEADER.search(log):
        return _missing(f"the header {match[1]} is missing", match[1], _tables().headers)
    if match := _MISSING_LIBRARY.search(log):
        return _missing(f"the library {match[1]} is missing", match[1], _tables().libraries)
    for pattern in _tables().errors:
        if match := pattern.search(log):
            return Diagnosis(f"the build failed: {match[0].strip()[:300]}")
    last = next((line for line in reversed(log.splitlines()) if line.strip()), "it said nothing")
    return Diagnosis(f"the build failed: {last.strip()[:300]}")


def _missing(what: str, name: str, table: tuple[tuple[re.Pattern[str], str], ...]) -> Diagnosis:
    for pattern, library in table:
        if pattern.fullmatch(name):
            return Diagnosis(
                f"{what}: the package needs {library} for the target",
                hint=f"give the place of a {library} built for the target: --env CPPFLAGS=-I… --env LDFLAGS=-L…",
            )
    return Diagnosis(what, hint="the package needs it for the target; the build machine's does not count")
