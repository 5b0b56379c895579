"""What stands in for the parts of crosswheel behind the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from crosswheel.cli import main
from crosswheel.cli.session import Services, Session
from crosswheel.host import Host, NullProgress, ProcessRequest, ProcessResult


class NoRunner:
    """Starts nothing."""

    def run(self, request: ProcessRequest) -> ProcessResult:
        raise AssertionError(f"a unit test started {request}")


class NoDownloader:
    """Fetches nothing."""

    def fetch(self, url: str, *, sha256: str, fresh: bool = False) -> Path:
        raise AssertionError(f"a unit test fetched {url}")

    def read_bytes(self, url: str, *, fresh: bool = True) -> bytes:
        raise AssertionError(f"a unit test read {url}")


@dataclass
class FakeServices(Services):
    """Remembers what it was asked and answers what it was told to."""

    place: Path
    answers: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, Any] = field(default_factory=dict)

    def _answer(self, name: str, *words: Any, **named: Any) -> Any:
        self.asked.setdefault(name, []).append((words, named))
        answer = self.answers.get(name, ())
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def detect(self, *, progress=None, offline=False, jobs=None) -> Host:
        self.asked.setdefault("detect", []).append({"offline": offline, "jobs": jobs})
        return Host(
            environ={},
            cache=self.place / "cache",
            logs=self.place / "logs",
            runner=NoRunner(),
            downloader=NoDownloader(),
            progress=progress or NullProgress(),
            offline=offline,
            jobs=jobs or 1,
        )

    def build(self, *words: Any, **named: Any) -> Any:
        return self._answer("build", *words, **named)

    def select(self, *words: Any, **named: Any) -> Any:
        return self._answer("select", *words, **named)

    def test(self, *words: Any, **named: Any) -> Any:
        return self._answer("test", *words, **named)

    def audit(self, *words: Any, **named: Any) -> Any:
        return self._answer("audit", *words, **named)

    def index(self, *words: Any, **named: Any) -> Any:
        return self._answer("index", *words, **named)

    def merge(self, *words: Any) -> Any:
        return self._answer("merge", *words)

    def survey(self, *words: Any) -> Any:
        return self._answer("survey", *words)

    def examine(self, *words: Any) -> Any:
        return self._answer("examine", *words)


@pytest.fixture
def services(tmp_path):
    return FakeServices(tmp_path)


@pytest.fixture
def run(services, capsys):
    """Run a command line; its exit status, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        status = main(arguments, Session(services))
        out, err = capsys.readouterr()
        return status, out, err

    return run
