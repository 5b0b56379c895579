"""Build tools: programs of the build machine that builds run, from PyPI, from Debian packages, or its own."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
import tomllib
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosswheel.downloads.debian import build_machine, make_root
from crosswheel.environments.packages import RequirementSource, run_uv, uv_error, uv_program
from crosswheel.errors import EnvironmentMissingError
from crosswheel.host import machine
from crosswheel.host.files import create_once, write_atomic
from crosswheel.host.trees import clone_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crosswheel.downloads.debian import DebianMachine
    from crosswheel.host import Host

_LAYOUT = 2
"""Layout version of the directories; increased when their content changes, so that older ones are not used."""
_USR = re.compile(rb"(?<![\w.+/-])/usr/[\w.+/-]*[\w+]")
_ELF = b"\x7fELF"
_SUPPLIES = frozenset({"pypi", "debian"})
"""Keys of the table that name where crosswheel installs a tool from."""
_LENGTH_CHECKED = frozenset({".m4f"})
"""Frozen states of m4, which contain the lengths of their strings; the paths in them are only used in messages."""


@dataclass(frozen=True)
class BuildTools:
    """The tools of a build.

    :param path: directories to put on PATH.
    :param environ: environment variables that the tools require.
    """

    path: tuple[Path, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files("crosswheel.environments").joinpath("build_tools.toml").read_text("utf-8"))


@cache
def _tool_names() -> Mapping[str, str]:
    """Return the names of tools by their programs, for tools that crosswheel installs."""
    rows = ((name, row) for name, row in _table()["tools"].items() if row.keys() & _SUPPLIES)
    return {program: name for name, row in rows for program in row.get("programs", [name])}


def find_tool(program: str) -> str | None:
    """Return the name of the tool that has a program, if crosswheel installs it."""
    return _tool_names().get(program)


def tool_programs() -> tuple[str, ...]:
    """Return the names of all programs that crosswheel installs."""
    return tuple(_tool_names())


def tool_identity(names: Iterable[str]) -> tuple[str, ...]:
    """Return the versions of tools, for cache keys, except for those that are the build machine's own."""
    rows = [_row(name) for name in sorted(set(names))]
    versions = [row.get("pypi") or [_table()["suite"], *row["debian"]] for row in rows if row.keys() & _SUPPLIES]
    return tuple(str(each) for each in versions)


def _row(name: str) -> Mapping[str, Any]:
    rows: Mapping[str, Mapping[str, Any]] = _table()["tools"]
    return rows.get(find_tool(name) or name, {})


def provide_tools(host: Host, names: Iterable[str], packages: RequirementSource, log: Path) -> BuildTools:
    """Install or find the tools of a build.

    :param names: programs, by their names in ``build_tools.toml`` or in the build machine's system directories.
    :param packages: where tools from PyPI are installed from.
    :param log: gets the installer's output.
    :raises EnvironmentMissingError: if the build machine has no program that crosswheel does not install.
    :raises SourceError: if a tool cannot be fetched.
    """
    path: list[Path] = []
    environ: dict[str, str] = {}
    requirements = []
    for name in dict.fromkeys(names):
        row = _row(name)
        if "pypi" in row:
            requirements.append(row["pypi"])
        elif "debian" in row and not (row.get("system") and _is_installed(name)):
            root, places = _unpack_debian(host, row)
            path.append(root / "usr" / "bin")
            environ |= {key: value.format_map(places) for key, value in row.get("environment", {}).items()}
        elif "debian" not in row and not _is_installed(name):
            raise EnvironmentMissingError(
                f"the build machine has no program {name}",
                where=", ".join(machine.SYSTEM_PROGRAMS),
                hint=row.get("missing", f"install {name} on the build machine"),
            )
    if requirements:
        path.insert(0, _install_pypi(host, requirements, packages, log) / "bin")
    return BuildTools(tuple(path), environ)


def _is_installed(program: str) -> bool:
    return shutil.which(program, path=":".join(machine.SYSTEM_PROGRAMS)) is not None


