"""The *probe* provider: the build Python's own public headers, and a ``pyconfig.h`` found out with the toolchain."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from crosswheel.host.files import made_once, scratch
from crosswheel.pythons import pyconfig
from crosswheel.pythons.config_vars import target_config_vars
from crosswheel.pythons.model import BuildPython, TargetPython
from crosswheel.pythons.probing import Prober
from crosswheel.pythons.questions import question, table_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import Target
    from crosswheel.toolchains.model import Kit

_LAYOUT = 1
_FEATURES = ("_GNU_SOURCE", "_POSIX_C_SOURCE", "_XOPEN_SOURCE", "_FILE_OFFSET_BITS", "_LARGEFILE_SOURCE",
             "_XOPEN_SOURCE_EXTENDED", "__BSD_VISIBLE", "_DARWIN_C_SOURCE", "_NETBSD_SOURCE", "_PYTHONFRAMEWORK")  # fmt: skip


@dataclass(frozen=True)
class ProbeProvider:
    """Implements :class:`crosswheel.pythons.model.TargetPythonProvider`."""

    host: Host

    def provide(self, target: Target, build_python: BuildPython, kit: Kit) -> TargetPython:
        """See :meth:`TargetPythonProvider.provide`."""
        include = self._directory(build_python, kit) / build_python.version.executable
        if not include.is_dir():
            with self.host.progress.step(f"probing Python {build_python.version} for {target}, once"):
                made_once(include.parent, lambda part: self._fill(part / include.name, build_python, kit))
        found = pyconfig.parse((include / "pyconfig.h").read_text("utf-8"))
        return TargetPython(
            target=target,
            version=build_python.version,
            full_version=build_python.full_version,
            include=include,
            config_vars=target_config_vars(
                target, build_python.version, build_python.config_vars, found.config_vars(), include
            ),
            origin=f"probed with {kit.identity}",
        )

    def _directory(self, build_python: BuildPython, kit: Kit) -> Path:
        parts = (str(_LAYOUT), kit.identity, build_python.full_version, str(build_python.executable), table_text())
        key = sha256(json.dumps(parts).encode()).hexdigest()[:16]
        return self.host.cache / "pythons" / f"{build_python.version.abi}-{kit.target}-{key}"

    def _fill(self, include: Path, build_python: BuildPython, kit: Kit) -> None:
        shutil.copytree(build_python.include, include, ignore=shutil.ignore_patterns("pyconfig*.h"))
        own = pyconfig.parse(pyconfig.find(build_python.include).read_text("utf-8"))
        with scratch() as work:
            prober = Prober(self.host, kit, _features(own.values), work)
            answers = prober.answers([question(macro) for macro in own.macros.values()])
        (include / "pyconfig.h").write_text(own.with_values(answers).render(), "utf-8")


def _features(values: Mapping[str, str | None]) -> dict[str, str]:
    """The macros that configure compiles its own checks with."""
    return {name: value for name in _FEATURES if (value := values.get(name)) is not None}
