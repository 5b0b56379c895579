"""The *runtime* provider: the target is one program with one Python inside, which says of itself what it is."""

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

    Headers are the build Python's, which are the same for every platform but for ``pyconfig.h``; the values of that
    are in the ``_sysconfigdata`` of the runtime's standard library.

    :param directory: an unpacked Pyodide, None for the one that belongs to the target.
    """

    host: Host
    directory: Path | None = None

    def target_python(self, target: Target, build_python: BuildPython, kit: TargetToolchain) -> TargetPython:  # noqa: ARG002
        """See :meth:`TargetPythonProvider.target_python`.

        :raises EnvironmentMissingError: when the build Python is not of the runtime's version.
        """
        target = target_as(target, PyodideTarget, "the provider of runtimes")
        if not target.supports_python(build_python.version):
            raise EnvironmentMissingError(f"there is no Python {build_python.version} for {target}")
        runtime = find_runtime(self.host, target.abi, self.directory)
        stated = self._stated(runtime.standard_library, target)
        found = runtime_pyconfig(pyconfig.parse_pyconfig(pyconfig.pyconfig_text(build_python)), stated)
        parts = (LAYOUT, str(target), str(build_python.include), found.render(), runtime.python)
        key = sha256(json.dumps(parts).encode()).hexdigest()[:16]
        prefix = self.host.cache / "pythons" / f"{build_python.version.abi}-{target}-{key}"
        python = make_target_python(
            target, build_python.version, runtime.python, found, prefix, f"Pyodide {runtime.version}"
        )
        create_once(prefix, lambda part: fill_prefix(part, build_python.include, found, python))
        return python

    def _stated(self, library: Path, target: PyodideTarget) -> dict[str, str | int]:
        member = f"{target.sysconfigdata(target.abi.python)}.py"
        try:
            with zipfile.ZipFile(library) as archive:
                text = archive.read(member).decode("utf-8")
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            raise EnvironmentMissingError(f"its standard library has no {member}: {error}", where=library) from error
        return sysconfigdata_vars(text, where=f"{library}/{member}")


def runtime_pyconfig(own: PyConfig, stated: Mapping[str, str | int]) -> PyConfig:
    """The build Python's ``pyconfig.h`` with the values that the runtime states.

    ``sysconfig`` keeps every macro that begins with a capital letter, undefined ones as 0. Those with an underscore
    before them choose features of the C library, and stay.
    """
    values: dict[str, str | None] = {}
    for name in own.macros:
        if name.startswith("_") or not name[0].isupper():
            continue
        value = stated.get(name, 0)
        undefined = value == 0 and not name.startswith("HAVE_DECL_")
        values[name] = None if undefined else str(value)
    return own.with_values(values)
