"""Parts of the standard library that Pyodide keeps apart: projects that build them, for tests that import them.

Pyodide distributes them as packages of its own, which no package registry has. They are built from CPython's sources in
Debian, which have the same feature release, with the same libraries.
"""

from __future__ import annotations

import json
import shutil
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from crosswheel.downloads.debian import fetch_source, suites
from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import PythonVersion

_PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
"""
_SETUP = """\
import json
import sysconfig
from glob import glob
from pathlib import Path

from setuptools import Extension, setup

part = json.loads(Path("part.json").read_text())
sources = sorted(path for pattern in part["sources"] for path in glob(pattern))
directories = sorted({"Modules", *(str(Path(path).parent) for path in sources)})
extension = Extension(
    part["extension"],
    sources,
    include_dirs=[sysconfig.get_path("include") + "/internal", *directories],
    define_macros=[(name, None) for name in part["defines"]],
    libraries=part["links"],
)
setup(
    name=part["name"],
    version=part["version"],
    py_modules=part["modules"],
    packages=[
        str(path.parent).replace("/", ".") for name in part["packages"] for path in Path(name).rglob("__init__.py")
    ],
    package_data={"": ["*"]},
    ext_modules=[extension] if part["extension"] else [],
)
"""


@dataclass(frozen=True, slots=True)
class StdlibPart:
    """A part of the standard library: a row of ``stdlib_parts.toml``, where each field is explained."""

    name: str
    modules: tuple[str, ...]
    extension: str = ""
    sources: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    defines: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()

    @property
    def project(self) -> str:
        """Name of the project that builds it."""
        return f"stdlib-{self.name}"


@cache
def stdlib_parts() -> Mapping[str, StdlibPart]:
    """Return every part that can be built, by name."""
    table = tomllib.loads(files("crosswheel.building").joinpath("stdlib_parts.toml").read_text("utf-8"))
    return {name: _part(name, row) for name, row in table.items()}


def _part(name: str, row: Mapping[str, Any]) -> StdlibPart:
    lists = {key: tuple(value) for key, value in row.items() if key != "extension"}
    return StdlibPart(name, extension=row.get("extension", ""), **lists)


def write_part_project(host: Host, name: str, python: PythonVersion, directory: Path) -> StdlibPart:
    """Write the project that builds a part of a Python's standard library.

    :param directory: must not exist.
    :raises EnvironmentMissingError: if the part is unknown, or Debian has no sources of that Python.
    :raises SourceError: if these cannot be downloaded or verified.
    """
    part = stdlib_parts().get(name)
    suite = next((suite for suite in suites() if suite.python == python.feature), None)
    if part is None or suite is None:
        reason = f"Debian has no sources of Python {python.feature}" if part else "crosswheel has no recipe for it"
        raise EnvironmentMissingError(f"{name} of Python's standard library cannot be built: {reason}")
    source = fetch_source(host, suite.name, f"python{python.feature}")
    for module in part.modules:
        original = source / "Lib" / module
        copy = shutil.copytree if original.is_dir() else shutil.copyfile
        directory.mkdir(parents=True, exist_ok=True)
        copy(original, directory / module)
    for pattern in (*part.sources, *part.headers):
        for path in sorted(source.glob(pattern)):
            destination = directory / path.relative_to(source)
            destination.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, destination)
    description = {
        "name": part.project,
        "version": f"{python.feature}.0",
        "modules": [name.removesuffix(".py") for name in part.modules if name.endswith(".py")],
        "packages": [name for name in part.modules if not name.endswith(".py")],
        "extension": part.extension,
        "sources": part.sources,
        "defines": part.defines,
        "links": part.links,
    }
    write_atomic(directory / "part.json", json.dumps(description))
    write_atomic(directory / "pyproject.toml", _PYPROJECT)
    write_atomic(directory / "setup.py", _SETUP)
    return part
