"""What a build goes on without is in its result: features, libraries, extension modules."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import crosswheel
from crosswheel.building.options import BuildOptions
from crosswheel.building.results import Stage, WheelResult
from crosswheel.errors import ExitStatus
from crosswheel.host import Host

pytestmark = pytest.mark.network

SETUP = """
import subprocess
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class OptionalFeatures(build_ext):
    def build_extension(self, ext):
        {body}
        super().build_extension(ext)


setup(name="optional", version="1.0", ext_modules=[Extension("optional", ["module.c"])],
      cmdclass={{"build_ext": OptionalFeatures}})
"""
OPENMP = """
        try:
            self.compiler.compile(["probe.c"], self.build_temp, extra_postargs=["-fopenmp"])
            ext.extra_compile_args, ext.extra_link_args = ["-fopenmp"], ["-fopenmp"]
        except Exception:
            pass
"""
ZLIB = """
        if not subprocess.run(["pkg-config", "--exists", "zlib"]).returncode:
            ext.define_macros, ext.libraries = [("HAVE_ZLIB", None)], ["z"]
"""
MODULE = """
#include <Python.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "optional", .m_size = -1};
PyMODINIT_FUNC PyInit_optional(void)
{
    PyObject *module = PyModule_Create(&definition);
#ifdef HAVE_ZLIB
    PyModule_AddStringConstant(module, "zlib", zlibVersion());
#endif
    return module;
}
"""


def project(directory: Path, body: str) -> Path:
    directory.mkdir()
    (directory / "setup.py").write_text(SETUP.format(body=body.strip()))
    (directory / "module.c").write_text(MODULE)
    (directory / "probe.c").write_text("int probe(void) { return 0; }\n")
    (directory / "pyproject.toml").write_text('[build-system]\nrequires = ["setuptools"]\n')
    return directory


def build(host: Host, source: Path, target: str, **options: object) -> WheelResult:
    (result,) = crosswheel.build(
        [str(source)], targets=[target], pythons=["3.13"], host=host,
        options=BuildOptions(output_directory=source.parent / "dist", **options),
    )  # fmt: skip
    return result


def test_a_refused_feature_is_reported_by_cached_builds_too(host: Host, tmp_path: Path) -> None:
    source = project(tmp_path / "source", OPENMP)
    for cached in (False, True):
        result = build(host, source, "pyodide", rebuild=not cached)
        assert result.cached is cached
        assert [(loss.kind, loss.name) for loss in result.degraded] == [("feature", "OpenMP")], result.error


def test_it_can_be_an_error(tmp_path: Path) -> None:
    source = project(tmp_path / "source", OPENMP)
    command = (
        sys.executable,
        "-m",
        "crosswheel",
        "build",
        source,
        "-t",
        "pyodide",
        "-p",
        "3.13",
        "-o",
        tmp_path / "dist",
    )
    strict = subprocess.run([*command, "--fail-on-degraded", "--json"], capture_output=True, text=True, check=False)
    assert strict.returncode == ExitStatus.BUILD
    (result,) = json.loads(strict.stdout)["results"]
    assert result["error"]["what"].startswith("the build is degraded: OpenMP was asked for and refused")
    assert not (tmp_path / "dist").exists()
    plain = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "degraded: OpenMP" in plain.stdout


def test_a_library_looked_for_in_vain_is_added_if_asked(host: Host, tmp_path: Path) -> None:
    source = project(tmp_path / "source", ZLIB)
    without = build(host, source, "linux-riscv64", test_commands=("python -c 'import optional; optional.zlib'",))
    assert [loss.name for loss in without.degraded] == ["zlib"]
    command = "python -c 'import optional; print(optional.zlib)'"
    for _ in range(2):  # the second time from the cache
        result = build(host, source, "linux-riscv64", auto="all", test=True, test_commands=(command,))
        assert (result.stage, result.degraded, result.libraries) == (Stage.TESTED, (), ("zlib",)), result.error


def test_a_build_with_all_it_looks_for_is_not_degraded(host: Host, tmp_path: Path) -> None:
    source = project(tmp_path / "source", ZLIB)
    result = build(host, source, "linux-riscv64", libraries=("zlib",), fail_on_degraded=True)
    assert result.degraded == ()
    assert result.ok, result.error
