"""The *probe* provider: the build Python's headers, and a ``pyconfig.h`` that is determined with the toolchain."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from crosswheel.host.files import create_once, temporary_directory
from crosswheel.pythons import pyconfig
from crosswheel.pythons.check_runner import CheckRunner
from crosswheel.pythons.pyconfig_checks import CheckKind, check_for, table_text
from crosswheel.pythons.target_prefix import LAYOUT, fill_prefix, include_directory, make_target_python

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.pythons.model import BuildPython, TargetPython
    from crosswheel.pythons.pyconfig import PyConfig
    from crosswheel.targets import Target
    from crosswheel.toolchains.model import TargetToolchain


@dataclass(frozen=True)
class ProbeProvider:
    """Implements :class:`crosswheel.pythons.model.TargetPythonProvider`."""

    host: Host

    def target_python(self, target: Target, build_python: BuildPython, toolchain: TargetToolchain) -> TargetPython:
        """See :meth:`TargetPythonProvider.target_python`.

        :raises ProbeError: if the compiler's results are not plausible.
        """
        version, origin = build_python.version, f"probed with {toolchain.identity}"
        text = pyconfig.pyconfig_text(build_python)
        prefix = self._prefix(target, build_python, toolchain, text)

        def describe(config: PyConfig) -> TargetPython:
            return make_target_python(target, version, build_python.full_version, config, prefix, origin)

        def make(directory: Path) -> None:
            with self.host.progress.step(f"probing Python {version} for {target}, once"):
                config = self._probe(pyconfig.parse_pyconfig(text), toolchain)
            fill_prefix(directory, build_python.include, config, describe(config))

        create_once(prefix, make)
        cached = include_directory(prefix, version) / "pyconfig.h"
        return describe(pyconfig.parse_pyconfig(cached.read_text("utf-8")))

    def _prefix(self, target: Target, build_python: BuildPython, toolchain: TargetToolchain, text: str) -> Path:
        """Return the directory of the result, named after everything that it depends on."""
        headers = (build_python.include / "Python.h").stat()
        parts = (
            LAYOUT,
            toolchain.identity,
            build_python.full_version,
            str(build_python.include),
            headers.st_mtime_ns,
            text,
            table_text(),
        )
        key = sha256(json.dumps(parts).encode()).hexdigest()[:16]
        return self.host.cache / "pythons" / f"{build_python.version.abi}-{target}-{key}"

    def _probe(self, config: PyConfig, toolchain: TargetToolchain) -> PyConfig:
        checks = [check_for(macro, toolchain.target.system.name) for macro in config.macros.values()]
        undefined = {check.macro for check in checks if check.kind is CheckKind.FIXED and check.fixed is None}
        features = {name: value for name, value in feature_macros(config.values).items() if name not in undefined}
        with temporary_directory() as work:
            results = CheckRunner(self.host, toolchain, features, work).run_checks(checks)
        return config.with_values(results)


def feature_macros(values: Mapping[str, str | None]) -> dict[str, str]:
    """Return the macros that configure defines for its own checks: ``_GNU_SOURCE``, ``_FILE_OFFSET_BITS``, ..."""
    return {
        name: value
        for name, value in values.items()
        if value is not None and name.startswith("_") and not name.startswith(("_Py", "_PY"))
    }
