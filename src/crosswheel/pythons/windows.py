"""The *windows* provider: the build Python's headers, a ``pyconfig.h`` from a table, and import libraries."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.files import create_once, temporary_directory
from crosswheel.pythons import pyconfig
from crosswheel.pythons.check_runner import CheckRunner
from crosswheel.pythons.pyconfig_checks import Check, CheckKind
from crosswheel.pythons.target_prefix import LAYOUT, fill_prefix, include_directory, make_target_python
from crosswheel.toolchains.calls import run_call
from crosswheel.toolchains.model import Call, Tool

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.pythons.model import BuildPython, TargetPython
    from crosswheel.targets import PythonVersion, Target
    from crosswheel.toolchains.model import TargetToolchain


@dataclass(frozen=True, slots=True)
class WindowsPyconfig:
    """The contents of ``tables/windows.toml``, where each part is explained."""

    defined: tuple[str, ...]
    ones: tuple[str, ...]
    wide: tuple[str, ...]
    undefined: tuple[str, ...]
    values: Mapping[str, str]
    sizes: Mapping[str, str]
    alignments: Mapping[str, str]

    def checks(self) -> list[Check]:
        """Return the checks that the compiler runs."""
        kinds = ((CheckKind.SIZE, self.sizes), (CheckKind.ALIGNMENT, self.alignments))
        return [Check(macro, kind, (c_type,)) for kind, types in kinds for macro, c_type in types.items()]


@cache
def table_text() -> str:
    """Return the text of the table, which is part of the key of everything generated from it."""
    return files("crosswheel.pythons").joinpath("tables", "windows.toml").read_text("utf-8")


@cache
def windows_table() -> WindowsPyconfig:
    """Return the table."""
    rows = tomllib.loads(table_text())
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in rows.items()}
    return WindowsPyconfig(**values)


@dataclass(frozen=True)
class WindowsProvider:
    """Implements :class:`crosswheel.pythons.model.TargetPythonProvider`.

    Headers are the build Python's: only ``pyconfig.h`` depends on the platform, and CPython maintains Windows' by hand.
    """

    host: Host

    def target_python(self, target: Target, build_python: BuildPython, toolchain: TargetToolchain) -> TargetPython:
        """See :meth:`TargetPythonProvider.target_python`.

        :raises ProbeError: if the compiler's results are not plausible.
        """
        version = build_python.version
        libraries = [windows_exports(name) for name in (library_name(version), stable_library_name(version))]
        prefix = self._prefix(target, build_python, toolchain, libraries)

        def describe(config: pyconfig.PyConfig) -> TargetPython:
            origin = f"from a table, sizes measured with {toolchain.identity}"
            python = make_target_python(target, version, build_python.full_version, config, prefix, origin)
            directory = prefix / target.system.libraries
            return replace(
                python,
                library=directory / f"{library_name(version)}.lib",
                stable_library=directory / f"{stable_library_name(version)}.lib",
            )

        def make(directory: Path) -> None:
            with self.host.progress.step(f"making Python {version} for {target}, once"), temporary_directory() as work:
                results = CheckRunner(self.host, toolchain, {}, work).run_checks(windows_table().checks())
                config = pyconfig.parse_pyconfig(windows_pyconfig(target, version, results))
                fill_prefix(directory, build_python.include, config, describe(config))
                self._import_libraries(libraries, toolchain, directory / target.system.libraries)

        create_once(prefix, make)
        cached = include_directory(prefix, version) / "pyconfig.h"
        return describe(pyconfig.parse_pyconfig(cached.read_text("utf-8")))

    def _prefix(
        self, target: Target, build_python: BuildPython, toolchain: TargetToolchain, libraries: list[WindowsExports]
    ) -> Path:
        """Return the directory of the result, named after everything that it depends on."""
        headers = (build_python.include / "Python.h").stat()
        parts = (
            *(LAYOUT, toolchain.identity, build_python.full_version, str(build_python.include), headers.st_mtime_ns),
            *(
                table_text(),
                [library.definitions() for library in libraries],
                windows_pyconfig(target, build_python.version, {}),
            ),
        )
        key = sha256(json.dumps(parts).encode()).hexdigest()[:16]
        return self.host.cache / "pythons" / f"{build_python.version.abi}-{target}-{key}"

    def _import_libraries(self, libraries: list[WindowsExports], toolchain: TargetToolchain, directory: Path) -> None:
        directory.mkdir()
        for library in libraries:
            definitions = directory / f"{library.library}.def"
            definitions.write_text(library.definitions(), "utf-8")
            args = ("-d", definitions.name, "-l", f"{library.library}.lib")
            status, output = run_call(self.host, toolchain, Call(Tool.DLLTOOL, args, str(directory)))
            if status:
                raise EnvironmentMissingError(f"cannot make {library.library}.lib: {output[-300:]}")


def windows_pyconfig(target: Target, version: PythonVersion, measured: Mapping[str, str | None]) -> str:
    """Return the text of ``pyconfig.h``.

    :param measured: sizes and alignments of C types, by macro.
    """
    table = windows_table()
    pointer = target.architecture.pointer_size
    values = {
        **dict.fromkeys(table.defined, ""),
        **dict.fromkeys(table.ones, "1"),
        **(dict.fromkeys(table.wide, "") if pointer == 8 else {}),
        **table.values,
        "PYD_PLATFORM_TAG": f'"{target.tag}"',
        **{macro: value for macro, value in measured.items() if value is not None},
        # Upstream's header leaves this macro to the command line.
        **({"Py_GIL_DISABLED": "1"} if version.freethreaded else {}),
    }
    lines = [f"#define {name} {value}".rstrip() for name, value in sorted(values.items())]
    lines += [f"/* #undef {name} */" for name in sorted(table.undefined)]
    return _TEXT.format(
        guard=pyconfig.GUARD,
        macros="\n".join(lines),
        library=library_name(version),
        stable=stable_library_name(version),
    )


# Python.h includes patchlevel.h before pyconfig.h: if PY_VERSION_HEX is defined, the API has been selected. Some
# projects include pyconfig.h alone before they select one. clang supports `pragma comment` with Microsoft's ABI only:
# the directive for the linker is written into the section that the pragma would write to.
_TEXT = """\
#ifndef {guard}
#define {guard}
#include <io.h>
#include <stdio.h>
{macros}
#endif
#if defined(PY_VERSION_HEX) && !defined(CROSSWHEEL_PYTHON_LIBRARY) && !defined(Py_NO_LINK_LIB)
#ifdef Py_LIMITED_API
#define CROSSWHEEL_PYTHON_LIBRARY "{stable}"
#else
#define CROSSWHEEL_PYTHON_LIBRARY "{library}"
#endif
__asm__(".section .drectve,\\"yni\\"\\n.ascii \\" -defaultlib:" CROSSWHEEL_PYTHON_LIBRARY "\\"\\n.text");
#endif
"""


_DATA = " DATA"


@dataclass(frozen=True, slots=True)
class WindowsExports:
    """Exports of one of Python's DLLs, which extension modules import by name.

    :param library: its name: ``python313``, ``python3`` for the stable ABI.
    :param functions: names of functions; ``data`` names of variables.
    """

    library: str
    functions: frozenset[str]
    data: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        """Names of functions and variables."""
        return self.functions | self.data

    def definitions(self) -> str:
        """Return a module-definition file, from which an import library can be generated."""
        lines = [name + _DATA * (name in self.data) for name in sorted(self.names)]
        return "\n".join([f"LIBRARY {self.library}.dll", "EXPORTS", *lines, ""])


def library_name(version: PythonVersion) -> str:
    """Return the name of a version's DLL: ``python313``, ``python313t`` for the free-threaded build."""
    return f"python3{version.minor}{version.abiflags}"


