"""Paths into a build environment: tables of whole command lines."""

import pytest

from crosswheel.toolchains.build_machine_rules import drop_build_machine_linker_paths, drop_build_machine_paths
from crosswheel.toolchains.command_line import read_command_line
from crosswheel.toolchains.model import CallSettings, OverlaidEnvironment

SITE = "lib/python3.13/site-packages"
ENV = f"/b/env/{SITE}"
VIEW = f"/b/overlays/{SITE}"
PATHS = frozenset(
    f"{SITE}/numpy/{path}".rstrip("/")
    for path in ("", "core", "core/include", "core/lib", "core/lib/libnpymath.a", "f2py/fortranobject.c", "numpy.h")
)
SETTINGS = CallSettings(
    removed_paths=("/usr/lib",),
    kept_paths=("/b",),
    overlays=OverlaidEnvironment(("/b/env", "/link/env"), "/b/overlays", PATHS),
)


def rewrite(text: str, directory: str = "/b/source/build"):
    return drop_build_machine_paths(read_command_line(tuple(text.split())).items, SETTINGS, directory)


def args(rewritten) -> str:
    return " ".join(token for item in rewritten.items for token in item.tokens())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (f"-I{ENV}/numpy/core/include -c a.c", f"-I{VIEW}/numpy/core/include -c a.c"),
        (f"-I /link/env/{SITE}/numpy/core/include -c a.c", f"-I {VIEW}/numpy/core/include -c a.c"),
        (f"-I../../env/{SITE}/numpy/core/include -c a.c", f"-I{VIEW}/numpy/core/include -c a.c"),
        (f"-I{ENV}/numpy/random/../core/include/ -c a.c", f"-I{VIEW}/numpy/core/include -c a.c"),
        (f"-isystem {ENV}/numpy/core/include -c a.c", f"-isystem {VIEW}/numpy/core/include -c a.c"),
        (f"-include {ENV}/numpy/numpy.h -c a.c", f"-include {VIEW}/numpy/numpy.h -c a.c"),
        (f"-c {ENV}/numpy/f2py/fortranobject.c", f"-c {VIEW}/numpy/f2py/fortranobject.c"),
        (f"a.o {ENV}/numpy/core/lib/libnpymath.a", f"a.o {VIEW}/numpy/core/lib/libnpymath.a"),
        (f"a.o ../../env/{SITE}/numpy/core/lib/libnpymath.a", f"a.o {VIEW}/numpy/core/lib/libnpymath.a"),
        (f"a.o -L{ENV}/numpy/core/lib -lnpymath", f"a.o -L{VIEW}/numpy/core/lib -lnpymath"),
        (f"a.o -Wl,-L{ENV}/numpy/core/lib", f"a.o -Wl,-L{VIEW}/numpy/core/lib"),
        (
            f"a.o -Wl,--whole-archive,{ENV}/numpy/core/lib/libnpymath.a,--no-whole-archive",
            f"a.o -Wl,--whole-archive,{VIEW}/numpy/core/lib/libnpymath.a,--no-whole-archive",
        ),
        # Files that only a compiler reads are used if the target has none of its own.
        (f"-I{ENV}/pybind11/include -c {ENV}/other/x.c", f"-I{ENV}/pybind11/include -c {ENV}/other/x.c"),
        # Libraries are not, and run paths are removed.
        (f"a.o -L{ENV}/numpy.libs -lopenblas", "a.o -lopenblas"),
        (f"a.o -Wl,-rpath,{ENV}/numpy/core/lib", "a.o"),
        (f"a.o -Wl,-rpath={ENV}/numpy/core/lib:$ORIGIN", "a.o -Wl,-rpath=$ORIGIN"),
    ],
)  # fmt: skip
def test_paths(given, expected):
    rewritten = rewrite(given)
    assert args(rewritten) == expected
    assert rewritten.refusal is None


@pytest.mark.parametrize(
    "library",
    [
        f"{ENV}/numpy/random/lib/libnpyrandom.a",
        f"../../env/{SITE}/planted/libplanted.a",
        f"{ENV}/planted/object.o",
        f"{ENV}/torch/lib/libtorch.so",
        f"{ENV}/numpy.libs/libopenblas.so.0.3",
        f"-Wl,--whole-archive,{ENV}/planted/libplanted.a",
    ],
)
def test_a_library_of_the_build_environment_cannot_be_linked(library):
    rewritten = rewrite(f"-shared a.o {library} -o a.so")
    assert rewritten.refusal is not None
    assert "belongs to the build machine" in rewritten.refusal


def test_linker_called_by_itself():
    given = f"-shared a.o -L {ENV}/numpy/core/lib -rpath {ENV}/numpy {ENV}/numpy/core/lib/libnpymath.a".split()
    cleaned = drop_build_machine_linker_paths(given, SETTINGS, "/b")
    assert args(cleaned) == f"-shared a.o -L {VIEW}/numpy/core/lib {VIEW}/numpy/core/lib/libnpymath.a"
    assert drop_build_machine_linker_paths([f"{ENV}/planted.a"], SETTINGS, "/b").refusal is not None
