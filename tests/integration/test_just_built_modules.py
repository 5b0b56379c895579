"""Extension modules that a build imports as soon as it has made them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import crosswheel
from crosswheel.wheels.archive import read_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.building.results import WheelResult

pytestmark = pytest.mark.network
MODULE = """\
#include <Python.h>
static struct PyModuleDef sizes = {PyModuleDef_HEAD_INIT, "sizes", "The sizes of types.", -1, 0};
PyMODINIT_FUNC PyInit_sizes(void) {
    PyObject *module = PyModule_Create(&sizes);
    if (module) PyModule_AddIntConstant(module, "LONG", sizeof(long));
    return module;
}
"""
PROJECT = {
    "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n',
    "sizes.c": MODULE,
    "describe.py": """\
import sys
import sizes  # not for this Python
print(f"LONG = {sizes.LONG}\\nPLATFORM = {sys.platform!r}\\nARGUMENTS = {sys.argv[1:]}")
""",
    "talkative.py": """\
print("# begin", flush=True)
import sizes
print(f"LONG = {sizes.LONG}")
""",
    "setup.py": """\
import os, subprocess, sys
from pathlib import Path
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

class Describe(build_ext):
    def run(self):
        super().run()
        env = {**os.environ, "PYTHONPATH": self.build_lib}
        with (Path(self.build_lib) / "described.py").open("w") as out:
            done = subprocess.run([sys.executable, "SCRIPT", "x"], env=env, stdout=out, stderr=STDERR)
        if done.returncode:
            (Path(self.build_lib) / "described.py").write_text("LONG = None\\n")

setup(name="sizes", version="1.0", ext_modules=[Extension("sizes", ["sizes.c"], py_limited_api=ABI3)],
      cmdclass={"build_ext": Describe})
""",
}


def build(
    tmp_path: Path, target: str, *, script: str = "describe.py", abi3: bool = False, discard: bool = False
) -> WheelResult:
    project = tmp_path / "project"
    project.mkdir()
    stderr = "subprocess.DEVNULL" if discard else "None"
    for name, text in PROJECT.items():
        (project / name).write_text(text.replace("SCRIPT", script).replace("ABI3", str(abi3)).replace("STDERR", stderr))
    options = crosswheel.BuildOptions(output_directory=tmp_path / "dist")
    (result,) = crosswheel.build([str(project)], targets=[target], pythons=["3.13"], options=options)
    assert result.error is None, result.error
    return result


def described(result: WheelResult) -> str:
    assert result.wheel is not None
    return read_wheel(result.wheel).files["described.py"].decode().replace("\r", "")


@pytest.mark.parametrize("abi3", [False, True])
@pytest.mark.parametrize(
    ("target", "size", "platform"),
    [
        ("linux-riscv64", 8, "linux"),
        ("linux-armv7l", 4, "linux"),
        ("pyodide", 4, "emscripten"),
        ("win-amd64", 4, "win32"),
    ],
)
def test_a_program_that_imports_it_runs_on_the_target(tmp_path, target, size, platform, abi3):
    result = build(tmp_path, target, abi3=abi3)
    assert described(result) == f"LONG = {size}\nPLATFORM = {platform!r}\nARGUMENTS = ['x']\n"
    assert not result.degraded


@pytest.mark.parametrize(
    ("target", "script", "reason"),
    [
        ("macos-arm64", "describe.py", "only a Mac runs programs for macos-arm64"),
        ("musl-riscv64", "describe.py", "no Python for musl"),
        ("linux-riscv64", "talkative.py", "has written something before"),
    ],
)
def test_an_import_that_cannot_work_is_said(tmp_path, target, script, reason):
    result = build(tmp_path, target, script=script)
    assert described(result) == "LONG = None\n"
    assert [(each.kind, each.name) for each in result.degraded] == [("module", "sizes")]
    assert result.log is not None
    (line,) = [line for line in result.log.read_text().splitlines() if line.startswith("crosswheel: cannot import")]
    assert reason in line


def test_an_import_that_failed_is_said_though_its_output_is_discarded(tmp_path):
    result = build(tmp_path, "macos-arm64", discard=True)
    assert described(result) == "LONG = None\n"
    assert [(each.kind, each.name) for each in result.degraded] == [("module", "sizes")]