def stable_library_name(version: PythonVersion) -> str:
    """Return the name of the DLL of the stable ABI (PEP 384)."""
    return f"python3{version.abiflags}"


def windows_exports(library: str) -> WindowsExports:
    """Return the exports of a DLL.

    :raises EnvironmentMissingError: if there is no list of them.
    """
    exports = _read_exports(library)
    if exports is None:
        raise EnvironmentMissingError(f"no list of the exports of {library}.dll", hint="see tools/windows_exports.py")
    return exports


@cache
def windows_names() -> frozenset[str]:
    """Return all names that a DLL of Python with a list exports."""
    tables = files("crosswheel.pythons").joinpath("tables", "exports")
    lists = (_read_exports(file.name.removesuffix(".def")) for file in tables.iterdir() if file.name.endswith(".def"))
    return frozenset().union(*(exports.names for exports in lists if exports is not None))


@cache
def _read_exports(library: str) -> WindowsExports | None:
    path = files("crosswheel.pythons").joinpath("tables", "exports", f"{library}.def")
    return parse_def_file(path.read_text("utf-8")) if path.is_file() else None


def parse_def_file(text: str) -> WindowsExports:
    """Parse a module-definition file of :meth:`WindowsExports.definitions`; ``;`` begins a comment."""
    lines = [line for line in text.splitlines() if line and not line.startswith(";")]
    data = frozenset(line.removesuffix(_DATA) for line in lines[2:] if line.endswith(_DATA))
    functions = frozenset(line for line in lines[2:] if not line.endswith(_DATA))
    return WindowsExports(lines[0].split()[1].removesuffix(".dll"), functions, data)
