"""Files that describe a target's interpreter to tools which cannot run it."""

from __future__ import annotations

import json
from pprint import pformat
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from crosswheel.host.files import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.pythons.model import TargetPython

BUILD_DETAILS = "build-details.json"
_LEVELS = {"a": ("alpha", 0xA), "b": ("beta", 0xB), "rc": ("candidate", 0xC), "": ("final", 0xF)}


def write_build_info(directory: Path, python: TargetPython) -> None:
    """Write ``_sysconfigdata_*.py`` and ``build-details.json`` into a standard library's directory.

    :raises StorageError: when the disk refuses.
    """
    write_atomic(directory / f"{sysconfigdata_name(python)}.py", sysconfigdata(python))
    write_atomic(directory / BUILD_DETAILS, json.dumps(build_details(python), indent=2) + "\n")


def sysconfigdata_name(python: TargetPython) -> str:
    """The module in which ``sysconfig`` finds its variables: flags, ``sys.platform`` and multiarch joined."""
    return python.target.sysconfigdata(python.version)


def sysconfigdata(python: TargetPython) -> str:
    """That module's text."""
    values = pformat(dict(python.config_vars), sort_dicts=True, width=100)
    return f"# CPython {python.full_version} for {python.target}.\nbuild_time_vars = {values}\n"


def build_details(python: TargetPython) -> dict[str, Any]:
    """What ``build-details.json`` holds, format 1.0 (PEP 739); paths are absolute.

    There is neither an interpreter nor a libpython, so nothing is said of them.
    """
    version = _version_info(python.full_version)
    level = next(number for name, number in _LEVELS.values() if name == version["releaselevel"])
    serial = (level << 4) + version["serial"]
    flags = list(python.version.abiflags)
    stable = {} if python.version.freethreaded else {"stable_abi_suffix": python.target.system.stable_suffix}
    return {
        "schema_version": "1.0",
        "base_prefix": str(python.include.parent.parent),
        "platform": python.target.platform,
        "language": {"version": python.version.feature, "version_info": version},
        "implementation": {
            "name": "cpython",
            "cache_tag": f"cpython-3{python.version.minor}",
            "version": version,
            "hexversion": version["major"] << 24 | version["minor"] << 16 | version["micro"] << 8 | serial,
            "_multiarch": python.target.multiarch,
        },
        "abi": {"flags": flags, "extension_suffix": python.ext_suffix, **stable},
        "suffixes": {
            "source": [".py"],
            "bytecode": [".pyc"],
            "extensions": list(extension_suffixes(python)),
        },
        "c_api": {"headers": str(python.include)},
    }


def extension_suffixes(python: TargetPython) -> tuple[str, ...]:
    """How names of extension modules may end for the interpreter to load them, most specific first."""
    system = python.target.system
    # A free-threaded interpreter loads no extension of the stable ABI (PEP 703).
    stable = () if python.version.freethreaded else (system.stable_suffix,)
    return tuple(dict.fromkeys((python.ext_suffix, *stable, system.suffix)))


def _version_info(full_version: str) -> dict[str, Any]:
    """``sys.version_info`` as an object."""
    version = Version(full_version)
    letter, serial = version.pre or ("", 0)
    return {
        "major": version.major,
        "minor": version.minor,
        "micro": version.micro,
        "releaselevel": _LEVELS[letter][0],
        "serial": serial,
    }
