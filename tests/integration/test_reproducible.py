"""The same inputs give the same bytes: in another directory, at another time, under other settings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from crosswheel.host import Host
from crosswheel.wheels.archive import read_wheel

pytestmark = pytest.mark.network

# C, C++ with setuptools-scm, Cython, and projects of ours with CMake and with Meson or C++.
PACKAGES = ("markupsafe==3.0.4", "ujson==6.1.0", "frozenlist==1.8.0")
OURS = {
    "linux-riscv64": ("cmakish", "mesonic"),
    "pyemscripten_2025_0_wasm32": ("cmakish", "features"),
    "macos-arm64": ("cmakish", "features"),
    "win-amd64": ("cmakish", "features"),
}


@dataclass(frozen=True)
class Circumstances:
    """What must not matter."""

    depth: str
    umask: int
    zone: str
    language: str
    seed: str
    jobs: str
    age: int


FIRST = Circumstances("one", 0o022, "UTC", "C.UTF-8", "1", "1", 0)
SECOND = Circumstances(
    "two/" + "rather/a/lot/deeper/" * 5 + "than/the/first", 0o077, "Asia/Kathmandu", "de_DE.UTF-8", "77", "4", 86_400
)


def build(host: Host, place: Path, packages: Path, target: str, how: Circumstances) -> dict[str, bytes]:
    """Everything, built in a process of its own."""
    root = place / how.depth
    (root / "tmp").mkdir(parents=True)
    copies = []
    for name in OURS[target]:
        copies.append(str(shutil.copytree(packages / name, root / "sources" / name)))
        for file in Path(copies[-1]).rglob("*"):
            # Sources that were not touched have the time of their newest file: the same shift for all is none.
            os.utime(file, (file.stat().st_atime - how.age, file.stat().st_mtime))
    env = dict(host.environ) | {
        "TMPDIR": str(root / "tmp"), "HOME": str(root), "TZ": how.zone, "LANG": how.language, "LC_ALL": how.language,
        "PYTHONHASHSEED": how.seed, "CROSSWHEEL_CACHE_DIR": str(host.cache), "CROSSWHEEL_LOG_DIR": str(root / "log"),
    }  # fmt: skip
    env.pop("SOURCE_DATE_EPOCH", None)
    command = [sys.executable, "-m", "crosswheel", "build", *PACKAGES, *copies, "-t", target, "-p", "3.13",
               "-o", str(root / "out"), "--jobs", how.jobs, "--rebuild"]  # fmt: skip
    ended = subprocess.run(command, cwd=root, env=env, umask=how.umask, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return {path.name: path.read_bytes() for path in (root / "out").glob("*.whl")}


@pytest.mark.parametrize("target", OURS)
def test_two_builds_of_five_packages_are_the_same(host: Host, tmp_path: Path, packages: Path, target: str) -> None:
    first, second = (build(host, tmp_path, packages, target, how) for how in (FIRST, SECOND))
    assert len(first) == len(PACKAGES) + len(OURS[target])
    assert first.keys() == second.keys()
    for name, data in first.items():
        if data != second[name]:
            one, other = (read_wheel(tmp_path / how.depth / "out" / name).files for how in (FIRST, SECOND))
            assert {path: sha256(content).hexdigest() for path, content in one.items()} == {
                path: sha256(content).hexdigest() for path, content in other.items()
            }, name
        assert data == second[name], f"{name}: the files are the same, the archives are not"
