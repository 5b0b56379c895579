"""Meson: a cross file and a native file, passed to meson-python as settings since Meson reads no variables for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.build_systems.cmake import TOOLCHAIN_FILE
from crosswheel.build_systems.model import Configuration

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.build_systems.model import BuildSite

CROSS_FILE, NATIVE_FILE = "meson-cross.ini", "meson-native.ini"
"""The names of the machine files in the directory of generated files."""
_BACKENDS = frozenset({"mesonpy"})
# Programs of build requirements that Meson searches as programs of the target when cross-compiling.
_CONFIG_PROGRAMS = ("numpy-config", "pybind11-config", "cython", "pythran-config")


def configure(site: BuildSite, backend: str) -> Configuration:
    """Write the cross file and the native file."""
    path = site.write(CROSS_FILE, cross_file(site))
    native = site.write(NATIVE_FILE, native_file(site))
    if backend.partition(":")[0] not in _BACKENDS:
        return Configuration()
    return Configuration(
        config_settings={
            "setup-args": (f"--cross-file={path}", f"--native-file={native}", "--wrap-mode=nodownload"),
            "compile-args": (f"-j{site.jobs}",),
        },
        # The default name is random, and some projects write it into installed files.
        defaults={"builddir": (str(site.root / "meson"),)},
    )


def native_file(site: BuildSite) -> str:
    """Return the text of the native file: the tools of the build machine."""
    names = {
        "c": "cc-for-build",
        "cpp": "c++-for-build",
        "ar": "ar-for-build",
        "strip": "strip-for-build",
        "nm": "nm-for-build",
        "objcopy": "objcopy-for-build",
        "pkg-config": "pkg-config-for-build",
    }
    return _section("binaries", {key: site.tools[name] for key, name in names.items()})


def cross_file(site: BuildSite) -> str:
    """Return the text of the cross file: tools, machine, and properties that Meson would run programs to find."""
    tools, target = site.tools, site.target
    binaries = {
        "c": tools["cc"],
        "cpp": tools["c++"],
        "fortran": tools["gfortran"],
        "ar": tools["ar"],
        "strip": tools["strip"],
        "nm": tools["nm"],
        "pkg-config": tools["pkg-config"],
        # Searched on PATH; Meson uses no CMake for the target that the file does not name.
        "cmake": "cmake",
        **({"exe_wrapper": str(site.exe_wrapper)} if site.exe_wrapper else {}),
        **{name: str(path) for name, path in _programs(site.environment_bin)},
        **{path.name: str(path) for path in _config_scripts(site.libraries)},
    }
    family = target.architecture.meson_cpu
    machine = {
        **target.system.meson,
        "cpu_family": family,
        "cpu": target.architecture.machine,
        "endian": target.architecture.endian,
    }
    properties: dict[str, str | bool] = {
        "longdouble_format": target.long_double,
        "needs_exe_wrapper": True,
        "cmake_toolchain_file": str(site.directory / TOOLCHAIN_FILE),
        **({"pkg_config_libdir": ":".join(map(str, site.pkg_config_path))} if site.libraries else {}),
    }
    sections: dict[str, Mapping[str, str | bool]] = {
        "binaries": binaries,
        "host_machine": machine,
        "properties": properties,
    }
    return "".join(_section(name, values) for name, values in sections.items())


def _programs(directory: Path) -> list[tuple[str, Path]]:
    return [(name, directory / name) for name in _CONFIG_PROGRAMS if (directory / name).is_file()]


def _config_scripts(libraries: Path | None) -> list[Path]:
    """Return the scripts that report flags of the target's libraries: ``xml2-config``."""
    return sorted((libraries / "bin").glob("*-config")) if libraries else []


def _section(name: str, values: Mapping[str, str | bool]) -> str:
    lines = [f"{key} = {_quoted(value)}" for key, value in values.items()]
    return f"[{name}]\n" + "\n".join(lines) + "\n\n"


def _quoted(value: str | bool) -> str:  # noqa: FBT001  # a Meson value is one or the other
    if isinstance(value, bool):
        return str(value).lower()
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
