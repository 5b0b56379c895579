"""What platform tags allow: auditwheel's policies for Linux, delocate's and delvewheel's system libraries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from delvewheel import _dll_list as dlls

from crosswheel.targets import LinuxTarget, target_from_tag
from crosswheel.toolchains.zig.model import installed_zig

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.targets import WindowsTarget

_LOADER = re.compile(r"ld-linux[\w-]*\.so\.\d|ld64\.so\.\d|ld\.so\.1|ld-musl-\w+\.so\.1")


@dataclass(frozen=True, slots=True)
class Policy:
    """What modules may depend on under a platform tag.

    :param libraries: allowed names in DT_NEEDED; ``versions`` are the allowed symbol versions by prefix.
    :param forbidden: symbols of allowed libraries that must not be used, by library.
    """

    libraries: frozenset[str]
    versions: Mapping[str, frozenset[str]]
    forbidden: Mapping[str, frozenset[str]]

    def allows_library(self, library: str) -> bool:
        """Whether every system has that library; the dynamic loader is always present."""
        return library in self.libraries or _LOADER.fullmatch(library) is not None


@cache
def policy_for(tag: str) -> Policy | None:
    """Return auditwheel's policy for a tag; for a version between two policies, that of the lower one."""
    target = target_from_tag(tag)
    if not isinstance(target, LinuxTarget):
        return None
    # Here, since importing takes a tenth of a second that wheels for other platforms do not need.
    from auditwheel.architecture import Architecture
    from auditwheel.libc import Libc
    from auditwheel.policy import WheelPolicies

    policy_versions = [
        version for version in target.libc.policies[target.architecture.name] if version <= target.version
    ]
    if not policy_versions:
        return None
    base = f"{target.libc.tag}_{policy_versions[-1][0]}_{policy_versions[-1][1]}_{target.architecture.name}"
    libc = Libc.MUSL if target.libc.name == "musl" else Libc.GLIBC
    name = f"musllinux_{policy_versions[-1][0]}_{policy_versions[-1][1]}" if libc is Libc.MUSL else None
    policies = WheelPolicies(libc=libc, arch=Architecture(target.architecture.name), musl_policy=name)
    found = policies.get_policy_by_name(base)
    versions = {prefix: frozenset(f"{prefix}_{v}" for v in vs) for prefix, vs in found.symbol_versions.items()}
    return Policy(frozenset(found.whitelist), versions, found.blacklist)


_SIDE_BY_SIDE = frozenset({"comctl32.dll", "gdiplus.dll"})
"""Parts of Windows that it keeps in several versions, in a directory of their own."""
_API_SETS = ("api-ms-", "ext-ms-")


def _api_set(name: str) -> str:
    """Return the contract of an API set's DLL: Windows ignores the last number, and serves later ones by earlier."""
    return re.sub(r"-\d+$", "", name.removesuffix(".dll"))


@cache
def _known_api_sets() -> frozenset[str]:
    """Return the contracts that MinGW-w64, in the package ziglang, has lists of functions for."""
    directory = installed_zig().library / "libc" / "mingw" / "lib-common"
    return frozenset(_api_set(re.split(r"[_.]", file.name)[0]) for file in directory.glob("*-ms-*.def*"))


_MACOS_LIBRARIES = ("/usr/lib/", "/System/Library/")
# Any supported Python: all since 3.9 ship the same DLLs.
_PYTHON = "cp313"
_API_SETS = ("api-ms-win-", "ext-ms-win-")
"""Prefixes of names that Windows itself maps to its DLLs."""


def is_macos_library(library: str) -> bool:
    """Whether a library, by its install name, is part of macOS.

    delocate's policy takes anything in two directories for that; of ``/usr/lib`` itself the libraries are known.
    """
    if not library.startswith(_MACOS_LIBRARIES):
        return False
    directory, _, name = library.rpartition("/")
    return directory != "/usr/lib" or name.partition(".")[0] in _macos_names()


@cache
def _macos_names() -> frozenset[str]:
    """Return the names of macOS's own libraries in ``/usr/lib``, without versions."""
    text = files("crosswheel.wheels").joinpath("macos_libraries.txt").read_text("utf-8")
    return frozenset(name for line in text.splitlines() if not line.startswith("#") for name in line.split())


def is_windows_system_library(library: str) -> bool:
    """Whether a DLL is part of Windows itself on some architecture (delvewheel's lists), or an API set."""
    name = library.lower()
    return name.startswith(_API_SETS) or any(name in names for names in dlls.ignore_names.values())


def is_windows_library(library: str, target: WindowsTarget) -> bool:
    """Whether a DLL is part of Windows or shipped with Python there, as Microsoft's C runtime (delvewheel's lists)."""
    name = library.lower()
    if name in _SIDE_BY_SIDE:
        return True
    if name.startswith(_API_SETS):
        return _api_set(name) in _known_api_sets()
    if any(pattern.fullmatch(name) for pattern in dlls.ignore_regexes):
        return True
    machine = dlls.MachineType.machine_field_to_type(target.architecture.pe_machine)
    platform = f"{_PYTHON}-{target}"
    shipped = (names for like, names in dlls.ignore_by_abi_platform.items() if re.fullmatch(like, platform))
    return name in dlls.ignore_names[machine] or any(name in names for names in shipped)
