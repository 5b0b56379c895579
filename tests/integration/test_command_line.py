"""The installed program: one build from end to end, and what it says of bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from commands import PYTHON, crosswheel

pytestmark = pytest.mark.network


def test_a_wheel_is_built_tested_and_audited(packages: Path, tmp_path: Path) -> None:
    built = crosswheel("build", packages / "plain", "-p", PYTHON, "--test", "--json", cwd=tmp_path)
    document = json.loads(built.stdout)
    assert built.returncode == document["exit_status"] == 0, built.stderr
    (result,) = document["results"]
    assert result["stage"] == "tested"
    wheel = Path(result["wheel"])
    assert wheel.parent == tmp_path / "dist"
    assert [path.name for path in wheel.parent.iterdir()] == [wheel.name]
    audited = crosswheel("audit", "--strict", wheel, cwd=tmp_path)
    assert audited.returncode == 0, audited.stdout
    command = "python -c 'import plain; print(plain.__name__)'"
    tested = crosswheel("test", wheel, "--command", command, "--json", cwd=tmp_path)
    assert json.loads(tested.stdout)["results"][0]["outcome"] == "passed", tested.stderr
    failed = crosswheel("test", wheel, "--command", "exit 3", cwd=tmp_path)
    assert failed.returncode == 7
    assert "ended with status 3" in failed.stdout


def test_a_test_command_of_another_python_is_not_found(packages: Path, tmp_path: Path) -> None:
    """One in an activated environment would pass without having seen the wheel."""
    other = tmp_path / "activated"
    other.mkdir()
    for name in ("python3", "a-test-runner"):
        (other / name).write_text("#!/bin/sh\nexit 0\n")
        (other / name).chmod(0o755)
    path = f"{other}:{os.environ['PATH']}"
    words = ("build", packages / "plain", "-p", PYTHON, "--test-command", "a-test-runner", "--json")
    built = crosswheel(*words, cwd=tmp_path, PATH=path)
    assert built.returncode == 7, built.stderr
    assert "ended with status 127" in built.stdout


def test_settings_of_a_project_are_honoured(packages: Path, tmp_path: Path) -> None:
    project = tmp_path / "plain"
    project.mkdir()
    for source in (packages / "plain").iterdir():
        (project / source.name).write_bytes(source.read_bytes())
    with (project / "pyproject.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'\n[tool.crosswheel]\ntargets = "linux-aarch64"\npythons = "{PYTHON}"\noutput-dir = "wheels"\n')
    built = crosswheel("build", cwd=project)
    assert built.returncode == 0, built.stderr
    (wheel,) = (project / "wheels").iterdir()
    assert wheel.name.endswith("_aarch64.whl")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("build", "ujson", "-t", "linux-riscv65"), 2, "did you mean 'linux-riscv64'?"),
        (("build", "ujson", "-t", "manylinux_2_17_riscv64"), 2, "no policy manylinux_2_17_riscv64"),
        (("build", "ujson", "-p", "2.7"), 2, "'2.7' is not a Python version"),
        (("build", "ujson==99.0", "-p", PYTHON), 3, "no version ==99.0"),
        (("build", "./nowhere-1.0.tar.gz", "-p", PYTHON), 2, "nowhere-1.0.tar.gz"),
        (
            ("build", "ujson", "-p", PYTHON, "-i", "http://me:secret@127.0.0.1:9/simple/"),
            3,
            "http://127.0.0.1:9/simple/",
        ),
        (("audit", __file__), 6, "the wheel cannot be read"),
    ],
)
def test_bad_input_is_an_error_with_its_status(tmp_path: Path, words: tuple[str, ...], status: int, said: str) -> None:
    ended = crosswheel(*words, cwd=tmp_path)
    assert ended.returncode == status, ended.stderr
    assert said in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    assert "secret" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.crosswheel\n", "line 1, column 17"),
        ("[tool.crosswheel]\ntarget = 'native'\n", "did you mean 'targets'?"),
        ("[tool.crosswheel]\ntest = 'yes'\n", "expected true or false"),
    ],
)
def test_a_broken_pyproject_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    ended = crosswheel("build", cwd=tmp_path)
    assert ended.returncode == 2
    assert str(Path("pyproject.toml")) in ended.stderr
    assert said in ended.stderr


def test_doctor_and_targets_agree_about_this_machine(tmp_path: Path) -> None:
    examined = json.loads(crosswheel("doctor", "--json", cwd=tmp_path).stdout)
    assert {item["name"]: item["state"] for item in examined["items"]}["zig"] == "ok"
    surveyed = json.loads(crosswheel("targets", "--json", cwd=tmp_path).stdout)
    families = Counter(row["target"].split("_")[0] for row in surveyed["targets"])
    assert (families["manylinux"], families["musllinux"]) == (8, 8)
    assert families["pyodide"] > 0
    native = next(row for row in surveyed["targets"] if "native" in row["test"].values())
    assert PYTHON in native["test"]


def test_the_output_may_be_cut_off(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "crosswheel", "targets"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
