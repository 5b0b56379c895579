"""Choosing versions of build requirements, and what uv's refusals mean."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from crosswheel.environments.packages import INDEX_CACHE_SECONDS, RequirementSource, resolve_requirements, uv_error
from crosswheel.errors import EnvironmentMissingError, SourceError
from crosswheel.host import Host, ProcessRequest, ProcessResult
from crosswheel.pythons.model import BuildPython

MakeHost = Callable[..., Host]

PINS = "setuptools==80.9.0\nwheel==0.46.1\n"


def requests_of(host: Host) -> list[ProcessRequest]:
    found: list[ProcessRequest] = host.runner.requests  # type: ignore[attr-defined]
    return found


def pins(_request: ProcessRequest) -> tuple[int, str, str]:
    return 0, PINS, ""


def test_versions_stay_chosen_for_a_while(fake_host: MakeHost, build_python: BuildPython, tmp_path: Path) -> None:
    host = fake_host(tmp_path, pins)
    log = tmp_path / "log"
    for _ in range(2):
        assert resolve_requirements(host, build_python, ["wheel", "setuptools"], RequirementSource(), log) == tuple(
            PINS.split()
        )
    assert len(requests_of(host)) == 1
    (kept,) = (tmp_path / "cache" / "environments" / "resolved").iterdir()
    long_ago = kept.stat().st_mtime - INDEX_CACHE_SECONDS - 1
    os.utime(kept, (long_ago, long_ago))
    resolve_requirements(host, build_python, ["wheel", "setuptools"], RequirementSource(), log)
    assert len(requests_of(host)) == 2


def test_offline_takes_what_was_ever_chosen(fake_host: MakeHost, build_python: BuildPython, tmp_path: Path) -> None:
    resolve_requirements(fake_host(tmp_path, pins), build_python, ["wheel"], RequirementSource(), tmp_path / "log")
    (kept,) = (tmp_path / "cache" / "environments" / "resolved").iterdir()
    os.utime(kept, (0, 0))
    offline = fake_host(tmp_path, lambda _request: (1, "", "must not run"), offline=True)
    assert resolve_requirements(offline, build_python, ["wheel"], RequirementSource(), tmp_path / "log") == tuple(
        PINS.split()
    )


def test_other_settings_choose_anew(fake_host: MakeHost, build_python: BuildPython, tmp_path: Path) -> None:
    host = fake_host(tmp_path, pins)
    constraints = tmp_path / "constraints.txt"
    packages = RequirementSource(("--constraint", str(constraints)))
    for text in ("wheel<1", "wheel<2"):
        constraints.write_text(text)
        resolve_requirements(host, build_python, ["wheel"], packages, tmp_path / "log")
    assert len(requests_of(host)) == 2


def test_a_new_file_in_a_local_directory_of_packages_is_seen(
    fake_host: MakeHost, build_python: BuildPython, tmp_path: Path
) -> None:
    host = fake_host(tmp_path, pins)
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name in ("a.whl", "b.whl"):
        (wheels / name).write_bytes(b"")
        for _ in range(2):
            resolve_requirements(
                host, build_python, ["wheel"], RequirementSource(("--find-links", str(wheels))), tmp_path / "log"
            )
    assert len(requests_of(host)) == 2


def test_nothing_wanted_nothing_run(fake_host: MakeHost, build_python: BuildPython, tmp_path: Path) -> None:
    host = fake_host(tmp_path, pins)
    assert resolve_requirements(host, build_python, [], RequirementSource(), tmp_path / "log") == ()
    assert not requests_of(host)


NOT_FOUND = """  × No solution found when resolving dependencies:
  ╰─▶ Because no-such-thing was not found in the package registry and you require
      no-such-thing>=1, we can conclude that your requirements are unsatisfiable.
"""


@pytest.mark.parametrize(
    ("stderr", "kind", "said", "hint"),
    [
        (NOT_FOUND, SourceError, "'no-such-thing>=1' cannot be installed", "index settings"),
        ("Packages were unavailable because the network was disabled: Cython", SourceError, "'Cython<4'", "--offline"),
        ("error: Failed to fetch: `https://x/simple/cython/`: dns error", SourceError, "'Cython<4'", "network"),
        ("× Failed to build `cython==3.1`\n├─▶ The", EnvironmentMissingError, "Cython<4", "no wheel"),
        ("", SourceError, "uv printed no message", "index settings"),
    ],
)  # fmt: skip
def test_refusals_are_told(stderr: str, kind: type, said: str, hint: str) -> None:
    outcome = ProcessResult(ProcessRequest(("uv",), {}, Path("/")), 1, "", stderr, 0.0)
    error = uv_error(outcome, ["Cython<4", "no-such-thing>=1"], Path("log"))
    assert type(error) is kind
    assert said in error.what
    assert hint in (error.hint or "")
    assert "╰" not in error.what
    assert error.log == Path("log")
