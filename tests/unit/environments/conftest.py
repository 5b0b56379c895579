"""A host whose programs are functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from crosswheel.host import Host, Outcome, Request, Silence
from crosswheel.pythons.model import BuildPython
from crosswheel.targets import PythonVersion


@dataclass
class FakeRunner:
    """Answers with a function, and remembers what it was asked."""

    answer: Callable[[Request], tuple[int, str, str]]
    requests: list[Request] = field(default_factory=list)

    def run(self, request: Request) -> Outcome:
        self.requests.append(request)
        status, out, err = self.answer(request)
        return Outcome(request, status, out, err, 0.0)


class NoDownloads:
    def fetch(self, url: str, *, sha256: str, fresh: bool = False) -> Path:
        raise AssertionError(url)

    def read(self, url: str, *, fresh: bool = True) -> bytes:
        raise AssertionError(url)


def _fake_host(place: Path, answer: Callable[[Request], tuple[int, str, str]], *, offline: bool = False) -> Host:
    return Host(
        environ={"PATH": "/nowhere"}, cache=place / "cache", logs=place / "logs", runner=FakeRunner(answer),
        downloader=NoDownloads(), progress=Silence(), offline=offline,
    )  # fmt: skip


@pytest.fixture
def fake_host() -> Callable[..., Host]:
    """Makes a host; its programs are ``answer(request)``, which gives status, output and error output."""
    return _fake_host


@pytest.fixture
def build_python() -> BuildPython:
    return BuildPython(Path("/py/bin/python3.13"), PythonVersion(13), "3.13.0", Path("/py/include/python3.13"), {})
