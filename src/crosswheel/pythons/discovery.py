"""Finding the Python on this machine under which a build backend will run."""

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
    """A CPython of exactly that release and build, with its headers.

    Looked for on PATH, among pyenv's versions (whose shims answer only for activated ones) and among those
    uv manages, in this order.

    :param install: let uv download one if there is none; never done offline.
    :raises EnvironmentMissingError: when there is none; the error lists what was looked at.
    """
    refused: list[str] = []
    found = next(_acceptable(host, version, refused), None)
    if found is None and install and not host.offline:
        found = _installed(host, version, refused)
    if found is None:
        looked_at = f" ({'; '.join(dict.fromkeys(refused))})" if refused else ""
        raise EnvironmentMissingError(
            f"no build Python {version} with its headers on this machine{looked_at}",
            where="PATH, pyenv, uv",
            hint=f"uv python install {version}, or put a {version.executable} with its headers on PATH",
        )
    return found


def available_build_pythons(host: Host) -> tuple[BuildPython, ...]:
    """The build Pythons there are, at most one per supported release and build, oldest first.

    Nothing is downloaded.
    """
    found = (next(_acceptable(host, version, []), None) for version in supported_versions())
    return tuple(python for python in found if python is not None)


def has_build_python(host: Host, version: PythonVersion) -> bool:
    """Whether there is such a build Python; nothing is downloaded."""
    return any(True for _ in _acceptable(host, version, []))


def supported_versions() -> tuple[PythonVersion, ...]:
    """Every release and build that crosswheel knows, oldest first."""
    builds = (
        PythonVersion(minor, freethreaded)
        for minor in range(OLDEST_MINOR, NEWEST_MINOR + 1)
        for freethreaded in (False, True)
        if minor >= 13 or not freethreaded
    )
    return tuple(builds)


def _acceptable(host: Host, version: PythonVersion, refused: list[str]) -> Iterator[BuildPython]:
    tried: set[Path] = set()
    for candidate in chain(_on_path(host, version), _of_pyenv(host, version), _of_uv(host, version)):
        if candidate in tried:
            continue
        tried.add(candidate)
        if (description := describe(host, candidate)) is None:
            refused.append(f"{candidate} does not answer")
        elif reason := _objection(description, version):
            refused.append(f"{candidate} {reason}")
        else:
            yield _build_python(description, version)


def _objection(description: PythonDescription, version: PythonVersion) -> str:
    """Why it will not do, empty if it will."""
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
    )


def _on_path(host: Host, version: PythonVersion) -> Iterator[Path]:
    beside = host.program(version.executable)
    directories = [Path(entry) for entry in host.environ.get("PATH", "").split(":") if entry]
    for path in (*([beside] if beside else []), *(entry / version.executable for entry in directories)):
        # pyenv's shims are scripts that answer only for the activated versions, and slowly.
        if path.is_absolute() and path.is_file() and path.parent.name != "shims":
            yield path


def _of_pyenv(host: Host, version: PythonVersion) -> Iterator[Path]:
    """The programs of pyenv's versions, the newest release first."""
    home = host.environ.get("PYENV_ROOT") or f"{host.environ.get('HOME', '/nonexistent')}/.pyenv"
    programs = Path(home).glob(f"versions/*/bin/{version.executable}")
    return iter(sorted(programs, key=lambda program: _release(program.parts[-3]), reverse=True))


def _release(name: str) -> tuple[Version, str]:
    """What pyenv's names of versions are ordered by; a name that is none comes last."""
    match = re.match(r"\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?", name)
    return Version(match[0] if match else "0"), name


def _of_uv(host: Host, version: PythonVersion) -> Iterator[Path]:
    """The one uv manages, first as it was found before, which starts no process.

    uv is asked for those only: it trips over pyenv's shims when it searches PATH.
    """
    kept = host.cache / "build-pythons" / f"uv-{version}"
    if kept.is_file() and (known := Path(kept.read_text("utf-8"))).is_file():
        yield known
    uv = host.program("uv")
    if uv is None:
        return
    outcome = host.run(uv, *_UV, str(version), cwd=Path("/"))
    path = outcome.stdout.strip()
    if outcome.ok and Path(path).is_absolute():
        write_atomic(kept, path)
        yield Path(path)


def _installed(host: Host, version: PythonVersion, refused: list[str]) -> BuildPython | None:
    uv = host.program("uv")
    if uv is None:
        return None
    with host.progress.step(f"fetching Python {version} with uv"):
        arguments = ("python", "install", "--no-config", "--no-bin", str(version))
        outcome = host.run(uv, *arguments, cwd=Path("/"), timeout=_INSTALL_TIMEOUT)
    if not outcome.ok:
        causes = [line.strip() for line in outcome.stderr.splitlines() if line.strip()]
        refused.append(f"uv could not fetch one: {causes[-1] if causes else outcome.status}")
        return None
    return next(_acceptable(host, version, refused), None)


_TIMEOUT = 60.0

# Run by the Python that is asked, so it must be valid for every one of them.
_SCRIPT = """
import json, sys, sysconfig
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
}))
"""


@dataclass(frozen=True, slots=True)
class PythonDescription:
    """What a Python says of itself.

    :param version: major and minor.
    :param abiflags: ``sys.abiflags``: ``t`` for a free-threaded build, ``d`` for one with debug checks.
    :param executable: its program outside any virtual environment.
    :param includes: where its headers may be; nobody has looked whether they are.
    """

    implementation: str
    version: tuple[int, int]
    full_version: str
    abiflags: str
    executable: Path
    includes: tuple[Path, ...]
    config_vars: Mapping[str, str | int]

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> PythonDescription:
        """From what the script printed.

        :raises KeyError, TypeError, ValueError: when it printed something else.
        """
        major, minor = answer["version"]
        return cls(
            implementation=answer["implementation"],
            version=(major, minor),
            full_version=answer["full_version"],
            abiflags=answer["abiflags"],
            executable=Path(answer["executable"]).resolve(),
            includes=tuple(Path(path) for path in answer["includes"] if path),
            config_vars=dict(answer["config_vars"]),
        )


def describe(host: Host, executable: Path) -> PythonDescription | None:
    """What the Python at a path is; None if nothing there answers.

    The answer is kept as long as the program's path, size and modification time stay the same.

    :raises StorageError: when the cache cannot be written.
    """
    try:
        stat = executable.stat()
    except OSError:
        return None
    key = f"{executable}\0{stat.st_mtime_ns}\0{stat.st_size}\0{_SCRIPT}"
    kept = host.cache / "build-pythons" / f"{hashlib.sha256(key.encode()).hexdigest()}.json"
    if (known := _read(_text(kept))) is not None:
        return known
    said = _ask(host, executable)
    description = _read(said)
    if description is not None:
        write_atomic(kept, said)
    return description


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _read(said: str) -> PythonDescription | None:
    try:
        return PythonDescription.read(json.loads(said))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _ask(host: Host, executable: Path) -> str:
    # No PYTHON* variable may change the answer (-I), nor may anything installed there (-S).
    try:
        outcome = host.run(executable, "-I", "-S", "-c", _SCRIPT, cwd=Path("/"), timeout=_TIMEOUT)
    except EnvironmentMissingError:
        return ""
    return outcome.stdout if outcome.ok else ""
