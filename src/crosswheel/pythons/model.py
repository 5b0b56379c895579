"""The two Pythons of a build: the one that runs the backend, and the one that the wheel is for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import PythonVersion, Target
    from crosswheel.toolchains.model import TargetToolchain


@dataclass(frozen=True, slots=True)
class BuildPython:
    """A CPython on the build machine, of the target's version, which runs the build backend.

    :param executable: absolute path of its executable, not of a shim.
    :param full_version: ``3.13.0``.
    :param include: directory of its headers, with ``Python.h`` and ``pyconfig.h``.
    :param config_vars: its ``sysconfig.get_config_vars()``, strings and integers only.
    """

    executable: Path
    version: PythonVersion
    full_version: str
    include: Path
    config_vars: Mapping[str, str | int] = field(hash=False, compare=False)


@dataclass(frozen=True, slots=True)
class TargetPython:
    """The facts about the target's interpreter that build backends need.

    :param include: directory of its headers: ``Python.h`` and the target's ``pyconfig.h``.
    :param config_vars: ``sysconfig.get_config_vars()`` of the target's interpreter; names of compilers are placeholders
        that the build replaces.
    :param origin: its source, for log and report: ``probed with zig 0.17.0``, ``prefix /opt/python``.
    :param library: library that modules are linked with on systems where modules are linked with the interpreter.
    :param stable_library: the one for modules of the stable ABI (PEP 384).
    """

    target: Target
    version: PythonVersion
    full_version: str
    include: Path
    config_vars: Mapping[str, str | int] = field(hash=False, compare=False)
    origin: str
    library: Path | None = None
    stable_library: Path | None = None

    @property
    def ext_suffix(self) -> str:
        """File name suffix of its extension modules."""
        return str(self.config_vars["EXT_SUFFIX"])

    @property
    def soabi(self) -> str:
        """Its ``SOABI`` (PEP 3149)."""
        return str(self.config_vars["SOABI"])


class TargetPythonProvider(Protocol):
    """A source of facts about the target's interpreter."""

    def target_python(self, target: Target, build_python: BuildPython, toolchain: TargetToolchain) -> TargetPython:
        """Return the target's interpreter, from the cache if possible.

        :raises EnvironmentMissingError: if the facts cannot be determined.
        """
        ...


class CreateProvider(Protocol):
    """Creates the provider of a family of platforms."""

    def __call__(self, host: Host) -> TargetPythonProvider:
        """Return one for a host."""
        ...