def _install_pypi(host: Host, requirements: Sequence[str], packages: RequirementSource, log: Path) -> Path:
    """Return a virtual environment with tools from PyPI."""
    key = sha256("\n".join((str(_LAYOUT), sys.version, *sorted(requirements))).encode()).hexdigest()[:16]

    def install(directory: Path) -> None:
        options = ("--quiet", "--no-project", "--no-config", "--relocatable", "--allow-existing")
        outcome = host.run(uv_program(host), "venv", *options, "--python", sys.executable, directory, cwd=Path("/"))
        if not outcome.ok:
            raise EnvironmentMissingError(f"uv cannot create an environment: {outcome.stderr.strip()}", where=directory)
        program = directory / "bin" / "python"
        outcome = run_uv(host, packages, "install", "--quiet", "--python", program, *requirements, log=log)
        if not outcome.ok:
            raise uv_error(outcome, requirements, log)

    environment = host.cache / "tools" / f"python-{key}"
    if not environment.is_dir():
        with host.progress.step(f"installing {', '.join(requirements)}, once"):
            create_once(environment, install)
    return environment


def _unpack_debian(host: Host, row: Mapping[str, Any]) -> tuple[Path, Mapping[str, Path]]:
    """Return a directory of unpacked Debian packages, modified to run from there, and the values of placeholders.

    :param row: the tool's row of the table.
    """
    names = row["debian"]
    debian = build_machine()
    if debian is None:
        raise EnvironmentMissingError(f"{names[0]} is not available for {machine.architecture()} build machines")
    key = sha256(f"{_LAYOUT} {host.cache} {row}".encode()).hexdigest()[:12]
    destination = host.cache / "tools" / f"{names[0]}-{key}"
    places = {"root": destination, "libraries": destination / debian.libraries}

    def fill(directory: Path) -> None:
        root = make_root(host, _table()["suite"], debian.debian, names, dependencies=False)
        clone_tree(root / "usr", directory / "usr")
        for file in sorted(directory.rglob("*")):
            if file.is_file() and not file.is_symlink():
                _relocate(file, directory, destination, debian)
        for alias, command in row.get("aliases", {}).items():
            text = f'#!/bin/sh\nexec {destination}/usr/bin/{command} "$@"\n'
            write_atomic(directory / "usr" / "bin" / alias, text, mode=0o755)
        for link, target in row.get("links", {}).items():
            path = directory / Path(link.format_map(places)).relative_to(destination)
            path.symlink_to(target.format_map(places))

    return create_once(destination, fill), places


def _relocate(file: Path, directory: Path, destination: Path, debian: DebianMachine) -> None:
    """Make a file work in its final directory: replace paths in scripts, start programs by their own dynamic loader.

    :param directory: where the files are now; they will be moved to ``destination``.
    """
    data = file.read_bytes()
    if data.startswith(_ELF):
        if file.parent == directory / "usr" / "bin":
            hidden = file.with_name(f".{file.name}")
            file.rename(hidden)
            loader, *args = debian.command(destination, destination / hidden.relative_to(directory))
            text = f'#!/bin/sh\nexec {shlex.quote(loader)} --argv0 "$0" {shlex.join(args)} "$@"\n'
            write_atomic(file, text, mode=0o755)
    elif b"\0" not in data and file.suffix not in _LENGTH_CHECKED:
        changed = replace_usr_paths(data, directory, destination)
        if changed != data:
            write_atomic(file, changed, mode=file.stat().st_mode & 0o777)


def replace_usr_paths(text: bytes, directory: Path, destination: Path) -> bytes:
    """Prepend a directory to the paths below ``/usr`` that exist in a tree.

    :param text: the content of a script.
    :param directory: the tree.
    :param destination: what to prepend.
    """

    def replacement(match: re.Match[bytes]) -> bytes:
        path = match[0].decode()
        return f"{destination}{path}".encode() if (directory / path.lstrip("/")).exists() else match[0]

    return _USR.sub(replacement, text)
