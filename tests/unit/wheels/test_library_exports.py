"""Modules do not export symbols of native libraries linked into them; shared libraries do."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from crosswheel.wheels.audit.model import Expectations, WheelUnderAudit
from crosswheel.wheels.audit.symbols import library_exports

PRIVATE = Expectations(private_symbols=frozenset({"crc32", "inflate", "_ZN1aC2Ev"}))


@dataclass(frozen=True)
class Compiled:
    """A compiled file of any format."""

    exported_names: frozenset[str]


def found(expectations: Expectations, *names: str) -> list[str]:
    modules = {"a.so": Compiled(frozenset(names))}
    subject = WheelUnderAudit(contents=None, targets=(), modules=modules, damaged=(), expectations=expectations)
    return [finding.what for finding in library_exports(subject)]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("PyInit_a", "own"), []),
        (("PyInit_a", "crc32"), ["exports symbols of a native library linked into it: crc32"]),
        (("PyInitU_a", "inflate", "crc32"), ["exports symbols of a native library linked into it: crc32, inflate"]),
        (("PyInit_a", "_ZN1aC2Ev"), []),
        (("crc32", "inflate"), []),
    ],
)
def test_what_modules_export(names: tuple[str, ...], said: list[str]) -> None:
    assert found(PRIVATE, *names) == said
    assert found(Expectations(strict=True), *names) == []
