"""The *prefix* provider: any unpacked Python of the target, whose own data win over everything guessed."""

from __future__ import annotations

import ast
import json
import shutil
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.files import made_once
from crosswheel.pythons import pyconfig
from crosswheel.pythons.config_vars import target_config_vars
from crosswheel.pythons.model import BuildPython, TargetPython

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import Target
    from crosswheel.toolchains.model import Kit

# Names of tools and flags are the toolchain's to give, paths those of a machine that is not here.
_OWN = ("SOABI", "EXT_SUFFIX", "MULTIARCH", "Py_GIL_DISABLED", "Py_ENABLE_SHARED", "LDVERSION", "VERSION")


@dataclass(frozen=True)
class PrefixProvider:
    """Implements :class:`crosswheel.pythons.model.TargetPythonProvider`.

    :param prefix: the directory with ``include`` and ``lib``, or one that holds it as ``usr``.
    """

    host: Host
    prefix: Path

    def provide(self, target: Target, build_python: BuildPython, kit: Kit) -> TargetPython:  # noqa: ARG002
        """See :meth:`TargetPythonProvider.provide`."""
        version = build_python.version
        headers = self._headers(version.executable)
        data = self._sysconfigdata()
        self._must_fit(data, target, build_python)
        found = pyconfig.find(headers, target.multiarch)
        macros = pyconfig.parse(found.read_text("utf-8")).config_vars()
        key = sha256(f"{headers}{found.read_text('utf-8')}".encode()).hexdigest()[:16]

        def fill(part: Path) -> None:
            shutil.copytree(headers, part / headers.name, ignore=shutil.ignore_patterns("pyconfig*.h"))
            shutil.copyfile(found, part / headers.name / "pyconfig.h")

        include = made_once(self.host.cache / "pythons" / f"prefix-{key}", fill) / headers.name
        values = target_config_vars(target, version, build_python.config_vars, macros, include)
        values |= {name: data[name] for name in _OWN if name in data}
        return TargetPython(
            target, version, self._full_version(version.feature), include, values, f"prefix {self.prefix}"
        )

    def _headers(self, name: str) -> Path:
        for base in (self.prefix, self.prefix / "usr"):
            if (base / "include" / name / "Python.h").is_file():
                return base / "include" / name
        raise EnvironmentMissingError(f"no include/{name}/Python.h", where=self.prefix, hint="--target-python PREFIX")

    def _sysconfigdata(self) -> dict[str, str | int]:
        found = sorted(self.prefix.glob("**/_sysconfigdata_*.py"))
        if not found:
            raise EnvironmentMissingError("no _sysconfigdata_*.py: not a whole Python", where=self.prefix)
        for statement in ast.parse(found[0].read_text("utf-8")).body:
            if isinstance(statement, ast.Assign):
                value = ast.literal_eval(statement.value)
                return {name: entry for name, entry in value.items() if isinstance(entry, str | int)}
        raise EnvironmentMissingError("_sysconfigdata holds no variables", where=found[0])

    def _must_fit(self, data: dict[str, str | int], target: Target, build_python: BuildPython) -> None:
        said = str(data.get("SOABI", ""))
        wanted = target.soabi(build_python.version)
        if said != wanted:
            raise EnvironmentMissingError(f"this Python is {said or 'unknown'}, not {wanted}", where=self.prefix)
        if data.get("SIZEOF_VOID_P") not in {target.architecture.pointer_size, None}:
            raise EnvironmentMissingError("its pointers have another size than the target's", where=self.prefix)

    def _full_version(self, feature: str) -> str:
        for path in self.prefix.glob("**/build-details.json"):
            return str(json.loads(path.read_text("utf-8"))["language"].get("version", feature))
        return feature
