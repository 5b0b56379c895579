"""The name and version of a project, as far as its files say so without being run."""

from __future__ import annotations

import ast
import configparser
import tomllib
from email.parser import HeaderParser
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class ProjectName(NamedTuple):
    """A project's normalized name, and its version if it is known; empty if they are not."""

    name: str = ""
    version: str = ""


def read_name(tree: Path) -> ProjectName:
    """Return the name and version of a project, each from the first of its files that has it.

    Files that cannot be read or parsed are skipped: the build reports them better.
    """
    found = list(_candidates(tree))
    name = next((name for name, _ in found if name), "")
    version = next((version for other, version in found if version and other in {"", name}), "")
    return ProjectName(name, version)


def _candidates(tree: Path) -> Iterator[ProjectName]:
    for file, read in (
        ("pyproject.toml", _from_pyproject),
        ("PKG-INFO", _from_pkg_info),
        ("setup.cfg", _from_setup_cfg),
        ("setup.py", _from_setup_py),
    ):
        try:
            name, version = read((tree / file).read_text("utf-8"))
        except (OSError, ValueError, SyntaxError, RecursionError, configparser.Error):
            continue
        yield ProjectName(canonicalize_name(name) if isinstance(name, str) else "", _valid(version))


def _valid(version: object) -> str:
    try:
        return str(Version(version)) if isinstance(version, str) else ""
    except InvalidVersion:
        return ""


def _from_pyproject(text: str) -> tuple[object, object]:
    document = tomllib.loads(text)
    tool = document.get("tool", {})
    tables = (document.get("project"), tool.get("poetry") if isinstance(tool, dict) else None)
    table = next((table for table in tables if isinstance(table, dict)), {})
    return table.get("name"), table.get("version")


def _from_pkg_info(text: str) -> tuple[object, object]:
    headers = HeaderParser().parsestr(text)
    return headers["Name"], headers["Version"]


def _from_setup_cfg(text: str) -> tuple[object, object]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    return parser.get("metadata", "name", fallback=None), parser.get("metadata", "version", fallback=None)


def _from_setup_py(text: str) -> tuple[object, object]:
    """Return the constants in the call of ``setup``."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "setup":
            values = {word.arg: word.value.value for word in node.keywords if isinstance(word.value, ast.Constant)}
            return values.get("name"), values.get("version")
    return None, None
