"""The variables of the target's interpreter."""

from pathlib import Path

import pytest

from crosswheel.pythons.target_prefix import target_config_vars
from crosswheel.targets import PythonVersion

INCLUDE = Path("/kept/include/python3.13")


@pytest.fixture
def values(riscv):
    macros = {"SIZEOF_LONG": 8, "Py_ENABLE_SHARED": 1, "HAVE_X": 0}
    return target_config_vars(riscv, PythonVersion(13), "3.13.1", macros, INCLUDE)


def test_names_are_the_target_s(values):
    assert values["SOABI"] == "cpython-313-riscv64-linux-gnu"
    assert values["EXT_SUFFIX"] == ".cpython-313-riscv64-linux-gnu.so"
    assert values["MULTIARCH"] == values["HOST_GNU_TYPE"] == values["BUILD_GNU_TYPE"] == "riscv64-linux-gnu"
    assert values["py_version_nodot"] == "313"


def test_macros_are_variables_too(values):
    assert (values["SIZEOF_LONG"], values["HAVE_X"]) == (8, 0)


def test_no_extension_is_linked_with_libpython(values):
    """setuptools asks for these two; a missing ANDROID_API_LEVEL is not 0 to it."""
    assert (values["Py_ENABLE_SHARED"], values["ANDROID_API_LEVEL"]) == (0, 0)
    assert values["LDLIBRARY"] == values["LIBRARY"]


def test_every_path_lies_where_the_headers_are_kept(values):
    paths = {name: value for name, value in values.items() if "/" in str(value)}
    assert {"INCLUDEPY", "CONFINCLUDEPY", "LIBDIR"} <= paths.keys()
    assert not {name for name, value in paths.items() if not str(value).startswith("/kept/")}


def test_compilers_are_left_for_the_build_to_name(values):
    assert (values["CC"], values["CXX"], values["LDSHARED"]) == ("cc", "c++", "cc -shared")
    for name in ("CFLAGS", "OPT", "LDFLAGS", "CPPFLAGS"):
        assert not {"-I", "-L", "-g", "-march"} & set(str(values[name]).split())


def test_a_free_threaded_build_says_so_in_its_names(riscv):
    version = PythonVersion(14, freethreaded=True)
    values = target_config_vars(riscv, version, "3.14.2", {"Py_GIL_DISABLED": 1}, Path("/k/include/python3.14t"))
    assert values["SOABI"] == "cpython-314t-riscv64-linux-gnu"
    assert values["abiflags"] == values["ABIFLAGS"] == "t"
    assert values["LDVERSION"] == "3.14t"
    assert values["VERSION"] == "3.14"
    assert values["LIBRARY"] == "libpython3.14t.a"
