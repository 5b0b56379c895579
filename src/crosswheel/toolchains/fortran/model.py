"""Data that the rules and the programs for Fortran 77 share: a toolchain's facts, ``fortran.toml``, file suffixes."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

PLACEHOLDER = "/crosswheel-fortran"
"""Directory of generated C in a planned command; the program that runs the command inserts the actual path."""


@dataclass(frozen=True, slots=True)
class FortranFacts:
    """What the rules read of a toolchain's Fortran. All paths are absolute.

    :param translate: start of the command that translates Fortran and compiles the result.
    :param check_calls: start of the command that checks a C file's prototypes and compiles it.
    :param f2c: start of f2c's command.
    :param include: the directory of ``f2c.h``.
    :param library: ``libf2c.a`` for the target.
    :param common_blocks: ``common`` or ``weak``: how the COMMON blocks of several files are merged.
    :param typed_calls: whether a call with too few or too many arguments fails on the target (WebAssembly).
    """

    translate: tuple[str, ...]
    check_calls: tuple[str, ...]
    f2c: tuple[str, ...]
    include: str
    library: str
    common_blocks: str
    typed_calls: bool


@cache
def table() -> dict[str, Any]:
    """Read ``fortran.toml``, where each field is explained."""
    return tomllib.loads(table_text())


@cache
def table_text() -> str:
    """Return the text of ``fortran.toml``, which is part of the cache key of files generated from it."""
    return files("crosswheel.toolchains.fortran").joinpath("fortran.toml").read_text("utf-8")


def is_free_form(path: str) -> bool:
    """Return whether a file's suffix is that of Fortran 90 or later, which is in free form."""
    return PurePosixPath(path).suffix in table()["suffixes"]["free_form"]


def is_preprocessed(path: str) -> bool:
    """Return whether a Fortran source is preprocessed, by its suffix."""
    return PurePosixPath(path).suffix in table()["suffixes"]["preprocessed"]


def is_fortran(path: str) -> bool:
    """Return whether a file is Fortran source of any form, by its suffix."""
    suffixes = table()["suffixes"]
    return PurePosixPath(path).suffix in {*suffixes["plain"], *suffixes["preprocessed"], *suffixes["free_form"]}
