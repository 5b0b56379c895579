"""Modules with attributes that depend on their reader, and constants with two values."""

import sys

from _crosswheel_cross_venv.callers import is_cross_caller_of_sizes, is_cross_caller_of_system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any
else:
    ModuleType = type(sys)

_DICT = type(sys).__mro__[-2].__dict__["__dict__"]  # of ModuleType, below whatever class sys has got


class Constant(int):
    """A constant with the target's value, which build scripts write into sources and headers.

    It equals the build machine's value too, so that comparing it to what the running system returns (``error.errno ==
    errno.EEXIST``) works as before. Functions that use it get the build machine's value: see :mod:`.constants_patches`.
    """

    native: int

    def __new__(cls, target: int, native: "int | None") -> "Constant":  # noqa: PYI034  # Self is new in Python 3.11
        """Create one; without a native value it is only the target's."""
        self = super().__new__(cls, target)
        self.native = target if native is None else native
        return self

    def __eq__(self, other: object) -> bool:
        """Whether it is the same constant, or either of its values."""
        if isinstance(other, Constant):
            return int(self) == int(other)
        return int.__eq__(self, other) is True or self.native == other

    def __ne__(self, other: object) -> bool:
        """See :meth:`__eq__`."""
        return not self == other

    def __hash__(self) -> int:
        """Return the hash of the build machine's value, which lookups of the running system's values have."""
        return hash(self.native)

    def __reduce__(self) -> "tuple[Any, ...]":
        """Copy and pickle the target's value."""
        return int, (int(self),)

    def __or__(self, other: int) -> int:
        """Combine flags."""
        return Constant(int(self) | int(other), self.native | native_value(other))

    def __and__(self, other: int) -> int:
        """Select flags."""
        return Constant(int(self) & int(other), self.native & native_value(other))

    def __invert__(self) -> int:
        """Invert flags."""
        return Constant(~int(self), ~self.native)

    __ror__, __rand__ = __or__, __and__


def native_value(value: "Any") -> "Any":
    """Return the build machine's value of a constant or a member of an enumeration; other values unchanged."""
    return getattr(value, "native", value) if isinstance(value, int) else value


class Attribute:
    """What an attribute is for code that gets the target's values.

    :param value: computes it from the build machine's, which is None if there is none, when it is first needed; raises
        AttributeError if the target has no such attribute.
    :param sizes: whether it is for the callers that get the target's sizes, not for those that get its system.
    """

    def __init__(self, name: str, value: "Callable[[Any], Any]", *, sizes: bool = False) -> None:
        self.name = name
        self._value = value
        self._result: list[Any] = []
        self._is_cross = is_cross_caller_of_sizes if sizes else is_cross_caller_of_system

    def __get__(self, module: "ModuleType | None", owner: type) -> "Any":
        """Return the value for the calling module."""
        if module is None:
            return self
        attributes = module_dict(module)
        if self._is_cross(self.name):
            return self.target_value(attributes)
        try:
            return attributes[self.name]
        except KeyError:
            raise missing(module, self.name) from None

    def __set__(self, module: "ModuleType", value: "Any") -> None:
        """Replace the value for everything else."""
        module_dict(module)[self.name] = value

    def target_value(self, attributes: "dict[str, Any]") -> "Any":
        """Return the target's value.

        :raises AttributeError: if it has none.
        """
        if not self._result:
            self._result.append(self._value(attributes.get(self.name)))
        return self._result[0]


def module_dict(module: "ModuleType") -> "dict[str, Any]":
    """Return the attributes of a module, as the build machine's."""
    attributes: dict[str, Any] = _DICT.__get__(module)
    return attributes


def missing(module: "ModuleType", name: str) -> AttributeError:
    """Return Python's error for an attribute that a module does not have."""
    return AttributeError(f"module {module.__name__!r} has no attribute {name!r}")


def make_reader_dependent(module: "ModuleType", attributes: "list[Attribute]") -> None:
    """Give a module attributes that depend on their reader, in ``vars`` and ``dir`` too."""
    properties = {attribute.name: attribute for attribute in attributes}

    def merged(native: "dict[str, Any]") -> "dict[str, Any]":
        found = dict(native)
        for name, attribute in properties.items():
            try:
                found[name] = attribute.target_value(native)
            except AttributeError:
                found.pop(name, None)
        return found

    def attributes_of(self: "ModuleType") -> "dict[str, Any]":
        native = module_dict(self)
        return merged(native) if is_cross_caller_of_system("vars") else native

    def names_of(self: "ModuleType") -> "list[str]":
        native = module_dict(self)
        return sorted(merged(native) if is_cross_caller_of_system("dir") else native)

    namespace = {**properties, "__dict__": property(attributes_of), "__dir__": names_of}
    module.__class__ = type(type(module).__name__, (type(module),), namespace)
