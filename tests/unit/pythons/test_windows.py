"""Windows' Python: its header by rule, and what its libraries export."""

from __future__ import annotations

import re

import pytest

from crosswheel.errors import EnvironmentMissingError
from crosswheel.pythons import pyconfig
from crosswheel.pythons.pyconfig_checks import CheckKind
from crosswheel.pythons.target_prefix import target_config_vars
from crosswheel.pythons.windows import (
    WindowsExports,
    library_name,
    parse_def_file,
    stable_library_name,
    windows_exports,
    windows_pyconfig,
    windows_table,
)
from crosswheel.targets import PythonVersion, Target, target_from_tag

THREADED = PythonVersion(13)
FREE = PythonVersion(13, freethreaded=True)


@pytest.fixture
def amd64() -> Target:
    target = target_from_tag("win_amd64")
    assert target is not None
    return target


def test_the_header_says_what_the_interpreter_is(amd64: Target) -> None:
    found = pyconfig.parse_pyconfig(windows_pyconfig(amd64, THREADED, {"SIZEOF_LONG": "4", "SIZEOF_VOID_P": "8"}))
    values = found.values
    assert (values["SIZEOF_LONG"], values["SIZEOF_VOID_P"], values["Py_ENABLE_SHARED"]) == ("4", "8", "1")
    assert {"MS_WINDOWS", "MS_WIN64", "NT_THREADS", "HAVE_DECLSPEC_DLL"} <= values.keys()
    assert values["PYD_PLATFORM_TAG"] == '"win_amd64"'
    assert values["HAVE_UNISTD_H"] is None
    assert "Py_GIL_DISABLED" not in values
    assert found.render() == windows_pyconfig(amd64, THREADED, {"SIZEOF_LONG": "4", "SIZEOF_VOID_P": "8"})


def test_only_wide_pointers_are_win64() -> None:
    narrow = target_from_tag("win32")
    assert narrow is not None
    assert "MS_WIN64" not in pyconfig.parse_pyconfig(windows_pyconfig(narrow, THREADED, {})).values


def test_free_threaded_modules_say_so_and_take_another_library(amd64: Target) -> None:
    text = windows_pyconfig(amd64, FREE, {})
    assert pyconfig.parse_pyconfig(text).values["Py_GIL_DISABLED"] == "1"
    assert '"python313t"' in text
    assert (library_name(FREE), stable_library_name(FREE)) == ("python313t", "python3t")


def test_which_library_is_decided_where_python_h_is_included(amd64: Target) -> None:
    """Before, a source may still choose the stable ABI: cffi's reads ``pyconfig.h`` by itself first."""
    _, _, tail = windows_pyconfig(amd64, THREADED, {}).partition("#endif\n")
    assert tail.startswith("#if defined(PY_VERSION_HEX)")
    assert re.findall(r'"(python\w+)"', tail) == ["python3", "python313"]


def test_types_are_measured_not_stated() -> None:
    asked = {question.macro: question for question in windows_table().checks()}
    assert asked["SIZEOF_LONG"].kind is CheckKind.SIZE
    assert asked["ALIGNOF_SIZE_T"].kind is CheckKind.ALIGNMENT
    assert not asked.keys() & windows_table().values.keys()


def test_the_variables_name_a_dll_and_the_place_of_import_libraries(amd64: Target) -> None:
    from pathlib import Path

    values = target_config_vars(amd64, THREADED, "3.13.2", {}, Path("/kept/include/python3.13"))
    assert (values["LIBRARY"], values["LIBDIR"]) == ("python313.dll", "/kept/libs")
    assert (values["EXE"], values["EXT_SUFFIX"]) == (".exe", ".cp313-win_amd64.pyd")


@pytest.mark.parametrize("library", ["python310", "python311", "python312", "python313", "python3"])
def test_lists_of_exports_are_whole(library: str) -> None:
    found = windows_exports(library)
    assert found.library == library
    assert {"PyArg_ParseTuple", "PyModuleDef_Init", "PyErr_SetFromWindowsErr"} <= found.functions
    assert {"PyType_Type", "PyExc_ValueError", "PyExc_WindowsError"} <= found.data
    assert not found.functions & found.data
    assert not {name for name in found.names if name.startswith("PyInit_")}


def test_every_name_of_the_stable_abi_is_exported_by_the_whole_library_too() -> None:
    # python3.dll of 3.13 itself names these, although python313.dll has them in debug builds only or not at all.
    assert windows_exports("python3").names - windows_exports("python313").names - exports_since_3_14() == {
        "PyOS_CheckStack",
        "_Py_NegativeRefcount",
        "_Py_RefTotal",
    }


def exports_since_3_14() -> set[str]:
    from abi3info import DATAS, FUNCTIONS

    return {symbol.name for table in (DATAS, FUNCTIONS) for symbol, row in table.items() if row.added.minor > 13}


def test_a_list_is_written_as_it_is_read() -> None:
    found = WindowsExports("python3", frozenset({"PyA", "PyB"}), frozenset({"PyC"}))
    assert found.definitions() == "LIBRARY python3.dll\nEXPORTS\nPyA\nPyB\nPyC DATA\n"
    assert parse_def_file("; from somewhere\n" + found.definitions()) == found


def test_a_python_without_a_list_is_named() -> None:
    with pytest.raises(EnvironmentMissingError, match=r"python399\.dll"):
        windows_exports("python399")
