"""Libraries that only few links need are in a link's command exactly if its inputs refer to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crosswheel.errors import SourceError
from crosswheel.toolchains.model import Call, CallSettings, OptionalLibrary, Plan, Tool
from crosswheel.toolchains.optional_libraries import select_libraries

if TYPE_CHECKING:
    from pathlib import Path

DETECT = OptionalLibrary("detect", "/lib/libdetect.a", ("__cpu_model",), ("target_clones",))
OBJECT = b"\x7fELF...\0main\0__cpu_model\0"
OTHER = b"\x7fELF...\0main\0memcpy\0"


def linked(place: Path, arguments: str, settings: CallSettings | None = None) -> bool:
    """Link, and return whether the library was built and stayed in the command."""
    built: list[str] = []
    plan = Plan((("cc", "-c"), ("ld", "a.o", DETECT.path, "-lc")), optional=(DETECT,))
    call = Call(Tool.CC, tuple(arguments.split()), str(place))
    selected = select_libraries(plan, call, settings or CallSettings(), built.append)
    assert selected.optional == ()
    assert selected.commands[0] == ("cc", "-c")
    stayed = selected.commands[1] == ("ld", "a.o", DETECT.path, "-lc")
    assert stayed or selected.commands[1] == ("ld", "a.o", "-lc")
    assert built == (["detect"] if stayed else [])
    return stayed


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("-shared uses.o -o x.so", True),
        ("-shared other.o uses.o", True),
        ("-shared other.o", False),
        ("-shared other.o parts/libuses.a", True),
        ("-shared other.o -Lparts -luses", True),
        ("-shared other.o -luses", False),
        ("-shared -Wl,--whole-archive,parts/libuses.a", True),
        ("-shared empty.o missing.o", False),
        ("-shared uses.c -o x.so", True),
        ("-shared plain.c -o x.so", False),
        ("-shared including.c -Iinclude", True),
        ("-shared including.c", False),
        ("-shared plain.c -include include/clones.h", True),
        ("-shared around.c", True),
    ],
)
def test_inputs_that_refer_to_it(tmp_path: Path, arguments: str, expected: bool) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "include").mkdir()
    (tmp_path / "uses.o").write_bytes(OBJECT)
    (tmp_path / "other.o").write_bytes(OTHER)
    (tmp_path / "empty.o").write_bytes(b"")
    (tmp_path / "parts/libuses.a").write_bytes(b"!<arch>\n" + OBJECT)
    (tmp_path / "uses.c").write_text('__attribute__((target_clones("avx2", "default"))) int f(void);')
    (tmp_path / "plain.c").write_text("int f(void);")
    (tmp_path / "including.c").write_text("#  include <clones.h>\n#include <stdio.h>\nCLONES int f(void);")
    (tmp_path / "around.c").write_text('#include "back.h"\n')
    (tmp_path / "back.h").write_text('#include "around.c"\n#include "include/clones.h"\n')
    (tmp_path / "include/clones.h").write_text('#define CLONES __attribute__((target_clones("avx2", "default")))')
    assert linked(tmp_path, arguments) is expected


def test_libraries_of_the_target_may_refer_to_it(tmp_path: Path) -> None:
    (tmp_path / "a.o").write_bytes(OTHER)
    (tmp_path / "libnative.a").write_bytes(OBJECT)
    assert not linked(tmp_path, "-shared a.o")
    assert linked(tmp_path, "-shared a.o", CallSettings(archives=(str(tmp_path / "libnative.a"),)))
    assert linked(tmp_path, "-shared a.o -lnative", CallSettings(extra_link=(f"-L{tmp_path}",)))


def test_a_library_that_cannot_be_built_is_left_out_with_a_note(tmp_path: Path) -> None:
    def build(component: str) -> None:
        raise SourceError(f"no {component} here")

    (tmp_path / "a.o").write_bytes(OBJECT)
    plan = Plan((("ld", "a.o", DETECT.path),), notes=("first",), optional=(DETECT,))
    selected = select_libraries(plan, Call(Tool.CC, ("a.o",), str(tmp_path)), CallSettings(), build)
    assert selected.commands == (("ld", "a.o"),)
    assert selected.notes == ("first", "not linked with detect: no detect here")


def test_files_of_a_sealed_build_are_read_on_the_build_machine(tmp_path: Path) -> None:
    """The paths of the call and of the settings are those that the build sees."""
    (tmp_path / "a.o").write_bytes(OBJECT)

    def outside(path: Path) -> Path:
        return tmp_path / path.relative_to("/build")

    for name, stays in (("a.o", True), ("missing.o", False)):
        call = Call(Tool.CC, ("-shared", f"/build/{name}"), "/build")
        plan = Plan((("ld", DETECT.path),), optional=(DETECT,))
        selected = select_libraries(plan, call, CallSettings(), lambda component: None, outside)
        assert (DETECT.path in selected.commands[0]) is stays
