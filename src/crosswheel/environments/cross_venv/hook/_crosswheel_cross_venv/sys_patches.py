"""Patches of ``sys``, ``os.name`` and ``ctypes.util``: word size, system, libraries."""

import os
import sys

from _crosswheel_cross_venv.callers import (
    facts,
    is_cross_caller_of_base_prefix,
    is_cross_caller_of_sizes,
    is_cross_caller_of_system,
    wraps,
)
from _crosswheel_cross_venv.reader_dependent import Attribute, make_reader_dependent, module_dict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any
else:
    ModuleType = type(sys)


class Sys(ModuleType):
    """``sys`` with attributes that depend on their reader; the interpreter itself never reads them here."""

    def __new__(cls, *arguments: "Any", **named: "Any") -> "Any":
        """Create a plain module: importlib creates every module by calling ``type(sys)``."""
        return ModuleType(*arguments, **named)

    @property
    def maxsize(self) -> int:
        """The largest Py_ssize_t."""
        real: int = module_dict(self)["maxsize"]
        return int(2 ** (facts()["pointer_size"] * 8 - 1) - 1) if is_cross_caller_of_sizes() else real

    @property
    def byteorder(self) -> str:
        """``little`` or ``big``."""
        real: str = module_dict(self)["byteorder"]
        return str(facts()["byteorder"]) if is_cross_caller_of_sizes() else real

    @property
    def platform(self) -> str:
        """``linux``, ``emscripten``."""
        real: str = module_dict(self)["platform"]
        return str(facts()["sys_platform"]) if is_cross_caller_of_system() else real

    @property
    def version(self) -> str:
        """The version and the compiler, which ends in the machine on Windows: ``[... 64 bit (AMD64)]``."""
        real: str = module_dict(self)["version"]
        suffix = facts()["sys_version_suffix"] if is_cross_caller_of_system() else ""
        return f"{real.removesuffix(']')} {suffix}]" if suffix else real

    @property
    def base_prefix(self) -> str:
        """The directory of Python, with ``libs`` on Windows."""
        real: str = module_dict(self)["base_prefix"]
        return str(facts()["base_prefix"] or real) if is_cross_caller_of_base_prefix() else real


class Os(ModuleType):
    """``os`` with a name that depends on its reader."""

    def __new__(cls, *arguments: "Any", **named: "Any") -> "Any":
        """See :meth:`Sys.__new__`."""
        return ModuleType(*arguments, **named)

    @property
    def name(self) -> str:
        """``posix``, ``nt``."""
        real: str = module_dict(self)["name"]
        return str(facts()["os_name"]) if is_cross_caller_of_system() else real


def patch_sys() -> None:
    """Make these attributes depend on their reader."""
    # Import types first: it defines ModuleType as type(sys), and every other module must be an instance of it.
    import types  # noqa: F401

    sys.__class__ = Sys
    os.__class__ = Os


def patch_ctypes_util(module: ModuleType) -> None:
    """Patch ``ctypes.util.find_library``: it finds no libraries of the build machine for a project's own files."""
    real = module.__dict__["find_library"]

    @wraps(real)
    def find_library(name: str) -> "str | None":
        found: str | None = None if is_cross_caller_of_system() else real(name)
        return found

    module.__dict__["find_library"] = find_library


def patch_machinery(module: ModuleType) -> None:
    """Patch ``importlib.machinery``: a project's file names extension modules by these suffixes."""
    make_reader_dependent(module, [Attribute("EXTENSION_SUFFIXES", lambda _native: list(facts()["suffixes"]))])
