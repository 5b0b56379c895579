"""Build tools: programs of the build machine that library builds run, from PyPI, Debian packages or PATH."""

from __future__ import annotations

import re
import shlex
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
_LENGTH_CHECKED = frozenset({".m4f"})
"""Frozen states of m4, which contain the lengths of their strings; the paths in them are only used in messages."""


@dataclass(frozen=True)
class BuildTools:
    """The tools of a build.

    :param path: directories to put on PATH.
    :param environ: environment variables that the tools require.
    :param identity: their versions, for cache keys.
    """

    path: tuple[Path, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    identity: tuple[str, ...] = ()


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files("crosswheel.native_libraries").joinpath("tools.toml").read_text("utf-8"))


def tool_identity(names: Iterable[str]) -> tuple[str, ...]:
    """Return the versions of tools, for cache keys, except for those that are the build machine's own."""
    rows = [_table()["tools"].get(name, {}) for name in sorted(set(names))]
    versions = [
        row.get("pypi") or [_table()["suite"], *row["debian"]] for row in rows if row.keys() & {"pypi", "debian"}
    ]
    return tuple(str(each) for each in versions)


def provide_tools(host: Host, names: Iterable[str], packages: RequirementSource, log: Path) -> BuildTools:
    """Install or find the tools of a build.

    :param names: programs, by their names in ``tools.toml`` or on PATH.
    :param packages: where tools from PyPI are installed from.
    :param log: gets the installer's output.
    :raises EnvironmentMissingError: if a tool that crosswheel does not install is not on PATH.
    :raises SourceError: if a tool cannot be fetched.
    """
    path: list[Path] = []
    environ: dict[str, str] = {}
    requirements = []
    for name in dict.fromkeys(names):
        row = _table()["tools"].get(name, {})
        if "pypi" in row:
            requirements.append(row["pypi"])
        elif "debian" in row:
            root = _unpack_debian(host, row["debian"])
            path.append(root / "usr" / "bin")
            environ |= {key: value.format(root=root) for key, value in row.get("environment", {}).items()}
        elif host.program(name) is None:
            raise EnvironmentMissingError(f"the program {name} is not on PATH", hint=row.get("missing"))
    if requirements:
        path.insert(0, _install_pypi(host, requirements, packages, log) / "bin")
    return BuildTools(tuple(path), environ, tool_identity(names))


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


def _unpack_debian(host: Host, names: Sequence[str]) -> Path:
    """Return a directory of unpacked Debian packages, modified to run from there."""
    debian = build_machine()
    if debian is None:
        raise EnvironmentMissingError(f"{names[0]} is not available for {machine.architecture()} build machines")
    key = sha256("\n".join((str(_LAYOUT), str(host.cache), *names)).encode()).hexdigest()[:12]
    destination = host.cache / "tools" / f"{names[0]}-{key}"

    def fill(directory: Path) -> None:
        root = make_root(host, _table()["suite"], debian.debian, names, dependencies=False)
        clone_tree(root / "usr", directory / "usr")
        for file in sorted(directory.rglob("*")):
            if file.is_file() and not file.is_symlink():
                _relocate(file, directory, destination, debian)

    return create_once(destination, fill)


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
