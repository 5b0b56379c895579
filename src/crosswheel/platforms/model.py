"""What a family of platforms is made of, and the loading of its parts."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from crosswheel.errors import UnknownPlatformError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.targets import Target


@dataclass(frozen=True, slots=True)
class Platform:
    """A family of platforms. No field has a default: what a family does without, it says.

    Code is named by object references in the syntax of entry points, ``package.module:name``: it belongs to packages
    that import this one, and is loaded when it is first needed.

    :param family: its name, which is :attr:`Target.family`.
    :param target: the class of its targets.
    :param toolchains: for each toolchain that builds for it a :class:`crosswheel.toolchains.model.PrepareTarget`.
    :param cxx_runtime: the libraries of zig's C++ runtime that modules carry, since the platform has none to share.
    :param python_provider: creates a :class:`crosswheel.pythons.model.TargetPythonProvider` for a host.
    :param runners: each creates a :class:`crosswheel.runners.model.Runner` for a host; the first that can is used, the
        last one says why none can.
    :param mismatch: the :class:`crosswheel.object_files.mismatch.Mismatch` of its binary format.
    :param repairer: the :class:`crosswheel.wheels.repair.model.Repairer` of its wheels.
    :param audit_checks: names of the audit's checks that it needs and not every family does. Other checks always run.
    :param audit_modules: large modules that auditing its wheels imports, which can be imported beforehand.
    """

    family: str
    target: type[Target]
    toolchains: Mapping[str, str]
    cxx_runtime: tuple[str, ...]
    python_provider: str
    runners: tuple[str, ...]
    mismatch: str
    repairer: str
    audit_checks: tuple[str, ...]
    audit_modules: tuple[str, ...]


def load(reference: str) -> Any:  # callers annotate what they expect; tests/unit/platforms checks it
    """Return the object that an object reference names.

    :param reference: ``package.module:name``.
    :raises UnknownPlatformError: if there is no such object.
    """
    module, _, name = reference.partition(":")
    try:
        return getattr(import_module(module), name)
    except (ModuleNotFoundError, AttributeError, ValueError) as error:
        raise UnknownPlatformError(f"no object {reference}: {error}") from error
