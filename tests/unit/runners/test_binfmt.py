"""Programs of a target: their first bytes, the kernel's rules, and what happens when a build starts one."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from fake_hosts import Shelf, fake_host

from crosswheel.errors import EnvironmentMissingError, UnknownPlatformError
from crosswheel.host import machine
from crosswheel.runners import programs as module
from crosswheel.runners.binfmt import HEAD, binfmt_rules, is_program_of, program_format
from crosswheel.runners.programs import TargetPrograms
from crosswheel.targets import PythonVersion, target_from_tag
from crosswheel.targets.catalogue import all_targets
from crosswheel.toolchains.model import Support


class Everything:
    def minimum_version(self, architecture: str, platform: str) -> tuple[int, int]:
        return 0, 0

    def unsupported_reason(self, architecture: str, platform: str) -> tuple[str, str]:
        raise AssertionError(architecture, platform)


TARGETS = tuple(each for each in all_targets(Everything()) if not each.components())
RISCV = target_from_tag("manylinux_2_31_riscv64")
PYODIDE = target_from_tag("pyodide_2025_0_wasm32")
MACOS = target_from_tag("macosx_11_0_arm64")


def elf(machine_number: int, *, bits: int = 64, order: str = "<", kind: int = 2, osabi: int = 0) -> bytes:
    ident = b"\x7fELF" + bytes([bits // 32, 1 if order == "<" else 2, 1, osabi]) + bytes(8)
    return (ident + struct.pack(f"{order}HHI", kind, machine_number, 1)).ljust(HEAD, b"\0")


@pytest.fixture(autouse=True)
def _x86_64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "architecture", lambda: "x86_64")


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_every_target_has_a_format(target):
    found = program_format(target)
    if target.family == "linux" and target.architecture.name == "x86_64":
        assert found is None
        return
    assert found is not None
    magic, mask = found
    assert len(magic) == len(mask) <= HEAD
    assert is_program_of(target, magic.ljust(HEAD, b"\0"))


@pytest.mark.parametrize(
    ("tag", "head"),
    [
        ("manylinux_2_31_riscv64", elf(243)),
        ("manylinux_2_31_riscv64", elf(243, kind=3)),
        ("musllinux_1_2_riscv64", elf(243, osabi=3)),
        ("manylinux_2_17_aarch64", elf(183)),
        ("manylinux_2_17_armv7l", elf(40, bits=32)),
        ("manylinux_2_17_i686", elf(3, bits=32)),
        ("manylinux_2_17_ppc64le", elf(21)),
        ("manylinux_2_17_s390x", elf(22, order=">")),
        ("manylinux_2_38_loongarch64", elf(258)),
        ("win_amd64", b"MZ\x90\0"),
        ("pyodide_2025_0_wasm32", b"\0asm\1\0\0\0"),
        ("macosx_11_0_arm64", bytes.fromhex("cffaedfe0c0000010000000002000000")),
    ],
)
def test_programs_are_recognized(tag, head):
    assert is_program_of(target_from_tag(tag), head)


@pytest.mark.parametrize(
    ("tag", "head"),
    [
        ("manylinux_2_31_riscv64", elf(62)),
        ("manylinux_2_31_riscv64", elf(243, kind=1)),  # an object file
        ("manylinux_2_31_riscv64", elf(243)[:10]),
        ("manylinux_2_17_ppc64le", elf(21, order=">")),
        ("manylinux_2_17_x86_64", elf(62)),
        ("musllinux_1_2_x86_64", elf(62)),
        ("win_amd64", b"#!"),
        ("macosx_11_0_arm64", bytes.fromhex("cffaedfe070000010000000002000000")),
        ("macosx_11_0_arm64", bytes.fromhex("cffaedfe0c0000010000000006000000")),  # a library
        ("manylinux_2_31_riscv64", b""),
    ],
)
def test_other_files_are_not(tag, head):
    assert not is_program_of(target_from_tag(tag), head)


def test_an_unknown_architecture_is_refused():
    unknown = replace(MACOS, architecture=replace(MACOS.architecture, name="ppc"))
    with pytest.raises(UnknownPlatformError, match="no architecture 'ppc' in crosswheel/runners"):
        program_format(unknown)


def test_a_rule_is_what_the_kernel_registers(tmp_path):
    (rule,) = binfmt_rules(fake_host(tmp_path, Shelf(tmp_path)), RISCV, tmp_path / "run")
    name, kind, offset, magic, mask, interpreter, flags = rule.registration().split(":")[1:]
    assert (name, kind, offset, flags) == ("crosswheel-linux-riscv64", "M", "", "P")
    assert magic == "".join(f"\\x{byte:02x}" for byte in elf(243)[:20])
    assert mask == "\\xff" * 7 + "\\x00" * 9 + "\\xfe\\xff\\xff\\xff"
    assert interpreter == str(tmp_path / "run")


def test_what_the_machine_runs_itself_needs_no_rule(tmp_path):
    host = fake_host(tmp_path, Shelf(tmp_path))
    assert binfmt_rules(host, target_from_tag("musllinux_1_2_x86_64"), tmp_path / "run") == ()


def test_without_a_runner_there_is_no_launcher(tmp_path):
    with pytest.raises(EnvironmentMissingError, match="only a Mac runs programs for macos-arm64"):
        binfmt_rules(fake_host(tmp_path, Shelf(tmp_path)), MACOS)


# Programs that a build starts


class Runner:
    def __init__(self, *, available: bool = True, broken: bool = False) -> None:
        self.available, self.broken = available, broken

    def support(self, target: object, version: object = None) -> Support:
        return Support(self.available, "" if self.available else "only a Mac runs them", "test it there")

    def program_prefix(self, target: object, argv0: str, directory: object) -> tuple[str, ...]:
        if self.broken:
            raise EnvironmentMissingError("no Debian release has its glibc")
        return ("qemu", "-0", argv0)


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> Runner:
    found = Runner()
    monkeypatch.setattr(module, "find_runner", lambda host, target, version=None: (found, found.support(target)))
    return found


@pytest.fixture
def programs(tmp_path, runner):
    (tmp_path / "generator").write_bytes(elf(243))
    (tmp_path / "own").write_bytes(elf(62))
    return TargetPrograms(fake_host(tmp_path, Shelf(tmp_path)), RISCV, PythonVersion(13), tmp_path / "shared")


def test_a_program_of_the_target_runs_by_its_runner(programs, tmp_path):
    generator = str(tmp_path / "generator")
    plan = programs.program(generator, "renamed", ("a", "b"))
    assert plan.commands == (("qemu", "-0", "renamed", generator, "a", "b"),)
    assert (plan.output, plan.status) == ("", 0)


@pytest.mark.parametrize("name", ["own", "missing", "python3"])
def test_programs_of_the_build_machine_run_as_they_are(programs, tmp_path, name):
    program = name if name == "python3" else str(tmp_path / name)
    assert programs.program(program, "", ("a",)).commands == (("/usr/bin/env", "--", program, "a"),)


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        ({"available": False}, "only a Mac runs them"),
        ({"broken": True}, "no Debian release has its glibc"),
    ],
)
def test_a_program_that_nothing_runs_is_named(programs, runner, tmp_path, faults, reason):
    vars(runner).update(faults)
    generator = str(tmp_path / "generator")
    plan = programs.program(generator, "", ())
    assert plan.commands == ()
    assert plan.status == 126
    assert plan.output == f"crosswheel: error: cannot run {generator}, a program for {RISCV}: {reason}\n"
