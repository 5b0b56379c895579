"""Facts about the build machine."""

from __future__ import annotations

import os
import platform
import sys
import sysconfig
from pathlib import Path

from packaging import tags

SYSTEM_DIRECTORIES = (
    "/usr/include",
    "/usr/local/include",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/lib",
    "/lib64",
    "/opt",
)
"""Directories of the build machine's headers and libraries, which must not be used for a target."""
SYSTEM_PROGRAMS = (
    *("/usr/bin", "/bin", "/usr/sbin", "/sbin"),
    *(path for path in ("/run/current-system/sw/bin", "/run/current-system/profile/bin") if Path(path).is_dir()),
)
"""Directories of the programs that the operating system installs."""
_WHEEL_NAMES = {"amd64": "x86_64", "arm64": "aarch64", "i386": "i686", "i586": "i686", "armv8l": "armv7l"}


def architecture() -> str:
    """Return the build machine's architecture as in platform tags: ``x86_64``."""
    machine = platform.machine().lower()
    if machine == "x86_64" and sys.maxsize < 2**32:
        return "i686"
    return _WHEEL_NAMES.get(machine, machine)


def libc() -> str:
    """Return the C library of the build machine: ``glibc`` or ``musl``."""
    name, _ = platform.libc_ver()
    return "glibc" if name == "glibc" else "musl"


def platform_tags() -> frozenset[str]:
    """Return the platform tags of wheels that run on this machine (PEP 425)."""
    return frozenset(tags.platform_tags())


def native_alias() -> str:
    """Return the alias of the target for this machine: ``linux-x86_64``, ``macos-arm64``."""
    if sys.platform == "darwin":
        return f"macos-{platform.machine()}"
    return f"{'linux' if libc() == 'glibc' else 'musl'}-{architecture()}"


def cpu_count() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def running_python() -> str:
    """Return the version of the Python that runs crosswheel: ``3.13``, ``3.13t``."""
    gil = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
    return f"{sys.version_info[0]}.{sys.version_info[1]}{'t' if gil else ''}"
