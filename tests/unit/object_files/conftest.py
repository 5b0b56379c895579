"""Real compiled files of the environment that the tests run in."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest


@pytest.fixture(scope="session")
def shared_object() -> Path:
    """msgspec's extension module, which is always there."""
    return Path(msgspec._core.__file__)


@pytest.fixture(scope="session")
def small_object(shared_object: Path) -> bytes:
    """The smallest extension module there is: the quickest to read many times."""
    found = shared_object.parents[1].glob("mypyc/**/*.so")
    return min((shared_object, *found), key=lambda path: path.stat().st_size).read_bytes()
