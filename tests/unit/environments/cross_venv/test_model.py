"""The facts that the hook is given."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from crosswheel.environments.cross_venv import HOOK, CrossVenv, hook_digest, install_hook

Make = Callable[[str], CrossVenv]


@pytest.mark.parametrize(
    ("tag", "head"),
    [
        ("manylinux_2_31_riscv64", '{"pointer_size": 8, "byteorder": "little", "sys_platform": "linux"'),
        ("pyodide_2025_0_wasm32", '{"pointer_size": 4, "byteorder": "little", "sys_platform": "emscripten"'),
        ("macosx_11_0_arm64", '{"pointer_size": 8, "byteorder": "little", "sys_platform": "darwin"'),
        ("win_amd64", '{"pointer_size": 8, "byteorder": "little", "sys_platform": "win32"'),
        ("manylinux_2_31_armv7l", '{"pointer_size": 4, "byteorder": "little"'),
        ("manylinux_2_17_s390x", '{"pointer_size": 8, "byteorder": "big"'),
    ],
)
def test_the_file_begins_with_what_is_read_without_a_parser(
    cross_venv: Make, tmp_path: Path, tag: str, head: str
) -> None:
    text = cross_venv(tag).write(tmp_path / "p.json").read_text()
    assert text.startswith(head)
    assert json.loads(text) == cross_venv(tag).facts()


def test_only_constants_that_differ_are_in_the_facts(cross_venv: Make) -> None:
    """On the same system, names that one side lacks were compiled with other headers."""
    assert cross_venv("manylinux_2_31_riscv64").facts()["constants"] == {"errno": {"EAGAIN": 6}}
    assert cross_venv("pyodide_2025_0_wasm32").facts()["constants"] == {
        "errno": {"EAGAIN": 6}, "os": {"O_DIRECT": 65536},
    }  # fmt: skip


def test_a_constant_that_another_system_lacks_is_null(cross_venv: Make) -> None:
    made = cross_venv("win_amd64")
    native = {"errno": {"EPERM": 1, "EAGAIN": 11, "EADV": 68}, "os": {"O_CREAT": 64}}
    made = replace(made, build_python=replace(made.build_python, constants=native))
    assert made.facts()["constants"] == {"errno": {"EADV": None, "EAGAIN": 6}, "os": {"O_DIRECT": 65536}}


def test_overrides_and_headers_win(cross_venv: Make) -> None:
    found = cross_venv("manylinux_2_31_riscv64").facts()["config_vars"]
    assert found["CC"] == "/w/cc"
    assert found["INCLUDEPY"] == found["CONFINCLUDEPY"] == "/target/include"
    assert found["EXT_SUFFIX"] == ".cpython-313-riscv64-linux-gnu.so"


def test_musl_is_no_glibc(cross_venv: Make) -> None:
    found = cross_venv("musllinux_1_2_riscv64").facts()
    assert found["libc"] == ["musl", "1.2"]
    assert found["platform_tags"] == ["musllinux_1_2_riscv64", "musllinux_1_1_riscv64", "linux_riscv64"]
    assert found["sysconfigdata_name"] == "_sysconfigdata__linux_riscv64-linux-musl"


def test_windows_is_told_as_windows_tells_it(cross_venv: Make) -> None:
    found = cross_venv("win_amd64").facts()
    assert (found["os_name"], found["platform"], found["types"]["l"]) == ("nt", "win-amd64", [4, 4])
    assert found["linkage"] == "WindowsPE"
    assert found["sys_version_suffix"] == "64 bit (AMD64)"
    assert (found["uname"]["system"], found["uname"]["release"], found["uname"]["machine"]) == (
        "Windows",
        "10",
        "AMD64",
    )
    assert found["suffixes"] == [".cp313-win_amd64.pyd", ".pyd"]


def test_a_mac_has_a_version_of_its_own(cross_venv: Make) -> None:
    found = cross_venv("macosx_10_13_x86_64").facts()
    assert found["uname"] | {"node": "", "version": ""} == {
        "system": "Darwin", "node": "", "release": "17.0.0", "version": "", "machine": "x86_64",
    }  # fmt: skip
    assert (found["product_version"], found["platform"]) == ("10.13", "macosx-10.13-x86_64")
    assert found["linkage"] == ""
    assert cross_venv("manylinux_2_31_riscv64").facts()["product_version"] == ""


def test_nothing_of_this_machine_is_told(cross_venv: Make) -> None:
    told = cross_venv("manylinux_2_31_riscv64").facts()["uname"]
    assert told["machine"] == "riscv64"
    assert tuple(map(int, told["release"].split("."))) > (3, 2)  # programs compare it


def test_the_hook_is_installed_whole(tmp_path: Path) -> None:
    install_hook(tmp_path)
    assert (tmp_path / f"{HOOK}.pth").read_text() == f"import {HOOK}\n"
    names = {path.name for path in (tmp_path / HOOK).iterdir()}
    assert {"__init__.py", "callers.py", "platform_patches.py", "build_ext_patches.py"} <= names
    assert hook_digest() == hook_digest()


def test_where_modules_are_linked_with_python_its_directory_is_a_fact(cross_venv: Make) -> None:
    found = cross_venv("win_amd64")
    assert found.facts()["base_prefix"] == ""
    python = replace(found.python, library=Path("/target/libs/python313.lib"))
    assert replace(found, python=python).facts()["base_prefix"] == "/target"
