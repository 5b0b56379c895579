"""Programs that describe the target's machine, run as projects run them."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

import crosswheel
from crosswheel.host.files import write_atomic
from crosswheel.sealing.machine_view import installed_programs, machine_view
from crosswheel.targets import target_from_tag
from crosswheel.wheels.archive import read_wheel

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host

RISCV = "manylinux_2_31_riscv64"
CMAKE_TOO = '[build-system]\nrequires = ["setuptools", "cmake"]\nbuild-backend = "setuptools.build_meta"\n'


class Machine:
    def __init__(self, host: Host, tag: str, directory: Path) -> None:
        target = target_from_tag(tag)
        assert target is not None
        self.programs = directory
        for name, text in installed_programs(machine_view(target, host.jobs)).items():
            write_atomic(directory / name, text, mode=0o755)

    def run(self, command: str) -> tuple[int, str]:
        env = {"PATH": f"{self.programs}:/usr/bin:/bin"}
        result = subprocess.run(["/bin/sh", "-c", command], env=env, capture_output=True, text=True, check=False)
        return result.returncode, result.stdout.strip()


@pytest.fixture
def machine(host: Host, request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    return Machine(host, getattr(request, "param", RISCV), tmp_path / "programs")


@pytest.mark.parametrize(
    ("command", "output"),
    [
        ("uname", "Linux"),
        ("uname -m", "riscv64"),
        ("uname -sm", "Linux riscv64"),
        ("uname -m -s", "Linux riscv64"),
        ("uname --machine --kernel-name", "Linux riscv64"),
        ("uname -a", "Linux localhost 5.10.0 #1 SMP riscv64 riscv64 riscv64 GNU/Linux"),
        ("uname -rpio", "5.10.0 riscv64 riscv64 GNU/Linux"),
        ("arch", "riscv64"),
        ("getconf LONG_BIT", "64"),
        ("getconf GNU_LIBC_VERSION", "glibc 2.31"),
        ("getconf PAGESIZE", "4096"),
        ("getconf CHAR_MIN", "0"),
        ("getconf LEVEL1_DCACHE_SIZE", "0"),
        ("getconf -a | grep '^LONG_BIT '", "LONG_BIT                           64"),
        ("lscpu | head -1", "Architecture:        riscv64"),
        ("lscpu | grep '^Flags'", "Flags:               rv64imafdc_zicsr_zifencei"),
        ("lscpu -p=CPU | grep -v '^#' | head -1", "0"),
        ("lscpu -e=CPU,ONLINE | tail -n +2 | head -1", "0 yes"),
        ("nproc --ignore=1000", "1"),
    ],
)
def test_a_program_answers_for_the_target(machine, command, output):
    assert machine.run(command) == (0, output)


@pytest.mark.parametrize("command", ["uname -z", "uname extra", "getconf NO_SUCH_VARIABLE"])
def test_a_wrong_question_fails(machine, command):
    assert machine.run(command)[0] != 0


def test_other_questions_go_to_the_machines_own_program(machine):
    assert machine.run("getconf PATH") == (0, subprocess.check_output(["/usr/bin/getconf", "PATH"], text=True).strip())


def test_lscpu_writes_json(machine):
    fields = json.loads(machine.run("lscpu -J")[1])["lscpu"]
    assert {"field": "Architecture:", "data": "riscv64"} in fields
    assert {"field": "Byte Order:", "data": "Little Endian"} in fields


def test_processors_are_those_of_the_build(machine, host):
    assert machine.run("nproc") == machine.run("getconf _NPROCESSORS_ONLN") == (0, str(host.jobs))
    assert machine.run("lscpu -p=CPU | grep -vc '^#'") == (0, str(host.jobs))


@pytest.mark.skipif(not os.access("/usr/bin/dpkg", os.X_OK), reason="this machine is not Debian's")
@pytest.mark.parametrize(
    ("machine", "architecture"),
    [(RISCV, "riscv64"), ("manylinux_2_17_armv7l", "armhf"), ("manylinux_2_17_ppc64le", "ppc64el")],
    indirect=["machine"],
)
def test_dpkg_names_the_targets_architecture(machine, architecture):
    assert machine.run("dpkg --print-architecture") == (0, architecture)
    assert machine.run("dpkg --print-foreign-architectures") == (0, "")
    assert "install ok" in machine.run("dpkg -s dpkg")[1]


@pytest.mark.skipif(not os.access("/usr/bin/dpkg-architecture", os.X_OK), reason="this machine has no dpkg-dev")
@pytest.mark.parametrize(
    ("machine", "query", "answer"),
    [
        (RISCV, "-qDEB_HOST_MULTIARCH", "riscv64-linux-gnu"),
        (RISCV, "--query DEB_BUILD_ARCH", "riscv64"),
        ("manylinux_2_17_i686", "-q DEB_HOST_GNU_TYPE", "i686-linux-gnu"),
        ("manylinux_2_17_armv7l", "-qDEB_HOST_ARCH_CPU", "arm"),
    ],
    indirect=["machine"],
)
def test_dpkg_architecture_describes_the_target(machine, query, answer):
    assert machine.run(f"dpkg-architecture {query}") == (0, answer)


@pytest.mark.parametrize(
    ("machine", "command", "output"),
    [
        ("macosx_11_0_arm64", "uname -sm", "Darwin arm64"),
        ("macosx_11_0_arm64", "uname -p", "arm"),
        ("macosx_13_0_x86_64", "uname -rm", "22.0.0 x86_64"),
        ("macosx_13_0_x86_64", "sw_vers -productVersion", "13.0"),
        ("macosx_11_0_arm64", "sysctl -n hw.optional.arm64", "1"),
        ("pyodide_2025_0_wasm32", "uname -smr", "Emscripten 4.0.9 wasm32"),
        ("pyodide_2025_0_wasm32", "getconf LONG_BIT", "32"),
        ("win_amd64", "uname -sm", "MINGW64_NT-10.0 x86_64"),
        ("win32", "uname -s", "MINGW32_NT-10.0"),
        ("musllinux_1_2_aarch64", "uname -m", "aarch64"),
    ],
    indirect=["machine"],
)
def test_other_systems_answer_as_their_own_programs(machine, command, output):
    assert machine.run(command) == (0, output)


@pytest.mark.parametrize("machine", ["macosx_11_0_arm64", "win_amd64", "pyodide_2025_0_wasm32"], indirect=True)
def test_programs_of_linux_are_missing_on_other_systems(machine):
    assert machine.run("lscpu")[0] == 127
    assert machine.run("dpkg --print-architecture")[0] == 127


@pytest.mark.parametrize("machine", ["musllinux_1_2_x86_64"], indirect=True)
def test_musl_has_no_version_of_glibc(machine):
    assert machine.run("getconf GNU_LIBC_VERSION")[0] == 1


def test_a_program_tells_nothing_of_a_distribution_that_the_machine_is_not(machine: Machine) -> None:
    real = {path.name for path in map(_system_program, ("dpkg", "rpm")) if path}
    assert {path.name for path in machine.programs.iterdir()} & {"dpkg", "rpm"} == real


def _system_program(name: str) -> Path | None:
    from pathlib import Path

    return next((path for directory in ("/usr/bin", "/bin") if (path := Path(directory) / name).is_file()), None)


PROJECT = {
    "pyproject.toml": """\
