"""Programs of the build machine that builds of libraries run: from PyPI, from Debian's packages, or from PATH."""

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
from crosswheel.toolchains.zig.model import installed_zig

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crosswheel.downloads.debian import DebianMachine
    from crosswheel.host import Host

_LAYOUT = 2
"""Raised when what the directories hold changes, so that older ones are not used."""
_USR = re.compile(rb"(?<![\w.+/-])/usr/[\w.+/-]*[\w+]")
_ELF = b"\x7fELF"
_MEASURED = frozenset({".m4f"})
"""Files that tell the lengths of their texts; paths in these are for messages only."""


@dataclass(frozen=True)
class BuildTools:
    """What builds find.

    :param path: directories of programs.
    :param environ: variables these need.
    :param identity: what tells them from other versions, for cache keys.
    """

    path: tuple[Path, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    identity: tuple[str, ...] = ()


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files("crosswheel.native_libraries").joinpath("tools.toml").read_text("utf-8"))


def tool_identity(names: Iterable[str]) -> tuple[str, ...]:
    """What tells these tools from other versions; those of the build machine itself do not count."""
    rows = [_table()["tools"].get(name, {}) for name in sorted(set(names))]
    brought = [
        row.get("pypi") or [_table()["suite"], *row["debian"]] for row in rows if row.keys() & {"pypi", "debian"}
    ]
    return tuple(str(each) for each in brought)


def provide_tools(host: Host, names: Iterable[str], packages: RequirementSource, log: Path) -> BuildTools:
    """Make programs available.

    :param packages: where those from PyPI come from.
    :raises EnvironmentMissingError: when one is not on this machine and cannot be brought.
    :raises SourceError: when one cannot be fetched.
    """
    path: list[Path] = []
    environ: dict[str, str] = {}
    requirements = []
    for name in dict.fromkeys(names):
        row = _table()["tools"].get(name, {})
        if "pypi" in row:
            requirements.append(row["pypi"])
        elif "debian" in row:
            root = _unpacked(host, row["debian"])
            path.append(root / "usr" / "bin")
            environ |= {key: value.format(root=root) for key, value in row.get("environment", {}).items()}
        elif host.program(name) is None:
            raise EnvironmentMissingError(f"there is no {name} on this machine", hint=row.get("missing"))
    if requirements:
        path.insert(0, _installed(host, requirements, packages, log) / "bin")
    return BuildTools(tuple(path), environ, tool_identity(names))


def _installed(host: Host, requirements: Sequence[str], packages: RequirementSource, log: Path) -> Path:
    """An environment with programs from PyPI."""
    key = sha256("\n".join((str(_LAYOUT), sys.version, *sorted(requirements))).encode()).hexdigest()[:16]

    def install(directory: Path) -> None:
        options = ("--quiet", "--no-project", "--no-config", "--relocatable", "--allow-existing")
        made = host.run(uv_program(host), "venv", *options, "--python", sys.executable, directory, cwd=Path("/"))
        if not made.ok:
            raise EnvironmentMissingError(f"uv cannot make an environment: {made.stderr.strip()}", where=directory)
        program = directory / "bin" / "python"
        outcome = run_uv(host, packages, "install", "--quiet", "--python", program, *requirements, log=log)
        if not outcome.ok:
            raise uv_error(outcome, requirements, log)

    place = host.cache / "tools" / f"python-{key}"
    if not place.is_dir():
        with host.progress.step(f"installing {', '.join(requirements)}, once"):
            create_once(place, install)
    return place


def _unpacked(host: Host, names: Sequence[str]) -> Path:
    """Debian's packages, changed so that they work where they are unpacked."""
    here = build_machine()
    if here is None:
        raise EnvironmentMissingError(f"there is no {names[0]} for a {machine.architecture()} machine")
    key = sha256("\n".join((str(_LAYOUT), str(host.cache), *names)).encode()).hexdigest()[:12]
    place = host.cache / "tools" / f"{names[0]}-{key}"

    def fill(part: Path) -> None:
        root = make_root(host, _table()["suite"], here.debian, names, closed=False)
        clone_tree(root / "usr", part / "usr")
        for file in sorted(part.rglob("*")):
            if file.is_file() and not file.is_symlink():
                _settle(file, part, place, here)

    return create_once(place, fill)


def _settle(file: Path, part: Path, place: Path, here: DebianMachine) -> None:
    """Make a file fit the directory it will lie in: a script's paths, and how a program is started."""
    data = file.read_bytes()
    if data.startswith(_ELF):
        if file.parent == part / "usr" / "bin":
            hidden = file.with_name(f".{file.name}")
            file.rename(hidden)
            loader, *words = here.command(place, place / hidden.relative_to(part))
            text = f'#!/bin/sh\nexec {shlex.quote(loader)} --argv0 "$0" {shlex.join(words)} "$@"\n'
            write_atomic(file, text, mode=0o755)
    elif b"\0" not in data and file.suffix not in _MEASURED:
        changed = replace_usr_paths(data, part, place)
        if changed != data:
            write_atomic(file, changed, mode=file.stat().st_mode & 0o777)


def replace_usr_paths(text: bytes, part: Path, place: Path) -> bytes:
    """A text in which paths under ``/usr`` that are in the tree ``part`` are those under ``place``."""

    def replaced(match: re.Match[bytes]) -> bytes:
        path = match[0].decode()
        return f"{place}{path}".encode() if (part / path.lstrip("/")).exists() else match[0]

    return _USR.sub(replaced, text)


def compiler_for_build(host: Host, directory: Path) -> Path:
    """A C compiler for programs that run during a build, on the build machine: zig's, without what it adds.

    :param directory: where the program that starts it is written.
    """
    zig = installed_zig()
    text = (
        "#!/bin/sh\n# Compiles for the build machine, whatever the target is.\n"
        f"export ZIG_GLOBAL_CACHE_DIR='{host.cache / 'zig'}' ZIG_LOCAL_CACHE_DIR='{directory / 'zig'}'\n"
        "unset CPATH C_INCLUDE_PATH LIBRARY_PATH\n"
        f"exec '{zig.executable}' cc -fno-sanitize=undefined -w \"$@\"\n"
    )
    return write_atomic(directory / "cc-for-build", text, mode=0o755)
