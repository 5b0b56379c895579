"""What rules and programs know of Fortran 77: facts of a kit, and the table of options."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

PLACE = "/crosswheel-fortran"
"""Where generated C seems to lie in a planned command; the program that runs the command puts the true path in."""


@dataclass(frozen=True, slots=True)
class FortranFacts:
    """What the rules know of a kit's Fortran; all paths absolute.

    :param translate: the first words of a command that translates and then compiles.
    :param callers: the first words of a command that checks a C file's prototypes and then compiles it.
    :param f2c: the first words of f2c's commands.
    :param include: the directory of ``f2c.h``.
    :param library: ``libf2c.a`` for the target.
    :param commons: ``common`` or ``weak``: how COMMON blocks of several files become one.
    :param typed: whether the target's calls fail over arguments that too many or too few are given to: WebAssembly.
    """

    translate: tuple[str, ...]
    callers: tuple[str, ...]
    f2c: tuple[str, ...]
    include: str
    library: str
    commons: str
    typed: bool


@cache
def table() -> dict[str, Any]:
    """``fortran.toml``, where each field is explained."""
    return tomllib.loads(table_text())


@cache
def table_text() -> str:
    """``fortran.toml`` as it stands; part of the key of what is made by it."""
    return files("crosswheel.toolchains.fortran").joinpath("fortran.toml").read_text("utf-8")


def is_free_form(path: str) -> bool:
    """Whether a file's name says Fortran 90 or later, which is in free form."""
    return PurePosixPath(path).suffix in table()["suffixes"]["later"]


def is_preprocessed(path: str) -> bool:
    """Whether a Fortran source is to be preprocessed, going by its name."""
    return PurePosixPath(path).suffix in table()["suffixes"]["preprocessed"]


def is_fortran(path: str) -> bool:
    """Whether a file is Fortran source of any kind, going by its name."""
    suffixes = table()["suffixes"]
    return PurePosixPath(path).suffix in {*suffixes["plain"], *suffixes["preprocessed"], *suffixes["later"]}
