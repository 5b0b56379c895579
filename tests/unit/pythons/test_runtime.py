"""The provider that asks a runtime: whose headers, whose values."""

import json
import zipfile
from dataclasses import replace

import pytest

from crosswheel.errors import EnvironmentMissingError
from crosswheel.pythons import pyconfig
from crosswheel.pythons.runtime import RuntimeProvider
from crosswheel.targets import PyodideTarget, PythonVersion
from crosswheel.targets.pyodide import abis

TARGET = PyodideTarget(abis()["2025_0"])
STATED = {"SIZEOF_LONG": 4, "SIZEOF_VOID_P": 4, "HAVE_ACOSH": 1, "HAVE_DUP9": 0, "HAVE_STDIO_H": 1}
"""What ``sysconfig`` of the runtime says: undefined macros are 0 there."""


@pytest.fixture
def provide(tmp_path, make_host, build_python, toolchain):
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    info = {"info": {"python": "3.13.2", "abi_version": TARGET.abi.name}}
    (runtime / "pyodide-lock.json").write_text(json.dumps(info), "utf-8")
    (runtime / "package.json").write_text('{"version": "0.29.5"}', "utf-8")
    with zipfile.ZipFile(runtime / "python_stdlib.zip", "w") as archive:
        archive.writestr(f"{TARGET.sysconfigdata(TARGET.abi.python)}.py", f"build_time_vars = {STATED!r}\n")

    def run(build_python=build_python):
        return RuntimeProvider(make_host(), runtime).target_python(TARGET, build_python, toolchain)

    return run


def values(python):
    return pyconfig.parse_pyconfig((python.include / "pyconfig.h").read_text("utf-8")).values


def test_the_runtime_states_the_values_and_the_c_library_keeps_its_features(provide):
    found = values(provide())
    assert (found["SIZEOF_LONG"], found["HAVE_ACOSH"], found["HAVE_DUP9"]) == ("4", "1", None)
    assert found["_GNU_SOURCE"] == "1"
    assert found["WITH_DOC_STRINGS"] is None


def test_debian_s_pyconfig_lies_elsewhere_and_gives_the_same(provide, build_python):
    plain = values(provide())
    beside = build_python.include / "pyconfig.h"
    split = build_python.include.parent / "x86_64-linux-gnu" / build_python.include.name
    split.mkdir(parents=True)
    beside.rename(split / "pyconfig.h")
    beside.write_text("#if defined(__x86_64__)\n#include <x86_64-linux-gnu/python3.13/pyconfig.h>\n#endif\n", "utf-8")
    assert values(provide()) == plain


def test_a_build_python_of_another_version_is_refused(provide, build_python):
    with pytest.raises(EnvironmentMissingError, match=r"no Python 3\.12"):
        provide(replace(build_python, version=PythonVersion(12)))
