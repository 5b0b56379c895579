"""Static metadata of a project's build system: backend, build requirements."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from crosswheel.environments.build_tools import find_tool
from crosswheel.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_LEGACY_BACKEND = "setuptools.build_meta:__legacy__"
_LEGACY_REQUIRES = ("setuptools>=40.8.0",)
_RUST = frozenset({"maturin", "setuptools-rust", "puccinialin"})


@dataclass(frozen=True, slots=True)
class Project:
    """A project's build system (PEP 517, PEP 518).

    :param rust: the build requirement that implies Rust; None if there is none.
    :param external: identifiers of required native libraries of the target (PEP 725's ``host-requires``).
    :param build_tools: programs of the build machine that it requires (``build-requires``), as far as crosswheel
        installs them.
    :param names_build_directory: whether its settings of scikit-build-core name a build directory.
    """

    backend: str
    backend_path: tuple[str, ...]
    requires: tuple[str, ...]
    rust: str | None
    external: tuple[str, ...] = ()
    build_tools: tuple[str, ...] = ()
    names_build_directory: bool = False


def read_project(tree: Path) -> Project:
    """Read pyproject.toml, or return PEP 517's defaults for projects without one.

    :raises SourceError: if there is neither pyproject.toml nor setup.py, or pyproject.toml is invalid.
    """
    path = tree / "pyproject.toml"
    if not path.is_file():
        if not (tree / "setup.py").is_file():
            raise SourceError("not a Python project: neither pyproject.toml nor setup.py found", where=tree)
        return Project(_LEGACY_BACKEND, (), _LEGACY_REQUIRES, None)
    document = _document(path)
    table = _build_system(document, path)
    requires = table.get("requires", list(_LEGACY_REQUIRES))
    backend = table.get("build-backend", _LEGACY_BACKEND)
    backend_path = table.get("backend-path", [])
    if not (isinstance(backend, str) and _are_strings(requires) and _are_strings(backend_path)):
        raise SourceError("invalid [build-system] table (see PEP 518)", where=path)
    return Project(
        backend, tuple(backend_path), tuple(requires), _rust(requires, path), _external(document, "host-requires"),
        _build_tools(_external(document, "build-requires")),
        names_build_directory="build-dir" in _tool(document, "scikit-build"),
    )  # fmt: skip


def _are_strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"invalid TOML: {error}", where=path) from error


def _tool(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the settings of a tool; invalid ones are reported by the tool."""
    tools = document.get("tool", {})
    table = tools.get(name, {}) if isinstance(tools, dict) else {}
    return table if isinstance(table, dict) else {}


def _external(document: dict[str, Any], key: str) -> tuple[str, ...]:
    """Return a list of PEP 725's table; it is a draft, so invalid values are ignored."""
    table = document.get("external", {})
    listed = table.get(key, []) if isinstance(table, dict) else []
    return tuple(listed) if _are_strings(listed) else ()


def _build_tools(identifiers: Iterable[str]) -> tuple[str, ...]:
    """Return the programs that identifiers such as ``dep:generic/bison@>=3`` stand for, if crosswheel installs them."""
    names = (identifier.partition("@")[0].rpartition("/")[2] for identifier in identifiers)
    return tuple(dict.fromkeys(tool for name in names if (tool := find_tool(name))))


def _build_system(document: dict[str, Any], path: Path) -> dict[str, Any]:
    table = document.get("build-system", {})
    if not isinstance(table, dict) or ("build-system" in document and "requires" not in table):
        raise SourceError("[build-system] has no `requires`", where=path, hint="PEP 518 requires it")
    return table


def _rust(requires: list[str], path: Path) -> str | None:
    for text in requires:
        try:
            name = canonicalize_name(Requirement(text).name)
        except InvalidRequirement as error:
            raise SourceError(f"invalid build requirement {text!r}: {error}", where=path) from error
        if name in _RUST:
            return name
    return None
