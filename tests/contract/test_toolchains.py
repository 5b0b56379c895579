"""Contract of all toolchains, and of all targets of the default one."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from crosswheel.host import Host
from crosswheel.host.machine import native_alias
from crosswheel.object_files.elf import Elf, read_elf
from crosswheel.object_files.mismatch import mismatch
from crosswheel.runners import find_runner
from crosswheel.targets import find_target, libcs, linux_architectures
from crosswheel.toolchains.calls import run_call
from crosswheel.toolchains.model import Call, CallSettings, TargetToolchain, Tool
from crosswheel.toolchains.select import find_toolchain

pytestmark = pytest.mark.network

SOURCES = Path(__file__).parent.parent / "toolchain_sources"
TARGET = "linux-riscv64"
EVERY_TARGET = [f"{libc.alias}-{name}" for libc in libcs().values() for name in linux_architectures()]
# Targets for which C++ is compiled as well: 64 and 32 bits, other unwinding (ARM EHABI), other C library (musl).
CXX_TARGETS = ["linux-riscv64", "linux-armv7l", "musl-riscv64"]


@dataclass(frozen=True)
class Workspace:
    """A toolchain prepared for a target, and a directory with the sources."""

    host: Host
    toolchain: TargetToolchain
    directory: Path

    def call(self, tool: Tool, *args: str, settings: CallSettings | None = None) -> tuple[int, str]:
        return run_call(self.host, self.toolchain, Call(tool, args, str(self.directory)), settings)

    def build(self, tool: Tool, *args: str, output: str = "module.so") -> Elf:
        status, printed = self.call(tool, *args, "-o", output)
        assert status == 0, printed
        found = read_elf((self.directory / output).read_bytes())
        assert found is not None
        return found

    def run(self, program: str) -> str:
        prefix = find_runner(self.host, self.toolchain.target)[0].program_prefix(self.toolchain.target)
        result = self.host.run(*prefix, self.directory / program, cwd=self.directory)
        assert result.ok, result.stdout + result.stderr
        return result.stdout


@pytest.fixture(scope="session")
def host() -> Host:
    return Host.detect()


def prepare_workspace(host: Host, name: str, target: str, directory: Path) -> Workspace:
    toolchain = find_toolchain(host, name)
    if toolchain.minimum_version(target.partition("-")[2], "glibc") is None:
        pytest.skip(f"no cross {name} for {target} is installed")
    shutil.copytree(SOURCES, directory, dirs_exist_ok=True)
    return Workspace(host, toolchain.prepare(find_target(target, toolchain, native=native_alias())), directory)


@pytest.fixture(params=["zig", "gcc"])
def workspace(request: pytest.FixtureRequest, host: Host, tmp_path: Path) -> Workspace:
    return prepare_workspace(host, request.param, TARGET, tmp_path)


@pytest.fixture(params=EVERY_TARGET)
def each(request: pytest.FixtureRequest, host: Host, tmp_path: Path) -> Workspace:
    return prepare_workspace(host, "zig", request.param, tmp_path)


@pytest.fixture(params=CXX_TARGETS)
def cxx(request: pytest.FixtureRequest, host: Host, tmp_path: Path) -> Workspace:
    return prepare_workspace(host, "zig", request.param, tmp_path)


def test_a_module_takes_the_library_functions_from_the_library(workspace: Workspace) -> None:
    module = workspace.build(Tool.CC, "-shared", "-fPIC", "-O2", "shared.c", "-lm")
    assert mismatch(module, workspace.toolchain.target) is None
    assert {"compute", "print_long"} <= module.exported_names
    assert {"exp", "pow", "memcpy", "pthread_once"} <= {symbol.name for symbol in module.undefined}
    assert set(module.needed) <= {"libc.so.6", "libm.so.6", "libpthread.so.0", "ld-linux-riscv64-lp64d.so.1"}


def test_a_cxx_module_carries_its_runtime_and_hides_it(workspace: Workspace) -> None:
    module = workspace.build(Tool.CXX, "-shared", "-fPIC", "-O2", "shared.cc")
    assert not any("stdc++" in library or "libgcc_s" in library for library in module.needed)
    assert "check_cxx" in module.exported_names
    assert not [name for name in module.exported_names if name.startswith(("_ZNSt", "_ZSt", "__cxa_", "_Unwind"))]


def test_a_c_driver_links_cxx_when_it_is_asked_to(workspace: Workspace) -> None:
    assert workspace.call(Tool.CXX, "-c", "-fPIC", "shared.cc", "-o", "shared.o")[0] == 0
    module = workspace.build(Tool.CC, "-shared", "shared.o", "-lstdc++", "-lm")
    assert not any("stdc++" in library for library in module.needed)


def test_programs_run_on_the_target(workspace: Workspace) -> None:
    workspace.build(Tool.CC, "program.c", "-lm", "-lpthread", output="program")
    assert workspace.run("program").startswith("little 8 5 0.3333333333")
    workspace.build(Tool.CXX, "program.cc", output="program-cc")
    assert workspace.run("program-cc") == "c++ 6\n"


def test_several_sources_become_several_objects(workspace: Workspace) -> None:
    assert workspace.call(Tool.CC, "-c", "shared.c", "program.c")[0] == 0
    assert {path.name for path in workspace.directory.glob("*.o")} == {"shared.o", "program.o"}


def test_archives_are_made_and_linked(workspace: Workspace) -> None:
    assert workspace.call(Tool.CC, "-c", "-fPIC", "shared.c", "-o", "shared.o")[0] == 0
    assert workspace.call(Tool.AR, "rcs", "libshared.a", "shared.o")[0] == 0
    assert workspace.call(Tool.RANLIB, "libshared.a")[0] == 0
    module = workspace.build(
        Tool.CC, "-shared", "-Wl,--whole-archive", "-L.", "-lshared", "-Wl,--no-whole-archive", "-lm"
    )
    assert "compute" in module.exported_names


def test_symbols_can_be_listed(workspace: Workspace) -> None:
    workspace.build(Tool.CC, "-shared", "-fPIC", "shared.c", "-lm")
    status, printed = workspace.call(Tool.NM, "-D", "module.so")
    assert status == 0
    assert "T compute\n" in printed
    status, printed = workspace.call(Tool.READELF, "-h", "module.so")
    assert status == 0
    assert "RISC-V" in printed


@pytest.mark.parametrize(
    ("tool", "args"),
    [
        (Tool.CC, ("--version",)),
        (Tool.CC, ("-dumpmachine",)),
        (Tool.CC, ("-print-search-dirs",)),
        (Tool.CXX, ("-E", "-v", "-x", "c++", "/dev/null")),
        (Tool.CPP, ("shared.c",)),
        (Tool.CC, ("-M", "shared.c")),
        (Tool.LD, ("--version",)),
        (Tool.AR, ("--version",)),
    ],
)
def test_questions_are_answered(workspace: Workspace, tool: Tool, args: tuple[str, ...]) -> None:
    status, printed = workspace.call(tool, *args)
    assert status == 0, printed
    assert printed


def test_the_machine_is_the_targets(workspace: Workspace) -> None:
    assert workspace.call(Tool.CC, "-dumpmachine")[1].startswith("riscv64")
    printed = workspace.call(Tool.CC, "-E", "-dM", "-x", "c", "/dev/null")[1]
    assert "#define __riscv 1" in printed
    assert "__x86_64__" not in printed


def test_flags_for_the_build_machines_processor_are_left_out(workspace: Workspace) -> None:
    plan = workspace.toolchain.plan(
        Call(Tool.CC, ("-march=native", "-c", "shared.c"), str(workspace.directory)), CallSettings()
    )
    assert not any("native" in word for command in plan.commands for word in command)
    assert any("-march=native" in note for note in plan.notes)


def test_directories_of_the_build_machine_are_left_out_and_its_libraries_refused(workspace: Workspace) -> None:
    settings = CallSettings(removed_paths=("/usr/include", "/usr/lib"))
    args = ("-I/usr/include", "-L/usr/lib", "-shared", "-fPIC", "shared.c", "-lm", "-o", "module.so")
    plan = workspace.toolchain.plan(Call(Tool.CC, args, str(workspace.directory)), settings)
    assert not any(word in {"-I/usr/include", "-L/usr/lib"} for command in plan.commands for word in command)
    assert sum("build machine" in note for note in plan.notes) == 2
    status, printed = workspace.call(Tool.CC, "-shared", "shared.c", "/usr/lib/libfoo.so", settings=settings)
    assert status != 0
    assert "belongs to the build machine" in printed


def test_what_cannot_be_compiled_fails(workspace: Workspace) -> None:
    (workspace.directory / "wrong.c").write_text("int main(void) { return missing_variable; }\n")
    status, printed = workspace.call(Tool.CC, "-c", "wrong.c")
    assert status != 0
    assert "missing_variable" in printed


def test_a_module_can_be_built_for_every_target(each: Workspace) -> None:
    module = each.build(Tool.CC, "-shared", "-fPIC", "-O2", "shared.c", "-lm", "-lpthread")
    target = each.toolchain.target
    assert mismatch(module, target) is None
    assert not {"exp", "sinl", "memcpy"} & (module.exported_names | module.defined)
    versions = [need.version.split("_")[1] for need in module.versions if need.version.startswith("GLIBC_2")]
    assert all(tuple(map(int, version.split(".")[:2])) <= target.version for version in versions)


def test_the_compilers_helpers_work_on_every_target_and_stay_inside(each: Workspace) -> None:
    module = each.build(Tool.CC, "-shared", "-fPIC", "-O1", "helpers.c", output="helpers.so")
    assert module.exported_names == {"check_helpers"}
    each.build(Tool.CC, "-DPROGRAM", "-O1", "helpers.c", output="helpers")
    assert each.run("helpers") == "helpers 7\n"


def test_exceptions_and_streams_work(cxx: Workspace) -> None:
    cxx.build(Tool.CXX, "-O2", "program.cc", output="program-cc")
    assert cxx.run("program-cc") == "c++ 6\n"


@pytest.mark.parametrize("target", ["linux-riscv64", "linux-aarch64"])
def test_long_double_arithmetic_raises_exceptions(host: Host, tmp_path: Path, target: str) -> None:
    workspace = prepare_workspace(host, "zig", target, tmp_path)
    workspace.build(Tool.CC, "-O1", "exceptions.c", "-lm", output="exceptions")
    assert workspace.run("exceptions") == "11110\n"


def test_pairs_of_doubles_are_added_and_multiplied_exactly_enough(host: Host, tmp_path: Path) -> None:
    """Compare ppc64le's long double arithmetic with exact fractions, with a relative tolerance of 2^-100."""
    workspace = prepare_workspace(host, "zig", "linux-ppc64le", tmp_path)
    workspace.build(Tool.CC, "-O1", "pairs.c", "-lm", output="pairs")
    operations = {
        "add": Fraction.__add__,
        "sub": Fraction.__sub__,
        "mul": Fraction.__mul__,
        "div": Fraction.__truediv__,
    }
    checked = 0
    for line in workspace.run("pairs").splitlines():
        name, *words = line.split()
        if name not in operations:
            continue
        a, b, found = (sum(Fraction(float.fromhex(word)) for word in words[at : at + 2]) for at in (0, 2, 4))
        exact = operations[name](a, b)
        assert abs(found - exact) <= abs(exact) / 2**100 + Fraction(1, 2**1000), line
        checked += 1
    assert checked >= 8000
