"""Finding the Python on the build machine that runs a build backend.

Each candidate is run once to query it; later its description comes from the cache.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.files import write_atomic
from crosswheel.pythons.model import BuildPython
from crosswheel.targets import PythonVersion
from crosswheel.targets.python_version import NEWEST_MINOR, OLDEST_MINOR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crosswheel.host import Host

_INSTALL_TIMEOUT = 900.0
_UV = ("python", "find", "--no-config", "--no-project", "--managed-python", "--no-python-downloads")


def find_build_python(host: Host, version: PythonVersion, *, install: bool = True) -> BuildPython:
    """Return a CPython of exactly that release and build, with headers.

    Searched in this order: PATH, pyenv's versions (its shims work for activated ones only), Pythons managed by uv.

    :param install: have uv download one if there is none, unless offline.
    :raises EnvironmentMissingError: if there is none; the error lists the rejected candidates.
    """
    rejected: list[str] = []
    python = next(_acceptable(host, version, rejected), None)
    if python is None and install and not host.offline:
        python = _install(host, version, rejected)
    if python is None:
        candidates = f" ({'; '.join(dict.fromkeys(rejected))})" if rejected else ""
        raise EnvironmentMissingError(
            f"no build Python {version} with its headers on this machine{candidates}",
            where="PATH, pyenv, uv",
            hint=f"uv python install {version}, or put a {version.executable} with its headers on PATH",
        )
    return python


def available_build_pythons(host: Host) -> tuple[BuildPython, ...]:
    """Return the build Pythons on this machine, at most one per supported release and build, oldest first.

    Nothing is downloaded.
    """
    pythons = (next(_acceptable(host, version, []), None) for version in supported_versions())
    return tuple(python for python in pythons if python is not None)


def has_build_python(host: Host, version: PythonVersion) -> bool:
    """Return whether there is such a build Python. Nothing is downloaded."""
    return any(True for _ in _acceptable(host, version, []))


def supported_versions() -> tuple[PythonVersion, ...]:
    """Return every supported release and build, oldest first."""
    builds = (
        PythonVersion(minor, freethreaded)
        for minor in range(OLDEST_MINOR, NEWEST_MINOR + 1)
        for freethreaded in (False, True)
        if minor >= 13 or not freethreaded
    )
    return tuple(builds)


def _acceptable(host: Host, version: PythonVersion, rejected: list[str]) -> Iterator[BuildPython]:
    tried: set[Path] = set()
    for candidate in chain(_on_path(host, version), _in_pyenv(host, version), _managed_by_uv(host, version)):
        if candidate in tried:
            continue
        tried.add(candidate)
        if (description := describe(host, candidate)) is None:
            rejected.append(f"{candidate} cannot be queried")
        elif reason := _rejection(description, version):
            rejected.append(f"{candidate} {reason}")
        else:
            yield _build_python(description, version)


def _rejection(description: PythonDescription, version: PythonVersion) -> str:
    """Return why a Python is not acceptable; empty if it is."""
    if description.implementation != "cpython":
        return f"is {description.implementation}"
    if description.version != (3, version.minor) or description.abiflags != version.abiflags:
        return f"is {description.full_version}{description.abiflags}"
    if _headers(description) is None:
        return "has no Python.h (install its development package)"
    return ""


def _headers(description: PythonDescription) -> Path | None:
    return next((path for path in description.includes if (path / "Python.h").is_file()), None)


def _build_python(description: PythonDescription, version: PythonVersion) -> BuildPython:
    include = _headers(description)
    assert include is not None
    return BuildPython(
        executable=description.executable,
        version=version,
        full_version=description.full_version,
        include=include,
        config_vars=description.config_vars,
        constants=description.constants,
    )


def _on_path(host: Host, version: PythonVersion) -> Iterator[Path]:
    first = host.program(version.executable)
    directories = [Path(entry) for entry in host.environ.get("PATH", "").split(":") if entry]
    for path in (*([first] if first else []), *(entry / version.executable for entry in directories)):
        # pyenv's shims are slow scripts that work for activated versions only.
        if path.is_absolute() and path.is_file() and path.parent.name != "shims":
            yield path


def _in_pyenv(host: Host, version: PythonVersion) -> Iterator[Path]:
    """Return the executables of pyenv's versions, newest release first."""
    home = host.environ.get("PYENV_ROOT") or f"{host.environ.get('HOME', '/nonexistent')}/.pyenv"
    programs = Path(home).glob(f"versions/*/bin/{version.executable}")
    return iter(sorted(programs, key=lambda program: _release(program.parts[-3]), reverse=True))


def _release(name: str) -> tuple[Version, str]:
    """Return the sort key of pyenv's version names; names that are not versions sort lowest."""
    match = re.match(r"\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?", name)
    return Version(match[0] if match else "0"), name


