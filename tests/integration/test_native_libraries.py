"""Native libraries: built for the target, found by builds, kept inside modules, told of."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import crosswheel
from crosswheel.building.options import BuildOptions
from crosswheel.building.results import Stage, WheelResult
from crosswheel.host import Host
from crosswheel.object_files import read_binary
from crosswheel.wheels.archive import WheelContents, read_wheel

pytestmark = pytest.mark.network

MAKEFILE = """
libanswer.a: answer.c
\tcc -O2 -c answer.c -o answer.o
\tar rcs libanswer.a answer.o
install:
\tinstall -D answer.h $(DESTDIR)/usr/include/answer.h
\tinstall -D libanswer.a $(DESTDIR)/usr/lib/libanswer.a
"""
MODULE = """
#include <Python.h>
int answer(void);
static struct PyModuleDef asking = {PyModuleDef_HEAD_INIT, .m_name = "asking", .m_size = -1};
PyMODINIT_FUNC PyInit_asking(void)
{
    PyObject *module = PyModule_Create(&asking);
    PyModule_AddIntConstant(module, "answer", answer());
    return module;
}
"""


def build(host: Host, place: Path, source: Path, target: str = "linux-riscv64", **options: object) -> WheelResult:
    (result,) = crosswheel.build(
        [str(source)], targets=[target], pythons=["3.13"], host=host,
        options=BuildOptions(output_directory=place / "dist", **options),
    )  # fmt: skip
    return result


def contents(result: WheelResult) -> WheelContents:
    assert result.wheel is not None, result.error
    return read_wheel(result.wheel)


def unnamed(packages: Path, place: Path) -> Path:
    """The package without its list of what it needs."""
    source = shutil.copytree(packages / "packed", place / "packed")
    text = (source / "pyproject.toml").read_text("utf-8")
    (source / "pyproject.toml").write_text(text.partition("[external]")[0])
    return source


@pytest.mark.parametrize("target", ["linux-riscv64", "pyodide", "win-amd64", "macos-arm64"])
def test_what_a_project_names_is_built_and_kept_inside(host: Host, packages: Path, tmp_path: Path, target: str) -> None:
    result = build(host, tmp_path, packages / "packed", target, libraries=("libyaml",), test=True)
    assert result.stage is (Stage.UNTESTED if target.startswith("macos") else Stage.TESTED), result.error
    wheel = contents(result)
    (module,) = (found for data in wheel.files.values() if (found := read_binary(data)))
    assert not [name for name in module.exported_names if name.startswith(("crc32", "inflate", "yaml_"))]
    assert b"Jean-loup" in wheel.files[f"{wheel.info}/licenses/libraries/zlib/LICENSE"]
    bill = json.loads(wheel.files[f"{wheel.info}/sboms/crosswheel.cdx.json"])
    # Linkers for Windows and macOS do not tell what they took.
    untold = ["libyaml"] if target in {"win-amd64", "macos-arm64"} else []
    assert [component["name"] for component in bill["components"]] == [*untold, "zlib"]


def test_what_is_inside_may_not_be_exported(host: Host, packages: Path, tmp_path: Path) -> None:
    given = {"libraries": ("libyaml",), "ldflags": ("-Wl,--export-all-symbols",)}
    failed = build(host, tmp_path, packages / "packed", "win-amd64", **given).error
    assert failed is not None
    assert re.search(r"failed the audit: exports symbols of a native library linked into it: \w+, \w+", failed.what)
    assert not list((tmp_path / "dist").glob("*"))
    assert build(host, tmp_path, packages / "packed", "win-amd64", export_symbols=("*",), **given).ok


def test_what_is_missing_is_named_with_the_recipe_that_has_it(host: Host, packages: Path, tmp_path: Path) -> None:
    source = unnamed(packages, tmp_path)
    failed = build(host, tmp_path, source, auto=False)
    assert failed.error is not None
    assert "zlib.h not found" in failed.error.what
    assert "--library zlib" in (failed.error.hint or "")
    assert build(host, tmp_path, source).ok


@pytest.fixture
def answer(tmp_path: Path, host: Host) -> tuple[Host, Path]:
    """A person's own recipe of a library, and a machine that knows it."""
    from fake_hosts import digest, tarball
    from recipes_of_libraries import written

    files = {
        "answer-1.0/answer.c": b"int answer(void) { return 42; }\n",
        "answer-1.0/answer.h": b"int answer(void);\n",
        "answer-1.0/LICENSE": b"do as you like\n",
        "answer-1.0/Makefile": MAKEFILE.encode(),
    }
    directory = tmp_path / "recipes" / "libraries"
    directory.mkdir(parents=True)
    (directory / "answer.tar.gz").write_bytes(tarball(files))
    text = written("answer", digest(tarball(files)), headers=["answer.h"], targets=["libanswer.a"])
    (directory / "answer.toml").write_text(text)
    known = replace(host, environ={**host.environ, "CROSSWHEEL_RECIPES": str(tmp_path / "recipes")})
    return known, directory / "answer.toml"


