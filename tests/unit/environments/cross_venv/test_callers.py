"""Who is told what."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Hook = Callable[[str], ModuleType]


@pytest.mark.parametrize(
    ("argv", "program"),
    [
        (["python", "-m", "pip", "install", "x"], "pip"),
        (["python", "-mpip"], "pip"),
        (["python", "-Im", "venv", "d"], "venv"),
        (["python", "-W", "ignore", "-X", "utf8", "-m", "ensurepip.__main__"], "ensurepip"),
        (["python", "/env/bin/pip3.13", "install"], "pip"),
        (["python", "setup.py", "-m", "pip"], "setup"),
        (["python", "-c", "import pip", "-m", "pip"], "import pip"),
        (["python", "-Ic", "print()"], "print()"),
        (["python", "-"], ""),
        (["python"], ""),
    ],
)
def test_what_a_command_line_starts(hook: Hook, argv: list[str], program: str) -> None:
    assert hook("callers").started_program(argv) == program


@pytest.mark.parametrize(
    ("caller", "target"),
    [
        ("mesonpy._tags", True),
        ("setuptools.command.bdist_wheel", True),
        ("some_backend", True),
        ("__main__", True),
        ("distutils.util", True),
        ("numpy.distutils.misc_util", True),
        ("numpy", False),
        ("numpy._core.overrides", False),
        ("mesonbuild.envconfig", False),
        ("pip._vendor.packaging.tags", False),
        ("pkg_resources", False),
        ("ctypes.util", False),
        ("multiprocessing.context", False),
        ("pipeline_of_mine", True),
    ],
)
def test_the_machine(armed: Hook, caller: str, target: bool) -> None:
    assert armed("callers")._is_cross_module(caller) is target


@pytest.mark.parametrize(
    ("caller", "file", "target"),
    [
        ("mesonpy._tags", "/e/lib/python3.13/site-packages/mesonpy/_tags.py", True),
        ("wheel.vendored.packaging.tags", "/e/site-packages/wheel/vendored/packaging/tags.py", True),
        ("other._vendor.packaging.tags", "/e/lib/python3.13/site-packages/other/_vendor/packaging/tags.py", True),
        ("pip._vendor.packaging.tags", "/e/lib/python3.13/site-packages/pip/_vendor/packaging/tags.py", False),
        ("__main__", "setup.py", True),
        ("__main__", "", True),
        ("build_helpers", "/src/pkg/build_helpers.py", True),
        ("mesonbuild.envconfig", "/src/numpy/vendored-meson/meson/mesonbuild/envconfig.py", False),
        ("Cython.Compiler.Main", "/e/lib/python3.13/site-packages/Cython/Compiler/Main.py", False),
        ("debian_thing", "/usr/lib/python3/dist-packages/debian_thing.py", False),
        ("array_user", str(Path(os.__file__).with_name("array_user.py")), False),
        ("ctypes", os.__file__, False),
        ("random", "random.py", False),
    ],
)
def test_numbers(armed: Hook, caller: str, file: str, target: bool) -> None:
    assert armed("callers")._is_cross_module_of_sizes(caller, file) is target


def test_questions_are_passed_on_by_platform_and_packaging(armed: Hook) -> None:
    asking = armed("callers")
    for outermost, told in (("numpy", False), ("a_backend", True)):
        passed: dict[str, object] = {"__name__": "packaging.tags", "is_cross_caller": asking.is_cross_caller}
        exec("def ask():\n    return is_cross_caller()", passed)
        caller: dict[str, object] = {"__name__": outermost, "ask": passed["ask"]}
        exec("answer = ask()", caller)
        assert caller["answer"] is told


def test_a_project_finds_no_library_of_this_machine(armed: Hook) -> None:
    module = ModuleType("ctypes.util")
    module.__dict__["find_library"] = lambda name: f"lib{name}.so"
    armed("sys_patches").patch_ctypes_util(module)

    def found(caller: str, file: str) -> object:
        scope = {"__name__": caller, "__file__": file, "find_library": module.__dict__["find_library"]}
        exec("found = find_library('z')", scope)
        return scope["found"]

    assert found("setup", "/source/setup.py") is None
    assert found("numpy.x", "/e/lib/python3.13/site-packages/numpy/x.py") == "libz.so"


@pytest.mark.parametrize(
    "argv",
    [
        ["python", "-m", "pip"],
        ["python", "/env/lib/python3.13/site-packages/pip/__pip-runner__.py", "install", "x"],
        ["python", "-I", "-B", "-c", "import sys; from python.get_interpreter_info import main; main()"],
    ],
)
def test_a_process_that_is_always_native(armed: Hook, monkeypatch: pytest.MonkeyPatch, argv: list[str]) -> None:
    monkeypatch.setattr(sys, "orig_argv", argv)
    scope: dict[str, object] = {"__name__": "a_backend", "is_cross_caller": armed("callers").is_cross_caller}
    exec("answer = is_cross_caller()", scope)
    assert scope["answer"] is False


def test_scripts_that_describe_the_target(armed: Hook) -> None:
    describes = armed("callers")._describes_target
    assert describes("/e/lib/python3.13/site-packages/mesonbuild/scripts/python_info.py")
    assert not describes("/e/lib/python3.13/site-packages/mesonbuild/environment.py")
    assert not describes("/src/python_info.py")
