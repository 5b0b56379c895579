"""The directory a target's Python is kept in: headers, and what tools read of an interpreter without running it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.pythons.build_details import write_build_info
from crosswheel.pythons.config_vars import target_config_vars
from crosswheel.pythons.model import TargetPython

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.pythons.pyconfig import PyConfig
    from crosswheel.targets import PythonVersion, Target

LAYOUT = 2
"""Raised when what such a directory holds changes, so that older ones are not used."""


def include_directory(prefix: Path, version: PythonVersion) -> Path:
    """Where the headers lie under a prefix: ``PREFIX/include/python3.13``, ``python3.13t`` if free-threaded."""
    return prefix / "include" / version.executable


def stdlib_directory(prefix: Path, version: PythonVersion) -> Path:
    """Where the standard library lies under a prefix: ``PREFIX/lib/python3.13``."""
    return prefix / "lib" / version.executable


def make_target_python(
    target: Target, version: PythonVersion, full_version: str, found: PyConfig, prefix: Path, origin: str
) -> TargetPython:
    """A target's Python as its ``pyconfig.h`` makes it, kept at a prefix."""
    include = include_directory(prefix, version)
    values = target_config_vars(target, version, full_version, found.config_vars(), include)
    return TargetPython(target, version, full_version, include, values, origin)


def copy_headers(headers: Path, found: PyConfig, include: Path) -> None:
    """Give a target its own directory of headers: copies, with its ``pyconfig.h`` among them.

    ``Python.h`` includes ``pyconfig.h`` by quote, so the one beside it wins over every ``-I``. Copies outlive
    the Python they are from.
    """
    shutil.copytree(headers, include, ignore=shutil.ignore_patterns("pyconfig*.h"))
    (include / "pyconfig.h").write_text(found.render(), "utf-8")


def fill_prefix(part: Path, headers: Path, found: PyConfig, python: TargetPython) -> None:
    """Fill a new directory, which will be moved to where ``python`` says it is."""
    copy_headers(headers, found, include_directory(part, python.version))
    library = stdlib_directory(part, python.version)
    library.mkdir(parents=True)
    write_build_info(library, python)


def header_version(include: Path) -> str:
    """The full version that ``patchlevel.h`` states, ``3.13.5``.

    :raises EnvironmentMissingError: when the file is missing or says nothing.
    """
    patchlevel = include / "patchlevel.h"
    lines = patchlevel.read_text("utf-8").splitlines() if patchlevel.is_file() else []
    for line in lines:
        words = line.split(maxsplit=2)
        if words[:2] == ["#define", "PY_VERSION"] and len(words) == 3:
            return words[2].split('"')[1].rstrip("+")
    raise EnvironmentMissingError("its headers do not say which Python they are", where=patchlevel)
