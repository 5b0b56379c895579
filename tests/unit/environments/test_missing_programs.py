"""Programs of the build machine that a build looked for in vain, as its log tells."""

from __future__ import annotations

import pytest

from crosswheel.environments.build_log import diagnose, missing_dependencies
from crosswheel.environments.build_tools import find_tool, tool_identity, tool_programs

NOT_STARTED = """  File "/usr/lib/python3.13/subprocess.py", line 1953, in _execute_child
    raise child_exception_type(errno_num, err_msg, err_filename)
FileNotFoundError: [Errno 2] No such file or directory: 'swig'
"""
NOT_OPENED = """  File "setup.py", line 3, in <module>
    open('text_info.txt')
FileNotFoundError: [Errno 2] No such file or directory: 'text_info.txt'
"""
CMAKE = "CMake Error at /usr/share/cmake/Modules/FindPackageHandleStandardArgs.cmake:230 (message):\n  "


@pytest.mark.parametrize(
    ("log", "program"),
    [
        ("/bin/sh: 1: bison: not found\nmake: *** [Makefile:3: a.c] Error 127\n", "bison"),
        ("/bin/bash: line 1: flex: command not found\n", "flex"),
        ("make[1]: gperf: No such file or directory\n", "gperf"),
        ("env: 'protoc': No such file or directory\n", "protoc"),
        ("../meson.build:3:0: ERROR: Program 'bison' not found or not executable\n", "bison"),
        ("meson.build:3:0: ERROR: Program 'win_bison' 'bison' not found or not executable\n", "bison"),
        ("meson.build:1:0: ERROR: Unknown compiler(s): [['nasm'], ['yasm']]\n", "nasm"),
        (f"{CMAKE}Could NOT find BISON (missing: BISON_EXECUTABLE)\n", "bison"),
        (f"{CMAKE}Could NOT find SWIG (missing: SWIG_EXECUTABLE SWIG_DIR python)\n", "swig"),
        (f"{CMAKE}Could NOT find Gettext (missing: GETTEXT_MSGFMT_EXECUTABLE)\n", "gettext"),
        (f"{CMAKE}Could not find GEN using the following names: byacc, yacc\n", "yacc"),
        (f"{CMAKE}No CMAKE_ASM_NASM_COMPILER could be found.\n", "nasm"),
        ('CMake Error: CMake was unable to find a build program corresponding to "Ninja".\n', "ninja"),
        ('CMake Error: CMake was unable to find a build program corresponding to "Unix Makefiles".\n', "make"),
        ("-- Could NOT find FLEX (missing: FLEX_EXECUTABLE)\nCMake Error at x:9 (message):\n  no flex\n", "flex"),
        ("checking for bison... no\nconfigure: error: GNU Bison is required to build this package\n", "bison"),
        ("configure: error: no acceptable m4 could be found in $PATH.\n", "m4"),
        ("WARNING: 'help2man' is missing on your system.\nmake: *** [Makefile:9: x.1] Error 127\n", "help2man"),
        ('Can\'t exec "aclocal": No such file or directory at FileUtils.pm line 274.\n', "aclocal"),
        ("error: command 'swig' failed: No such file or directory\n", "swig"),
        ("RuntimeError: CMake must be installed to build the following extensions: demo\n", "cmake"),
        ("Traceback\nRuntimeError: could not find nasm; please install it\n", "nasm"),
        (NOT_STARTED, "swig"),
    ],
)
def test_a_program_is_told_apart_from_libraries(log: str, program: str) -> None:
    failure = diagnose(log)
    assert failure.missing == ("program", program)
    assert "on the build machine" in (failure.hint or "")
    assert find_tool(program)


@pytest.mark.parametrize(
    "log",
    [
        NOT_OPENED,
        "x.c:1:1: error: patch required here\n",
        "error: cannot make directory\n",
        "configure: error: zlib.h not found\n",
        "error: the flexible array is not found\n",
    ],
)
def test_what_is_no_program_is_not_taken_for_one(log: str) -> None:
    assert diagnose(log).missing is None


@pytest.mark.parametrize(
    ("log", "missing"),
    [
        (f"{CMAKE}Could NOT find ZLIB (missing: ZLIB_LIBRARY ZLIB_INCLUDE_DIR)\n", ("package", "ZLIB")),
        (
            f"{CMAKE}Could NOT find Protobuf (missing: Protobuf_LIBRARIES Protobuf_INCLUDE_DIR)\n",
            ("package", "Protobuf"),
        ),
        ('meson.build:3:0: ERROR: Dependency "zlib" not found\n', ("package", "zlib")),
    ],
)
def test_libraries_of_the_target_stay_libraries(log: str, missing: tuple[str, str]) -> None:
    assert diagnose(log).missing == missing


def test_a_program_is_no_lost_library() -> None:
    assert missing_dependencies("-- Could NOT find BISON (missing: BISON_EXECUTABLE)\n") == ()


def test_a_program_that_is_not_installed_by_crosswheel_is_named() -> None:
    failure = diagnose("/bin/sh: 1: opencobol: not found\n")
    assert (failure.what, failure.missing) == ("the build failed: /bin/sh: 1: opencobol: not found", None)
    assert find_tool("opencobol") is None


def test_programs_belong_to_one_tool() -> None:
    assert find_tool("yacc") == "bison"
    assert find_tool("automake") == "autoreconf"
    assert len(tool_programs()) == len(set(tool_programs()))


def test_versions_are_known_by_any_name_of_a_tool() -> None:
    assert tool_identity(["yacc"]) == tool_identity(["bison"])
    assert tool_identity(["unknown", "git"]) == ()
