"""The provider that reads an unpacked Python of the target, in the shapes in which people unpack them."""

import json
import shutil
from pathlib import Path

import pytest

from crosswheel.errors import EnvironmentMissingError
from crosswheel.pythons import pyconfig
from crosswheel.pythons.prefix import PrefixProvider, read_build_details, read_sysconfigdata

BIG = "#  define WORDS_BIGENDIAN 1"
NO_GIL = "#define Py_GIL_DISABLED 1"
NAME = "_sysconfigdata__linux_riscv64-linux-gnu.py"


class Tree:
    """An unpacked CPython 3.13.7 for riscv64."""

    def __init__(self, root: Path, pyconfig_text: str) -> None:
        self.include = root / "include" / "python3.13"
        self.library = root / "lib" / "python3.13"
        self.include.mkdir(parents=True)
        self.library.mkdir(parents=True)
        (self.include / "Python.h").write_text('#include "pyconfig.h"\n', "utf-8")
        (self.include / "patchlevel.h").write_text('#define PY_VERSION      \t"3.13.7"\n', "utf-8")
        self.pyconfig = self.include / "pyconfig.h"
        self.pyconfig.write_text(pyconfig_text, "utf-8")
        self.state()

    def state(self, **changes: object) -> None:
        values = {
            "SOABI": "cpython-313-riscv64-linux-gnu",
            "EXT_SUFFIX": ".cpython-313-riscv64-linux-gnu.so",
            "MULTIARCH": "riscv64-linux-gnu",
            "CC": "riscv64-linux-gnu-gcc",
            "LIBDIR": "/install/lib",
            "prefix": "/install",
        }
        text = f"# comment\nbuild_time_vars = {values | changes!r}\n"
        (self.library / NAME).write_text(text, "utf-8")


@pytest.fixture
def tree(tmp_path, pyconfig_text):
    return Tree(tmp_path / "prefix", pyconfig_text)


@pytest.fixture
def provide(make_host, tmp_path, riscv, build_python, toolchain):
    def run(prefix=tmp_path / "prefix", target=riscv):
        return PrefixProvider(make_host(), prefix).target_python(target, build_python, toolchain)

    return run


def test_its_own_data_win(tree, provide):
    found = provide()
    assert found.full_version == "3.13.7"
    assert found.include == tree.include
    assert found.soabi == "cpython-313-riscv64-linux-gnu"
    assert found.ext_suffix == ".cpython-313-riscv64-linux-gnu.so"
    assert found.config_vars["HAVE_DUP9"] == 1


def test_paths_are_those_of_here_and_tools_are_neutral(tree, provide):
    values = provide().config_vars
    assert values["INCLUDEPY"] == str(tree.include)
    assert values["LIBDIR"] == str(tree.library.parent)
    assert values["CC"] == "cc"
    assert not {name for name, value in values.items() if "/install" in str(value)}


@pytest.mark.parametrize("within", ["usr", "usr/local", "python", "python/install", "install"])
def test_the_prefix_may_lie_within(tmp_path, pyconfig_text, provide, within):
    tree = Tree(tmp_path / "unpacked" / within, pyconfig_text)
    assert provide(tmp_path / "unpacked").include == tree.include


def test_debian_s_split_headers_are_brought_together(tmp_path, tree, provide):
    split = tree.include.parent / "riscv64-linux-gnu" / "python3.13" / "pyconfig.h"
    split.parent.mkdir(parents=True)
    shutil.move(tree.pyconfig, split)
    tree.pyconfig.write_text("#include <riscv64-linux-gnu/python3.13/pyconfig.h>\n", "utf-8")
    found = provide()
    assert found.include.is_relative_to(tmp_path / "cache")
    assert (found.include / "Python.h").is_file()
    assert (found.include / "pyconfig.h").read_text("utf-8") == split.read_text("utf-8")
    assert found.config_vars["INCLUDEPY"] == str(found.include)


