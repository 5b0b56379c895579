"""The prefix of a target's Python: headers, config variables, and the files that describe an interpreter to tools.

Those files are ``_sysconfigdata_*.py`` and ``build-details.json``: tools read them without running the interpreter.
"""

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
"""Version of the contents of a prefix; increase it with every change, so that older ones are not used."""


def include_directory(prefix: Path, version: PythonVersion) -> Path:
    """Return the directory of headers: ``PREFIX/include/python3.13``, ``python3.13t`` if free-threaded."""
    return prefix / "include" / version.executable


def stdlib_directory(prefix: Path, version: PythonVersion) -> Path:
    """Return the directory of the standard library: ``PREFIX/lib/python3.13``."""
    return prefix / "lib" / version.executable


def make_target_python(
    target: Target, version: PythonVersion, full_version: str, config: PyConfig, prefix: Path, origin: str
) -> TargetPython:
    """Return the target's Python with this ``pyconfig.h`` at a prefix."""
    include = include_directory(prefix, version)
    values = target_config_vars(target, version, full_version, config.config_vars(), include)
    return TargetPython(target, version, full_version, include, values, origin)


def copy_headers(headers: Path, config: PyConfig, include: Path) -> None:
    """Copy headers, with the target's ``pyconfig.h``, into a directory.

    ``Python.h`` includes ``pyconfig.h`` by quote, so the one beside it takes precedence over every ``-I``. Headers are
    copied, not linked, since the Python that they are from may be removed.
    """
    shutil.copytree(headers, include, ignore=shutil.ignore_patterns("pyconfig*.h"))
    (include / "pyconfig.h").write_text(config.render(), "utf-8")


def fill_prefix(directory: Path, headers: Path, config: PyConfig, python: TargetPython) -> None:
    """Fill a new directory, which will be moved to the prefix of ``python``."""
    copy_headers(headers, config, include_directory(directory, python.version))
    library = stdlib_directory(directory, python.version)
    library.mkdir(parents=True)
    write_build_info(library, python)


def header_version(include: Path) -> str:
    """Return the full version in ``patchlevel.h``, ``3.13.5``.

    :raises EnvironmentMissingError: if the file does not exist or has no version.
    """
    patchlevel = include / "patchlevel.h"
    lines = patchlevel.read_text("utf-8").splitlines() if patchlevel.is_file() else []
    for line in lines:
        words = line.split(maxsplit=2)
        if words[:2] == ["#define", "PY_VERSION"] and len(words) == 3:
            return words[2].split('"')[1].rstrip("+")
    raise EnvironmentMissingError("the headers have no PY_VERSION", where=patchlevel)


BUILD_DETAILS = "build-details.json"
_LEVELS = {"a": ("alpha", 0xA), "b": ("beta", 0xB), "rc": ("candidate", 0xC), "": ("final", 0xF)}


def write_build_info(directory: Path, python: TargetPython) -> None:
    """Write ``_sysconfigdata_*.py`` and ``build-details.json`` into the directory of a standard library.

    :raises StorageError: if they cannot be written.
    """
    write_atomic(directory / f"{sysconfigdata_name(python)}.py", sysconfigdata(python))
    write_atomic(directory / BUILD_DETAILS, json.dumps(build_details(python), indent=2) + "\n")


def sysconfigdata_name(python: TargetPython) -> str:
    """Return the name of the module that ``sysconfig`` reads its variables from."""
    return python.target.sysconfigdata(python.version)


def sysconfigdata(python: TargetPython) -> str:
    """Return the text of that module."""
    values = pformat(dict(python.config_vars), sort_dicts=True, width=100)
    return f"# CPython {python.full_version} for {python.target}.\nbuild_time_vars = {values}\n"


def build_details(python: TargetPython) -> dict[str, Any]:
    """Return the contents of ``build-details.json``, format 1.0 (PEP 739); paths are absolute.

    Keys about the interpreter's executable and libpython are omitted, since there is neither.
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
    """Return the suffixes of extension modules that the interpreter imports, most specific first."""
    system = python.target.system
    # A free-threaded interpreter imports no module of the stable ABI (PEP 703).
    stable = () if python.version.freethreaded else (system.stable_suffix,)
    return tuple(dict.fromkeys((python.ext_suffix, *stable, system.suffix)))


def _version_info(full_version: str) -> dict[str, Any]:
    """Return ``sys.version_info`` as a JSON object."""
    version = Version(full_version)
    letter, serial = version.pre or ("", 0)
    return {
        "major": version.major,
        "minor": version.minor,
        "micro": version.micro,
        "releaselevel": _LEVELS[letter][0],
        "serial": serial,
    }


# CPython's own defaults, so that a wheel does not depend on how the build machine's Python was compiled.
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
    """Return ``sysconfig.get_config_vars()`` of the target's interpreter.

    Except for paths of headers they are the same on every build machine. Tools and flags are neutral: they are for
    compiling extension modules, not those that the interpreter was compiled with.

    :param macros: the target's ``pyconfig.h`` as ``sysconfig.parse_config_h`` returns it.
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
        # Real directories: an empty "-L" would take the next argument of a command as its value.
        "LIBDIR": str(prefix / target.system.libraries),
        "LIBPL": str(prefix / target.system.libraries),
        "LIBPC": "",
        "PLATLIBDIR": "lib",
        "platlibdir": "lib",
        "LIBRARY": library,
        "LDLIBRARY": library,
        "INSTSONAME": library,
        "LIBPYTHON": "",
        # setuptools links libpython if ANDROID_API_LEVEL is missing on a platform that it does not run on.
        "Py_ENABLE_SHARED": 0,
        "PY_ENABLE_SHARED": 0,
        "ANDROID_API_LEVEL": 0,
    }
