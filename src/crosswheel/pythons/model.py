"""The two Pythons of a build: the one that runs the backend, and the one the wheel is for."""

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
    """A CPython on this machine, of the target's version, under which the backend runs.

    :param executable: its program, absolute, no shim.
    :param full_version: ``3.13.0``.
    :param include: its directory of headers, with ``Python.h`` and ``pyconfig.h``.
    :param config_vars: its ``sysconfig.get_config_vars()``, strings and integers only.
    """

    executable: Path
    version: PythonVersion
    full_version: str
    include: Path
    config_vars: Mapping[str, str | int] = field(hash=False, compare=False)


@dataclass(frozen=True, slots=True)
class TargetPython:
    """What a build backend must know of the target's interpreter.

    :param include: the target's own directory of headers: ``Python.h`` and the target's ``pyconfig.h``.
    :param config_vars: ``sysconfig.get_config_vars()`` as the target's interpreter would answer, with the
        compiler's names left for the build to fill in.
    :param origin: where it is from, for people: ``probed with zig 0.17.0``, ``prefix /opt/python``.
    :param library: what a module is linked with to be linked with its interpreter, where that is usual.
    """

    target: Target
    version: PythonVersion
    full_version: str
    include: Path
    config_vars: Mapping[str, str | int] = field(hash=False, compare=False)
    origin: str
    library: Path | None = None

    @property
    def ext_suffix(self) -> str:
        """How its extension modules' file names end."""
        return str(self.config_vars["EXT_SUFFIX"])

    @property
    def soabi(self) -> str:
        """Its ``SOABI`` (PEP 3149)."""
        return str(self.config_vars["SOABI"])


class TargetPythonProvider(Protocol):
    """A way to know the target's interpreter."""

    def target_python(self, target: Target, build_python: BuildPython, kit: TargetToolchain) -> TargetPython:
        """Find out, once; the result is kept in the cache.

        :raises EnvironmentMissingError: when it cannot be known.
        """
        ...


class CreateProvider(Protocol):
    """Creates the provider of a family of platforms."""

    def __call__(self, host: Host) -> TargetPythonProvider:
        """Return one for a host."""
        ...
