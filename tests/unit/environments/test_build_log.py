"""The first real error in a log."""

from __future__ import annotations

import pytest

from crosswheel.environments.build_log import diagnose, missing_library

CYTHON = """
Error compiling Cython file:
------------------------------------------------------------
...
cdef int x = undefined_name
             ^
------------------------------------------------------------

pkg/mod.pyx:3:13: undeclared name not builtin: undefined_name
Traceback (most recent call last):
  File "x.py", line 1, in <module>
Cython.Compiler.Errors.CompileError: pkg/mod.pyx
"""

CMAKE = """-- The C compiler identification is Clang 20.1.2
CMake Error at CMakeLists.txt:7 (find_package):
  Could not find a package configuration file provided by "Eigen3"

-- Configuring incomplete, errors occurred!
*** CMake configuration failed
"""

DONE_WITHOUT = (
    "-- Could NOT find OpenMP_C (missing: OpenMP_C_FLAGS)\n-- Could NOT find OpenSSL (missing: OPENSSL_INCLUDE_DIR)\n"
)
REQUIRED = f"""{DONE_WITHOUT}CMake Error at FindPackageHandleStandardArgs.cmake:230 (message):
  Could NOT find ZLIB (missing: ZLIB_LIBRARY ZLIB_INCLUDE_DIR)
"""
BY_HAND = f"""{DONE_WITHOUT}CMake Error at CMakeLists.txt:3 (message):
  openssl is required
"""
CLONED = f"""{DONE_WITHOUT}Cloning into 'abseil-cpp-src'...
fatal: unable to access 'https://example.org/abseil.git/': Could not resolve host: example.org
CMake Error at gitclone.cmake:39 (message):
  Failed to clone repository
"""

PROBE_THEN_REAL = """cc -c build/temp/check_yaml.c
build/temp/check_yaml.c:2:10: fatal error: yaml.h: No such file or directory
_configtest.c:1:10: error: unknown type name 'foo'
cc -c src/real.c
src/real.c:9:1: error: use of undeclared identifier 'bar'
src/later.c:1:1: error: another one
error: command '/w/cc' failed with exit code 1
"""

TRACEBACK = """src/probe.c:1:2: error: this is only tried
Traceback (most recent call last):
  File "setup.py", line 9, in <module>
KeyError: 'version'
"""

PASSED_ON = """cc: src/x.c:4:2: error: real one
Traceback (most recent call last):
  File "setup.py", line 9, in <module>
subprocess.CalledProcessError: Command '['make']' returned non-zero exit status 2.
"""


OWN_MODULE = """crosswheel: cannot import fast: /b/fast.so is built for macosx_11_0_arm64; only a Mac runs it
ModuleNotFoundError: No module named 'fast'
"""


