"""A tree of Pyodide's recipes is followed as it is: variables, Emscripten's programs, libraries, finished wheels."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from crosswheel.api import build
from crosswheel.building.options import BuildOptions
from crosswheel.building.results import Stage, WheelResult
from crosswheel.host import Host

pytest.importorskip("yaml")

LIBRARY = {
    "configure": '#!/bin/sh\nprefix=${1#--prefix=}\nsed "s@PREFIX@$prefix@" Makefile.in > Makefile\n'
    'echo "int probe(void) { return 0; }" > probe.c && ${CC:-cc} -c probe.c -o probe.o\n',
    "Makefile.in": "all: libtwice.a\nlibtwice.a: twice.c\n\temcc -O2 -fPIC -c twice.c -o twice.o\n"
    "\temar rcs libtwice.a twice.o\n"
    "install:\n\tmkdir -p PREFIX/lib PREFIX/include\n\tcp libtwice.a PREFIX/lib\n\tcp twice.h PREFIX/include\n",
    "twice.c": "int twice(int x) { return 2 * x; }\n",
    "twice.h": "int twice(int);\n",
}
PACKAGE = {
    "pyproject.toml": '[build-system]\nrequires = ["setuptools>=74.1"]\nbuild-backend = "setuptools.build_meta"\n',
    "setup.py": "import os\nfrom setuptools import Extension, setup\n"
    'setup(name="user", version=os.environ["VERSION_OF_SCRIPT"], ext_modules=[Extension("user", ["user.c"])])\n',
    "user.c": "#include <Python.h>\n#include <twice.h>\n"
    "static PyObject *f(PyObject *self, PyObject *args) { return PyLong_FromLong(twice(21) + ADDED); }\n"
    'static PyMethodDef m[] = {{"f", f, METH_NOARGS, NULL}, {NULL}};\n'
    'static struct PyModuleDef d = {PyModuleDef_HEAD_INIT, "user", NULL, -1, m};\n'
    "PyMODINIT_FUNC PyInit_user(void) { return PyModule_Create(&d); }\n",
}
SCRIPT = """\
    test -d "$WASM_LIBRARY_DIR/include" && test -f "$WASM_LIBRARY_DIR/lib/libtwice.a"
    test -f "$PYTHONINCLUDE/Python.h" && test "$PYMAJOR.$PYMINOR" = 3.13
    test -f "$PKGDIR/meta.yaml" && test -d "$DISTDIR" && test "$PYODIDE_JOBS" -ge 1
    test -d "$(em-config CACHE)/sysroot/include"
    emcc $SIDE_MODULE_CFLAGS -c user.c -o /dev/null -I"$PYTHONINCLUDE" -I"$WASM_LIBRARY_DIR/include" -DADDED=0
    export VERSION_OF_SCRIPT=$PKG_VERSION
    export ADDED_FLAG=-DADDED=7
"""


def archive(place: Path, name: str, files: dict[str, str]) -> str:
    """Write a source archive, and return the table ``source`` of a recipe."""
    path = place / f"{name}.tar.gz"
    with tarfile.open(path, "w:gz") as packed:
        for member, text in files.items():
            entry = tarfile.TarInfo(f"{name}/{member}")
            entry.size, entry.mode = len(text.encode()), 0o755
            packed.addfile(entry, io.BytesIO(text.encode()))
    return f"source: {{url: '{path.as_uri()}', sha256: {hashlib.sha256(path.read_bytes()).hexdigest()}}}\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A package, its library, and a finished wheel that it requires."""
    texts = {
        "libtwice": archive(tmp_path, "libtwice-1", LIBRARY)
        + "build:\n  type: static_library\n  script: |\n    emconfigure ./configure --prefix=${WASM_LIBRARY_DIR}\n"
        "    emmake make -j ${PYODIDE_JOBS:-3}\n    emmake make install\n",
        "user": archive(tmp_path, "user-3", PACKAGE)
        + "requirements: {host: [libtwice], run: [packaging]}\n"
        + f"build:\n  cflags: -I$(WASM_LIBRARY_DIR)/include $(ADDED_FLAG)\n  ldflags: -ltwice\n  script: |\n{SCRIPT}",
        "packaging": "source: {url: 'https://example.org/packaging-1-py3-none-any.whl', sha256: x}\n",
    }
    for name, text in texts.items():
        (tmp_path / "tree" / "packages" / name).mkdir(parents=True)
        head = f"package: {{name: {name}, version: '{3 if name == 'user' else 1}'}}\n"
        (tmp_path / "tree" / "packages" / name / "meta.yaml").write_text(head + text)
    return tmp_path / "tree"


def built(host: Host, tree: Path, target: str) -> WheelResult:
    options = BuildOptions(
        output_directory=tree.parent / "dist", recipes=(str(tree),), test=True,
        test_commands=('python -c "import user; assert user.f() == 49"',),
    )  # fmt: skip
    (result,) = build(["user"], targets=[target], pythons=["3.13"], options=options, host=host)
    return result


@pytest.mark.network
@pytest.mark.parametrize("target", ["linux-riscv64", "pyodide"])
def test_a_package_of_a_tree_builds_with_its_library(host: Host, tree: Path, target: str) -> None:
    result = built(host, tree, target)
    assert result.error is None, result.error
    assert result.stage is Stage.TESTED
    assert result.wheel is not None
    assert result.wheel.name.startswith("user-3-")


@pytest.mark.network
@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("cp user.c $NOT_SET/include/user.c", "before-backend"),
        ("mkdir -p /include/user", "before-backend"),
        ("embuilder build sdl2", "before-backend"),
    ],
)
def test_a_script_that_goes_wrong_ends_the_build(host: Host, tree: Path, line: str, reason: str) -> None:
    file = tree / "packages" / "user" / "meta.yaml"
    file.write_text(file.read_text() + f"    {line}\n")
    result = built(host, tree, "pyodide")
    assert result.error is not None
    assert reason in result.error.what
    assert not Path("/include/user").exists()
