"""The wrapper program and its server, with plans that show what a command finds when it runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crosswheel.host import Host
from crosswheel.targets import target_from_tag
from crosswheel.toolchains.model import Call, CallSettings, Plan
from crosswheel.toolchains.wrappers import run_wrappers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswheel.toolchains.wrappers import Wrappers

TARGET = target_from_tag("manylinux_2_31_riscv64")
SHOW = "import json, os, sys; print(json.dumps([sys.argv[1:], os.getcwd(), os.environ['PATH']]))"


@dataclass
class Echo:
    """A kit whose plans are made by the test."""

    plan_for: Any
    target: Any = TARGET
    compiler_id: str = "clang"

    def plan(self, call: Call, _settings: CallSettings) -> Plan:
        return self.plan_for(call)

    def build_component(self, part: str) -> None:
        raise AssertionError(part)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory that is reached through a link, as temporary directories may be."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    return tmp_path / "link"


@pytest.fixture
def tools(place: Path) -> Iterator[Wrappers]:
    def plan(call: Call) -> Plan:
        command = (sys.executable, "-c", SHOW, call.tool.value, call.directory, *call.arguments)
        return Plan((("/bin/true",), command) if call.arguments else (("/bin/false",), command))

    with run_wrappers(Host.detect(), Echo(plan), CallSettings(), place / "tools", place / "log") as made:  # type: ignore[arg-type]
        yield made


def called(tools: Wrappers, *words: str, cwd: Path, path: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PATH": path}
    return subprocess.run([tools["gcc"], *words], cwd=cwd, env=env, capture_output=True, text=True, check=False)


def test_a_call_arrives_as_it_was_made(tools: Wrappers, tmp_path: Path) -> None:
    words = ("-c", "a b.c", "-DX=\"'\\", "", "é", "x" * 100_000)
    ended = called(tools, *words, cwd=tmp_path, path="/usr/bin:/bin")
    assert ended.returncode == 0, ended.stderr
    (tool, directory, *arguments), cwd, _ = json.loads(ended.stdout)
    assert (tool, directory, tuple(arguments), cwd) == ("cc", str(tmp_path), words, str(tmp_path))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{own}:/usr/bin:/bin", "/usr/bin:/bin"),
        ("/usr/bin:{own}:/bin:{own}", "/usr/bin:/bin"),
        ("{own}", ""),
        ("/bin", "/bin"),
    ],
)
def test_commands_do_not_find_the_wrappers(tools: Wrappers, tmp_path: Path, before: str, after: str) -> None:
    """gcc and its archiver look for programs on PATH and would find themselves for ever."""
    ended = called(tools, "x", cwd=tmp_path, path=before.format(own=tools.directory))
    assert json.loads(ended.stdout)[2] == after


def test_the_first_command_that_fails_ends_the_call(tools: Wrappers, tmp_path: Path) -> None:
    ended = called(tools, cwd=tmp_path, path="/bin")
    assert (ended.returncode, ended.stdout) == (1, "")


def test_a_wrapper_outlives_its_build_with_an_error_only(place: Path, tmp_path: Path) -> None:
    kit: Any = Echo(lambda _call: Plan())
    with run_wrappers(Host.detect(), kit, CallSettings(), place / "tools", place / "log") as made:
        pass
    ended = called(made, "-c", "a.c", cwd=tmp_path, path="/bin")
    assert ended.returncode == 127
    assert "the build of this wrapper has finished" in ended.stderr


@dataclass(frozen=True)
class Said:
    """A proof whose outcome the test decides."""

    true: bool
    directory: str

    def passes(self, directory: str) -> bool:
        assert directory == self.directory
        return self.true


@pytest.mark.parametrize(("true", "status"), [(True, 0), (False, 7)])
def test_a_proof_is_run_only_where_it_does_not_hold_already(
    place: Path, tmp_path: Path, true: bool, status: int
) -> None:
    prove = (sys.executable, "-c", "raise SystemExit(7)", "\xe9\udcff")
    kit: Any = Echo(lambda _call: Plan((("/bin/true",), prove), check=Said(true, str(tmp_path))))
    with run_wrappers(Host.detect(), kit, CallSettings(), place / "tools", place / "log") as made:
        for _ in range(2):
            assert called(made, "-c", "a.c", cwd=tmp_path, path="/bin").returncode == status
        assert "SystemExit(7)" in (place / "log").read_text("utf-8", "surrogateescape")


def test_what_is_not_made_is_not_proven(place: Path, tmp_path: Path) -> None:
    kit: Any = Echo(lambda _call: Plan((("/bin/false",), ("/bin/true",)), check=Said(True, "")))
    with run_wrappers(Host.detect(), kit, CallSettings(), place / "tools", place / "log") as made:
        assert called(made, "-c", "a.c", cwd=tmp_path, path="/bin").returncode == 1