@pytest.mark.parametrize(
    ("log", "what", "hint"),
    [
        ("x.c:1:10: fatal error: 'ffi.h' file not found\n", "requires libffi for the target", "libffi"),
        ("x.c:1:10: fatal error: zlib.h: No such file or directory\n", "requires zlib for the target", "zlib"),
        ("x.c:1:10: fatal error: 'openssl/ssl.h' file not found\n", "requires openssl for the target", "CPPFLAGS"),
        ("x.c:1:10: fatal error: 'libxml/xmlversion.h' file not found\n", "requires libxml2", "LDFLAGS"),
        ("ld.lld: error: unable to find library -lssl\n", "requires openssl for the target", "openssl"),
        (
            'error: unable to find dynamic system library "z" using strategy paths_first. searched paths: none\n',
            "library z not found",
            "Apple's SDK: set its path with --sdk",
        ),
        (
            "a.c:1:10: fatal error: 'CoreFoundation/CoreFoundation.h' file not found\n",
            "CoreFoundation.h not found: it is part of a framework",
            "--sdk",
        ),
        (
            "crosswheel: error: there is no framework Metal: frameworks are part of Apple's SDK\n",
            "there is no framework Metal",
            "SDKROOT",
        ),
        (
            "../meson.build:4:18: ERROR: Can not run test applications in this cross environment.\n",
            "Can not run test applications",
            "this machine cannot run it",
        ),
        (
            "crosswheel: error: cannot run ./generate, a program for macosx_11_0_arm64: only a Mac runs programs\n",
            "cannot run ./generate, a program for macosx_11_0_arm64",
            "compiled for the build machine, with CC_FOR_BUILD",
        ),
        (
            "../meson.build:4:9: ERROR: An exe_wrapper is needed for /b/meson/generate but was not found. Please\n",
            "An exe_wrapper is needed for /b/meson/generate",
            "generate is a program of the target",
        ),
        ("OSError: [Errno 8] Exec format error: '/b/gen'\n", "/b/gen", "/b/gen is a program for another machine"),
        ("make: ./gen: Exec format error\n", "./gen", "./gen is a program for another machine"),
        ("sh: line 1: ./gen: cannot execute binary file: Exec format error\n", "./gen", "./gen is a program"),
        ("/bin/sh: 1: generate: not found\n", "generate: not found", "If the project compiles it"),
        (
            "ERROR: Subproject freetype2 is buildable: NO\n\nm:1:2: ERROR: Automatic download is disabled\n",
            "Subproject freetype2",
            "builds download no subprojects",
        ),
        ("/usr/bin/ld: cannot find -lyaml: No such file\n", "requires libyaml for the target", "libyaml"),
        (
            '../meson.build:9:7: ERROR: Dependency "libxml-2.0" not found, tried pkgconfig\n',
            "requires libxml-2.0",
            "--env",
        ),
        ("x.c:1:10: fatal error: 'own.h' file not found\n", "own.h not found", "that of the build machine is not used"),
        ("warning: w\nx.c:3:1: error: unknown type name 'foo'\nmore\n", "unknown type name 'foo'", None),
        ("Traceback\nModuleNotFoundError: No module named 'x'\n", "No module named 'x'", "build-system.requires"),
        (
            "FileNotFoundError: [Errno 2] No such file or directory: 'text_info.txt'\n",
            "text_info.txt",
            "the project reads text_info.txt, which its sources do not contain",
        ),
        (
            OWN_MODULE,
            "No module named 'fast'",
            "the build imports fast, which it has made itself: /b/fast.so is built for macosx_11_0_arm64; only a Mac",
        ),
        (CYTHON, "pkg/mod.pyx:3:13: undeclared name not builtin", None),
        (CMAKE, "package Eigen3 not found", "recipe for Eigen3"),
        (REQUIRED, "package ZLIB not found", "recipe for ZLIB"),
        (BY_HAND, "package OpenSSL not found", "recipe for OpenSSL"),
        (CLONED, "fatal: unable to access", "the build requires a download"),
        ("urllib.error.URLError: <urlopen error [Errno -2] no>\n", "urlopen error", "the build requires a download"),
        ("../meson.build:3:0: ERROR: Unknown compiler(s)\n", "Unknown compiler(s)", None),
        (PROBE_THEN_REAL, "src/real.c:9:1", None),
        (TRACEBACK, "KeyError: 'version'", None),
        (PASSED_ON, "src/x.c:4:2: error: real one", None),
        ("ld.lld: error: undefined symbol: foo\n", "undefined symbol: foo", None),
        (
            "x.c:5:5: error: f requires target feature 'crc', but would be inlined into function g\n",
            "requires target feature",
            "processor feature crc with",
        ),
        ("error: command '/w/cc' failed with exit code 1\n", "failed with exit code 1", None),
        ("only this\n", "only this", None),
        ("", "no output", None),
    ],
)
def test_first_error(log: str, what: str, hint: str | None) -> None:
    found = diagnose(log)
    assert what in found.what
    assert (hint or "") in (found.hint or "")
    assert (hint is None) == (found.hint is None)


def test_a_library_that_a_check_did_not_find() -> None:
    log = "build/temp/check_libyaml.c:2:10: fatal error: 'yaml.h' file not found\nlibyaml is not found\nall is well\n"
    found = missing_library(log)
    assert found is not None
    assert "libyaml for the target" in found.what
    assert missing_library("x.c:1:10: fatal error: 'own.h' file not found\n") is None


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("a.c:2:17: error: use of undeclared identifier '__try'", "structured exception handling"),
        ("lld-link: error: undefined symbol: public: __cdecl ns::Thing::Thing(void)", "Microsoft's compiler"),
        ("lld-link: error: could not open 'libMSVCRTD.a': No such file or directory", "Microsoft's compiler"),
    ],
)
def test_what_only_microsofts_abi_has_is_explained(line: str, told: str) -> None:
    found = diagnose(line)
    assert found is not None
    assert told in found.hint


def test_a_library_that_lld_link_does_not_find_is_named() -> None:
    found = missing_library("lld-link: error: could not open 'libz.a': No such file or directory")
    assert found is not None
    assert "z" in found.what


def test_openmp_is_no_library_to_write_a_recipe_for() -> None:
    found = diagnose('meson.build:3:0: ERROR: Dependency "openmp" not found, tried system\n')
    assert found.what.endswith("the target has no OpenMP library")
