"""The *runtime* provider: a target that is one program with one Python, whose standard library describes it."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from crosswheel.downloads.pyodide import find_runtime
from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.files import create_once
from crosswheel.platforms import target_as
from crosswheel.pythons import pyconfig
from crosswheel.pythons.prefix import sysconfigdata_vars
from crosswheel.pythons.target_prefix import LAYOUT, fill_prefix, make_target_python
from crosswheel.targets import PyodideTarget

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.pythons.model import BuildPython, TargetPython
    from crosswheel.pythons.pyconfig import PyConfig
    from crosswheel.targets import Target
    from crosswheel.toolchains.model import TargetToolchain


@dataclass(frozen=True)
class RuntimeProvider:
    """Implements :class:`crosswheel.pythons.model.TargetPythonProvider` for Pyodide.

    Headers are the build Python's: only ``pyconfig.h`` depends on the platform, and its values are in the
    ``_sysconfigdata`` of the runtime's standard library.

    :param directory: an unpacked Pyodide, None to use the target's.
    """

    host: Host
    directory: Path | None = None

    def target_python(self, target: Target, build_python: BuildPython, toolchain: TargetToolchain) -> TargetPython:  # noqa: ARG002
        """See :meth:`TargetPythonProvider.target_python`.

        :raises EnvironmentMissingError: if the build Python is not of the runtime's version.
        """
        target = target_as(target, PyodideTarget, "the provider of runtimes")
        if not target.supports_python(build_python.version):
            raise EnvironmentMissingError(f"no Python {build_python.version} for {target}")
        runtime = find_runtime(self.host, target.abi, self.directory)
        variables = self._config_vars(runtime.standard_library, target)
        config = runtime_pyconfig(pyconfig.parse_pyconfig(pyconfig.pyconfig_text(build_python)), variables)
        parts = (LAYOUT, str(target), str(build_python.include), config.render(), runtime.python)
        key = sha256(json.dumps(parts).encode()).hexdigest()[:16]
        prefix = self.host.cache / "pythons" / f"{build_python.version.abi}-{target}-{key}"
        python = make_target_python(
            target, build_python.version, runtime.python, config, prefix, f"Pyodide {runtime.version}"
        )
        create_once(prefix, lambda directory: fill_prefix(directory, build_python.include, config, python))
        return python

    def _config_vars(self, library: Path, target: PyodideTarget) -> dict[str, str | int]:
        member = f"{target.sysconfigdata(target.abi.python)}.py"
        try:
            with zipfile.ZipFile(library) as archive:
                text = archive.read(member).decode("utf-8")
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            raise EnvironmentMissingError(f"the standard library has no {member}: {error}", where=library) from error
        return sysconfigdata_vars(text, where=f"{library}/{member}")


def runtime_pyconfig(config: PyConfig, variables: Mapping[str, str | int]) -> PyConfig:
    """Return the build Python's ``pyconfig.h`` with the runtime's values.

    ``sysconfig`` has every macro that begins with a capital letter, with 0 for undefined ones. Macros that begin with
    an underscore select features of the C library, and are left unchanged.

    :param variables: the runtime's ``sysconfig.get_config_vars()``.
    """
    values: dict[str, str | None] = {}
    for name in config.macros:
        if name.startswith("_") or not name[0].isupper():
            continue
        value = variables.get(name, 0)
        undefined = value == 0 and not name.startswith("HAVE_DECL_")
        values[name] = None if undefined else str(value)
    return config.with_values(values)