def _managed_by_uv(host: Host, version: PythonVersion) -> Iterator[Path]:
    """Yield the Python that uv manages, first from the cache, which needs no process.

    uv must not search PATH itself: it fails at pyenv's shims.
    """
    cached = host.cache / "build-pythons" / f"uv-{version}"
    if cached.is_file() and (executable := Path(cached.read_text("utf-8"))).is_file():
        yield executable
    uv = host.program("uv")
    if uv is None:
        return
    outcome = host.run(uv, *_UV, str(version), cwd=Path("/"))
    path = outcome.stdout.strip()
    if outcome.ok and Path(path).is_absolute():
        write_atomic(cached, path)
        yield Path(path)


def _install(host: Host, version: PythonVersion, rejected: list[str]) -> BuildPython | None:
    uv = host.program("uv")
    if uv is None:
        return None
    with host.progress.step(f"installing Python {version} with uv"):
        arguments = ("python", "install", "--no-config", "--no-bin", str(version))
        outcome = host.run(uv, *arguments, cwd=Path("/"), timeout=_INSTALL_TIMEOUT)
    if not outcome.ok:
        causes = [line.strip() for line in outcome.stderr.splitlines() if line.strip()]
        rejected.append(f"uv cannot install one: {causes[-1] if causes else outcome.status}")
        return None
    return next(_acceptable(host, version, rejected), None)


_TIMEOUT = 60.0
CONSTANT_MODULES = ("errno", "fcntl", "mmap", "os", "resource", "select", "signal", "socket", "termios")
"""Modules of the standard library with constants of C; a test compares them with ``constants.toml``."""

# Run by the queried Python, so it must be valid in every version.
_SCRIPT = """
import importlib, json, sys, sysconfig
def constants(module):
    try:
        found = vars(importlib.import_module(module))
    except ImportError:
        return {}
    return {k: int(v) for k, v in found.items() if isinstance(v, int) and k.isupper()}
names = {k: v for k, v in sysconfig.get_config_vars().items() if isinstance(v, (str, int))}
scheme = "posix_prefix" if "posix_prefix" in sysconfig.get_scheme_names() else None
include = sysconfig.get_path("include", scheme) if scheme else sysconfig.get_path("include")
print(json.dumps({
    "implementation": sys.implementation.name,
    "version": list(sys.version_info[:2]),
    "full_version": sys.version.split()[0].rstrip("+"),
    "abiflags": getattr(sys, "abiflags", ""),
    "executable": getattr(sys, "_base_executable", None) or sys.executable,
    "includes": [include, str(names.get("INCLUDEPY", ""))],
    "config_vars": names,
    "constants": {module: constants(module) for module in @MODULES@},
}))
""".replace("@MODULES@", repr(CONSTANT_MODULES))


@dataclass(frozen=True, slots=True)
class PythonDescription:
    """The result of querying a Python.

    :param version: major and minor.
    :param abiflags: ``sys.abiflags``: ``t`` for a free-threaded build, ``d`` for a debug build.
    :param executable: its executable outside of any virtual environment.
    :param includes: directories where its headers may be; not checked.
    :param constants: integer constants by module of its standard library.
    """

    implementation: str
    version: tuple[int, int]
    full_version: str
    abiflags: str
    executable: Path
    includes: tuple[Path, ...]
    config_vars: Mapping[str, str | int]
    constants: Mapping[str, Mapping[str, int]]

    @classmethod
    def read(cls, output: Mapping[str, Any]) -> PythonDescription:
        """Convert the output of the script.

        :raises KeyError, TypeError, ValueError: if it is not as expected.
        """
        major, minor = output["version"]
        return cls(
            implementation=output["implementation"],
            version=(major, minor),
            full_version=output["full_version"],
            abiflags=output["abiflags"],
            executable=Path(output["executable"]).resolve(),
            includes=tuple(Path(path) for path in output["includes"] if path),
            config_vars=dict(output["config_vars"]),
            constants={module: dict(values) for module, values in output["constants"].items()},
        )


def describe(host: Host, executable: Path) -> PythonDescription | None:
    """Query the Python at a path; None if it cannot be queried.

    The result is cached as long as the executable's path, size and modification time are the same.

    :raises StorageError: if the cache cannot be written.
    """
    try:
        stat = executable.stat()
    except OSError:
        return None
    key = f"{executable}\0{stat.st_mtime_ns}\0{stat.st_size}\0{_SCRIPT}"
    cached = host.cache / "build-pythons" / f"{hashlib.sha256(key.encode()).hexdigest()}.json"
    if (description := _parse(_read_text(cached))) is not None:
        return description
    output = _query(host, executable)
    description = _parse(output)
    if description is not None:
        write_atomic(cached, output)
    return description


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _parse(output: str) -> PythonDescription | None:
    try:
        return PythonDescription.read(json.loads(output))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _query(host: Host, executable: Path) -> str:
    # -I ignores PYTHON* variables, -S ignores installed packages.
    try:
        outcome = host.run(executable, "-I", "-S", "-c", _SCRIPT, cwd=Path("/"), timeout=_TIMEOUT)
    except EnvironmentMissingError:
        return ""
    return outcome.stdout if outcome.ok else ""
