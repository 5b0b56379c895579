"""What integration tests share: the real build machine, with its real caches."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosswheel.host import Host

PACKAGES = Path(__file__).parent.parent / "packages"


@pytest.fixture(scope="session")
def host() -> Host:
    return Host.detect()


@pytest.fixture
def packages() -> Path:
    return PACKAGES
