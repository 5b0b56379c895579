"""Patches of modules with constants of C: ``errno``, ``os``, ``signal``, ``socket`` and others.

A project's build scripts write them into headers, and mean the target's. Whatever else uses these modules, the standard
library above all, passes them to the running system.
"""

from _crosswheel_cross_venv.callers import facts, wraps
from _crosswheel_cross_venv.reader_dependent import (
    Attribute,
    Constant,
    make_reader_dependent,
    module_dict,
    native_value,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

# Functions that build scripts pass such constants to: they get the build machine's values.
_USERS = {
    "fcntl": ("fcntl", "flock", "ioctl", "lockf"),
    "os": ("kill", "killpg", "lseek", "open", "strerror", "waitid", "waitpid"),
    "resource": ("getrlimit", "setrlimit"),
    "signal": ("getsignal", "pthread_sigmask", "raise_signal", "siginterrupt", "signal", "strsignal"),
    "termios": ("tcflow", "tcflush", "tcsetattr"),
}
# Enumerations by the prefixes of their members' names, the most specific first.
_ENUMERATIONS = {
    "signal": (("SIG_", "Sigmasks"), ("SIG", "Signals"), ("CTRL_", "Signals")),
    "socket": (("AF_", "AddressFamily"), ("SOCK_", "SocketKind"), ("MSG_", "MsgFlag"), ("AI_", "AddressInfo")),
}


def patch_constants(module: "ModuleType") -> None:
    """Give a module the target's constants, for callers that get them."""
    constants: dict[str, int | None] = facts()["constants"].get(module.__name__, {})
    if not constants:
        return
    natives, name = module_dict(module), module.__name__
    enumerations = _Enumerations(natives, constants, _ENUMERATIONS.get(name, ()))
    attributes = [Attribute(each, _value(value, each, enumerations)) for each, value in constants.items()]
    attributes += [Attribute(each, _unwrapping) for each in _USERS.get(name, ()) if each in natives]
    attributes += [Attribute(each, enumerations.target_class) for each in enumerations.changed]
    if name == "errno":
        attributes.append(Attribute("errorcode", _error_codes(natives, constants)))
    if name == "socket":
        for method in ("__init__", "getsockopt", "setsockopt"):
            setattr(natives["socket"], method, _unwrapping(getattr(natives["socket"], method)))
    make_reader_dependent(module, attributes)


def _value(value: "int | None", name: str, enumerations: "_Enumerations") -> "Callable[[Any], Any]":
    def compute(native: "Any") -> "Any":
        if value is None:
            raise AttributeError(f"the target has no {name}")
        member = enumerations.member(name)
        return Constant(value, native) if member is None else member

    return compute


def _unwrapping(real: "Any") -> "Any":
    @wraps(real)
    def function(*arguments: "Any", **named: "Any") -> "Any":
        values = {name: native_value(value) for name, value in named.items()}
        return real(*map(native_value, arguments), **values)

    return function


def _error_codes(natives: "dict[str, Any]", constants: "dict[str, int | None]") -> "Callable[[Any], Any]":
    def compute(native: "dict[int, str]") -> "dict[int, str]":
        names = set(native.values()) | constants.keys()
        found: dict[int, str] = {}
        for name in sorted(names):
            value = constants.get(name, natives.get(name))
            if value is not None:
                found[Constant(value, natives.get(name))] = name
        # Of two names for a number, those that are in this Python's dict.
        found.update({Constant(constants.get(name) or code, code): name for code, name in native.items()
                      if constants.get(name, code) is not None})  # fmt: skip
        return found

    return compute


class _Enumerations:
    """The target's enumerations: the members are those of the target's constants."""

    def __init__(
        self, natives: "dict[str, Any]", constants: "dict[str, int | None]", prefixes: "tuple[tuple[str, str], ...]"
    ) -> None:
        self._natives = natives
        self._constants = constants
        self._prefixes = [(prefix, name) for prefix, name in prefixes if name in natives]
        self._classes: dict[str, Any] = {}
        self.changed = dict.fromkeys(name for each in constants if (name := self._class_name(each)))

    def _class_name(self, name: str) -> "str | None":
        return next((enumeration for prefix, enumeration in self._prefixes if name.startswith(prefix)), None)

    def target_class(self, native: "Any") -> "Any":
        """Return the target's enumeration, by the build machine's."""
        name = native.__name__
        if name not in self._classes:
            found: dict[str, int | None] = {each: int(value) for each, value in native.__members__.items()}
            found.update((each, value) for each, value in self._constants.items() if self._class_name(each) == name)
            members = {each: value for each, value in found.items() if value is not None}
            base = native.__mro__[1]
            self._classes[name] = base(name, members, module=native.__module__)
            for each in self._classes[name].__members__.values():
                each.native = int(getattr(native, each.name, each))
        return self._classes[name]

    def member(self, name: str) -> "Any":
        """Return the member with a name; None if the constant is a plain number."""
        enumeration = self._class_name(name)
        return None if enumeration is None else self.target_class(self._natives[enumeration])[name]
