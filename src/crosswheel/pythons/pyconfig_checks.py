"""The check that determines each macro of ``pyconfig.h``, by autoconf's comments and a table."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from crosswheel.platforms import table_row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.pythons.pyconfig import Macro


class CheckKind(StrEnum):
    """The ways to determine a macro."""

    HEADER = "header"
    FUNCTION = "function"
    SIZE = "size"
    ALIGNMENT = "alignment"
    DECLARATION = "declaration"
    CODE = "code"
    CONDITION = "condition"
    FIXED = "fixed"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Check:
    """The check that determines a macro.

    :param subjects: the name of the header, function, type or declaration, the code or the condition; several functions
        must all exist. Empty for policy.
    :param fixed: value of a :attr:`CheckKind.FIXED` macro, None to leave it undefined.
    """

    macro: str
    kind: CheckKind
    subjects: tuple[str, ...] = ()
    fixed: str | None = None


@dataclass(frozen=True)
class CheckTable:
    """The contents of ``tables/probes.toml`` for one system; each part is explained there."""

    libraries: tuple[str, ...]
    clang_link_flags: tuple[str, ...]
    third_party: tuple[re.Pattern[str], ...]
    fixed: Mapping[str, str | None]
    conditions: Mapping[str, str]
    functions: Mapping[str, tuple[str, ...]]
    code: Mapping[str, str]


@cache
def table_text() -> str:
    """Return the text of the table, which is part of the key of everything determined with it."""
    return files("crosswheel.pythons").joinpath("tables", "probes.toml").read_text("utf-8")


@cache
def prelude() -> tuple[str, ...]:
    """Return the headers that every check of a declaration includes, if the target has them."""
    return tuple(tomllib.loads(table_text())["prelude"])


@cache
def check_table(system: str) -> CheckTable:
    """Return the table for a system.

    :param system: its name in ``systems.toml``.
    :raises UnknownPlatformError: if probes.toml has no row for it.
    """
    data = tomllib.loads(table_text())
    row = table_row(data["systems"], system, "crosswheel/pythons/tables/probes.toml")
    fixed = {name: ("1" if value else None) if isinstance(value, bool) else str(value)
             for name, value in (data["fixed"] | row["fixed"]).items()}  # fmt: skip
    return CheckTable(
        libraries=tuple(row["libraries"]),
        clang_link_flags=tuple(row["clang_link_flags"]),
        third_party=tuple(re.compile(pattern) for pattern in data["third_party"]),
        fixed=fixed,
        conditions=data["conditions"],
        functions={name: tuple(symbols) for name, symbols in data["functions"].items()},
        code=data["code"],
    )


# autoconf quotes `like this' up to 2.71 and 'like this' since.
_NAME = r"[`']([^`']+)'"
_COMMENTS = (
    (CheckKind.HEADER, re.compile(r"Define to 1 if you have the <([^>]+)> header file\b")),
    (CheckKind.HEADER, re.compile(r"Define if the compiler provides a ([\w/]+\.h) header file\.")),
    (CheckKind.FUNCTION, re.compile(rf"Define (?:to 1 )?if you have the {_NAME} functions?\b")),
    (CheckKind.FUNCTION, re.compile(r"Define (?:to 1 )?if (?:you have the )?(\w+)\(\) (?:function|exists)\b")),
    (CheckKind.SIZE, re.compile(rf"The size of {_NAME}, as computed by sizeof\.")),
    (CheckKind.ALIGNMENT, re.compile(rf"The normal alignment of {_NAME}, in bytes\.")),
    (CheckKind.DECLARATION, re.compile(rf"Define to 1 if you have the declaration of {_NAME}, and to 0")),
)
_MEMBER = re.compile(rf"Define to 1 if {_NAME} is a member of {_NAME}\.")
_TYPE = re.compile(rf"Define to 1 if the system has the type {_NAME}\.")


def check_for(macro: Macro, system: str) -> Check:
    """Return the check of a macro on a system: that of the table, else that of the comment."""
    name, table = macro.name, check_table(system)
    if name in table.fixed:
        return Check(name, CheckKind.FIXED, fixed=table.fixed[name])
    if name in table.conditions:
        return Check(name, CheckKind.CONDITION, (table.conditions[name],))
    if name in table.functions:
        return Check(name, CheckKind.FUNCTION, table.functions[name])
    if name in table.code:
        return Check(name, CheckKind.CODE, (table.code[name],))
    if any(pattern.fullmatch(name) for pattern in table.third_party):
        return Check(name, CheckKind.POLICY)
    return _by_comment(macro)


def _by_comment(macro: Macro) -> Check:
    for kind, pattern in _COMMENTS:
        if match := pattern.match(macro.comment):
            return Check(macro.name, kind, (match[1],))
    if match := _MEMBER.match(macro.comment):
        return Check(macro.name, CheckKind.CODE, (f"(void)sizeof((({match[2]} *)0)->{match[1]});",))
    if match := _TYPE.match(macro.comment):
        return Check(macro.name, CheckKind.CODE, (f"(void)sizeof({match[1]});",))
    return Check(macro.name, CheckKind.POLICY)
