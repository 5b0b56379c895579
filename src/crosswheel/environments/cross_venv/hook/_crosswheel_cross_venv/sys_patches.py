"""The size of a pointer, the order of bytes and the system's name, told to those who ask for the target's only."""

import os
import sys

from _crosswheel_cross_venv.callers import facts, like, pretends_numbers, pretends_system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any
else:
    ModuleType = type(sys)

_SIZES = {**dict.fromkeys("PnN", "pointer_size"), **dict.fromkeys("lL", "long_size")}


class Sys(ModuleType):
    """``sys`` with attributes that depend on who reads them; the interpreter itself never asks here."""

    def __new__(cls, *arguments: "Any", **named: "Any") -> "Any":
        """A plain module: importlib makes every module by calling ``type(sys)``."""
        return ModuleType(*arguments, **named)

    @property
    def maxsize(self) -> int:
        """The largest Py_ssize_t."""
        real: int = self.__dict__["maxsize"]
        return int(2 ** (facts()["pointer_size"] * 8 - 1) - 1) if pretends_numbers() else real

    @property
    def byteorder(self) -> str:
        """``little`` or ``big``."""
        real: str = self.__dict__["byteorder"]
        return str(facts()["byteorder"]) if pretends_numbers() else real

    @property
    def platform(self) -> str:
        """``linux``, ``emscripten``."""
        real: str = self.__dict__["platform"]
        return str(facts()["sys_platform"]) if pretends_system() else real


class Os(ModuleType):
    """``os``, likewise."""

    def __new__(cls, *arguments: "Any", **named: "Any") -> "Any":
        """See :meth:`Sys.__new__`."""
        return ModuleType(*arguments, **named)

    @property
    def name(self) -> str:
        """``posix``, ``nt``."""
        real: str = self.__dict__["name"]
        return str(facts()["os_name"]) if pretends_system() else real


def change_sys() -> None:
    """Make these attributes depend on who reads them."""
    # It names type(sys) ModuleType, which every other module must be an instance of.
    import types  # noqa: F401

    sys.__class__ = Sys
    os.__class__ = Os


def change_struct(module: ModuleType) -> None:
    """``struct.calcsize`` of a single pointer or long, which is how one asks for the width of a Python."""
    real = module.__dict__["calcsize"]

    @like(real)
    def calcsize(format: "Any", /) -> int:  # noqa: A002  # the real one's name
        text = format.decode("latin-1") if isinstance(format, bytes) else format
        size = _SIZES.get(text.removeprefix("@")) if isinstance(text, str) else None
        if size is not None and pretends_numbers():
            return int(facts()[size])
        return int(real(format))

    module.__dict__["calcsize"] = calcsize


def change_ctypes_util(module: ModuleType) -> None:
    """``ctypes.util.find_library``: a project's own files are told that there is none."""
    real = module.__dict__["find_library"]

    @like(real)
    def find_library(name: str) -> "str | None":
        found: str | None = None if pretends_system() else real(name)
        return found

    module.__dict__["find_library"] = find_library
