"""Makes a build backend's Python report the target's platform; imported by a .pth file.

This package is copied into build environments and is not part of crosswheel itself: it needs only the standard library
of CPython 3.10 or later. It is active if a JSON file of facts about the target is beside the environment, so that it is
found whichever environment variables and options a Python is started with (``-S`` excepted: it skips .pth files). The
variable ``CROSSWHEEL_CROSS_VENV`` names another such file; if it is empty, the hook is inactive.

Every Python that a build starts imports this module, so it imports only ``os`` and ``sys``: other modules are patched
when they are imported.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

VARIABLE = "CROSSWHEEL_CROSS_VENV"
FACTS = "config/cross-venv.json"  # relative to the directory of the environment's directory

# Patches applied after a module's import: the end of the module's name, and the patch (module.function here).
# Backends vendor copies under other names: setuptools._vendor.packaging.tags, setuptools._distutils.sysconfig.
PATCHES = {
    "platform": "platform_patches.patch_platform",
    "sysconfig": "sysconfig_patches.patch_sysconfig",
    "struct": "layout_patches.patch_struct",
    "array": "layout_patches.patch_array",
    "ctypes": "ctypes_patches.patch_ctypes",
    "ctypes.wintypes": "ctypes_patches.patch_wintypes",
    "packaging.tags": "platform_patches.patch_tags",
    "ctypes.util": "sys_patches.patch_ctypes_util",
    "importlib.machinery": "sys_patches.patch_machinery",
    "cpuinfo.cpuinfo": "platform_patches.patch_cpuinfo",
    "distutils.sysconfig": "sysconfig_patches.patch_distutils",
    "distutils.command.build_ext": "build_ext_patches.patch_build_ext",
    "setuptools.command.build_ext": "build_ext_patches.patch_suffixes",
    "distutils.ccompiler": "build_ext_patches.patch_compiler",
    "distutils.compilers.C.base": "build_ext_patches.patch_compiler",
}
CONSTANTS = dict.fromkeys(
    ("errno", "fcntl", "mmap", "os", "resource", "select", "signal", "socket", "termios"),
    "constants_patches.patch_constants",
)
"""Patches that are needed only if the target has other constants."""
_last_parts = {name.rpartition(".")[2] for name in PATCHES}
_top_level = {name: patch for name, patch in PATCHES.items() if "." not in name}
_DATA_PREFIX = "_sysconfigdata_"


def patch_for(name: str) -> "str | None":
    """Return the patch for a module, by its full name; None if there is none."""
    if name in _top_level:
        return _top_level[name]
    parts = name.split(".")
    for count in (2, 3, 4):
        # setuptools._distutils is distutils under another name.
        ending = ".".join(parts[-count:]).replace("_distutils", "distutils", 1)
        if len(parts) >= count and ending in PATCHES:
            return PATCHES[ending]
    return None


def apply_patch(patch: str, module: "ModuleType") -> None:
    """Patch a module, once."""
    applied = module.__dict__.setdefault("__crosswheel__", set())
    if patch not in applied:
        applied.add(patch)
        submodule, function = patch.split(".")
        package = __import__(f"{__name__}.{submodule}", fromlist=[function])
        getattr(package, function)(module)


class PatchingLoader:
    """A loader that wraps another one and patches the loaded module."""

    def __init__(self, inner: "Any", patch: str) -> None:
        self._inner = inner
        self._patch = patch

    def __getattr__(self, name: str) -> "Any":
        return getattr(self._inner, name)

    def create_module(self, spec: "ModuleSpec") -> "ModuleType | None":
        """See importlib.abc.Loader."""
        module: ModuleType | None = self._inner.create_module(spec)
        return module

    def exec_module(self, module: "ModuleType") -> None:
        """See importlib.abc.Loader. Afterwards the module has its original loader."""
        self._inner.exec_module(module)
        module.__loader__ = self._inner
        if module.__spec__ is not None:
            module.__spec__.loader = self._inner
        apply_patch(self._patch, module)


class SysconfigDataLoader:
    """Creates the target's ``_sysconfigdata_*`` module from the facts."""

    def create_module(self, spec: "ModuleSpec") -> None:
        """See importlib.abc.Loader."""

    def exec_module(self, module: "ModuleType") -> None:
        """See importlib.abc.Loader."""
        from _crosswheel_cross_venv.callers import facts

        module.__dict__["build_time_vars"] = dict(facts()["config_vars"])


