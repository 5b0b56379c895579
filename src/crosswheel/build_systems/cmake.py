"""CMake: a toolchain file, set by an environment variable (CMake 3.21 or later)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.build_systems.model import Configuration
from crosswheel.build_systems.python_config import config_script
from crosswheel.host.machine import architecture

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.build_systems.model import BuildSite
    from crosswheel.pythons.model import TargetPython
    from crosswheel.toolchains.wrappers import Wrappers


TOOLCHAIN_FILE = "toolchain.cmake"
"""The name of the toolchain file in the directory of generated files."""
RULES_FILE = "rules.cmake"
"""The file that CMake reads after its own file about the system."""


_BACKENDS = frozenset({"scikit_build_core.build"})


def configure(site: BuildSite, backend: str) -> Configuration:
    """Write ``toolchain.cmake`` and set the variable.

    CMake searches libraries and headers only in this build's directories, programs on the build machine, and packages
    in both, since those of Python packages (pybind11) are in the isolated environment.
    """
    tools = site.tools
    sysroot = site.directory / "sysroot"
    sysroot.mkdir(exist_ok=True)
    roots = [str(path) for path in (site.libraries, sysroot, site.root) if path]
    values: dict[str, str] = {
        "CMAKE_SYSTEM_NAME": site.target.system.cmake,
        # CMake runs uname, which answers for the target.
        "CMAKE_HOST_SYSTEM_PROCESSOR": architecture(),
        "CMAKE_SYSTEM_PROCESSOR": site.target.architecture.machine,
        "CMAKE_C_COMPILER": tools["cc"],
        "CMAKE_CXX_COMPILER": tools["c++"],
        "CMAKE_Fortran_COMPILER": tools["gfortran"],
        "CMAKE_ASM_COMPILER": tools["cc"],
        "CMAKE_AR": tools["ar"],
        "CMAKE_RANLIB": tools["ranlib"],
        "CMAKE_STRIP": tools["strip"],
        "CMAKE_NM": tools["nm"],
        "CMAKE_LINKER": tools["ld"],
        "CMAKE_FIND_ROOT_PATH": ";".join(roots),
        "CMAKE_FIND_ROOT_PATH_MODE_PROGRAM": "NEVER",
        "CMAKE_FIND_ROOT_PATH_MODE_LIBRARY": "ONLY",
        "CMAKE_FIND_ROOT_PATH_MODE_INCLUDE": "ONLY",
        "CMAKE_FIND_ROOT_PATH_MODE_PACKAGE": "BOTH",
        "CMAKE_FIND_USE_CMAKE_SYSTEM_PATH": "OFF",
        **({"CMAKE_CROSSCOMPILING_EMULATOR": str(site.exe_wrapper)} if site.exe_wrapper else {}),
        **site.target.system.cmake_variables,
    }
    lines = [
        *_build_machine_lines(tools),
        "# Target of this build.",
        *(f'set({name} "{value}")' for name, value in values.items()),
    ]
    # Under the old policy CMP0102, CMake drops the value after its search unless it is in the cache.
    lines.append(f'set(PKG_CONFIG_EXECUTABLE "{tools["pkg-config"]}" CACHE FILEPATH "")')
    if site.libraries:
        lines.append(f'list(APPEND CMAKE_PREFIX_PATH "{site.libraries}")')
    if site.target.system.cmake_rules:
        rules = "".join(f'set({name} "{value}")\n' for name, value in site.target.system.cmake_rules.items())
        lines.append(f'set(CMAKE_USER_MAKE_RULES_OVERRIDE "{site.write(RULES_FILE, rules)}")')
    lines += _python_variables(site.python, config_script(site.directory, site.python)) if site.python else []
    path = site.write(TOOLCHAIN_FILE, "\n".join(lines) + "\n")
    variables = {"CMAKE_TOOLCHAIN_FILE": str(path), "CMAKE_BUILD_PARALLEL_LEVEL": str(site.jobs)}
    # The default directory is a new one in each build.
    has_directory = backend.partition(":")[0] not in _BACKENDS or site.names_build_directory
    return Configuration(variables, defaults={} if has_directory else {"build-dir": (str(site.root / "cmake"),)})


_BUILD_COMPILERS = {
    "cc-for-build": ("HOST_CC", "HOST_C_COMPILER", "HOSTCC", "BUILD_CC", "CC_FOR_BUILD", "CMAKE_C_COMPILER_FOR_BUILD"),
    "c++-for-build": (
        "HOST_CXX", "HOST_CXX_COMPILER", "HOSTCXX", "BUILD_CXX", "CXX_FOR_BUILD", "CMAKE_CXX_COMPILER_FOR_BUILD",
    ),
}  # fmt: skip
"""Variables of CMake that name the build machine's compilers in projects, by wrapper; CMake itself has none."""


