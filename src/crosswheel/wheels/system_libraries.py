"""Which libraries every macOS has, by delocate's policy, and every Windows, by delvewheel's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from delvewheel import _dll_list as dlls

if TYPE_CHECKING:
    from crosswheel.targets import WindowsTarget

_SYSTEM = ("/usr/lib/", "/System/Library/")
# Any Python that is supported: what comes with them is the same since 3.9.
_PYTHON = "cp313"


def is_macos_library(library: str) -> bool:
    """Whether a library, by the name modules need it under, is part of macOS."""
    return library.startswith(_SYSTEM)


def is_windows_library(library: str, target: WindowsTarget) -> bool:
    """Whether a DLL is a part of Windows, or comes with Python there: its own, Microsoft's C runtime."""
    name = library.lower()
    if any(pattern.fullmatch(name) for pattern in dlls.ignore_regexes):
        return True
    machine = dlls.MachineType.machine_field_to_type(target.architecture.pe_machine)
    platform = f"{_PYTHON}-{target}"
    shipped = (names for like, names in dlls.ignore_by_abi_platform.items() if re.fullmatch(like, platform))
    return name in dlls.ignore_names[machine] or any(name in names for names in shipped)