class PatchingFinder:
    """Precedes Python's own finders, for modules that have a patch."""

    def find_spec(
        self, name: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> "ModuleSpec | None":
        """See importlib.abc.MetaPathFinder."""
        if name.rpartition(".")[2] in _last_parts:
            patch = patch_for(name)
            if patch is None:
                return None
            spec = self._find(name, path, target)
            if spec is not None and hasattr(spec.loader, "exec_module"):
                spec.loader = PatchingLoader(spec.loader, patch)  # type: ignore[assignment]
            return spec
        if name.startswith(_DATA_PREFIX):
            return self._find(name, path, target) or self._data(name)
        return None

    def _find(self, name: str, path: "Sequence[str] | None", target: "ModuleType | None") -> "ModuleSpec | None":
        later = sys.meta_path[sys.meta_path.index(self) + 1 :]
        for finder in later:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                return spec
        return None

    @staticmethod
    def _data(name: str) -> "ModuleSpec | None":
        from importlib.machinery import ModuleSpec

        from _crosswheel_cross_venv.callers import facts

        if name != facts()["sysconfigdata_name"]:
            return None
        return ModuleSpec(name, SysconfigDataLoader(), origin=facts_file())  # type: ignore[arg-type]


def facts_file() -> str:
    """Return the path of the facts; empty if the hook is to be inactive."""
    path = os.environ.get(VARIABLE)
    return os.path.join(os.path.dirname(sys.prefix), FACTS) if path is None else path  # noqa: PTH118, PTH120


def start() -> None:
    """Activate the hook, if there are facts for this environment."""
    path = facts_file()
    if not path or any(isinstance(finder, PatchingFinder) for finder in sys.meta_path):
        return
    try:
        with open(path, encoding="utf-8") as stream:  # noqa: PTH123  # importing pathlib takes longer than all of this
            head = stream.read(150)
    except OSError as error:
        if VARIABLE not in os.environ and isinstance(error, FileNotFoundError):  # an environment that no build uses
            return
        sys.stderr.write(f"crosswheel: cannot read {path}: {error}\n")
        return
    from _crosswheel_cross_venv.target_modules import TargetModuleFinder, patch_extension_loader, remember_start

    remember_start()
    sys.meta_path.insert(0, PatchingFinder())
    sys.meta_path.append(TargetModuleFinder())
    patch_extension_loader()
    _patch_os()
    # The file starts with these facts, so that they can be compared without a JSON parser, whose import takes longer
    # than everything else here.
    size = 8 if sys.maxsize > 2**32 else 4
    native_head = f'{{"pointer_size": {size}, "byteorder": "{sys.byteorder}", "sys_platform": "{sys.platform}", '
    if not head.startswith(native_head):
        from _crosswheel_cross_venv.sys_patches import patch_sys

        patch_sys()
    if not head.startswith('"constants": {}', head.index('"constants"')):
        _top_level.update(CONSTANTS)
        _last_parts.update(CONSTANTS)
    for name, patch in {**PATCHES, **_top_level}.items():
        if name in sys.modules:
            apply_patch(patch, sys.modules[name])


def _patch_os() -> None:
    """Patch ``os.uname``, ``os.confstr`` and ``os.sysconf``; the first call imports the rest."""
    real_uname = os.uname
    real_confstr = os.confstr
    real_sysconf = os.sysconf

    def uname() -> "os.uname_result":
        from _crosswheel_cross_venv.platform_patches import target_uname

        return target_uname() or real_uname()

    def confstr(name: "str | int", /) -> "str | None":
        from _crosswheel_cross_venv.platform_patches import target_confstr

        if name == "CS_GNU_LIBC_VERSION" or name == os.confstr_names.get("CS_GNU_LIBC_VERSION"):
            libc = target_confstr()
            if libc is not None:
                return libc or None
        return real_confstr(name)

    def sysconf(name: "str | int", /) -> int:
        from _crosswheel_cross_venv.platform_patches import target_long_bits

        if name == "SC_LONG_BIT" or name == os.sysconf_names.get("SC_LONG_BIT"):
            return target_long_bits() or real_sysconf(name)
        return real_sysconf(name)

    os.uname = uname
    os.sysconf = sysconf
    os.confstr = confstr


start()
