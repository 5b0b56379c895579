"""A disk that is full is named as the reason, with the exit status of storage, whichever program met it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import crosswheel

from crosswheel.errors import ExitStatus

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user cannot mount a file system")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.network
@pytest.mark.parametrize("variable", ["TMPDIR", "CROSSWHEEL_CACHE_DIR", "UV_CACHE_DIR"])
def test_a_full_disk_is_named(packages: Path, tmp_path: Path, small: Path, variable: str) -> None:
    own_cache = {"CROSSWHEEL_CACHE_DIR": str(tmp_path / "cache")} if variable == "UV_CACHE_DIR" else {}
    environment = {**own_cache, "TMPDIR": str(tmp_path), variable: str(small)}
    ended = crosswheel(
        "build", packages / "plain", "-t", "linux-riscv64", "-p", PYTHON, "-o", tmp_path / "out", cwd=tmp_path,
        **environment,
    )  # fmt: skip
    assert ended.returncode == ExitStatus.STORAGE, ended.stderr
    assert "no space left on device" in ended.stderr
    assert "free some space" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not list(tmp_path.glob("out/*"))
