"""The *probe* provider: the build Python's own headers, and a ``pyconfig.h`` found out with the toolchain."""

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

    def target_python(self, target: Target, build_python: BuildPython, kit: TargetToolchain) -> TargetPython:
        """See :meth:`TargetPythonProvider.target_python`.

        :raises ProbeError: when the compiler's answers cannot be trusted.
        """
        version, origin = build_python.version, f"probed with {kit.identity}"
        text = pyconfig.pyconfig_text(build_python)
        prefix = self._place(target, build_python, kit, text)

        def describe(found: PyConfig) -> TargetPython:
            return make_target_python(target, version, build_python.full_version, found, prefix, origin)

        def make(part: Path) -> None:
            with self.host.progress.step(f"probing Python {version} for {target}, once"):
                found = self._probe(pyconfig.parse_pyconfig(text), kit)
            fill_prefix(part, build_python.include, found, describe(found))

        create_once(prefix, make)
        kept = include_directory(prefix, version) / "pyconfig.h"
        return describe(pyconfig.parse_pyconfig(kept.read_text("utf-8")))

    def _place(self, target: Target, build_python: BuildPython, kit: TargetToolchain, text: str) -> Path:
        """Where the result is kept, named after everything it depends on."""
        headers = (build_python.include / "Python.h").stat()
        parts = (
            LAYOUT,
            kit.identity,
            build_python.full_version,
            str(build_python.include),
            headers.st_mtime_ns,
            text,
            table_text(),
        )
        key = sha256(json.dumps(parts).encode()).hexdigest()[:16]
        return self.host.cache / "pythons" / f"{build_python.version.abi}-{target}-{key}"

    def _probe(self, own: PyConfig, kit: TargetToolchain) -> PyConfig:
        questions = [check_for(macro, kit.target.system.name) for macro in own.macros.values()]
        left_out = {asked.macro for asked in questions if asked.kind is CheckKind.FIXED and asked.fixed is None}
        given = {name: value for name, value in feature_macros(own.values).items() if name not in left_out}
        with temporary_directory() as work:
            answers = CheckRunner(self.host, kit, given, work).run_checks(questions)
        return own.with_values(answers)


def feature_macros(values: Mapping[str, str | None]) -> dict[str, str]:
    """The macros that configure compiles its own checks with: ``_GNU_SOURCE``, ``_FILE_OFFSET_BITS``, ..."""
    return {
        name: value
        for name, value in values.items()
        if value is not None and name.startswith("_") and not name.startswith(("_Py", "_PY"))
    }
