"""The directory a target's Python is kept in: headers, and what tools read of an interpreter without running it."""

from __future__ import annotations

import json
import shutil
from pprint import pformat
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.files import write_atomic
from crosswheel.pythons.model import TargetPython

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.pythons.model import TargetPython
    from crosswheel.pythons.pyconfig import PyConfig
    from crosswheel.targets import PythonVersion, Target

LAYOUT = 2
"""Raised when what such a directory holds changes, so that older ones are not used."""


def include_directory(prefix: Path, version: PythonVersion) -> Path:
    """Where the headers lie under a prefix: ``PREFIX/include/python3.13``, ``python3.13t`` if free-threaded."""
    return prefix / "include" / version.executable


def stdlib_directory(prefix: Path, version: PythonVersion) -> Path:
    """Where the standard library lies under a prefix: ``PREFIX/lib/python3.13``."""
    return prefix / "lib" / version.executable


def make_target_python(
    target: Target, version: PythonVersion, full_version: str, found: PyConfig, prefix: Path, origin: str
) -> TargetPython:
    """A target's Python as its ``pyconfig.h`` makes it, kept at a prefix."""
    include = include_directory(prefix, version)
    values = target_config_vars(target, version, full_version, found.config_vars(), include)
    return TargetPython(target, version, full_version, include, values, origin)


def copy_headers(headers: Path, found: PyConfig, include: Path) -> None:
    """Give a target its own directory of headers: copies, with its ``pyconfig.h`` among them.

    ``Python.h`` includes ``pyconfig.h`` by quote, so the one beside it wins over every ``-I``. Copies outlive
    the Python they are from.
    """
    shutil.copytree(headers, include, ignore=shutil.ignore_patterns("pyconfig*.h"))
    (include / "pyconfig.h").write_text(found.render(), "utf-8")


def fill_prefix(part: Path, headers: Path, found: PyConfig, python: TargetPython) -> None:
    """Fill a new directory, which will be moved to where ``python`` says it is."""
    copy_headers(headers, found, include_directory(part, python.version))
    library = stdlib_directory(part, python.version)
    library.mkdir(parents=True)
    write_build_info(library, python)


def header_version(include: Path) -> str:
    """The full version that ``patchlevel.h`` states, ``3.13.5``.

    :raises EnvironmentMissingError: when the file is missing or says nothing.
    """
    patchlevel = include / "patchlevel.h"
    lines = patchlevel.read_text("utf-8").splitlines() if patchlevel.is_file() else []
    for line in lines:
        words = line.split(maxsplit=2)
        if words[:2] == ["#define", "PY_VERSION"] and len(words) == 3:
            return words[2].split('"')[1].rstrip("+")
    raise EnvironmentMissingError("its headers do not say which Python they are", where=patchlevel)


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


# How CPython itself is compiled when nobody chooses otherwise, so that a wheel does not depend on how the build
# machine's Python happened to be compiled.
_OPT = "-DNDEBUG -O3 -Wall"
_BASE_CFLAGS = "-fno-strict-overflow -Wsign-compare"

_TOOLS: Mapping[str, str] = {
    "CC": "cc",
    "CXX": "c++",
    "CPP": "cc -E",
    "AR": "ar",
    "ARFLAGS": "rcs",
    "RANLIB": "ranlib",
    "LINKCC": "cc",
    "CCSHARED": "-fPIC",
    "CFLAGSFORSHARED": "-fPIC",
    "LINKFORSHARED": "-Xlinker -export-dynamic",
    "OPT": _OPT,
    "BASECFLAGS": _BASE_CFLAGS,
    "CFLAGS": f"{_BASE_CFLAGS} {_OPT}",
    "PY_CFLAGS": f"{_BASE_CFLAGS} {_OPT}",
    "CONFIGURE_CFLAGS": "",
    "CPPFLAGS": "",
    "PY_CPPFLAGS": "",
    "LDFLAGS": "",
    "PY_LDFLAGS": "",
    "CONFIGURE_LDFLAGS": "",
    "BLDLIBRARY": "",
    "LIBS": "",
    "SHLIBS": "",
    "SYSLIBS": "-lm",
    "LIBM": "-lm",
}


def target_config_vars(
    target: Target, version: PythonVersion, full_version: str, macros: Mapping[str, str | int], include: Path
) -> dict[str, str | int]:
    """The variables of the target's interpreter, the same on every build machine but for where the headers lie.

    Tools and flags are neutral: they say how an extension is compiled, not how that interpreter was.

    :param macros: the target's ``pyconfig.h`` in the form ``sysconfig.parse_config_h`` gives it.
    :param include: the target's directory of headers, ``PREFIX/include/python3.X``.
    """
    prefix = include.parent.parent
    extension = target.ext_suffix(version)
    library = target.system.python_library.format(version=version, nodot=str(version).replace(".", ""))
    return {
        **macros,
        **_TOOLS,
        "LDSHARED": f"cc {target.system.linking}",
        "LDCXXSHARED": f"c++ {target.system.linking}",
        "BLDSHARED": f"cc {target.system.linking}",
        "VERSION": version.feature,
        "LDVERSION": str(version),
        "ABIFLAGS": version.abiflags,
        "abiflags": version.abiflags,
        "py_version": full_version,
        "py_version_short": version.feature,
        "py_version_nodot": version.feature.replace(".", ""),
        "SOABI": target.soabi(version),
        "EXT_SUFFIX": extension,
        "SO": extension,
        "SHLIB_SUFFIX": target.system.suffix,
        "EXE": target.system.program_suffix,
        "MULTIARCH": target.multiarch,
        "HOST_GNU_TYPE": target.triple,
        "BUILD_GNU_TYPE": target.triple,
        "MACHDEP": target.system.machdep,
        "INCLUDEPY": str(include),
        "CONFINCLUDEPY": str(include),
        "INCLUDEDIR": str(include.parent),
        "CONFINCLUDEDIR": str(include.parent),
        # Real directories: "-L" with nothing after it would swallow the next word of a command.
        "LIBDIR": str(prefix / target.system.libraries),
        "LIBPL": str(prefix / target.system.libraries),
        "LIBPC": "",
        "PLATLIBDIR": "lib",
        "platlibdir": "lib",
        "LIBRARY": library,
        "LDLIBRARY": library,
        "INSTSONAME": library,
        "LIBPYTHON": "",
        # setuptools links libpython when ANDROID_API_LEVEL is missing on a pretended platform.
        "Py_ENABLE_SHARED": 0,
        "PY_ENABLE_SHARED": 0,
        "ANDROID_API_LEVEL": 0,
    }
