"""What the hook in a build's Pythons tells of the target, written down for it as JSON."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

from crosswheel.host.files import write_atomic
from crosswheel.pythons.build_details import extension_suffixes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.pythons.model import TargetPython

# The same on every machine, so that nothing of the one a wheel is built on gets into it.
_NODE = "localhost"
_VERSION = "#1 SMP"


@dataclass(frozen=True, slots=True)
class CrossVenv:
    """A pretended platform.

    :param python: the target's interpreter, whose answers are given.
    :param overrides: config variables on top of the interpreter's own: the names of the wrappers.
    """

    python: TargetPython
    overrides: Mapping[str, str | int] = field(default_factory=dict, hash=False)

    def facts(self) -> dict[str, Any]:
        """What the hook is given; its keys:

        - ``pointer_size`` in bytes, ``byteorder`` and ``sys_platform`` (``sys.platform``) come first in the file: the
          hook reads them without a parser,
        - ``long_size``: bytes in C's ``long``; ``os_name``: ``os.name``,
        - ``suffixes``: how names of extension modules may end, most specific first,
        - ``uname``: fields of ``platform.uname()``, ``platform``: ``sysconfig.get_platform()``,
        - ``product_version``: of macOS, empty elsewhere,
        - ``linkage``: the format of programs as ``platform.architecture`` gives it,
        - ``libc``: name and version as ``platform.libc_ver()`` gives them,
        - ``platform_tags``: of wheels that run there, best first (PEP 425),
        - ``include``: the directory of headers; ``config_vars``; ``sysconfigdata_name``: a module's name,
        - ``askers``, ``own_vars``: as callers.toml explains.
        """
        target = self.python.target
        include = str(self.python.include)
        rules = tomllib.loads(files("crosswheel.environments.cross_venv").joinpath("callers.toml").read_text("utf-8"))
        return {
            "pointer_size": target.architecture.pointer_size,
            "byteorder": target.architecture.endian,
            "sys_platform": target.system.sys_platform,
            "long_size": target.long_size,
            "os_name": target.system.os_name,
            "suffixes": list(extension_suffixes(self.python)),
            "uname": {
                "system": target.system.platform_system,
                "node": _NODE,
                "release": target.release,
                "version": _VERSION,
                "machine": target.architecture.machine,
            },
            "platform": target.platform,
            "product_version": target.product_version,
            "linkage": target.system.binaries if target.system.binaries == "ELF" else "",
            "libc": list(target.libc_version),
            "platform_tags": list(target.platform_tags()),
            "include": include,
            "sysconfigdata_name": target.sysconfigdata(self.python.version),
            "own_vars": rules["own_vars"],
            "askers": {key: rules[key] for key in ("processes", "machine", "numbers")},
            "config_vars": {
                **self.python.config_vars,
                "INCLUDEPY": include,
                "CONFINCLUDEPY": include,
                **self.overrides,
            },
        }

    def write(self, path: Path) -> Path:
        """Write it for the hook to find; the path goes into ``CROSSWHEEL_CROSS_VENV``."""
        return write_atomic(path, json.dumps(self.facts()))


HOOK = "_crosswheel_cross_venv"
"""The name of the hook's package in a build environment."""


def hook_sources() -> dict[str, str]:
    """The files of the hook, by their paths below site-packages.

    A line of a .pth file that begins with ``import`` is run by every Python that starts (the module ``site``).
    """
    with as_file(files("crosswheel.environments.cross_venv").joinpath("hook", HOOK)) as directory:
        modules = {f"{HOOK}/{path.name}": path.read_text("utf-8") for path in sorted(directory.glob("*.py"))}
    return {**modules, f"{HOOK}.pth": f"import {HOOK}\n"}


def hook_digest() -> str:
    """What tells this hook from that of another crosswheel."""
    return sha256(repr(sorted(hook_sources().items())).encode()).hexdigest()


def install_hook(site_packages: Path) -> None:
    """Put the hook into an environment.

    :raises StorageError: when the disk refuses.
    """
    for name, text in hook_sources().items():
        write_atomic(site_packages / name, text)
