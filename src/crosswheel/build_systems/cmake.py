"""CMake: a toolchain file, set by an environment variable (CMake 3.21 or later)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.build_systems.model import Configuration
from crosswheel.host.files import write_atomic
from crosswheel.host.machine import architecture

if TYPE_CHECKING:
    from crosswheel.build_systems.model import BuildSite
    from crosswheel.pythons.model import TargetPython


def configure(site: BuildSite, backend: str) -> Configuration:  # noqa: ARG001  # every backend
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
    lines = ["# Target of this build.", *(f'set({name} "{value}")' for name, value in values.items())]
    # Under the old policy CMP0102, CMake drops the value after its search unless it is in the cache.
    lines.append(f'set(PKG_CONFIG_EXECUTABLE "{tools["pkg-config"]}" CACHE FILEPATH "")')
    if site.libraries:
        lines.append(f'list(APPEND CMAKE_PREFIX_PATH "{site.libraries}")')
    lines += _python_variables(site.python) if site.python else []
    path = write_atomic(site.directory / "toolchain.cmake", "\n".join(lines) + "\n")
    return Configuration({"CMAKE_TOOLCHAIN_FILE": str(path), "CMAKE_BUILD_PARALLEL_LEVEL": str(site.jobs)})


def _python_variables(python: TargetPython) -> list[str]:
    values = {"PYBIND11_USE_CROSSCOMPILING": "ON", "PYTHON_MODULE_EXTENSION": python.ext_suffix}
    cached = {
        f"{prefix}_{name}": value
        for prefix in ("Python", "Python3")
        for name, value in {"INCLUDE_DIR": str(python.include), "SOABI": python.soabi, **_library(python)}.items()
    }
    # CMake reads this file again for every try_compile, which must not overwrite cached values.
    return [
        *(f'set({name} "{value}")' for name, value in values.items()),
        *(f'set({name} "{value}" CACHE STRING "" FORCE)' for name, value in cached.items()),
    ]


def _library(python: TargetPython) -> dict[str, str]:
    """Return the libraries to link with on systems where modules are linked with the interpreter."""
    libraries = {"LIBRARY": python.library, "SABI_LIBRARY": python.stable_library}
    return {name: str(path) for name, path in libraries.items() if path}
