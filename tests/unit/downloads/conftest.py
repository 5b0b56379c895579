from __future__ import annotations

from pathlib import Path

import pytest
from fake_hosts import Shelf, fake_host

from crosswheel.host import Host


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


@pytest.fixture
def host(tmp_path: Path, shelf: Shelf) -> Host:
    return fake_host(tmp_path, shelf)
