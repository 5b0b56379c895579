"""What builds for macOS take from Apple's SDK: refused by name without one, linked where there is one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sdks import INNER, LIBRARY, TINY, made_sdk

import crosswheel
from crosswheel import BuildOptions
from crosswheel.errors import BuildError
from crosswheel.host import Host
from crosswheel.object_files import read_binary
from crosswheel.object_files.macho import Universal
from crosswheel.wheels.archive import read_wheel
from crosswheel.wheels.audit import Expectations, audit_wheel

pytestmark = pytest.mark.network

SETUP = """
from setuptools import Extension, setup
setup(name="asks", version="1", ext_modules=[Extension("asks", ["asks.c"], extra_link_args={link!r})])
"""
MODULE = """
#include <Python.h>
{code}
static struct PyModuleDef d = {{PyModuleDef_HEAD_INIT, "asks"}};
PyMODINIT_FUNC PyInit_asks(void) {{ return PyModuleDef_Init(&d); }}
"""
TAKES = """
#include <Tiny/Tiny.h>
#include <tiny.h>
int answers(void) { return TinyAnswer() + InnerAnswer() + tiny_answer(); }
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    place = tmp_path / "asks"
    place.mkdir()
    return place


def built(
    project: Path, code: str, link: list[str], sdk: Path | None = None, target: str = "macos-arm64", root: str = ""
) -> crosswheel.WheelResult:
    (project / "setup.py").write_text(SETUP.format(link=link))
    (project / "asks.c").write_text(MODULE.format(code=code))
    host = Host.detect()
    host = replace(host, environ={**host.environ, "SDKROOT": root})
    options = BuildOptions(output_directory=project.parent / "out", sdk=sdk)
    (result,) = crosswheel.build([str(project)], targets=[target], pythons=["3.13"], options=options, host=host)
    return result


@pytest.mark.parametrize(
    ("code", "link", "said"),
    [
        ("", ["-framework", "Accelerate"], "there is no framework Accelerate"),
        ("", ["-Wl,-framework,Metal"], "there is no framework Metal"),
        ("#include <CoreFoundation/CoreFoundation.h>", [], "it is of a framework of Apple's SDK"),
        ("", ["-lz"], "the library z is missing"),
    ],
)
def test_what_only_an_sdk_has_is_named(project: Path, code: str, link: list[str], said: str) -> None:
    error = built(project, code, link).error
    assert isinstance(error, BuildError)
    assert said in error.what
    assert "--sdk" in (error.hint or "")


def test_plain_data_of_coregraphics_needs_no_sdk(project: Path) -> None:
    code = "#include <ApplicationServices/ApplicationServices.h>\nCGPoint where = {1.0, 2.0};\n"
    assert built(project, code, []).error is None


@pytest.mark.parametrize("by_environment", [False, True])
def test_an_sdk_provides_it(project: Path, tmp_path: Path, *, by_environment: bool) -> None:
    sdk = made_sdk(tmp_path / "Tiny.sdk")
    given = {"root": str(sdk)} if by_environment else {"sdk": sdk}
    result = built(project, TAKES, ["-framework", "Tiny", "-ltiny"], target="macos-universal2", **given)
    assert result.error is None, result.error
    assert result.wheel is not None
    assert audit_wheel(result.wheel, Expectations(strict=True)).findings == ()
    (module,) = [found for data in read_wheel(result.wheel).files.values() if (found := read_binary(data))]
    assert isinstance(module, Universal)
    for part in module.slices:
        taken = {found.name: found.library for found in part.imports}
        assert taken["TinyAnswer"] == TINY
        assert taken["tiny_answer"] in {TINY, LIBRARY}
        assert taken["InnerAnswer"] in {TINY, INNER}


def test_what_the_sdk_does_not_have_is_named(project: Path, tmp_path: Path) -> None:
    error = built(project, "", ["-framework", "Gone"], made_sdk(tmp_path / "Tiny.sdk")).error
    assert isinstance(error, BuildError)
    assert "has no framework Gone" in error.what
