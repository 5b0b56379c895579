"""What ``sysconfig.get_config_vars()`` says on the target: nothing of it is the build machine's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.targets import PythonVersion, Target

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
