"""Projects whose wheels are for a platform by their settings, with and without anything compiled."""

from __future__ import annotations

from pathlib import Path

import pytest

import crosswheel
from crosswheel import BuildOptions
from crosswheel.building.results import WheelResult
from crosswheel.host import Host

pytestmark = pytest.mark.network

PYPROJECT = """
[build-system]
requires = ["{requires}"]
build-backend = "{backend}"
[project]
name = "tagged"
version = "1.0"
"""
MESON = """
project('tagged', {languages} version: '1.0')
py = import('python').find_installation(pure: false)
py.install_sources('tagged.py')
"""
CMAKE = """
cmake_minimum_required(VERSION 3.20)
project(tagged LANGUAGES {languages})
install(FILES tagged.py DESTINATION .)
"""


def build(host: Host, directory: Path, backend: str, files: dict[str, str]) -> WheelResult:
    requires = {"mesonpy": "meson-python", "scikit_build_core.build": "scikit-build-core"}[backend]
    pyproject = PYPROJECT.format(requires=requires, backend=backend)
    for name, text in {"pyproject.toml": pyproject, "tagged.py": "", **files}.items():
        (directory / "tagged" / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / "tagged" / name).write_text(text, encoding="utf-8")
    options = BuildOptions(output_directory=directory / "wheels")
    (result,) = crosswheel.build(
        [str(directory / "tagged")], targets=["linux-riscv64"], pythons=["3.13"], options=options, host=host
    )
    return result


@pytest.mark.parametrize(
    ("backend", "script", "text"),
    [
        ("mesonpy", "meson.build", MESON.format(languages="")),
        ("scikit_build_core.build", "CMakeLists.txt", CMAKE.format(languages="NONE")),
    ],
)
def test_a_project_that_compiles_nothing_may_have_a_platform_tag(
    host: Host, tmp_path: Path, backend: str, script: str, text: str
) -> None:
    result = build(host, tmp_path, backend, {script: text})
    assert result.error is None
    assert result.wheel is not None
    assert result.wheel.name.endswith("_riscv64.whl")


@pytest.mark.parametrize(
    ("backend", "files"),
    [
        ("mesonpy", {"meson.build": MESON.format(languages="'c',")}),
        ("scikit_build_core.build", {"CMakeLists.txt": CMAKE.format(languages="C")}),
        ("mesonpy", {"meson.build": MESON.format(languages=""), "src/left_out.c": "int x;"}),
    ],
)
def test_a_project_that_leaves_out_what_it_could_compile_is_refused(
    host: Host, tmp_path: Path, backend: str, files: dict[str, str]
) -> None:
    result = build(host, tmp_path, backend, files)
    assert result.error is not None
    assert "no compiled files (purity)" in result.error.what
