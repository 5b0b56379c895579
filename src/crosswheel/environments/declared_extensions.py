"""What setuptools was asked to build, and what became of it, as the hook kept record of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class DeclaredExtensions:
    """The extension modules a build declared.

    :param names: full names of those that have sources: ``yaml._yaml``. Without sources a name need not be that of
        a module: some projects run CMake under the name of an extension.
    :param optional: those of them that setuptools may leave out when they fail.
    :param failures: what was said of those that failed, whether or not the build went on without them.
    """

    names: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    failures: Mapping[str, str] = field(default_factory=dict, hash=False)


def read_declared(record: Path) -> DeclaredExtensions:
    """Read the record of a build; nothing was declared if there is none."""
    if not record.is_file():
        return DeclaredExtensions()
    events = [json.loads(line) for line in record.read_text("utf-8").splitlines()]
    declared = [event for event in events if event["event"] == "declared" and event["sources"]]
    return DeclaredExtensions(
        names=frozenset(event["name"] for event in declared),
        optional=frozenset(event["name"] for event in declared if event["optional"]),
        failures={event["name"]: event["error"] for event in events if event["event"] == "failed"},
    )
