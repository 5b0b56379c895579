"""The *windows* provider: the build Python's headers with a ``pyconfig.h`` by rule, and libraries to link with."""

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
from crosswheel.toolchains.model import Call, Tool, run_call

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

    def questions(self) -> list[Check]:
        """What the compiler is asked."""
        kinds = ((CheckKind.SIZE, self.sizes), (CheckKind.ALIGNMENT, self.alignments))
        return [Check(macro, kind, (of,)) for kind, types in kinds for macro, of in types.items()]


@cache
def table_text() -> str:
    """The table as it stands in its file; part of the key of everything that is made by it."""
    return files("crosswheel.pythons").joinpath("tables", "windows.toml").read_text("utf-8")


@cache
def windows_table() -> WindowsPyconfig:
    """The table, read once."""
    rows = tomllib.loads(table_text())
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in rows.items()}
    return WindowsPyconfig(**values)


@dataclass(frozen=True)
class WindowsProvider:
    """Implements :class:`crosswheel.pythons.model.TargetPythonProvider`.

    Windows' headers are those of every platform but for ``pyconfig.h``, which CPython keeps by hand there.
    """

    host: Host

    def target_python(self, target: Target, build_python: BuildPython, kit: TargetToolchain) -> TargetPython:
        """See :meth:`TargetPythonProvider.target_python`.

        :raises ProbeError: when the compiler's answers cannot be trusted.
        """
        version = build_python.version
        libraries = [windows_exports(name) for name in (library_name(version), stable_library_name(version))]
        prefix = self._place(target, build_python, kit, libraries)

        def describe(found: pyconfig.PyConfig) -> TargetPython:
            origin = f"by rule, sizes measured with {kit.identity}"
            python = make_target_python(target, version, build_python.full_version, found, prefix, origin)
            return replace(python, library=prefix / target.system.libraries / f"{library_name(version)}.lib")

        def make(part: Path) -> None:
            with self.host.progress.step(f"making Python {version} for {target}, once"), temporary_directory() as work:
                answers = CheckRunner(self.host, kit, {}, work).run_checks(windows_table().questions())
                found = pyconfig.parse_pyconfig(windows_pyconfig(target, version, answers))
                fill_prefix(part, build_python.include, found, describe(found))
                self._import_libraries(libraries, kit, part / target.system.libraries)

        create_once(prefix, make)
        kept = include_directory(prefix, version) / "pyconfig.h"
        return describe(pyconfig.parse_pyconfig(kept.read_text("utf-8")))

    def _place(
        self, target: Target, build_python: BuildPython, kit: TargetToolchain, libraries: list[WindowsExports]
    ) -> Path:
        """Where the result is kept, named after everything it depends on."""
        headers = (build_python.include / "Python.h").stat()
        parts = (
            *(LAYOUT, kit.identity, build_python.full_version, str(build_python.include), headers.st_mtime_ns),
            *(
                table_text(),
                [library.definitions() for library in libraries],
                windows_pyconfig(target, build_python.version, {}),
            ),
        )
        key = sha256(json.dumps(parts).encode()).hexdigest()[:16]
        return self.host.cache / "pythons" / f"{build_python.version.abi}-{target}-{key}"

    def _import_libraries(self, libraries: list[WindowsExports], kit: TargetToolchain, place: Path) -> None:
        place.mkdir()
        for library in libraries:
            definitions = place / f"{library.library}.def"
            definitions.write_text(library.definitions(), "utf-8")
            words = ("-d", definitions.name, "-l", f"{library.library}.lib")
            status, said = run_call(self.host, kit, Call(Tool.DLLTOOL, words, str(place)))
            if status:
                raise EnvironmentMissingError(f"cannot make {library.library}.lib: {said[-300:]}")


def windows_pyconfig(target: Target, version: PythonVersion, measured: Mapping[str, str | None]) -> str:
    """The text of ``pyconfig.h``.

    :param measured: sizes and alignments of C's types, by macro.
    """
    known = windows_table()
    pointer = target.architecture.pointer_size
    values = {
        **dict.fromkeys(known.defined, ""),
        **dict.fromkeys(known.ones, "1"),
        **(dict.fromkeys(known.wide, "") if pointer == 8 else {}),
        **known.values,
        "PYD_PLATFORM_TAG": f'"{target.tag}"',
        **{macro: value for macro, value in measured.items() if value is not None},
        # Where the interpreter's header leaves it to the command line.
        **({"Py_GIL_DISABLED": "1"} if version.freethreaded else {}),
    }
    lines = [f"#define {name} {value}".rstrip() for name, value in sorted(values.items())]
    lines += [f"/* #undef {name} */" for name in sorted(known.undefined)]
    return _TEXT.format(
        guard=pyconfig.GUARD,
        macros="\n".join(lines),
        library=library_name(version),
        stable=stable_library_name(version),
    )


# Python.h includes patchlevel.h before pyconfig.h, so then it is settled which API is meant; others include pyconfig.h
# by itself before they choose. clang knows `pragma comment` for Microsoft's ABI only: the words for the linker are put
# where that would put them.
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
    """What a library exports.

    :param library: its name: ``python313``, ``python3`` of the stable ABI.
    :param functions: names of functions; ``data`` those of variables.
    """

    library: str
    functions: frozenset[str]
    data: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        """Both."""
        return self.functions | self.data

    def definitions(self) -> str:
        """A module-definition file, of which import libraries are made."""
        lines = [name + _DATA * (name in self.data) for name in sorted(self.names)]
        return "\n".join([f"LIBRARY {self.library}.dll", "EXPORTS", *lines, ""])


def library_name(version: PythonVersion) -> str:
    """The library of one version: ``python313``, ``python313t`` of the free-threaded build."""
    return f"python3{version.minor}{version.abiflags}"


def stable_library_name(version: PythonVersion) -> str:
    """The library of the stable ABI (PEP 384)."""
    return f"python3{version.abiflags}"


def windows_exports(library: str) -> WindowsExports:
    """What a library exports.

    :raises EnvironmentMissingError: when there is no list of it.
    """
    found = _known(library)
    if found is None:
        raise EnvironmentMissingError(
            f"there is no list of what {library}.dll exports", hint="see tools/windows_exports.py"
        )
    return found


@cache
def _known(library: str) -> WindowsExports | None:
    path = files("crosswheel.pythons").joinpath("tables", "exports", f"{library}.def")
    return parse_def_file(path.read_text("utf-8")) if path.is_file() else None


def parse_def_file(text: str) -> WindowsExports:
    """Read a module-definition file as :meth:`WindowsExports.definitions` writes it; ``;`` begins a comment."""
    lines = [line for line in text.splitlines() if line and not line.startswith(";")]
    data = frozenset(line.removesuffix(_DATA) for line in lines[2:] if line.endswith(_DATA))
    functions = frozenset(line for line in lines[2:] if not line.endswith(_DATA))
    return WindowsExports(lines[0].split()[1].removesuffix(".dll"), functions, data)
