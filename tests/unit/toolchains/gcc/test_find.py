"""Finding installed compilers by name, and querying their versions."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from crosswheel.host import Host, NullProgress, ProcessRequest, ProcessResult
from crosswheel.targets import LinuxTarget, libcs, linux_architectures
from crosswheel.toolchains.gcc.find import CompilerSearch, find_compiler
from crosswheel.toolchains.gcc.toolchain import baseline
from crosswheel.toolchains.select import find_toolchain

GLIBC = '#define __GLIBC__ 2\n#define __GLIBC_MINOR__ 36\n#define __VERSION__ "12.2.0"\n'
MUSL = '#define __REDIR(x,y) __typeof__(x)\n#define __VERSION__ "11.2.1 20211120"\n'
OLD_MUSL = '#define __VERSION__ "9.1.0"\n'
CLANG = (
    '#define __clang__ 1\n#define __VERSION__ "Debian Clang 14.0.6"\n#define __GLIBC__ 2\n#define __GLIBC_MINOR__ 31\n'
)


@dataclass
class FakeProcessRunner:
    """Prints the same output for every call, and records the programs."""

    output: str = GLIBC
    status: int = 0
    called: list[str] = field(default_factory=list)

    def run(self, request: ProcessRequest) -> ProcessResult:
        self.called.append(request.argv[0])
        return ProcessResult(request, self.status, self.output, "fatal error: features.h: no such file\n", 0.0)

    def stop(self) -> None:
        pass


def target(architecture: str = "riscv64", libc: str = "glibc") -> LinuxTarget:
    return LinuxTarget(linux_architectures()[architecture], libcs()[libc], (1, 1))


def host(tmp_path: Path, *names: str, answers: FakeProcessRunner | None = None) -> Host:
    """A machine with programs of these names on PATH."""
    directory = tmp_path / "bin"
    directory.mkdir(exist_ok=True)
    for name in names:
        (directory / name).touch()
    runner = answers or FakeProcessRunner()
    return Host({"PATH": f"/nowhere:{directory}"}, tmp_path, tmp_path, runner, None, NullProgress())  # type: ignore[arg-type]


def search(
    tmp_path: Path, *names: str, answers: FakeProcessRunner | None = None, of: LinuxTarget | None = None
) -> CompilerSearch:
    return find_compiler(host(tmp_path, *names, answers=answers), of or target(), None)


@pytest.mark.parametrize(
    ("architecture", "libc", "name"),
    [
        ("riscv64", "glibc", "riscv64-linux-gnu-gcc"),
        ("armv7l", "glibc", "arm-linux-gnueabihf-gcc"),
        ("i686", "glibc", "i686-linux-gnu-gcc"),
        ("ppc64le", "glibc", "powerpc64le-linux-gnu-gcc"),
        ("s390x", "glibc", "s390x-ibm-linux-gnu-gcc"),
        ("aarch64", "glibc", "aarch64-linux-gnu-clang"),
        ("riscv64", "glibc", "riscv64-unknown-linux-gnu-gcc"),
        ("riscv64", "glibc", "riscv64-linux-gcc"),
        ("aarch64", "glibc", "aarch64-conda-linux-gnu-gcc"),
        ("armv7l", "glibc", "armv7l-unknown-linux-gnueabihf-gcc"),
        ("armv7l", "glibc", "arm-buildroot-linux-gnueabihf-gcc"),
    ],
)
def test_names_of_compilers(tmp_path: Path, architecture: str, libc: str, name: str) -> None:
    found = search(tmp_path, name, of=target(architecture, libc)).installed
    assert found is not None
    assert found.cc == str(tmp_path / "bin" / name)
    assert (found.version, found.libc) == ("12.2.0", (2, 36))


@pytest.mark.parametrize("name", ["riscv32-linux-gnu-gcc", "riscv64-linux-musl-gcc", "riscv64-unknown-elf-gcc", "gcc",
                                  "riscv64-linux-gnu-gcc-ar", "riscv64-linux-gnu-g++"])  # fmt: skip
def test_names_that_mean_something_else(tmp_path: Path, name: str) -> None:
    found = search(tmp_path, name)
    assert found.installed is None
    assert found.problem == "there is no riscv64-linux-gnu-gcc on PATH"


def test_names_in_use_everywhere_come_first_and_gcc_before_clang(tmp_path: Path) -> None:
    names = ("riscv64-a-linux-gnu-gcc", "riscv64-linux-gnu-clang", "riscv64-linux-gnu-gcc")
    found = search(tmp_path, *names).installed
    assert found is not None
    assert Path(found.cc).name == "riscv64-linux-gnu-gcc"
    assert Path(found.cxx).name == "riscv64-linux-gnu-g++"


def test_a_prefix_is_where_compilers_are_looked_for(tmp_path: Path) -> None:
    machine = host(tmp_path, "riscv64-linux-gnu-gcc")
    (tmp_path / "own" / "bin").mkdir(parents=True)
    assert find_compiler(machine, target(), tmp_path / "own").problem.endswith(f"in {tmp_path / 'own'}")
    (tmp_path / "own" / "bin" / "riscv64-linux-gnu-gcc").touch()
    found = find_compiler(machine, target(), tmp_path / "own").installed
    assert found is not None
    assert found.cc == str(tmp_path / "own" / "bin" / "riscv64-linux-gnu-gcc")


def test_other_tools_have_the_same_prefix(tmp_path: Path) -> None:
    found = search(tmp_path, "riscv64-linux-gnu-gcc", "riscv64-linux-gnu-ar").installed
    assert found is not None
    assert found.tool("gcc-ar", "ar") == str(tmp_path / "bin" / "riscv64-linux-gnu-ar")
    assert found.tool("objcopy") is None


def test_clang_is_told_from_gcc(tmp_path: Path) -> None:
    found = search(tmp_path, "riscv64-linux-gnu-clang", answers=FakeProcessRunner(CLANG)).installed
    assert found is not None
    assert (found.family, found.version, found.libc) == ("clang", "14.0.6", (2, 31))
    assert Path(found.cxx).name == "riscv64-linux-gnu-clang++"


@pytest.mark.parametrize(("output", "version"), [(MUSL, (1, 2)), (OLD_MUSL, (1, 1))])
def test_versions_of_musl_are_told_by_what_their_headers_have(
    tmp_path: Path, output: str, version: tuple[int, int]
) -> None:
    answers = FakeProcessRunner(output)
    result = search(tmp_path, "riscv64-linux-musl-gcc", answers=answers, of=target(libc="musl"))
    assert result.installed is not None
    assert result.installed.libc == version


@pytest.mark.parametrize(
    ("answers", "libc", "problem"),
    [
        (FakeProcessRunner(status=1), "glibc", "features.h"),
        (FakeProcessRunner(MUSL), "glibc", "another C library than glibc"),
        (FakeProcessRunner(GLIBC), "musl", "another C library than musl"),
        (FakeProcessRunner(GLIBC.replace("12.2.0", "7.5.0")), "glibc", "gcc 8 or newer is required"),
    ],
)
def test_compilers_that_do_not_serve(tmp_path: Path, answers: FakeProcessRunner, libc: str, problem: str) -> None:
    of = target(libc=libc)
    found = search(tmp_path, f"{of.triple}-gcc", answers=answers, of=of)
    assert found.installed is None
    assert problem in found.problem


def test_a_compiler_is_asked_once(tmp_path: Path) -> None:
    answers = FakeProcessRunner()
    toolchain = find_toolchain(host(tmp_path, "riscv64-linux-gnu-gcc", answers=answers), "gcc")
    for _ in range(3):
        assert toolchain.minimum_version("riscv64", "glibc") == (2, 36)
    assert toolchain.minimum_version("wasm32", "pyodide") is None
    assert len(answers.called) == 1


def test_every_architecture_has_a_baseline() -> None:
    for name in linux_architectures():
        assert all(flag.startswith("-m") for flag in baseline(name))
        assert baseline(name)
