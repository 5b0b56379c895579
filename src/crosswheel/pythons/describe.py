"""Asking a Python on this machine what it is, once: later the answer comes from the cache."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.host import Host

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
