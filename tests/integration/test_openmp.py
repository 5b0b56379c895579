"""OpenMP: builds that enable it get LLVM's library, in the wheel, however they ask for it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import crosswheel
from crosswheel import BuildOptions, Stage, WheelResult
from crosswheel.host import Host
from crosswheel.object_files import read_binary
from crosswheel.runners import find_runner
from crosswheel.targets import target_from_tag
from crosswheel.wheels.archive import read_wheel

pytestmark = pytest.mark.network

RIGHT = "assert loops.run() == (2, 499500); assert tasks.run() == (55, tasks.run()[1]) and tasks.run()[1] > 0"


@pytest.fixture
def project(packages: Path, tmp_path: Path):
    """Return a function that writes a project with one of the build systems."""

    def write(system: str, name: str = "project") -> Path:
        shutil.copytree(packages / "parallel/sources", tmp_path / name)
        shutil.copytree(packages / "parallel" / system, tmp_path / name, dirs_exist_ok=True)
        return tmp_path / name

    return write


def build(source: Path, out: Path, target: str, check: str = "", **options: object) -> WheelResult:
    chosen = BuildOptions(
        output_directory=out, test=bool(check), test_commands=(f'python -c "{check}"',) if check else (), **options
    )
    (result,) = crosswheel.build([str(source)], targets=[target], pythons=["3.13"], options=chosen)
    return result


@pytest.mark.parametrize(
    ("system", "modules"), [("setuptools", "inner.tasks as tasks"), ("cmake", "tasks"), ("meson", "tasks")]
)
def test_modules_share_one_library_of_the_wheel(project, tmp_path: Path, system: str, modules: str) -> None:
    result = build(project(system), tmp_path / "dist", "linux-riscv64", f"import loops, {modules}; {RIGHT}")
    assert result.stage is Stage.TESTED, result.error
    assert result.degraded == ()
    wheel = read_wheel(result.wheel)
    (library,) = (path for path in wheel.files if ".libs/" in path)
    needed = {path: binary.needed for path, data in wheel.files.items() if (binary := read_binary(data))}
    assert len(needed) == 3
    assert all(Path(library).name in names for path, names in needed.items() if path != library)
    assert f"{wheel.info}/licenses/libraries/libomp/openmp/LICENSE.TXT" in wheel.files
    bill = json.loads(wheel.files[f"{wheel.info}/sboms/crosswheel.cdx.json"])
    assert [component["name"] for component in bill["components"]] == ["libomp"]


LOAD_BOTH = """
import glob, importlib.util

def load(path):
    spec = importlib.util.spec_from_file_location("loops", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

first, second = map(load, sorted(glob.glob("*/loops*.so")))
assert [first.run(), second.run(), first.run()] == [(2, 499500)] * 3
libraries = {line.split("/")[-1].strip() for line in open("/proc/self/maps") if "libomp" in line}
assert len(libraries) == COUNT, libraries
"""


@pytest.mark.parametrize("version", ["same", "other"])
def test_two_wheels_work_in_one_process(project, tmp_path: Path, host: Host, version: str) -> None:
    """The same library is loaded once; another version, as in an older wheel, works beside it."""
    installed = tmp_path / "installed"
    results = [
        build(project("setuptools", "one"), tmp_path / "dist", "linux-riscv64"),
        build(project("cmake", "two"), tmp_path / "dist", "linux-riscv64"),
    ]
    for result in results:
        assert result.wheel is not None, result.error
        for path, data in read_wheel(result.wheel).files.items():
            file = installed / result.wheel.name.partition("-")[0] / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
    if version == "other":
        (library,) = installed.glob("parallel_cmake/*.libs/libomp-*.so")
        patchelf = host.program("patchelf") or "patchelf"
        other = library.rename(library.with_name("libomp-of-another-version.so"))
        assert host.run(patchelf, "--set-soname", other.name, other, cwd=installed).ok
        for module in installed.glob("parallel_cmake/*.so"):
            assert host.run(patchelf, "--replace-needed", library.name, other.name, module, cwd=installed).ok
    target = target_from_tag("manylinux_2_31_riscv64")
    assert target is not None
    runner, support = find_runner(host, target)
    assert support.available
    python = runner.interpreter(target, results[0].python)
    program = LOAD_BOTH.replace("COUNT", "1" if version == "same" else "2")
    outcome = host.run(python.executable, "-c", program, cwd=installed, env={**host.environ, **python.env})
    assert outcome.ok, outcome.stderr


def test_wheels_for_musl_have_the_library_too(project, tmp_path: Path) -> None:
    result = build(project("setuptools"), tmp_path / "dist", "musl-x86_64")
    assert result.wheel is not None, result.error
    assert result.degraded == ()
    (library,) = (data for path, data in read_wheel(result.wheel).files.items() if ".libs/" in path)
    binary = read_binary(library)
    assert binary is not None
    assert "__kmpc_fork_call" in binary.exported_names
    assert binary.needed == ("libc.musl-x86_64.so.1",)


@pytest.mark.parametrize(
    ("target", "options", "reason"),
    [
        ("linux-riscv64", {"openmp": False}, "disabled"),
        ("win-amd64", {}, "Windows"),
        ("macos-arm64", {}, "macOS"),
    ],
)
def test_refused_builds_go_on_without_and_say_so(project, tmp_path: Path, target: str, options, reason: str) -> None:
    result = build(project("setuptools"), tmp_path / "dist", target, **options)
    assert result.wheel is not None, result.error
    assert [(loss.kind, loss.name) for loss in result.degraded] == [("feature", "OpenMP")]
    assert reason in result.degraded[0].what
    assert not [path for path in read_wheel(result.wheel).files if ".libs/" in path]
