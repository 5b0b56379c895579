"""The description of a family of platforms, and loading of the code that it names."""

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
    """A family of platforms. No field has a default, so that a new family cannot inherit another one's values.

    Code is named by object references in the syntax of entry points, ``package.module:name``. It is in packages that
    import this one, and is imported when first needed.

    :param family: its name, :attr:`Target.family` of its targets.
    :param target: the class of its targets.
    :param toolchains: by name of each toolchain that supports it, a :class:`crosswheel.toolchains.model.PrepareTarget`.
    :param cxx_runtime: libraries of zig's C++ runtime that modules are linked with statically.
    :param python_provider: creates a :class:`crosswheel.pythons.model.TargetPythonProvider` for a host.
    :param runners: each creates a :class:`crosswheel.runners.model.Runner` for a host. The first available one is used;
        the last one's reason is reported if none is.
    :param mismatch: the :class:`crosswheel.object_files.mismatch.Mismatch` of its binary format.
    :param repairer: the :class:`crosswheel.wheels.repair.formats.Repairer` of its wheels.
    :param audit_checks: names of audit checks for this family. Checks that no family names run for all wheels.
    :param audit_modules: modules that an audit of its wheels imports, to be preloaded.
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
    """Import the object of an object reference.

    :param reference: ``package.module:name``.
    :raises UnknownPlatformError: if it cannot be imported.
    """
    module, _, name = reference.partition(":")
    try:
        return getattr(import_module(module), name)
    except (ModuleNotFoundError, AttributeError, ValueError) as error:
        raise UnknownPlatformError(f"no object {reference}: {error}") from error
