"""Projects that come from cibuildwheel: its identifiers and its table, in real builds."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from commands import crosswheel
from unavailable import require_interpreter

from crosswheel.host import Host
from crosswheel.targets import PythonVersion

pytestmark = pytest.mark.network
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "release"
TABLE = r"""
[project.optional-dependencies]
extra = ["six"]

[dependency-groups]
test = ["iniconfig", { include-group = "more" }]
more = ["tomli"]

[tool.cibuildwheel]
build = "cp313-*linux_{x86_64,riscv64} cp313-macosx_arm64"
skip = ["*-musllinux_riscv64"]
before-all = "make"
environment = { GREETING = "hello $(echo there)", PATH = "$PATH:/nowhere" }
test-command = 'python -c "import os, plain, six, iniconfig, tomli; assert os.environ[\"GREETING\"] == \"hello there\""'
test-extras = "extra"
test-groups = "test"
test-skip = "*-musllinux_*"

[tool.cibuildwheel.linux]
before-all = "make"
before-build = [
    "pip install --quiet six",
    "python -c 'import six, sysconfig; print(sysconfig.get_platform())' > {package}/platform.txt",
    "echo $GREETING >> platform.txt; $CC -dumpmachine >> platform.txt",
    "printf '#define PLATFORM 1\\n' >> _more.c",
]

[[tool.cibuildwheel.overrides]]
select = "*_riscv64"
inherit.environment = "append"
environment = { CFLAGS = "-DRISCV" }
"""


@pytest.fixture
def project(packages: Path, tmp_path: Path) -> Path:
    return shutil.copytree(packages / "plain", tmp_path / "plain")


def add(project: Path, text: str) -> None:
    with (project / "pyproject.toml").open("a", encoding="utf-8") as settings:
        settings.write(text)


def test_a_table_of_cibuildwheel_builds_what_it_names(host: Host, project: Path, tmp_path: Path) -> None:
    require_interpreter(host, "linux-riscv64", PythonVersion(13))
    add(project, TABLE)
    listed = crosswheel("identifiers", project, cwd=tmp_path)
    names = ["cp313-manylinux_x86_64", "cp313-manylinux_riscv64", "cp313-musllinux_x86_64", "cp313-macosx_arm64"]
    assert listed.stdout.splitlines() == names
    built = crosswheel("build", project, "--json", cwd=tmp_path)
    assert built.stderr.count("before-all of [tool.cibuildwheel] is not used") == 1
    results = json.loads(built.stdout)["results"]
    assert [result["stage"] for result in results] == ["tested", "tested", "audited", "untested"], built.stderr
    assert len(list((tmp_path / "dist").iterdir())) == 4


def test_commands_before_a_build_see_the_target(project: Path, tmp_path: Path) -> None:
    add(project, f"{TABLE}\n[tool.setuptools.data-files]\nshare = ['platform.txt']\n")
    built = crosswheel("build", project, "--build", "cp313-manylinux_riscv64", "--no-test", cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    (wheel,) = (tmp_path / "dist").iterdir()
    unpacked = tmp_path / "unpacked"
    shutil.unpack_archive(wheel, unpacked, "zip")
    said = (unpacked / "plain-1.0.data" / "data" / "share" / "platform.txt").read_text("utf-8").splitlines()
    assert said[:2] == ["linux-riscv64", "hello there"]
    assert said[2].startswith("riscv64")
    assert not (project / "platform.txt").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--before-build", "exit 3"], "before-build: `exit 3` ended with status 3"),
        (["--before-build", "true", "--before-build", "python -c 'import six'"], "python -c 'import six'"),
        (["--test-extras", "nothing", "--test-groups", "none"], "none"),
    ],
)
def test_what_fails_is_named(project: Path, tmp_path: Path, options: list[str], said: str) -> None:
    built = crosswheel("build", project, "-p", "3.13", *options, cwd=tmp_path)
    assert built.returncode in {5, 7}
    assert said in built.stderr
    assert not (tmp_path / "dist").exists()


def test_a_variable_that_cannot_be_expanded_stops_the_build(project: Path, tmp_path: Path) -> None:
    add(project, "\n[tool.crosswheel]\npythons = '3.13'\nenvironment = { LDFLAGS = '-Wl,-rpath,$ORIGIN' }\n")
    built = crosswheel("build", project, cwd=tmp_path)
    assert built.returncode == 2
    assert "ORIGIN is not set" in built.stderr
    assert "environment variable LDFLAGS" in built.stderr


def test_the_example_of_a_release_is_one_command(host: Host, tmp_path: Path) -> None:
    """Here for two of its targets; docs/release.md has all of them."""
    require_interpreter(host, "linux-s390x", PythonVersion(13))
    built = crosswheel("build", EXAMPLE, "-t", "linux-s390x", "-t", "pyodide", "--json", cwd=tmp_path)
    results = json.loads(built.stdout)["results"]
    assert [result["stage"] for result in results] == ["tested", "tested"], built.stderr
