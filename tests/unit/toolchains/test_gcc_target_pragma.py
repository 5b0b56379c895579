"""Translating ``#pragma GCC target`` for clang."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crosswheel.toolchains.gcc_target_pragma import translate_plan, translate_source
from crosswheel.toolchains.model import Call, Plan, Tool

DIRECTORY = Path("/p")


def test_lines_stay_where_they_are_and_pushes_are_ended() -> None:
    text, files = translate_source('int a;\n#  pragma GCC target ("+crc", "sse4.2")\nint b;\n', DIRECTORY)
    assert text.splitlines()[:3] == ["int a;", '#include "/p/0.h"', "int b;"]
    assert text.splitlines()[3:] == [
        "",
        "#ifdef CROSSWHEEL_TARGET_0",
        "#pragma clang attribute pop",
        "#undef CROSSWHEEL_TARGET_0",
        "#endif",
    ]
    assert files == {
        "0.h": "#define CROSSWHEEL_TARGET_0\n"
        '#pragma clang attribute push(__attribute__((target("+crc,sse4.2"))), apply_to = function)\n'
    }


def test_options_end_where_gcc_ends_them() -> None:
    source = '#pragma GCC push_options\n#pragma GCC target("avx2")\nint a;\n#pragma GCC pop_options\nint b;\n'
    text, files = translate_source(source, DIRECTORY)
    assert text.splitlines() == ["", '#include "/p/0.h"', "int a;", '#include "/p/1.h"', "int b;"]
    assert files["1.h"].startswith("#ifdef CROSSWHEEL_TARGET_0\n#pragma clang attribute pop\n")


def test_a_pop_too_many_and_other_pragmas_are_left_to_clang() -> None:
    source = "#pragma GCC pop_options\n#pragma GCC diagnostic push\n#pragma once\n"
    text, files = translate_source(source, DIRECTORY)
    assert text.splitlines()[1:3] == ["#pragma GCC diagnostic push", "#pragma once"]
    assert files == {}


def test_what_is_reset_is_ended_there() -> None:
    text, files = translate_source(
        '#pragma GCC target("a")\n#pragma GCC target("b")\n#pragma GCC reset_options\n', DIRECTORY
    )
    assert files["2.h"].index("CROSSWHEEL_TARGET_1") < files["2.h"].index("CROSSWHEEL_TARGET_0")
    assert "attribute pop" not in text


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "src" / "fast.c"
    path.parent.mkdir()
    path.write_bytes(b'// \xe9\n# pragma GCC target ("+crc")\nint a;\n')
    return path


def test_only_the_compiler_is_shown_the_translation(source: Path, tmp_path: Path) -> None:
    call = Call(Tool.CC, ("-c", "../src/fast.c", "-o", "fast.o"), str(tmp_path / "build"))
    plan = Plan((("check", "x"), ("/z/zig", "clang", "-c", "../src/fast.c")))
    check, compiler = translate_plan(plan, call, tmp_path / "translated").commands
    assert check == ("check", "x")
    assert compiler[:-1] == ("/z/zig", "clang", "-c", "../src/fast.c", "-ivfsoverlay")
    (root,) = json.loads(Path(compiler[-1]).read_text())["roots"]
    assert root["name"] == str(source)
    assert b"// \xe9\n#include " in Path(root["external-contents"]).read_bytes()


@pytest.mark.parametrize(
    ("tool", "args"),
    [
        (Tool.CC, ("-c", "plain.c")),
        (Tool.CC, ("-c", "missing.c")),
        (Tool.CC, ("--version", "src/fast.c")),
        (Tool.AR, ("rcs", "a.a", "src/fast.c")),
        (Tool.CC, ("-shared", "fast.o", "-o", "fast.so")),
    ],
)
def test_everything_else_stays_as_it_was(source: Path, tmp_path: Path, tool: Tool, args: tuple[str, ...]) -> None:
    (tmp_path / "plain.c").write_text("#pragma GCC optimize(3)\nint a;\n")
    plan = Plan((("clang", *args),))
    assert translate_plan(plan, Call(tool, args, str(tmp_path)), tmp_path / "translated") is plan
    assert not (tmp_path / "translated").exists()
