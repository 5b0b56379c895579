"""Targets by name."""

from __future__ import annotations

import pytest
from auditwheel.architecture import Architecture as AuditwheelArchitecture
from auditwheel.libc import Libc as AuditwheelLibc
from auditwheel.policy import WheelPolicies

from crosswheel.errors import UsageError
from crosswheel.targets import AllVersions, PythonVersion, all_targets, find_target, libcs, linux_architectures
from crosswheel.targets.catalogue import aliases


class Floors:
    def minimum_version(self, architecture: str, libc: str) -> tuple[int, int] | None:
        if architecture == "s390x":
            return None
        return (1, 2) if libc == "musl" else (2, 42) if architecture == "loongarch64" else (2, 19)

    def unsupported_reason(self, architecture: str, libc: str) -> tuple[str, str]:
        return f"no compiler for {architecture}", "install one"


@pytest.mark.parametrize(
    ("spec", "tag"),
    [
        ("linux-riscv64", "manylinux_2_31_riscv64"),
        ("linux-ppc64le", "manylinux_2_24_ppc64le"),
        ("manylinux2014_x86_64", None),
        ("manylinux_2_28_aarch64", "manylinux_2_28_aarch64"),
        ("musl-armv7l", "musllinux_1_2_armv7l"),
        ("native", "manylinux_2_24_x86_64"),
    ],
)
def test_names(spec: str, tag: str | None) -> None:
    if tag is None:
        with pytest.raises(UsageError, match=r"the oldest glibc it supports for x86_64 is 2\.19"):
            find_target(spec, Floors(), native="linux-x86_64")
    else:
        assert str(find_target(spec, Floors(), native="linux-x86_64")) == tag


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("linux-riscv46", "linux-riscv64"),
        ("manylinux_2_28_aarch46", "aarch64"),
        ("manylinux_2_29_aarch64", "manylinux_2_31"),
        ("linux-s390x", "install one"),
        ("manylinux_2_28_s390x", "install one"),
        ("manylinux_2_17_x86_64", "linux-x86_64"),
        ("linux-loongarch64", "older C library"),
        ("windows", "crosswheel targets"),
        ("windows-x64", "'win-amd64'"),
        ("Windows-ARM64", "'win-arm64'"),
        ("win64", "'win-amd64'"),
        ("darwin-aarch64", "'macos-arm64'"),
        ("linux-x86-64", "'linux-x86_64'"),
        ("linux_arm64", "'linux-aarch64'"),
        ("alpine-i386", "'musl-i686'"),
    ],
)
def test_mistakes_get_a_suggestion(spec: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_target(spec, Floors(), native="linux-x86_64")
    assert said in (caught.value.hint or "")


def test_unreachable_platforms_are_left_out() -> None:
    names = {target.alias for target in all_targets(Floors())}
    assert "linux-riscv64" in names
    assert not any("s390x" in name for name in names)


@pytest.mark.parametrize("name", list(linux_architectures()))
def test_policies_are_those_of_the_installed_auditwheel(name: str) -> None:
    glibc = WheelPolicies(libc=AuditwheelLibc.GLIBC, arch=AuditwheelArchitecture(name))
    known = {tuple(map(int, p.name.split("_")[1:3])) for p in glibc if p.name.startswith("manylinux_")}
    assert set(libcs()["glibc"].policies[name]) == known


def test_facts_of_a_32_bit_target() -> None:
    target = find_target("manylinux_2_31_armv7l", Floors(), native="linux-x86_64")
    python = PythonVersion.parse("3.13t")
    assert target.ext_suffix(python) == ".cpython-313t-arm-linux-gnueabihf.so"
    assert target.markers(python)["platform_machine"] == "armv7l"
    assert target.platform_tags()[0] == "manylinux_2_31_armv7l"
    assert "manylinux2014_armv7l" in target.platform_tags()
    assert target.libc_soname == "libc.so.6"


def test_musl_names_its_library_by_its_own_names() -> None:
    target = find_target("musl-armv7l", Floors(), native="linux-x86_64")
    assert target.libc_soname == "libc.musl-armv7.so.1"


@pytest.mark.parametrize(("text", "abi"), [("3.10", "cp310"), ("cp313t", "cp313t"), ("python3.14", "cp314")])
def test_python_versions(text: str, abi: str) -> None:
    assert PythonVersion.parse(text).abi == abi


@pytest.mark.parametrize("text", ["2.7", "3.9", "3.16", "3.12t", "four", ""])
def test_python_versions_that_are_none(text: str) -> None:
    with pytest.raises(UsageError):
        PythonVersion.parse(text)


def test_every_alias_is_a_name_by_the_oldest_version() -> None:
    for alias in aliases():
        assert find_target(alias, AllVersions(), native="linux-x86_64")
