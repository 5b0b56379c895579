"""The *prefix* provider: any unpacked Python of the target, whose own data win over everything guessed."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.files import create_once
from crosswheel.pythons import pyconfig
from crosswheel.pythons.target_prefix import (
    BUILD_DETAILS,
    LAYOUT,
    fill_prefix,
    header_version,
    include_directory,
    make_target_python,
    stdlib_directory,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.pythons.model import BuildPython, TargetPython
    from crosswheel.pythons.pyconfig import PyConfig
    from crosswheel.targets import PythonVersion, Target
    from crosswheel.toolchains.model import TargetToolchain

_HINT = "--target-python takes the directory with include/ and lib/ of an unpacked Python of the target"
# Where a Python lies in what people unpack: itself, Debian's packages, python-build-standalone's archives.
_WITHIN = (".", "usr", "usr/local", "python", "python/install", "install")


@dataclass(frozen=True)
class PrefixProvider:
    """Implements :class:`crosswheel.pythons.model.TargetPythonProvider`.

    :param prefix: the directory with ``include`` and ``lib``, or one that holds it as ``usr`` or ``python``.
    """

    host: Host
    prefix: Path

    def target_python(self, target: Target, build_python: BuildPython, kit: TargetToolchain) -> TargetPython:  # noqa: ARG002
        """See :meth:`TargetPythonProvider.target_python`.

        :raises EnvironmentMissingError: when it is no Python, or not one of this version and target.
        """
        version = build_python.version
        base = self._base(version)
        headers = include_directory(base, version)
        stated = self._stated(base, version)
        wanted = {"EXT_SUFFIX": target.ext_suffix(version), "SOABI": target.soabi(version)}
        self._must_be({name: (stated.get(name), value) for name, value in wanted.items()}, target)
        found_at = pyconfig.find_pyconfig(headers, target.multiarch)
        found = pyconfig.parse_pyconfig(found_at.read_text("utf-8"))
        self._must_be(_numbers(found, target, version), target)
        place = base if found_at.parent == headers else self._joined(headers, found_at, target)
        full_version = header_version(headers)
        python = make_target_python(target, version, full_version, found, place, f"prefix {self.prefix}")
        # Tools and flags stay neutral, and paths are those of here: what is left is what names the interpreter.
        own = {name: value for name in ("SOABI", "EXT_SUFFIX", "MULTIARCH") if (value := stated.get(name))}
        python = replace(python, config_vars={**python.config_vars, **own})
        if place != base:
            create_once(place, lambda part: fill_prefix(part, headers, found, python))
        return python

    def _base(self, version: PythonVersion) -> Path:
        for within in _WITHIN:
            if (include_directory(self.prefix / within, version) / "Python.h").is_file():
                return (self.prefix / within).resolve()
        others = sorted({path.parent.name for within in _WITHIN for path in
                         (self.prefix / within).glob("include/python3.*/Python.h")})  # fmt: skip
        raise EnvironmentMissingError(
            f"no Python {version} there: include/{version.executable}/Python.h is missing"
            + (f" (there is {', '.join(others)})" if others else ""),
            where=self.prefix,
            hint=_HINT,
        )

    def _stated(self, base: Path, version: PythonVersion) -> dict[str, Any]:
        """What it says of itself; ``build-details.json`` (PEP 739) wins over ``_sysconfigdata_*.py``."""
        library = stdlib_directory(base, version)
        data = sorted(library.glob("_sysconfigdata_*.py"))
        details = library / BUILD_DETAILS
        if not data and not details.is_file():
            raise EnvironmentMissingError(
                f"no whole Python: lib/{library.name} has neither _sysconfigdata_*.py nor {BUILD_DETAILS}",
                where=base,
                hint=_HINT,
            )
        stated = read_sysconfigdata(data[0]) if data else {}
        return {**stated, **(read_build_details(details) if details.is_file() else {})}

    def _must_be(self, facts: Mapping[str, tuple[object, object]], target: Target) -> None:
        """Refuse it unless each fact it states, the first of a pair, is the second; None states nothing."""
        for name, (said, wanted) in facts.items():
            if said is not None and said != wanted:
                raise EnvironmentMissingError(
                    f"this Python is not one of {target}: its {name} is {said}, not {wanted}",
                    where=self.prefix,
                    hint=_HINT,
                )

    def _joined(self, headers: Path, found_at: Path, target: Target) -> Path:
        """Where headers and ``pyconfig.h`` are brought together that lie apart, as Debian's do."""
        stats = [(str(path), path.stat().st_mtime_ns) for path in (headers / "Python.h", found_at)]
        key = sha256(json.dumps([LAYOUT, str(target), *stats]).encode()).hexdigest()[:16]
        return self.host.cache / "pythons" / f"prefix-{target}-{key}"


def _numbers(found: PyConfig, target: Target, version: PythonVersion) -> dict[str, tuple[object, object]]:
    """What its ``pyconfig.h`` says of the processor and the build, and what that should be."""
    macros, architecture = found.config_vars(), target.architecture
    endian = "big" if found.values.get("WORDS_BIGENDIAN") else "little"
    return {
        "pointer size": (macros.get("SIZEOF_VOID_P"), architecture.pointer_size),
        "byte order": (endian, architecture.endian),
        "Py_GIL_DISABLED": (macros.get("Py_GIL_DISABLED", 0), int(version.freethreaded)),
    }


def read_sysconfigdata(path: Path) -> dict[str, str | int]:
    """The variables in a ``_sysconfigdata_*.py``, which is read and not run.

    :raises EnvironmentMissingError: when it is not such a file.
    """
    return sysconfigdata_vars(path.read_text("utf-8"), where=str(path))


def sysconfigdata_vars(text: str, *, where: str) -> dict[str, str | int]:
    """The same of such a module's text; values that are computed when it is run, such as paths, are left out.

    :raises EnvironmentMissingError: when it is not such a text.
    """
    try:
        statements = ast.parse(text).body
    except (SyntaxError, ValueError) as error:
        raise EnvironmentMissingError(f"cannot be read: {error}", where=where) from error
    for statement in statements:
        match statement:
            case ast.Assign(targets=[ast.Name(id="build_time_vars")], value=ast.Dict() as table):
                return dict(_constants(table))
    raise EnvironmentMissingError("holds no build_time_vars", where=where)


def _constants(table: ast.Dict) -> Iterator[tuple[str, str | int]]:
    for key, value in zip(table.keys, table.values, strict=True):
        try:
            name, found = ast.literal_eval(key or value), ast.literal_eval(value)
        except ValueError:
            continue
        if isinstance(name, str) and isinstance(found, str | int):
            yield name, found


def read_build_details(path: Path) -> dict[str, str]:
    """What a ``build-details.json`` says of names, under those of ``sysconfig``'s variables (PEP 739).

    :raises EnvironmentMissingError: when it is not such a file.
    """
    try:
        details = json.loads(path.read_text("utf-8"))
        multiarch = details["implementation"].get("_multiarch")
        suffix = details["abi"].get("extension_suffix")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EnvironmentMissingError(f"is no build-details.json: {error!r}", where=path) from error
    stated = {"MULTIARCH": multiarch, "EXT_SUFFIX": suffix}
    return {name: str(value) for name, value in stated.items() if value}
