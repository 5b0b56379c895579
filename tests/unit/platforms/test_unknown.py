"""A family that is not known, and a target of a class that is not expected, are refused everywhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from fake_hosts import NoDownloads, fake_host

from crosswheel.build_systems.autotools import configure
from crosswheel.cross_requirements.comparison import platform_traits
from crosswheel.errors import UnknownPlatformError
from crosswheel.object_files.elf import Elf
from crosswheel.object_files.mismatch import elf_mismatch, macho_mismatch, mismatch, pe_mismatch, wasm_mismatch
from crosswheel.object_files.wasm import Wasm
from crosswheel.platforms import PLATFORMS, load, platform_of
from crosswheel.pythons.model import BuildPython
from crosswheel.pythons.providers import find_provider
from crosswheel.pythons.pyconfig import Macro
from crosswheel.pythons.pyconfig_checks import check_for, check_table
from crosswheel.runners import find_runner
from crosswheel.targets import PythonVersion, target_from_tag
from crosswheel.targets.selection import Selection, archs_allow
from crosswheel.toolchains.emcc.toolchain import EmccToolchain
from crosswheel.toolchains.gcc.toolchain import GccToolchain
from crosswheel.toolchains.model import target_support
from crosswheel.toolchains.zig.base import ZigTargetToolchainWithCxx
from crosswheel.toolchains.zig.runtime import runtime_libraries
from crosswheel.toolchains.zig.toolchain import ZigToolchain
from crosswheel.wheels.audit.machine import machine
from crosswheel.wheels.repair import repair_wheel

ELF = Elf(
    machine="EM_X86_64", bits=64, endian="little", flags=0, kind="ET_DYN", soname=None, needed=(), run_paths=(),
    versions=(), undefined=(), exported=(), defined=frozenset(), hard_float=None, executable_stack=False,
    text_relocations=False,
)  # fmt: skip
PYTHON = PythonVersion(13)
SOURCE = Path("there-is-no-such-file")
BY_FAMILY = {
    "the family": lambda host, target: platform_of(target),
    "compiled files": lambda host, target: mismatch(ELF, target),
    "the audit's check of the machine": lambda host, target: list(
        machine(SimpleNamespace(single_architecture_files=frozenset(), modules={"m.so": ELF}, targets=(target,)))
    ),
    "the target's Python": lambda host, target: find_provider(host, target, None),
    "an unpacked Python": lambda host, target: find_provider(host, target, SOURCE),
    "runners": find_runner,
    "repair": lambda host, target: repair_wheel(host, SOURCE, target, SOURCE, 0),
    "traits": lambda host, target: platform_traits(target),
    "zig": lambda host, target: ZigToolchain(host).support(target),
    "zig, all parts": lambda host, target: target_support(ZigToolchain(host), target),
    "zig, made ready": lambda host, target: ZigToolchain(host).prepare(target),
    "gcc": lambda host, target: GccToolchain(host).support(target),
    "gcc, made ready": lambda host, target: GccToolchain(host).prepare(target),
    "emcc": lambda host, target: EmccToolchain(host).support(target),
    "emcc, made ready": lambda host, target: EmccToolchain(host).prepare(target),
    "the C++ runtime": lambda host, target: ZigTargetToolchainWithCxx.runtime_libraries.fget(
        SimpleNamespace(target=target)
    ),
}
BY_SYSTEM = {
    "config.site": lambda host, target: configure(SimpleNamespace(target=target), ""),
    "probing tables": lambda host, target: check_table(target.system.name),
    "checks of macros": lambda host, target: check_for(Macro("HAVE_FORK", "1", ""), target.system.name),
    "sources of the C++ runtime": lambda host, target: runtime_libraries()[0].files(SOURCE, target.system.name),
    "architectures": lambda host, target: archs_allow((), target.unversioned_tag, "x86_64"),
    "selection": lambda host, target: Selection().select_from([(target, PYTHON)], machine="x86_64"),
}


@pytest.fixture
def host(tmp_path):
    return fake_host(tmp_path, NoDownloads())


@pytest.mark.parametrize("seam", [*BY_FAMILY, *BY_SYSTEM])
def test_a_family_that_is_not_known_is_refused_by_name(seam, host, plan9):
    with pytest.raises(UnknownPlatformError, match="plan9"):
        (BY_FAMILY | BY_SYSTEM)[seam](host, plan9)


def test_the_error_says_which_table_lacks_it(plan9):
    with pytest.raises(UnknownPlatformError) as caught:
        platform_of(plan9)
    assert str(caught.value) == (
        "no family 'plan9' in crosswheel.platforms\n  next:  known are linux, macos, windows, pyodide"
    )


@pytest.mark.parametrize("seam", BY_FAMILY)
def test_a_target_of_another_class_than_its_family_s_is_refused(seam, host, impostor):
    with pytest.raises(UnknownPlatformError, match="is for LinuxTarget; linux_4_riscv64 of family 'linux' is a Copied"):
        BY_FAMILY[seam](host, impostor)


@pytest.mark.parametrize("tag", ["macosx_11_0_arm64", "win_amd64", "pyodide_2025_0_wasm32"])
def test_code_of_one_family_refuses_targets_of_another(tag, host):
    target = target_from_tag(tag)
    with pytest.raises(UnknownPlatformError, match=f"is for LinuxTarget; {tag}"):
        elf_mismatch(ELF, target)
    with pytest.raises(UnknownPlatformError, match=f"is for LinuxTarget; {tag}"):
        load(PLATFORMS["linux"].repairer)(host, {}, SOURCE, target)
    for toolchain in (ZigToolchain(host), GccToolchain(host)):
        with pytest.raises(UnknownPlatformError, match=f"is for LinuxTarget; {tag}"):
            load(PLATFORMS["linux"].toolchains[toolchain.name])(toolchain, target)


@pytest.mark.parametrize("family", ["macos", "windows", "pyodide"])
def test_code_of_other_families_refuses_linux(family, host):
    target = target_from_tag("manylinux_2_31_riscv64")
    platform = PLATFORMS[family]
    calls = [
        lambda: load(platform.mismatch)(ELF, target),
        lambda: load(platform.toolchains["zig"])(ZigToolchain(host), target),
        lambda: load(platform.repairer)(host, {}, SOURCE, target),
    ]
    for call in calls:
        with pytest.raises(UnknownPlatformError, match=r"Target; manylinux_2_31_riscv64 of family 'linux'"):
            call()


def test_the_python_of_a_runtime_is_for_pyodide_only(host):
    target = target_from_tag("manylinux_2_31_riscv64")
    python = BuildPython(SOURCE, PYTHON, "3.13.0", SOURCE, {})
    with pytest.raises(UnknownPlatformError, match="is for PyodideTarget; manylinux_2_31_riscv64"):
        load(PLATFORMS["pyodide"].python_provider)(host).target_python(target, python, None)


def test_files_of_another_format_are_never_compared():
    wasm = Wasm((), (), (), side_module=True)
    for compare, binary, tag in (
        (elf_mismatch, wasm, "manylinux_2_31_riscv64"),
        (pe_mismatch, wasm, "win_amd64"),
        (macho_mismatch, wasm, "macosx_11_0_arm64"),
        (wasm_mismatch, ELF, "pyodide_2025_0_wasm32"),
    ):
        with pytest.raises(UnknownPlatformError, match=f"cannot compare a file in .* format with {tag}"):
            compare(binary, target_from_tag(tag))


def test_a_file_for_another_processor_does_not_fit_a_made_up_architecture(arm64x):
    assert mismatch(ELF, arm64x) == "for X86_64"
    assert mismatch(replace(ELF, machine="EM_AARCH64"), arm64x) is None


def test_an_architecture_that_is_in_no_table_is_refused(arm64x, host):
    assert ZigToolchain(host).support(arm64x).available is False
    assert ZigToolchain(host).support(arm64x).reason.endswith(" has no arm64x")
    assert ZigToolchain(host).minimum_version("arm64x", "glibc") is None
    with pytest.raises(UnknownPlatformError, match="manylinux_arm64x"):
        archs_allow((), arm64x.unversioned_tag, "x86_64")


@pytest.mark.parametrize("platform", ["plan9", "linux", ""])
def test_zig_reaches_no_version_of_what_it_does_not_know(platform, host):
    assert ZigToolchain(host).minimum_version("x86_64", platform) is None


@pytest.mark.parametrize("reference", ["crosswheel.no_such_module:x", "crosswheel.errors:NoSuchName", "crosswheel"])
def test_a_reference_to_nothing_is_an_error(reference):
    with pytest.raises(UnknownPlatformError, match=f"no object {reference}: "):
        load(reference)
