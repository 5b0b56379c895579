"""Projects that compile a program, run it, and compile what it wrote: for the build machine, and for the target."""

from __future__ import annotations

import re
import shutil
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

import crosswheel
from crosswheel import BuildOptions
from crosswheel.errors import BuildError
from crosswheel.host.machine import architecture

pytestmark = pytest.mark.network
KINDS = ("c", "cxx", "cython", "cmake", "meson", "autotools")
TARGETS = {
    "linux-riscv64": "riscv64 linux 8",
    "musl-aarch64": "aarch64 linux 8",
    "win-amd64": "x86_64 windows 8",
    "pyodide": "wasm32 emscripten 4",
    "macos-arm64": "aarch64 macos 8",
}
BUILD_MACHINE = f"{architecture()} linux 8"


@pytest.fixture
def project(request: pytest.FixtureRequest, packages: Path, tmp_path: Path) -> Path:
    """One of the projects, with the files that all of them share."""
    directory = tmp_path / "project"
    shutil.copytree(packages / "generators" / "common", directory)
    shutil.copytree(packages / "generators" / request.param, directory, dirs_exist_ok=True)
    return directory


def facts(wheel: Path) -> dict[str, str]:
    """The facts that are compiled into the wheel's module."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith((".so", ".pyd"))]
        data = archive.read(name)
    return {key.decode(): value.decode() for key, value in re.findall(rb"(build|target|module): ([\w ]+);", data)}


def build(project: Path, target: str, out: Path, **options: object):
    settings = BuildOptions(output_directory=out, **options)
    (result,) = crosswheel.build([str(project)], targets=[target], pythons=["3.13"], options=settings)
    return result


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("project", KINDS, indirect=True)
def test_a_program_for_the_build_machine_runs_during_the_build(project: Path, target: str, tmp_path: Path) -> None:
    result = build(project, target, tmp_path / "dist")
    assert result.error is None, result.error
    found = facts(result.wheel)
    assert (found["build"], found["target"]) == (BUILD_MACHINE, "not run")
    assert found.get("module", TARGETS[target]) == TARGETS[target]


runs_programs = pytest.mark.skipif(
    find_spec("crosswheel.runners.programs") is None, reason="builds do not run programs of the target yet"
)


def build_with_target(project: Path, target: str, out: Path):
    """Build a project, whose program for the target is compiled and run too."""
    meson = {"setup-args": ("-Dwith_target=true",)} if (project / "meson.build").is_file() else {}
    return build(project, target, out, environment={"WITH_TARGET": "1"}, config_settings=meson)


@runs_programs
@pytest.mark.parametrize("target", [target for target in TARGETS if not target.startswith("macos")])
@pytest.mark.parametrize("project", KINDS, indirect=True)
def test_a_program_for_the_target_runs_during_the_build(project: Path, target: str, tmp_path: Path) -> None:
    result = build_with_target(project, target, tmp_path / "dist")
    assert result.error is None, result.error
    found = facts(result.wheel)
    assert (found["build"], found["target"]) == (BUILD_MACHINE, TARGETS[target])


@runs_programs
@pytest.mark.parametrize("project", KINDS, indirect=True)
def test_a_program_that_cannot_run_is_named(project: Path, tmp_path: Path) -> None:
    result = build_with_target(project, "macos-arm64", tmp_path / "dist")
    assert isinstance(result.error, BuildError)
    assert "gen-target" in f"{result.error.what} {result.error.hint}"
