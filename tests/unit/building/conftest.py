"""A build context and a source without a toolchain, a network or processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosswheel.building.context import BuildContext
from crosswheel.building.options import BuildOptions
from crosswheel.building.recipe_set import read_recipe_set
from crosswheel.host import Host, NullProgress
from crosswheel.pythons.model import BuildPython, TargetPython
from crosswheel.sources.index_settings import IndexSettings
from crosswheel.sources.model import Source
from crosswheel.store import Store
from crosswheel.targets import PythonVersion, target_from_tag

RISCV = target_from_tag("manylinux_2_31_riscv64")
CP313 = PythonVersion(13)
SOABI = "cpython-313-riscv64-linux-gnu"


class FakeToolchain:
    identity = "zig 0.17.0"
    compiler_id = "clang"
    target = RISCV


@pytest.fixture
def context(tmp_path: Path) -> BuildContext:
    include = tmp_path / "include"
    include.mkdir()
    (include / "pyconfig.h").write_text("#define X 1\n")
    host = Host(
        {"PATH": "/usr/bin", "HOME": "/home/one"}, tmp_path / "cache", tmp_path / "logs", None, None, NullProgress()
    )
    config_vars = {"A": str(host.cache / "x"), "SOABI": SOABI, "EXT_SUFFIX": f".{SOABI}.so"}
    return BuildContext(
        host, RISCV, CP313, IndexSettings.load({}, {}), BuildOptions(),
        BuildPython(Path("/usr/bin/python3"), CP313, "3.13.1", include, {}),
        TargetPython(RISCV, CP313, "3.13.1", include, config_vars, "probed"),
        FakeToolchain(), Store(tmp_path / "store", NullProgress()), read_recipe_set({}),
    )  # fmt: skip


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source("demo-1.0", tmp_path / "demo-1.0.tar.gz", "ab" * 32, "https://example.org/demo", 1 << 30)
