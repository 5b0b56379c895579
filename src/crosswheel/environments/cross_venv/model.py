"""The facts about the target for the hook in a build's Pythons, and the hook's installation."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

from crosswheel.host.files import write_atomic
from crosswheel.pythons.c_values import constant_table
from crosswheel.pythons.target_prefix import extension_suffixes
from crosswheel.sealing.machine_view import machine_view

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crosswheel.pythons.model import BuildPython, TargetPython
    from crosswheel.sealing.paths import PathTranslation

# Fixed values, so that wheels do not depend on the build machine.
_NODE = "localhost"
_VERSION = "#1 SMP"


@dataclass(frozen=True, slots=True)
class CrossVenv:
    """The target that a build environment's Pythons report.

    :param python: the target's Python.
    :param build_python: the Python of the environment.
    :param overrides: config variables that replace the interpreter's: the names of the wrappers.
    :param interpreter: a program that is the target's Python on this machine.
    :param missing: why there is none; empty if there is one.
    """

    python: TargetPython
    build_python: BuildPython
    overrides: Mapping[str, str | int] = field(default_factory=dict, hash=False)
    interpreter: str = ""
    missing: str = ""

    def facts(self) -> dict[str, Any]:
        """Return the data for the hook; its keys:

        - ``pointer_size`` in bytes, ``byteorder``, ``sys_platform`` (``sys.platform``) and ``constants`` come first in
          the file: the hook compares them without a JSON parser,
        - ``constants``: by module, the values of constants that differ from the environment's Python, null if the
          target has no such constant,
        - ``types``: size and alignment of C types, by the letters of struct and ctypes,
        - ``os_name``: ``os.name``; ``sys_version_suffix``: end of the compiler in ``sys.version``,
        - ``suffixes``: file name suffixes of extension modules, most specific first,
        - ``uname``: fields of ``platform.uname()``; ``platform``: ``sysconfig.get_platform()``,
        - ``product_version``: version of macOS; empty for other systems,
        - ``linkage``: executable format as in ``platform.architecture()``,
        - ``libc``: name and version as in ``platform.libc_ver()``,
        - ``platform_tags``: of compatible wheels, best first (PEP 425),
        - ``cpuinfo``: content of ``/proc/cpuinfo``, empty if there is no such file,
        - ``base_prefix``: directory of the target's Python, with ``libs``; empty where modules are not linked with it,
        - ``include``: directory of headers; ``config_vars``; ``sysconfigdata_name``: name of a module,
        - ``target_python``: the target, the program that is its Python here, and the reason why there is none,
        - ``callers``, ``interpreter_vars``: see callers.toml.
        """
        target = self.python.target
        include = str(self.python.include)
        rules = tomllib.loads(files("crosswheel.environments.cross_venv").joinpath("callers.toml").read_text("utf-8"))
        return {
            "pointer_size": target.architecture.pointer_size,
            "byteorder": target.architecture.endian,
            "sys_platform": target.system.sys_platform,
            "constants": self._constants(),
            "types": {letter: list(sizes) for letter, sizes in self.python.c_values.types.items()},
            "os_name": target.system.os_name,
            "sys_version_suffix": target.sys_version_suffix,
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
            "linkage": target.system.linkage,
            "libc": list(target.libc_version),
            "platform_tags": list(target.platform_tags()),
            "cpuinfo": machine_view(target).cpuinfo,
            "base_prefix": str(self.python.library.parent.parent) if self.python.library else "",
            "include": include,
            "sysconfigdata_name": target.sysconfigdata(self.python.version),
            "target_python": {"target": str(target), "program": self.interpreter, "reason": self.missing},
            "interpreter_vars": rules["interpreter_vars"],
            "callers": {key: rules[key] for key in ("processes", "code", "scripts", "machine", "sizes")},
            "config_vars": {
                **self.python.config_vars,
                "INCLUDEPY": include,
                "CONFINCLUDEPY": include,
                **self.overrides,
            },
        }

    def _constants(self) -> dict[str, dict[str, int | None]]:
        """Return the constants that differ.

        On the same system, both Pythons have the same ones: what the target's headers lack was compiled with others.
        """
        same_system = self.build_python.config_vars.get("MACHDEP") == self.python.target.system.machdep
        found: dict[str, dict[str, int | None]] = {}
        for module, target in self.python.c_values.constants.items():
            native = self.build_python.constants.get(module, {})
            known = constant_table().names[module]
            names = known if not same_system else [name for name in known if name in native and name in target]
            different = {name: target.get(name) for name in names if native.get(name) != target.get(name)}
            if different:
                found[module] = different
        return found

    def write(self, path: Path, paths: PathTranslation | None = None) -> Path:
        """Write the facts to a JSON file: ``config/cross-venv.json``, beside the environments that it is for.

        :param paths: the paths of the build machine that the build sees elsewhere.
        """
        text = json.dumps(self.facts())
        return write_atomic(path, paths.inside(text) if paths else text)


HOOK = "_crosswheel_cross_venv"
"""Name of the hook's package in a build environment."""


def hook_sources() -> dict[str, str]:
    """Return the files of the hook, by path relative to site-packages.

    Every Python runs the lines of a .pth file that start with ``import`` at start-up (module ``site``).
    """
    with as_file(files("crosswheel.environments.cross_venv").joinpath("hook", HOOK)) as directory:
        modules = {f"{HOOK}/{path.name}": path.read_text("utf-8") for path in sorted(directory.glob("*.py"))}
    return {**modules, f"{HOOK}.pth": f"import {HOOK}\n"}


def hook_digest() -> str:
    """Return the SHA-256 of the hook's files."""
    return sha256(repr(sorted(hook_sources().items())).encode()).hexdigest()


def install_hook(site_packages: Path) -> None:
    """Install the hook into an environment.

    :raises StorageError: if it cannot be written.
    """
    for name, text in hook_sources().items():
        write_atomic(site_packages / name, text)
