"""What integration tests share: the real build machine, with its real caches."""

from __future__ import annotations

from pathlib import Path

import pytest
from breaking import Workbench
from unavailable import _skip_without_debian, _skip_without_network, pytest_runtest_makereport

from crosswheel.host import Host
from crosswheel.sealing import find_support

__all__ = ["_skip_without_debian", "_skip_without_network", "pytest_runtest_makereport"]
PACKAGES = Path(__file__).parent.parent / "packages"


@pytest.fixture(scope="session")
def host() -> Host:
    return Host.detect()


@pytest.fixture(scope="session")
def sealed_host(host: Host) -> Host:
    support = find_support(host)
    if not support.available:
        pytest.skip(support.reason)
    return host


@pytest.fixture
def packages() -> Path:
    return PACKAGES


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wheels")


@pytest.fixture
def bench(host: Host, built: Path, tmp_path: Path) -> Workbench:
    return Workbench(host, built, tmp_path)
