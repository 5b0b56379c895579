"""A table that people write, as a frozen value."""

from __future__ import annotations

from typing import Any, Self

from msgspec import UNSET, Struct, structs


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """A table with fixed keys: frozen, and without room for keys nobody knows."""

    def set_fields(self) -> dict[str, Any]:
        """The keys that somebody set, by their names in Python."""
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in values.items() if value is not UNSET}

    def with_fields(self, changes: dict[str, Any]) -> Self:
        """The same table but for some keys, by their names in Python."""
        return structs.replace(self, **changes)

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """The keys of the table, as they are written."""
        return cls.__struct_encode_fields__
