"""Makes the Python that a build backend runs on answer for the target; started by a .pth file.

This package is copied into a build environment and is no part of crosswheel's own program: it needs only the
standard library, of CPython 3.10 or later, and it is active only if ``CROSSWHEEL_CROSS_VENV`` names the facts to
tell (a JSON file) and the interpreter was not started with ``-I``.

Every Python that a build starts pays for this module, so it imports nothing but ``os`` and ``sys``: what it
changes in other modules is changed when they are imported.
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

# Modules that are changed after their import: the end of their names, and the change (module.function here).
# Backends carry copies under other names: setuptools._vendor.packaging.tags, setuptools._distutils.sysconfig.
CHANGES = {
    "platform": "platform_patches.change_platform",
    "sysconfig": "sysconfig_patches.change_sysconfig",
    "struct": "sys_patches.change_struct",
    "packaging.tags": "platform_patches.change_tags",
    "ctypes.util": "sys_patches.change_ctypes_util",
    "distutils.sysconfig": "sysconfig_patches.change_distutils",
    "distutils.command.build_ext": "build_ext_patches.change_build_ext",
    "setuptools.command.build_ext": "build_ext_patches.change_suffixes",
    "distutils.ccompiler": "build_ext_patches.change_compiler",
    "distutils.compilers.C.base": "build_ext_patches.change_compiler",
}
_LAST_WORDS = frozenset(name.rpartition(".")[2] for name in CHANGES)
_ONLY_THEMSELVES = frozenset({"platform", "sysconfig", "struct"})
_DATA = "_sysconfigdata_"


def change_for(name: str) -> "str | None":
    """The change that a module needs, by its full name."""
    if name in _ONLY_THEMSELVES:
        return CHANGES[name]
    words = name.split(".")
    for count in (2, 3, 4):
        # setuptools._distutils is distutils under another name.
        ending = ".".join(words[-count:]).replace("_distutils", "distutils", 1)
        if len(words) >= count and ending in CHANGES:
            return CHANGES[ending]
    return None


def apply(change: str, module: "ModuleType") -> None:
    """Change a module, once."""
    done = module.__dict__.setdefault("__crosswheel__", set())
    if change not in done:
        done.add(change)
        place, function = change.split(".")
        package = __import__(f"{__name__}.{place}", fromlist=[function])
        getattr(package, function)(module)


class Changing:
    """A loader that loads with another one and then changes what was loaded."""

    def __init__(self, inner: "Any", change: str) -> None:
        self._inner = inner
        self._change = change

    def __getattr__(self, name: str) -> "Any":
        return getattr(self._inner, name)

    def create_module(self, spec: "ModuleSpec") -> "ModuleType | None":
        """See importlib.abc.Loader."""
        made: ModuleType | None = self._inner.create_module(spec)
        return made

    def exec_module(self, module: "ModuleType") -> None:
        """See importlib.abc.Loader. Afterwards nothing tells that this loader was there."""
        self._inner.exec_module(module)
        module.__loader__ = self._inner
        if module.__spec__ is not None:
            module.__spec__.loader = self._inner
        apply(self._change, module)


class Data:
    """Loads the target's ``_sysconfigdata_*`` module out of the facts."""

    def create_module(self, spec: "ModuleSpec") -> None:
        """See importlib.abc.Loader."""

    def exec_module(self, module: "ModuleType") -> None:
        """See importlib.abc.Loader."""
        from _crosswheel_cross_venv.callers import facts

        module.__dict__["build_time_vars"] = dict(facts()["config_vars"])


class Finder:
    """Stands before Python's own finders, for the few modules that are changed."""

    def find_spec(
        self, name: str, path: "Sequence[str] | None" = None, target: "ModuleType | None" = None
    ) -> "ModuleSpec | None":
        """See importlib.abc.MetaPathFinder."""
        if name.rpartition(".")[2] in _LAST_WORDS:
            change = change_for(name)
            if change is None:
                return None
            spec = self._find(name, path, target)
            if spec is not None and hasattr(spec.loader, "exec_module"):
                spec.loader = Changing(spec.loader, change)  # type: ignore[assignment]
            return spec
        if name.startswith(_DATA):
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
        return ModuleSpec(name, Data(), origin=os.environ[VARIABLE])  # type: ignore[arg-type]


def start() -> None:
    """Begin to pretend, if this process was told to."""
    path = os.environ.get(VARIABLE)
    if not path or sys.flags.isolated or any(isinstance(finder, Finder) for finder in sys.meta_path):
        return
    try:
        with open(path, encoding="utf-8") as stream:  # noqa: PTH123  # pathlib takes longer than all of this
            head = stream.read(100)
    except OSError as error:
        sys.stderr.write(f"crosswheel: cannot read {path}: {error}\n")
        return
    sys.meta_path.insert(0, Finder())
    for name in _ONLY_THEMSELVES:
        if name in sys.modules:
            apply(CHANGES[name], sys.modules[name])
    _change_os()
    # The facts begin with these, so that they can be told without a JSON parser: importing one takes longer than
    # everything else here.
    size = 8 if sys.maxsize > 2**32 else 4
    own = f'{{"pointer_size": {size}, "byteorder": "{sys.byteorder}", "sys_platform": "{sys.platform}"'
    if not head.startswith(own):
        from _crosswheel_cross_venv.sys_patches import change_sys

        change_sys()


def _change_os() -> None:
    """``os.uname`` and ``os.confstr``; whoever asks brings the rest in."""
    real_uname = os.uname
    real_confstr = os.confstr

    def uname() -> "os.uname_result":
        from _crosswheel_cross_venv.platform_patches import pretended_uname

        return pretended_uname() or real_uname()

    def confstr(name: "str | int", /) -> "str | None":
        from _crosswheel_cross_venv.platform_patches import pretended_confstr

        if name == "CS_GNU_LIBC_VERSION" or name == os.confstr_names.get("CS_GNU_LIBC_VERSION"):
            found = pretended_confstr()
            if found is not None:
                return found or None
        return real_confstr(name)

    os.uname = uname
    os.confstr = confstr


start()
