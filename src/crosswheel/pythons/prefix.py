"""The *prefix* provider: any unpacked Python of the target, whose own data take precedence."""

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

_HINT = "--target-python is the directory with include/ and lib/ of an unpacked Python of the target"
# Prefixes in what is usually unpacked: the prefix itself, Debian packages, archives of python-build-standalone.
_SUBDIRECTORIES = (".", "usr", "usr/local", "python", "python/install", "install")


@dataclass(frozen=True)
class PrefixProvider:
    """Implements :class:`crosswheel.pythons.model.TargetPythonProvider`.

    :param prefix: the directory with ``include`` and ``lib``, or its parent if it is named ``usr`` or ``python``.
    """

    host: Host
    prefix: Path

    def target_python(self, target: Target, build_python: BuildPython, toolchain: TargetToolchain) -> TargetPython:  # noqa: ARG002
        """See :meth:`TargetPythonProvider.target_python`.

        :raises EnvironmentMissingError: if it is not a Python, or not for this version and target.
        """
        version = build_python.version
        base = self._base(version)
        headers = include_directory(base, version)
        variables = self._config_vars(base, version)
        names = {"EXT_SUFFIX": target.ext_suffix(version), "SOABI": target.soabi(version)}
        self._require_equal({name: (variables.get(name), value) for name, value in names.items()}, target)
        pyconfig_path = pyconfig.find_pyconfig(headers, target.multiarch)
        config = pyconfig.parse_pyconfig(pyconfig_path.read_text("utf-8"))
        self._require_equal(_platform_facts(config, target, version), target)
        prefix = base if pyconfig_path.parent == headers else self._joined_prefix(headers, pyconfig_path, target)
        full_version = header_version(headers)
        python = make_target_python(target, version, full_version, config, prefix, f"prefix {self.prefix}")
        # Tools and flags stay neutral, and paths are those of this machine: only names of the interpreter are taken.
        own = {name: value for name in ("SOABI", "EXT_SUFFIX", "MULTIARCH") if (value := variables.get(name))}
        python = replace(python, config_vars={**python.config_vars, **own})
        if prefix != base:
            create_once(prefix, lambda directory: fill_prefix(directory, headers, config, python))
        return python

    def _base(self, version: PythonVersion) -> Path:
        for subdirectory in _SUBDIRECTORIES:
            if (include_directory(self.prefix / subdirectory, version) / "Python.h").is_file():
                return (self.prefix / subdirectory).resolve()
        others = sorted({path.parent.name for subdirectory in _SUBDIRECTORIES for path in
                         (self.prefix / subdirectory).glob("include/python3.*/Python.h")})  # fmt: skip
        raise EnvironmentMissingError(
            f"no Python {version}: include/{version.executable}/Python.h is missing"
            + (f" (available: {', '.join(others)})" if others else ""),
            where=self.prefix,
            hint=_HINT,
        )

    def _config_vars(self, base: Path, version: PythonVersion) -> dict[str, Any]:
        """Return its variables; ``build-details.json`` (PEP 739) takes precedence over ``_sysconfigdata_*.py``."""
        library = stdlib_directory(base, version)
        data = sorted(library.glob("_sysconfigdata_*.py"))
        details = library / BUILD_DETAILS
        if not data and not details.is_file():
            raise EnvironmentMissingError(
                f"incomplete Python: lib/{library.name} has neither _sysconfigdata_*.py nor {BUILD_DETAILS}",
                where=base,
                hint=_HINT,
            )
        variables = read_sysconfigdata(data[0]) if data else {}
        return {**variables, **(read_build_details(details) if details.is_file() else {})}

    def _require_equal(self, facts: Mapping[str, tuple[object, object]], target: Target) -> None:
        """Raise if an actual value, the first of a pair, is not the expected one; None is unknown."""
        for name, (actual, expected) in facts.items():
            if actual is not None and actual != expected:
                raise EnvironmentMissingError(
                    f"this Python is not for {target}: its {name} is {actual}, not {expected}",
                    where=self.prefix,
                    hint=_HINT,
                )

    def _joined_prefix(self, headers: Path, pyconfig_path: Path, target: Target) -> Path:
        """Return the prefix with copies of headers and ``pyconfig.h`` from different directories, as on Debian."""
        stats = [(str(path), path.stat().st_mtime_ns) for path in (headers / "Python.h", pyconfig_path)]
        key = sha256(json.dumps([LAYOUT, str(target), *stats]).encode()).hexdigest()[:16]
        return self.host.cache / "pythons" / f"prefix-{target}-{key}"


def _platform_facts(config: PyConfig, target: Target, version: PythonVersion) -> dict[str, tuple[object, object]]:
    """Return actual and expected values of facts about processor and build in ``pyconfig.h``."""
    macros, architecture = config.config_vars(), target.architecture
    endian = "big" if config.values.get("WORDS_BIGENDIAN") else "little"
    return {
        "pointer size": (macros.get("SIZEOF_VOID_P"), architecture.pointer_size),
        "byte order": (endian, architecture.endian),
        "Py_GIL_DISABLED": (macros.get("Py_GIL_DISABLED", 0), int(version.freethreaded)),
    }


def read_sysconfigdata(path: Path) -> dict[str, str | int]:
    """Return the variables in a ``_sysconfigdata_*.py``, which is parsed, not run.

    :raises EnvironmentMissingError: if it is not such a file.
    """
    return sysconfigdata_vars(path.read_text("utf-8"), where=str(path))


def sysconfigdata_vars(text: str, *, where: str) -> dict[str, str | int]:
    """Return the variables in the text of such a module, except those that it computes, such as paths.

    :raises EnvironmentMissingError: if it is not such a text.
    """
    try:
        statements = ast.parse(text).body
    except (SyntaxError, ValueError) as error:
        raise EnvironmentMissingError(f"invalid Python: {error}", where=where) from error
    for statement in statements:
        match statement:
            case ast.Assign(targets=[ast.Name(id="build_time_vars")], value=ast.Dict() as table):
                return dict(_constants(table))
    raise EnvironmentMissingError("no build_time_vars", where=where)


def _constants(table: ast.Dict) -> Iterator[tuple[str, str | int]]:
    for key, value in zip(table.keys, table.values, strict=True):
        try:
            name, constant = ast.literal_eval(key or value), ast.literal_eval(value)
        except ValueError:
            continue
        if isinstance(name, str) and isinstance(constant, str | int):
            yield name, constant


def read_build_details(path: Path) -> dict[str, str]:
    """Return the names in a ``build-details.json`` (PEP 739) as variables of ``sysconfig``.

    :raises EnvironmentMissingError: if it is not such a file.
    """
    try:
        details = json.loads(path.read_text("utf-8"))
        multiarch = details["implementation"].get("_multiarch")
        suffix = details["abi"].get("extension_suffix")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EnvironmentMissingError(f"invalid build-details.json: {error!r}", where=path) from error
    variables = {"MULTIARCH": multiarch, "EXT_SUFFIX": suffix}
    return {name: str(value) for name, value in variables.items() if value}