def test_build_details_alone_are_enough_and_win(tree, provide):
    details = {
        "implementation": {"_multiarch": "riscv64-linux-gnu"},
        "abi": {"extension_suffix": ".cpython-313-riscv64-linux-gnu.so"},
    }
    (tree.library / "build-details.json").write_text(json.dumps(details), "utf-8")
    tree.state(EXT_SUFFIX=".wrong.so")
    assert provide().ext_suffix == ".cpython-313-riscv64-linux-gnu.so"
    (tree.library / NAME).unlink()
    assert provide().config_vars["MULTIARCH"] == "riscv64-linux-gnu"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda tree: tree.state(SOABI="cpython-313-aarch64-linux-gnu"), "SOABI is cpython-313-aarch64"),
        (lambda tree: tree.state(EXT_SUFFIX=".cpython-313-riscv64-linux-musl.so"), "EXT_SUFFIX is .*musl"),
        (lambda tree: replace_in(tree.pyconfig, "SIZEOF_VOID_P 8", "SIZEOF_VOID_P 4"), "pointer size is 4, not 8"),
        (lambda tree: replace_in(tree.pyconfig, "/* #  undef WORDS_BIGENDIAN */", BIG), "byte order is big"),
        (lambda tree: replace_in(tree.pyconfig, "#define _GNU_SOURCE 1", NO_GIL), "Py_GIL_DISABLED is 1"),
        (lambda tree: (tree.library / NAME).unlink(), "neither _sysconfigdata"),
        (lambda tree: (tree.library / NAME).write_text("build_time_vars = f()", "utf-8"), "no build_time_vars"),
        (lambda tree: (tree.library / NAME).write_text("build_time_vars = 3", "utf-8"), "no build_time_vars"),
        (lambda tree: (tree.library / NAME).write_text("other = {}", "utf-8"), "no build_time_vars"),
        (lambda tree: (tree.library / NAME).write_text("build_time_vars = {", "utf-8"), "invalid Python"),
        (lambda tree: (tree.library / "build-details.json").write_text("[]", "utf-8"), r"invalid build-details\.json"),
        (lambda tree: (tree.include / "Python.h").unlink(), r"no Python 3\.13: include"),
        (lambda tree: (tree.include / "patchlevel.h").unlink(), "no PY_VERSION"),
        (lambda tree: tree.pyconfig.unlink(), r"no pyconfig\.h"),
    ],
)  # fmt: skip
def test_what_is_not_a_python_of_the_target_is_refused(tree, provide, damage, message):
    damage(tree)
    with pytest.raises(EnvironmentMissingError, match=message):
        provide()


def test_another_version_is_refused_by_name(tree, provide):
    tree.include.rename(tree.include.with_name("python3.12"))
    with pytest.raises(EnvironmentMissingError, match=r"available: python3\.12"):
        provide()


def test_a_missing_directory_is_refused(provide, tmp_path):
    with pytest.raises(EnvironmentMissingError, match=r"no Python 3\.13: include"):
        provide(tmp_path / "nowhere")


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_sysconfigdata_is_read_and_not_run(tmp_path):
    path = tmp_path / NAME
    path.write_text(
        "import os\n"
        "os.abort()\n"
        "build_time_vars = {'A': 'b' 'c',\n 'N': 3, 'L': [1]}\n", "utf-8"
    )  # fmt: skip
    assert read_sysconfigdata(path) == {"A": "bc", "N": 3}


def test_build_details_without_extensions_say_nothing_of_them(tmp_path):
    path = tmp_path / "build-details.json"
    path.write_text('{"implementation": {"name": "cpython"}, "abi": {"flags": []}}', "utf-8")
    assert read_build_details(path) == {}


def test_the_pyconfig_of_the_tree_is_one(tree):
    assert pyconfig.parse_pyconfig(tree.pyconfig.read_text("utf-8")).values["SIZEOF_LONG"] == "8"
