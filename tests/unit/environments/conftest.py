"""A host whose programs are functions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import fake_hosts
import pytest

from crosswheel.host import Host, ProcessRequest
from crosswheel.pythons.model import BuildPython
from crosswheel.targets import PythonVersion


def _fake_host(place: Path, answer: Callable[[ProcessRequest], tuple[int, str, str]], *, offline: bool = False) -> Host:
    return fake_hosts.fake_host(place, fake_hosts.NoDownloads(), answer, {"PATH": "/nowhere"}, offline=offline)


@pytest.fixture
def fake_host() -> Callable[..., Host]:
    """Makes a host; its programs are ``answer(request)``, which gives status, output and error output."""
    return _fake_host


@pytest.fixture
def build_python() -> BuildPython:
    return BuildPython(Path("/py/bin/python3.13"), PythonVersion(13), "3.13.0", Path("/py/include/python3.13"), {})
