"""SIGKILL at random moments of a build: nothing is left running, and the next build leaves nothing lying about."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from processes import PATIENCE

from crosswheel.host import Host
from random_kills import Victim, kill_at_random, write_project

pytestmark = pytest.mark.network


def test_nothing_is_left_of_killed_builds(host: Host, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", sources=3)
    options = ("-t", "linux-riscv64", "-t", "musl-aarch64", "-p", f"{sys.version_info.major}.{sys.version_info.minor}")
    victim = Victim(tmp_path, project, options, host.cache, shares_cache=True)
    lines: list[str] = []
    is_clean = kill_at_random(victim, kills=6, seed=13, complete_every=6, patience=PATIENCE, say=lines.append)
    assert is_clean, "\n".join(lines)
    assert len([line for line in lines if "processes below" in line]) == 6