def _build_machine_lines(tools: Wrappers) -> list[str]:
    """Return the lines for builds of programs that this build runs.

    Projects compile them by a compiler that a variable names, or by a second CMake that is passed such a compiler. That
    one reads this file too, since an environment variable names it, and must not be configured for the target.
    CROSS_TOOLCHAIN_FLAGS_NATIVE are the arguments that LLVM's build files pass to the second CMake.
    """
    cc, cxx = tools["cc-for-build"], tools["c++-for-build"]
    flags = f"-DCMAKE_C_COMPILER={cc};-DCMAKE_CXX_COMPILER={cxx}"
    return [
        "# Build machine.",
        'if("${CMAKE_C_COMPILER};${CMAKE_CXX_COMPILER};$ENV{CC};$ENV{CXX}" MATCHES "c(c|[+][+])-for-build")',
        *(
            f'  set({name} "{tools[tool]}")'
            for name, tool in (
                ("CMAKE_C_COMPILER", "cc-for-build"),
                ("CMAKE_CXX_COMPILER", "c++-for-build"),
                ("CMAKE_AR", "ar-for-build"),
                ("CMAKE_RANLIB", "ranlib-for-build"),
            )
        ),
        f'  set(PKG_CONFIG_EXECUTABLE "{tools["pkg-config-for-build"]}" CACHE FILEPATH "")',
        "  return()",
        "endif()",
        *(
            f'set({name} "{tools[tool]}" CACHE FILEPATH "")'
            for tool, names in _BUILD_COMPILERS.items()
            for name in names
        ),
        f'set(CROSS_TOOLCHAIN_FLAGS_NATIVE "{flags}" CACHE STRING "")',
    ]


def _python_variables(python: TargetPython, config: Path) -> list[str]:
    """Return the lines about Python.

    FindPython of CMake 3.26 or later, which scikit-build-core has a copy of, replaces the value of Python_SOABI by what
    python-config prints, even if it found none: modules would have no suffix of their platform.

    :param config: the python-config for the target.
    """
    values = {"PYBIND11_USE_CROSSCOMPILING": "ON", "PYTHON_MODULE_EXTENSION": python.ext_suffix}
    cached = {
        f"{prefix}_{name}": value
        for prefix in ("Python", "Python3")
        for name, value in {"INCLUDE_DIR": str(python.include), "SOABI": python.soabi, **_library(python)}.items()
    }
    # CMake 4.4 starts the program by the second name.
    for name in ("Python", "Python3"):
        cached |= {f"_{name}_CONFIG": str(config), f"_{name}_CONFIG_LAUNCHER": str(config)}
    # CMake reads this file again for every try_compile, which must not overwrite cached values.
    return [
        *(f'set({name} "{value}")' for name, value in values.items()),
        *(f'set({name} "{value}" CACHE STRING "" FORCE)' for name, value in cached.items()),
    ]


def _library(python: TargetPython) -> dict[str, str]:
    """Return the libraries to link with on systems where modules are linked with the interpreter."""
    libraries = {"LIBRARY": python.library, "SABI_LIBRARY": python.stable_library}
    return {name: str(path) for name, path in libraries.items() if path}
