"""What a successful build has lost: found in its logs, not invented where a check only looked."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from crosswheel.building.degraded import (
    BuildEvidence,
    Degradation,
    Loss,
    extension_modules,
    find_degradations,
    missing_libraries,
)
from crosswheel.environments.build_log import DeclaredExtensions
from crosswheel.native_libraries.catalogue import read_catalogue
from crosswheel.wheels.archive import WheelName, pack_wheel

CATALOGUE = read_catalogue()


def evidence(tmp_path: Path, **changes: object) -> BuildEvidence:
    nothing = BuildEvidence("", "", tmp_path, DeclaredExtensions(), frozenset(), frozenset())
    return replace(nothing, **changes)


def losses(tmp_path: Path, **changes: object) -> list[tuple[Loss, str]]:
    return [(each.kind, each.name) for each in find_degradations(evidence(tmp_path, **changes), CATALOGUE)]


def test_a_build_without_remarks_has_lost_nothing(tmp_path):
    (tmp_path / "a.c").write_text("")
    log = "building 'demo' extension\na.c:3:1: warning: unused\nchecking for zlib.h... yes\n-- Found ZLIB: libz.a\n"
    assert losses(tmp_path, log=log, calls="# cc -c a.c\ncd /build && clang -c a.c\n") == []


def test_a_refused_feature(tmp_path):
    calls = "# cc -fopenmp a.c\n#   refused: no library\n#   feature refused: OpenMP: no library\n" * 2
    (found,) = find_degradations(evidence(tmp_path, calls=calls), CATALOGUE)
    assert found == Degradation(Loss.FEATURE, "OpenMP", "OpenMP was asked for and refused: no library")


def test_other_refusals_are_answers_to_probes(tmp_path):
    assert losses(tmp_path, calls="# cc -Wl,--fix-cortex a.c\n#   refused: ld: unknown option: --fix-cortex\n") == []


@pytest.mark.parametrize(
    "line",
    [
        "checking for zlib.h... no", "checking for inflate in -lz... no", "checking for zlib >= 1.2... no",
        "-- Could NOT find ZLIB (missing: ZLIB_LIBRARY ZLIB_INCLUDE_DIR)", "Library z found: NO",
        "Run-time dependency zlib found: NO (tried pkgconfig)", "Dependency zlib skipped: NO",
        '  Has header "zlib.h" : NO', "-- Looking for zlib.h - not found",
        "--   No package 'zlib' found", "Package zlib was not found in the pkg-config search path.",
    ],
)  # fmt: skip
def test_a_library_looked_for_in_vain(tmp_path, line):
    assert losses(tmp_path, log=f"start\n{line}\nend\n") == [(Loss.LIBRARY, "zlib")]
    assert losses(tmp_path, log=f"start\n{line}\nend\n", libraries=frozenset({"zlib"})) == []


@pytest.mark.parametrize(
    "line",
    [
        "checking for sys/epoll.h... no", "checking for strlcpy... no", "checking for zlib.h... yes",
        "-- Could NOT find Git (missing: GIT_EXECUTABLE)",
        "Run-time dependency mylib found: NO", "-- Looking for malloc_np.h - not found",
    ],
)  # fmt: skip
def test_what_no_recipe_provides_is_not_reported(tmp_path, line):
    assert losses(tmp_path, log=line) == []


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("pkg-config --exists zlib", ["zlib"]),
        ("pkg-config --cflags --libs 'liblzma >= 5.2' zlib", ["xz", "zlib"]),
        ("pkgconf --version", []),
        ("cc -c pkg-config.c zlib.c", []),
        ("pkg-config --exists 'unfinished", []),
    ],
)
def test_packages_that_pkg_config_was_asked_for(tmp_path, call, expected):
    assert [name for _, name in losses(tmp_path, calls=f"# {call}\n")] == expected


def test_extensions_left_out(tmp_path):
    declared = DeclaredExtensions(
        frozenset({"demo._fast", "demo._there", "inplace"}),
        frozenset({"demo._fast"}),
        {"demo._fast": "CompileError: cc"},
    )
    found = find_degradations(
        evidence(tmp_path, declared=declared, modules=frozenset({"demo._there", "demo.inplace"})), CATALOGUE
    )
    assert [str(each) for each in found] == ["the extension module demo._fast was left out: CompileError: cc"]


def test_a_failed_extension_that_was_built_after_all_is_not_lost(tmp_path):
    declared = DeclaredExtensions(frozenset({"demo._fast"}), failures={"demo._fast": "CompileError: with -O3"})
    assert losses(tmp_path, declared=declared, modules=frozenset({"demo._fast"})) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("OSError: [Errno 8] Exec format error: './gentab'", (Loss.PROGRAM, "./gentab")),
        ("/bin/sh: 1: ./gentab: Exec format error", (Loss.PROGRAM, "./gentab")),
        ("bash: line 1: build/gen: cannot execute binary file: Exec format error", (Loss.PROGRAM, "build/gen")),
        ("crosswheel: cannot run ./gentab: only a Mac runs it", (Loss.PROGRAM, "./gentab")),
        ("crosswheel: cannot import _ecodes: it was built for linux-riscv64", (Loss.MODULE, "_ecodes")),
    ],
)
def test_what_could_not_run(tmp_path, line, expected):
    assert losses(tmp_path, log=f"{line}\n") == [expected]


def test_what_could_not_run_without_a_word_in_the_log(tmp_path):
    calls = "# crosswheel-run-binfmt gen/tab gen/tab\n#   refused: cannot run gen/tab, a program for macosx: no Mac\n"
    declared = DeclaredExtensions(unimportable=frozenset({"demo._fast"}))
    expected = [(Loss.PROGRAM, "gen/tab"), (Loss.MODULE, "demo._fast")]
    assert losses(tmp_path, calls=calls, declared=declared) == expected


@pytest.mark.parametrize("name", ["./conftest", "_configtest.exe"])
def test_probes_that_could_not_run_are_answers(tmp_path, name):
    assert losses(tmp_path, log=f"crosswheel: error: cannot run {name}, a program for macosx: no Mac\n") == []


def test_compiler_errors_in_files_of_the_project(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.c").write_text("")
    (tmp_path / "conftest.c").write_text("")
    log = (
        "src/a.c:3:4: error: use of undeclared identifier 'x'\nsrc/a.c:9:4: error: more\n"
        "conftest.c:1:1: error: probe\n/tmp/tmpabc/probe.c:1:2: fatal error: 'avx512.h' file not found\n"
    )
    (found,) = find_degradations(evidence(tmp_path, log=log), CATALOGUE)
    assert (found.kind, found.name) == (Loss.COMPILER_ERROR, "src/a.c")
    assert "undeclared identifier 'x'" in found.what


def test_they_can_be_stored():
    loss = Degradation(Loss.LIBRARY, "zlib", "looked for zlib in vain", "--library zlib")
    assert Degradation.from_json(json.loads(json.dumps(loss.as_json()))) == loss
    assert missing_libraries([loss, Degradation(Loss.FEATURE, "OpenMP", "refused")]) == ("zlib",)


def test_extension_modules_of_a_wheel(tmp_path):
    name = "demo-1.0-cp313-cp313-win_amd64.whl"
    files = {
        "demo/_fast.cp313-win_amd64.pyd": b"MZ", "plain.abi3.so": b"", "demo/__init__.py": b"", "demo/data.txt": b"",
        "demo-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
        "demo-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nTag: cp313-cp313-win_amd64\n",
    }  # fmt: skip
    wheel = pack_wheel(files, {}, WheelName.parse(name), tmp_path, 1 << 30)
    assert extension_modules(wheel) == {"demo._fast", "plain"}
