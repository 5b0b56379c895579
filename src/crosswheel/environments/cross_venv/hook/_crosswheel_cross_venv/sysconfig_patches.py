"""``sysconfig`` and the copies of ``distutils.sysconfig``.

The state of ``sysconfig`` itself stays this machine's, for those who are told the truth.
"""

import sys

from _crosswheel_cross_venv.callers import facts, like, pretends

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


class Told:
    """What is told of the target, put together when it is first asked for."""

    def __init__(self, real: "dict[str, Any]") -> None:
        self._real_vars, self._real_paths = real["get_config_vars"], real["get_paths"]
        self._vars: dict[str, Any] = {}
        self._includes: set[str] = set()

    def config_vars(self) -> "dict[str, Any]":
        """``sysconfig.get_config_vars()``; one dictionary, since programs write into it."""
        if not self._vars:
            told, here = facts(), self._real_vars()
            # What nobody knows of the target is empty rather than absent: programs look for words in it.
            self._vars.update((name, "") for name, value in here.items() if isinstance(value, str))
            self._vars.update(told["config_vars"])
            self._vars.update((name, here[name]) for name in told["own_vars"] if name in here)
        return self._vars

    def include(self, path: str) -> str:
        """A directory; the target's headers if it is that of this Python's."""
        if not self._includes:
            paths, here = self._real_paths(), self._real_vars()
            found = (paths["include"], paths["platinclude"], here.get("INCLUDEPY"), here.get("CONFINCLUDEPY"))
            self._includes.update(str(path) for path in found if path)
        return str(facts()["include"]) if path in self._includes else path


def change_sysconfig(module: "ModuleType") -> None:
    """The module ``sysconfig``; functions of it that are not changed ask those that are."""
    real = dict(module.__dict__)
    told = Told(real)

    @like(real["get_config_vars"])
    def get_config_vars(*names: str) -> "Any":
        if not pretends():
            return real["get_config_vars"](*names)
        found = told.config_vars()
        return [found.get(name) for name in names] if names else found

    @like(real["get_config_var"])
    def get_config_var(name: str) -> "Any":
        return get_config_vars().get(name)

    @like(real["get_platform"])
    def get_platform() -> str:
        return str(facts()["platform"] if pretends() else real["get_platform"]())

    @like(real["get_paths"])
    def get_paths(*arguments: "Any", **named: "Any") -> "Any":
        paths = real["get_paths"](*arguments, **named)
        if not pretends():
            return paths
        return {key: told.include(path) if key.endswith("include") else path for key, path in paths.items()}

    @like(real["_get_sysconfigdata_name"])
    def get_data_name(*arguments: "Any", **named: "Any") -> str:
        asks = str(sys._getframe(1).f_globals.get("__name__"))
        if asks.partition(".")[0] == "sysconfig" or not pretends():  # sysconfig reads what is installed here
            return str(real["_get_sysconfigdata_name"](*arguments, **named))
        return str(facts()["sysconfigdata_name"])

    module.__dict__.update(
        get_config_vars=get_config_vars,
        get_config_var=get_config_var,
        get_platform=get_platform,
        get_paths=get_paths,
        _get_sysconfigdata_name=get_data_name,
        __crosswheel_include__=told.include,
    )


def change_distutils(module: "ModuleType") -> None:
    """``distutils.sysconfig``, which finds the headers by itself."""
    import sysconfig

    real = module.__dict__["get_python_inc"]
    told_include = sysconfig.__dict__["__crosswheel_include__"]

    @like(real)
    def get_python_inc(*arguments: "Any", **named: "Any") -> str:
        path = real(*arguments, **named)
        return str(told_include(path) if pretends() else path)

    module.__dict__["get_python_inc"] = get_python_inc
