"""What ``sysconfig.get_config_vars()`` says on the target: nothing of it is the build machine's."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.targets import PythonVersion, Target

# Variables of the build Python that mean the same everywhere.
_NEUTRAL = frozenset(
    "py_version py_version_short py_version_nodot VERSION LDVERSION SHLIB_SUFFIX SO WITH_DOC_STRINGS Py_DEBUG"
    " Py_TRACE_REFS WITH_PYMALLOC Py_GIL_DISABLED abiflags ABIFLAGS EXE DEBUG_EXT platlibdir PLATLIBDIR".split()
)
# How CPython itself is compiled when nobody chooses otherwise, so that a wheel does not depend on how the build
# machine's Python happened to be compiled.
_OPTIMISED = "-fno-strict-overflow -Wsign-compare -DNDEBUG -O3 -Wall"


def target_config_vars(
    target: Target,
    version: PythonVersion,
    build_vars: Mapping[str, str | int],
    macros: Mapping[str, str | int],
    include: Path,
) -> dict[str, str | int]:
    """The variables of the target's interpreter.

    :param build_vars: those of a build Python of the same version.
    :param macros: the target's ``pyconfig.h`` in the form ``sysconfig.parse_config_h`` gives it.
    :param include: the target's directory of headers.
    """
    neutral = {name: value for name, value in build_vars.items() if name in _NEUTRAL}
    extension = target.ext_suffix(version)
    return {
        **neutral,
        **macros,
        "SOABI": target.soabi(version),
        "EXT_SUFFIX": extension,
        "SO": extension,
        "SHLIB_SUFFIX": ".so",
        "MULTIARCH": target.multiarch,
        "HOST_GNU_TYPE": target.triple,
        "BUILD_GNU_TYPE": target.triple,
        "MACHDEP": "linux",
        "INCLUDEPY": str(include),
        "CONFINCLUDEPY": str(include),
        "CONFINCLUDEDIR": str(include.parent),
        "INCLUDEDIR": str(include.parent),
        "LIBDIR": "",
        "LIBPL": "",
        "LIBPC": "",
        "LIBRARY": f"libpython{version}.a",
        "LDLIBRARY": f"libpython{version}.a",
        "BLDLIBRARY": "",
        "LIBS": "",
        "SYSLIBS": "-lm",
        "CC": "cc",
        "CXX": "c++",
        "CPP": "cc -E",
        "AR": "ar",
        "ARFLAGS": "rcs",
        "RANLIB": "ranlib",
        "LDSHARED": "cc -shared",
        "LDCXXSHARED": "c++ -shared",
        "BLDSHARED": "cc -shared",
        "CCSHARED": "-fPIC",
        "LINKFORSHARED": "-Xlinker -export-dynamic",
        "LINKCC": "cc",
        "OPT": "-DNDEBUG -O3 -Wall",
        "BASECFLAGS": "-fno-strict-overflow -Wsign-compare",
        "CFLAGS": _OPTIMISED,
        "PY_CFLAGS": _OPTIMISED,
        "CONFIGURE_CFLAGS": "",
        "CPPFLAGS": "",
        "PY_CPPFLAGS": "",
        "LDFLAGS": "",
        "PY_LDFLAGS": "",
        "CONFIGURE_LDFLAGS": "",
        # setuptools links libpython when the second is missing on a pretended platform.
        "Py_ENABLE_SHARED": 0,
        "ANDROID_API_LEVEL": 0,
    }