[build-system]
requires = ["setuptools", "py-cpuinfo"]
build-backend = "setuptools.build_meta"
""",
    "setup.py": """\
import json, subprocess
import cpuinfo
from setuptools import Extension, setup

def output(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()

info = cpuinfo.get_cpu_info()
seen = {
    "uname": output("uname", "-m"),
    "shell": output("sh", "-c", "arch; getconf LONG_BIT"),
    "arch": info["arch"],
    "flags": sorted(info.get("flags", [])),
}
setup(
    name="nosy", version="1.0",
    ext_modules=[Extension("nosy", ["nosy.c"], define_macros=[("SEEN", json.dumps(json.dumps(seen)))])],
)
""",
    "nosy.c": """\
#include <Python.h>
static struct PyModuleDef nosy = {PyModuleDef_HEAD_INIT, "nosy", SEEN, -1, 0};
PyMODINIT_FUNC PyInit_nosy(void) { return PyModule_Create(&nosy); }
""",
}


@pytest.mark.network
@pytest.mark.parametrize(
    ("target", "machine", "flags"),
    [("linux-riscv64", "riscv64", set()), ("musl-x86_64", "x86_64", {"sse2"}), ("musl-aarch64", "aarch64", {"asimd"})],
)
def test_a_build_sees_the_targets_processor(tmp_path, target, machine, flags):
    for name, text in PROJECT.items():
        (tmp_path / "nosy").mkdir(exist_ok=True)
        (tmp_path / "nosy" / name).write_text(text)
    options = crosswheel.BuildOptions(output_directory=tmp_path / "dist")
    (result,) = crosswheel.build([str(tmp_path / "nosy")], targets=[target], pythons=["3.13"], options=options)
    assert result.error is None, result.error
    assert result.wheel is not None
    module = next(data for path, data in read_wheel(result.wheel).files.items() if path.endswith(".so"))
    seen = json.loads(module[module.index(b'{"uname"') :].partition(b"\0")[0])
    assert seen["uname"] == machine
    assert seen["shell"] == f"{machine}\n64"
    assert seen["arch"].lower() == machine.replace("riscv64", "riscv_64").replace("aarch64", "arm_8")
    assert flags <= set(seen["flags"])
    assert not {"avx", "avx2", "sse4_1", "sve"} & set(seen["flags"])


DIRECT = """\
import os, subprocess
from setuptools import Extension, setup

info = open("/proc/cpuinfo").read()
assert not {"GenuineIntel", "AuthenticAMD", "avx2", "sse4_2", "sve"} & set(info.split()), info
assert "gcc" not in open("/proc/version").read()
cmake = "cmake_host_system_information(RESULT X QUERY NUMBER_OF_LOGICAL_CORES)"
open("info.cmake", "w").write(cmake)  # it reads all of that, and crashes if it does not understand it
subprocess.check_call(["cmake", "-P", "info.cmake"])
shell = subprocess.check_output(["bash", "-c", "echo $HOSTTYPE $MACHTYPE"], text=True)
assert shell == os.environ["EXPECTED"] + "\\n", shell
assert os.sysconf("SC_LONG_BIT") == int(os.environ["BITS"]), os.sysconf("SC_LONG_BIT")
setup(name="nosy", version="1.0", ext_modules=[Extension("nosy", ["nosy.c"])])
"""


@pytest.mark.network
@pytest.mark.parametrize(
    ("target", "expected", "bits"),
    [
        ("linux-riscv64", "riscv64 riscv64-linux-gnu", 64),
        ("pyodide", "wasm32 wasm32-unknown-emscripten", 32),
        ("win-amd64", "x86_64 x86_64-w64-mingw32", 32),
        ("macos-arm64", "aarch64 aarch64-apple-darwin20", 64),
    ],
)
def test_nothing_tells_of_the_build_machines_processor(sealed_host, tmp_path, target, expected, bits):
    files = {"setup.py": DIRECT, "nosy.c": PROJECT["nosy.c"].replace("SEEN", "0"), "pyproject.toml": CMAKE_TOO}
    (tmp_path / "nosy").mkdir()
    for name, text in files.items():
        (tmp_path / "nosy" / name).write_text(text)
    options = crosswheel.BuildOptions(
        output_directory=tmp_path / "dist", environment={"EXPECTED": expected, "BITS": str(bits)}
    )
    (result,) = crosswheel.build([str(tmp_path / "nosy")], targets=[target], pythons=["3.13"], options=options)
    assert result.error is None, result.error
