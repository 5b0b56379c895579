"""Which modules are changed, and that nothing happens unasked."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Hook = Callable[[str], ModuleType]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("platform", "platform_patches.patch_platform"),
        ("sysconfig", "sysconfig_patches.patch_sysconfig"),
        ("distutils.sysconfig", "sysconfig_patches.patch_distutils"),
        ("setuptools._distutils.sysconfig", "sysconfig_patches.patch_distutils"),
        ("ctypes.util", "sys_patches.patch_ctypes_util"),
        ("packaging.tags", "platform_patches.patch_tags"),
        ("setuptools._vendor.packaging.tags", "platform_patches.patch_tags"),
        ("setuptools.extern.packaging.tags", "platform_patches.patch_tags"),
        ("distutils.command.build_ext", "build_ext_patches.patch_build_ext"),
        ("setuptools._distutils.command.build_ext", "build_ext_patches.patch_build_ext"),
        ("setuptools._distutils.compilers.C.base", "build_ext_patches.patch_compiler"),
        ("setuptools.command.build_ext", "build_ext_patches.patch_suffixes"),
        ("Cython.command.build_ext", None),
        ("mypkg.platform", None),
        ("tags", None),
        ("blessed.sysconfig", None),
    ],
)
def test_changes(hook: Hook, name: str, change: str | None) -> None:
    assert hook("").patch_for(name) == change


def test_facts_are_beside_the_environment_unless_a_variable_names_others(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", "/build/env")
    assert hook("").facts_file() == "/build/config/cross-venv.json"
    monkeypatch.setenv("CROSSWHEEL_CROSS_VENV", "/other.json")
    assert hook("").facts_file() == "/other.json"


@pytest.mark.parametrize("variable", [None, ""])
def test_without_facts_nothing_changes(
    hook: Hook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str | None
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "env"))
    if variable is not None:
        (tmp_path / "config").mkdir()
        (tmp_path / "config/cross-venv.json").write_text("{}")
        monkeypatch.setenv("CROSSWHEEL_CROSS_VENV", variable)
    before = os.uname, os.confstr, list(sys.meta_path), type(sys)
    hook("").start()
    assert (os.uname, os.confstr, list(sys.meta_path), type(sys)) == before


def test_every_change_exists(hook: Hook) -> None:
    for change in hook("").PATCHES.values():
        module, function = change.split(".")
        assert callable(getattr(hook(module), function))


def test_facts_are_read_by_the_c_part_of_json_alone(hook: Hook) -> None:
    assert hook("callers")._parse('{"a": [1, "x\\u00e9", true, null, 1.5], "b": {}}') == {
        "a": [1, "xé", True, None, 1.5],
        "b": {},
    }
