"""Patches of ``sysconfig`` and the copies of ``distutils.sysconfig``.

The state of ``sysconfig`` itself stays this machine's, for callers that do not get the target's values.
"""

import sys

from _crosswheel_cross_venv.callers import facts, is_cross_caller, wraps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


class TargetConfig:
    """The target's config variables and include directory, computed when first needed."""

    def __init__(self, real: "dict[str, Any]") -> None:
        self._real_vars, self._real_paths = real["get_config_vars"], real["get_paths"]
        self._vars: dict[str, Any] = {}
        self._includes: set[str] = set()

    def config_vars(self) -> "dict[str, Any]":
        """Return the value of ``sysconfig.get_config_vars()``; always the same dict, since programs modify it."""
        if not self._vars:
            target, native = facts(), self._real_vars()
            # Variables that are unknown for the target are empty rather than absent: programs search in their values.
            self._vars.update((name, "") for name, value in native.items() if isinstance(value, str))
            self._vars.update(target["config_vars"])
            self._vars.update((name, native[name]) for name in target["interpreter_vars"] if name in native)
        return self._vars

    def include(self, path: str) -> str:
        """Replace a directory of this Python's headers by the target's; return other directories unchanged."""
        if not self._includes:
            paths, native = self._real_paths(), self._real_vars()
            headers = (paths["include"], paths["platinclude"], native.get("INCLUDEPY"), native.get("CONFINCLUDEPY"))
            self._includes.update(str(path) for path in headers if path)
        return str(facts()["include"]) if path in self._includes else path


def patch_sysconfig(module: "ModuleType") -> None:
    """Patch ``sysconfig``; its unpatched functions call the patched ones."""
    real = dict(module.__dict__)
    target = TargetConfig(real)

    @wraps(real["get_config_vars"])
    def get_config_vars(*names: str) -> "Any":
        if not is_cross_caller():
            return real["get_config_vars"](*names)
        found = target.config_vars()
        return [found.get(name) for name in names] if names else found

    @wraps(real["get_config_var"])
    def get_config_var(name: str) -> "Any":
        return get_config_vars().get(name)

    @wraps(real["get_platform"])
    def get_platform() -> str:
        return str(facts()["platform"] if is_cross_caller() else real["get_platform"]())

    @wraps(real["get_paths"])
    def get_paths(*arguments: "Any", **named: "Any") -> "Any":
        paths = real["get_paths"](*arguments, **named)
        if not is_cross_caller():
            return paths
        return {key: target.include(path) if key.endswith("include") else path for key, path in paths.items()}

    @wraps(real["_get_sysconfigdata_name"])
    def _get_sysconfigdata_name(*arguments: "Any", **named: "Any") -> str:
        caller = str(sys._getframe(1).f_globals.get("__name__"))
        if caller.partition(".")[0] == "sysconfig" or not is_cross_caller():  # sysconfig reads the file installed here
            return str(real["_get_sysconfigdata_name"](*arguments, **named))
        return str(facts()["sysconfigdata_name"])

    module.__dict__.update(
        get_config_vars=get_config_vars,
        get_config_var=get_config_var,
        get_platform=get_platform,
        get_paths=get_paths,
        _get_sysconfigdata_name=_get_sysconfigdata_name,
        __crosswheel_include__=target.include,
    )


def patch_distutils(module: "ModuleType") -> None:
    """Patch ``distutils.sysconfig``, which computes the include directory itself."""
    import sysconfig

    real = module.__dict__["get_python_inc"]
    target_include = sysconfig.__dict__["__crosswheel_include__"]

    @wraps(real)
    def get_python_inc(*arguments: "Any", **named: "Any") -> str:
        path = real(*arguments, **named)
        return str(target_include(path) if is_cross_caller() else path)

    module.__dict__["get_python_inc"] = get_python_inc
