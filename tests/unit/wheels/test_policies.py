"""What platform tags allow, looked up in auditwheel's own tables."""

from __future__ import annotations

import pytest
from auditwheel.architecture import Architecture
from auditwheel.libc import Libc
from auditwheel.policy import WheelPolicies

from crosswheel.targets import libcs, linux_architectures
from crosswheel.wheels.policies import Policy, policy_for

TAGS = [
    (f"manylinux_{major}_{minor}_{architecture}", architecture)
    for architecture, versions in libcs()["glibc"].policies.items()
    for major, minor in versions
]


def allowed(tag: str) -> Policy:
    policy = policy_for(tag)
    assert policy is not None
    return policy


@pytest.mark.parametrize(("tag", "architecture"), TAGS)
def test_a_policy_is_auditwheels(tag: str, architecture: str) -> None:
    theirs = WheelPolicies(libc=Libc.GLIBC, arch=Architecture(architecture)).get_policy_by_name(tag)
    ours = allowed(tag)
    assert ours.libraries == theirs.whitelist
    versions = {f"{prefix}_{version}" for prefix, all_ in theirs.symbol_versions.items() for version in all_}
    assert {version for group in ours.versions.values() for version in group} == versions


def test_every_architecture_was_looked_up() -> None:
    assert {architecture for _, architecture in TAGS} == set(linux_architectures())


@pytest.mark.parametrize(
    ("tag", "same"),
    [
        ("manylinux_2_29_x86_64", "manylinux_2_28_x86_64"),
        ("manylinux2014_aarch64", "manylinux_2_17_aarch64"),
        ("manylinux_2_999_riscv64", None),
        ("musllinux_1_1_x86_64", "musllinux_1_1_x86_64"),
    ],
)
def test_between_two_policies_the_lower_one_holds(tag: str, same: str | None) -> None:
    if same is None:
        newest = [other for other, architecture in TAGS if tag.endswith(architecture)][-1]
        assert policy_for(tag) == allowed(newest)
    else:
        assert policy_for(tag) == allowed(same)


@pytest.mark.parametrize("tag", ["manylinux_2_4_x86_64", "any", "win_amd64", "macosx_11_0_arm64", "linux_x86_64", ""])
def test_other_tags_have_no_policy(tag: str) -> None:
    assert policy_for(tag) is None


def test_pyodide_has_no_policy() -> None:
    assert policy_for("pyodide_2025_0_wasm32") is None


def test_a_newer_policy_allows_more_symbols() -> None:
    older, newer = allowed("manylinux_2_17_x86_64"), allowed("manylinux_2_28_x86_64")
    assert "GLIBC_2.17" in older.versions["GLIBC"]
    assert "GLIBC_2.18" not in older.versions["GLIBC"]
    assert older.versions["GLIBC"] < newer.versions["GLIBC"]


def test_musl_has_other_libraries_than_glibc() -> None:
    glibc, musl = allowed("manylinux_2_28_x86_64"), allowed("musllinux_1_2_x86_64")
    assert glibc.allows_library("libc.so.6")
    assert not musl.allows_library("libc.so.6")
    assert musl.allows_library("libc.musl-x86_64.so.1") or musl.allows_library("libc.so")
    assert not musl.versions


@pytest.mark.parametrize(
    ("library", "promised"),
    [
        ("ld-linux-x86-64.so.2", True),
        ("ld-linux-riscv64-lp64d.so.1", True),
        ("ld64.so.2", True),
        ("ld.so.1", True),
        ("ld-musl-aarch64.so.1", True),
        ("ld-linux-x86-64.so.2.old", False),
        ("libld-linux.so.2", False),
        ("ldXso.1", False),
        ("own.so", True),
        ("other.so", False),
    ],
)
def test_the_loader_is_everywhere(library: str, promised: bool) -> None:
    assert Policy(frozenset({"own.so"}), {}, {}).allows_library(library) is promised
