"""Rules that hold for every compiler, as tables of whole command lines."""

from __future__ import annotations

import pytest

from crosswheel.toolchains.build_machine_rules import (
    RewrittenItems,
    drop_build_machine_paths,
    drop_native_processor,
    rewrite_linker_paths,
)
from crosswheel.toolchains.command_line import read_command_line
from crosswheel.toolchains.model import CallSettings

SETTINGS = CallSettings(
    path_map=(("/usr/include/python3.13", "/target/include"),),
    removed_paths=("/usr/include", "/usr/lib", "/usr/local"),
    kept_paths=("/usr/local/build",),
)


def rewrite(text: str, directory: str = "/work") -> RewrittenItems:
    return drop_build_machine_paths(read_command_line(tuple(text.split())).items, SETTINGS, directory)


def args(rewritten: RewrittenItems) -> str:
    return " ".join(token for item in rewritten.items for token in item.tokens())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("-I/usr/include -c a.c", "-c a.c"),
        ("-I /usr/include -c a.c", "-c a.c"),
        ("-isystem /usr/include/x -c a.c", "-c a.c"),
        ("-isystem/usr/local/include -c a.c", "-c a.c"),
        ("-iquote /usr/include -idirafter /usr/include -c a.c", "-c a.c"),
        ("-L/usr/lib -L/usr/lib/x86_64-linux-gnu -L /usr/local/lib a.o", "a.o"),
        ("-B/usr/lib a.o", "a.o"),
        ("-I/usr/include/../include -c a.c", "-c a.c"),
        ("-I/usr//include/ -c a.c", "-c a.c"),
        # Similar names are not under the directory.
        ("-I/usr/includes -I/opt/x/usr/include -c a.c", "-I/usr/includes -I/opt/x/usr/include -c a.c"),
        # The build Python's headers have a counterpart.
        ("-I/usr/include/python3.13 -c a.c", "-I/target/include -c a.c"),
        ("-I/usr/include/python3.13/internal -c a.c", "-I/target/include/internal -c a.c"),
        # Relative directories are the build's own, unless they lead out of it.
        ("-Iinclude -I. -I../up -c a.c", "-Iinclude -I. -I../up -c a.c"),
        ("-I../usr/include -c a.c", "-c a.c"),
        ("-I/usr/local/build/i -L/usr/local/build/l a.o", "-I/usr/local/build/i -L/usr/local/build/l a.o"),
        # Run paths, in every spelling.
        ("-Wl,-rpath,/usr/lib a.o", "a.o"),
        ("-Wl,-rpath=/usr/lib a.o", "a.o"),
        ("-Wl,--rpath,/usr/lib,--as-needed a.o", "-Wl,--as-needed a.o"),
        ("-Wl,-rpath -Wl,/usr/lib a.o", "a.o"),
        ("-Xlinker -rpath -Xlinker /usr/lib a.o", "a.o"),
        ("-Wl,-R/usr/lib a.o", "a.o"),
        ("-Wl,-R,/usr/lib a.o", "a.o"),
        ("-Wl,--enable-new-dtags,-rpath,/usr/lib a.o", "-Wl,--enable-new-dtags a.o"),
        ("-Wl,-rpath-link,/usr/lib a.o", "a.o"),
        ("-Wl,-L/usr/lib,-z,now a.o", "-Wl,-z,now a.o"),
        ("-Wl,-L,/usr/lib a.o", "a.o"),
        ("-Wl,-rpath,$ORIGIN/../lib a.o", "-Wl,-rpath,$ORIGIN/../lib a.o"),
        ("-Wl,-rpath,$ORIGIN:/usr/lib a.o", "-Wl,-rpath,$ORIGIN a.o"),
        ("-Wl,-rpath=/usr/lib:/opt/own a.o", "-Wl,-rpath=/opt/own a.o"),
        ("-Wl,-rpath,/work/lib a.o", "-Wl,-rpath,/work/lib a.o"),
        # Standard input is not a path.
        ("-x c -", "-x c -"),
    ],
)  # fmt: skip
def test_paths(given: str, expected: str) -> None:
    rewritten = rewrite(given)
    assert args(rewritten) == expected
    assert rewritten.refusal is None


@pytest.mark.parametrize(
    "given", ["-I/usr/include -c a.c", "-L/usr/lib a.o", "-Wl,-rpath,/usr/lib a.o", "-B/usr/lib a.o"]
)
def test_removed_paths_are_told(given: str) -> None:
    (note,) = rewrite(given).notes
    assert note.startswith("removed -")
    assert "build machine" in note


def test_mapped_and_kept_paths_are_not_told() -> None:
    assert rewrite("-I/usr/include/python3.13 -I/usr/local/build/include -c a.c").notes == ()


@pytest.mark.parametrize("library", ["/usr/lib/x86_64-linux-gnu/libz.so", "../usr/lib/libz.a", "/usr/local/lib/x.o"])
def test_a_file_of_the_build_machine_cannot_be_linked(library: str) -> None:
    rewritten = rewrite(f"-shared a.o {library} -o a.so")
    assert rewritten.refusal is not None
    assert library in rewritten.refusal


def test_linker_called_by_itself() -> None:
    args = "-rpath /usr/lib -L/usr/lib -rpath=$ORIGIN a.o".split()
    changes, notes = rewrite_linker_paths(args, SETTINGS, "/work")
    assert [arg for index, arg in enumerate(args) if changes.get(index, arg) is not None] == ["-rpath=$ORIGIN", "a.o"]
    assert len(notes) == 2


@pytest.mark.parametrize("flag", ["-march=native", "-mtune=native", "-mcpu=native", "-mcpu=native+nosve"])
def test_native_processor(flag: str) -> None:
    rewritten = drop_native_processor(read_command_line(("-O2", flag, "-march=rv64gc", "a.c")).items)
    assert args(rewritten) == "-O2 -march=rv64gc a.c"
    assert rewritten.notes == (f"removed {flag}: it selects the build machine's processor",)
