"""Wheels for Windows that run: on Windows' own CPython, under wine."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest

import crosswheel
from crosswheel import BuildOptions
from crosswheel.host import Host
from crosswheel.targets import PythonVersion, target_from_tag
from crosswheel.testing import TestOutcome, TestPlan, TestResult, test_wheel
from crosswheel.wheels.archive import WheelName, pack_wheel, read_wheel

pytestmark = pytest.mark.network

PACKAGES = Path(__file__).parent.parent / "packages"
PYTHON = PythonVersion(13)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("plain", tmp_path_factory.mktemp("wheels"))


def built(package: str, place: Path) -> Path:
    options = BuildOptions(output_directory=place)
    (result,) = crosswheel.build([str(PACKAGES / package)], targets=["win-amd64"], pythons=["3.13"], options=options)
    assert result.error is None, result.error
    assert result.wheel is not None
    return result.wheel


def run(host: Host, wheel: Path, *commands: str, version: PythonVersion = PYTHON, **plan: object) -> TestResult:
    target = target_from_tag("win_amd64")
    assert target is not None
    return test_wheel(host, wheel, target, version, TestPlan(commands=commands, **plan))  # type: ignore[arg-type]


def of_wine() -> set[str]:
    """What runs of wine, by number: processes that were told of a Windows in their environment."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if b"\0WINEPREFIX=" in b"\0" + (process / "environ").read_bytes():
                found.add(process.name)
    return found


def test_a_build_is_tested_at_once(tmp_path: Path) -> None:
    options = BuildOptions(output_directory=tmp_path, test=True)
    (result,) = crosswheel.build([str(PACKAGES / "plain")], targets=["win-amd64"], pythons=["3.13"], options=options)
    assert result.error is None
    assert result.remark.endswith("CPython 3.13.2 for win_amd64 under wine")


def test_commands_run_as_with_any_emulator(host: Host, wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n", "utf-8")
    (tmp_path / "test_it.py").write_text(
        "import sys, subprocess, _plain\ndef test_it():\n    assert sys.platform == 'win32'\n"
        "    assert subprocess.run([sys.executable, '-c', 'import _plain']).returncode == 0\n",
        "utf-8",
    )
    commands = ("pytest -q {project}", "python -m pytest -q {project}/test_it.py", "python -c 'print(1)' | grep 1")
    result = run(host, wheel, *commands, requires=("pytest",), project=str(tmp_path), timeout=600)
    assert result.outcome is TestOutcome.PASSED, result.output


def test_a_failing_command_fails(host: Host, wheel: Path) -> None:
    result = run(host, wheel, "python -c 'raise SystemExit(3)'")
    assert (result.outcome, result.reason) == (
        TestOutcome.FAILED,
        "`python -c 'raise SystemExit(3)'` ended with status 3",
    )


def test_a_module_that_cannot_be_imported_fails(host: Host, wheel: Path, tmp_path: Path) -> None:
    contents = read_wheel(wheel)
    path = next(path for path in contents.files if path.endswith(".pyd"))
    broken = {**contents.files, path: contents.files[path].replace(b"PyModule_Create2", b"PyModule_Create9")}
    result = run(host, pack_wheel(broken, {}, WheelName.parse(wheel.name), tmp_path, 1_700_000_000))
    assert result.outcome is TestOutcome.FAILED
    assert "_plain" in result.reason


def test_the_stable_abi_runs_on_every_python_there_is(host: Host, tmp_path: Path) -> None:
    stable = built("stable", tmp_path)
    for minor in (10, 12, 13):
        result = run(host, stable, "python -c 'import stable; assert stable.doubled(4) == 8'",
                        version=PythonVersion(minor))  # fmt: skip
        assert (result.outcome, result.reason) == (TestOutcome.PASSED, "")
        assert f"CPython 3.{minor}." in result.interpreter


def test_nothing_runs_on_when_time_is_out(host: Host, wheel: Path) -> None:
    before = of_wine()
    hanging = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'while True: pass'])"
    result = run(host, wheel, f'python -c "{hanging}"', timeout=40)
    assert (result.outcome, "timed out" in result.reason) == (TestOutcome.FAILED, True)
    assert wait_until(lambda: not of_wine() - before)


@pytest.mark.parametrize("version", [PythonVersion(14), PythonVersion(13, freethreaded=True)])
def test_other_pythons_are_untested(host: Host, wheel: Path, version: PythonVersion) -> None:
    result = run(host, wheel, version=version)
    assert (result.outcome, result.reason) == (
        TestOutcome.UNTESTED,
        f"no Python {version} for win_amd64 to test on; available: 3.10, 3.11, 3.12, 3.13",
    )


def wait_until(done: object, seconds: int = 30) -> bool:
    """Whether something comes about; a process that was ended takes its time to be gone."""
    for _ in range(seconds * 10):
        if done():  # type: ignore[operator]
            return True
        time.sleep(0.1)
    return False