def test_a_library_that_does_not_build(answer: tuple[Host, Path], packages: Path, tmp_path: Path) -> None:
    host, recipe = answer
    recipe.write_text(recipe.read_text().replace('"libanswer.a"', '"nothing-like-that"'))
    failed = build(host, tmp_path, packages / "packed", libraries=("answer",)).error
    assert failed is not None
    assert failed.what.startswith("the library answer-1.0 does not build for manylinux_2_31_riscv64: build failed: ")
    assert "nothing-like-that" in failed.what
    assert "make" in str(failed.where)
    assert failed.log is not None
    assert "nothing-like-that" in failed.log.read_text()


def test_what_failed_can_be_run_again_where_it_is_kept(
    answer: tuple[Host, Path], packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, recipe = answer
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    recipe.write_text(recipe.read_text().replace('"libanswer.a"', '"libanswer.a", "nothing-like-that"'))
    failed = build(host, tmp_path, packages / "packed", libraries=("answer",), keep=True).error
    assert failed is not None
    assert failed.log is not None
    calls = failed.log.with_name("calls.log").read_text().splitlines()
    (call,) = (line for line in calls if line.startswith("cd ") and "answer.c" in line)
    hint, _, entry = str(failed.hint).partition(" with ")
    assert hint == f"run the lines of {failed.log.with_name('calls.log')}"
    (made,) = (tmp_path / "temporary").rglob("answer.o")
    made.unlink()
    assert host.run(entry, "/bin/sh", "-c", call, cwd=tmp_path).ok
    assert made.is_file()


def test_a_hash_that_is_wrong(answer: tuple[Host, Path], packages: Path, tmp_path: Path) -> None:
    host, recipe = answer
    (recipe.parent / "answer.tar.gz").write_bytes(b"something else")
    failed = build(host, tmp_path, packages / "packed", libraries=("answer",)).error
    assert failed is not None
    assert "hash mismatch" in failed.what


def test_a_member_of_the_build_machine_is_refused(answer: tuple[Host, Path], packages: Path, tmp_path: Path) -> None:
    host, recipe = answer
    made = "{cc_for_build} -c answer.c -o answer.o && ar rcs libanswer.a answer.o"
    recipe.write_text(f'{recipe.read_text()}prepare = [["sh", "-c", "{made}"]]\n')
    failed = build(host, tmp_path, packages / "packed", libraries=("answer",)).error
    assert failed is not None
    assert "libanswer.a of answer-1.0 contains answer.o, which is for X86_64" in failed.what


def test_a_library_of_two_archives_with_fortran_in_one(answer: tuple[Host, Path], tmp_path: Path) -> None:
    from fake_hosts import digest, tarball

    host, recipe = answer
    sources = tarball({"twice-2.0/twice.f": b"      SUBROUTINE TWICE( N )\n      N = 2*N\n      END\n"})
    (recipe.parent / "twice.tar.gz").write_bytes(sources)
    (recipe.parent / "again.c").write_text(
        "int twice_(int *);\nint answer(void) { int n = 21; return twice_(&n) + n; }\n"
    )
    part = (
        '[files]\n"again.c" = "again.c"\n[[extra-sources]]\nname = "twice"\nversion = "2.0"\nlicense = "MIT"\n'
        f'homepage = "https://example.org"\nurls = ["twice.tar.gz"]\nsha256 = "{digest(sources)}"\ninto = "twice"\n'
    )
    made = "gfortran -c twice/twice.f && cc -c again.c && ar rcs libanswer.a again.o twice.o"
    recipe.write_text(f'{recipe.read_text()}prepare = [["sh", "-c", "{made}"]]\n{part}')
    project = tmp_path / "asking"
    project.mkdir()
    (project / "asking.c").write_text(MODULE)
    (project / "setup.py").write_text(
        "from setuptools import Extension, setup\n"
        "setup(name='asking', ext_modules=[Extension('asking', ['asking.c'], libraries=['answer'])])\n"
    )
    asked = "python -c 'import asking; assert asking.answer == 42'"
    result = build(host, tmp_path, project, libraries=("answer",), test=True, test_commands=(asked,))
    assert result.stage is Stage.TESTED, result.error
    wheel = contents(result)
    bill = json.loads(wheel.files[f"{wheel.info}/sboms/crosswheel.cdx.json"])
    assert [component["name"] for component in bill["components"]] == ["answer", "twice"]
