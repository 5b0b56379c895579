"""CMake: a toolchain file, found through the environment by every CMake since 3.21."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.build_systems.model import Configuration
from crosswheel.host.files import write_atomic

if TYPE_CHECKING:
    from crosswheel.build_systems.model import BuildSite
    from crosswheel.pythons.model import TargetPython


def configure(site: BuildSite, backend: str) -> Configuration:  # noqa: ARG001  # every backend
    """Write ``toolchain.cmake`` and name it.

    Libraries and headers are looked for in this build's own directories only; programs on the build machine;
    packages in both, since those of Python packages (pybind11) lie in the isolated environment.
    """
    tools = site.tools
    sysroot = site.directory / "sysroot"
    sysroot.mkdir(exist_ok=True)
    roots = [str(place) for place in (site.libraries, sysroot, site.root) if place]
    values: dict[str, str] = {
        "CMAKE_SYSTEM_NAME": site.target.system.cmake,
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
        **({"CMAKE_CROSSCOMPILING_EMULATOR": str(site.run)} if site.run else {}),
        **site.target.system.cmake_variables,
    }
    lines = ["# Tells CMake what this build is for.", *(f'set({name} "{value}")' for name, value in values.items())]
    # By old policies (CMP0102) CMake forgets it, if it is not cached, once it has looked for it.
    lines.append(f'set(PKG_CONFIG_EXECUTABLE "{tools["pkg-config"]}" CACHE FILEPATH "")')
    if site.libraries:
        lines.append(f'list(APPEND CMAKE_PREFIX_PATH "{site.libraries}")')
    lines += _about_python(site.python) if site.python else []
    path = write_atomic(site.directory / "toolchain.cmake", "\n".join(lines) + "\n")
    return Configuration({"CMAKE_TOOLCHAIN_FILE": str(path), "CMAKE_BUILD_PARALLEL_LEVEL": str(site.jobs)})


def _about_python(python: TargetPython) -> list[str]:
    values = {"PYBIND11_USE_CROSSCOMPILING": "ON", "PYTHON_MODULE_EXTENSION": python.ext_suffix}
    cached = {
        f"{prefix}_{name}": value
        for prefix in ("Python", "Python3")
        for name, value in {"INCLUDE_DIR": str(python.include), "SOABI": python.soabi, **_library(python)}.items()
    }
    # CMake runs this file again for every try_compile, where a cached value must not be set anew.
    return [
        *(f'set({name} "{value}")' for name, value in values.items()),
        *(f'set({name} "{value}" CACHE STRING "" FORCE)' for name, value in cached.items()),
    ]


def _library(python: TargetPython) -> dict[str, str]:
    """Where modules are linked with their interpreter, CMake's modules look for what to link with."""
    return {"LIBRARY": str(python.library)} if python.library else {}
