"""The hook's modules, imported without activating the hook."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import MappingProxyType, ModuleType

import pytest
from c_types import c_values

import crosswheel.environments.cross_venv
from crosswheel.environments.cross_venv import CrossVenv
from crosswheel.pythons.model import BuildPython, TargetPython
from crosswheel.targets import PythonVersion, find_target

HOOK = "_crosswheel_cross_venv"
BUILD_PYTHON = BuildPython(
    Path("/py/bin/python3.13"), PythonVersion(13), "3.13.0", Path("/py/include/python3.13"), {"MACHDEP": "linux"},
    {"errno": {"EPERM": 1, "EAGAIN": 11, "ELINUX": 99}, "os": {"O_CREAT": 64}},
)  # fmt: skip


class AnyFloor:
    def minimum_version(self, architecture: str, libc: str) -> tuple[int, int]:
        return (2, 17) if libc == "glibc" else (1, 2)


@pytest.fixture
def cross_venv() -> Callable[[str], CrossVenv]:
    def make(tag: str) -> CrossVenv:
        target = find_target(tag, AnyFloor(), native="linux-x86_64")
        version = PythonVersion(13)
        variables = {"EXT_SUFFIX": target.ext_suffix(version), "SOABI": target.soabi(version), "prefix": "/usr"}
        python = TargetPython(
            target, version, "3.13.0", Path("/target/include"), MappingProxyType(variables), "a test",
            c_values=c_values(target, errno={"EPERM": 1, "EAGAIN": 6}, os={"O_CREAT": 64, "O_DIRECT": 65536}),
        )  # fmt: skip
        return CrossVenv(python, BUILD_PYTHON, {"CC": "/w/cc"})

    return make


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Imports a module of the hook by its short name."""
    monkeypatch.delenv("CROSSWHEEL_CROSS_VENV", raising=False)
    package = Path(crosswheel.environments.cross_venv.__file__).parent / "hook"
    monkeypatch.syspath_prepend(str(package))
    yield lambda name: importlib.import_module(f"{HOOK}.{name}" if name else HOOK)
    for name in [name for name in sys.modules if name.partition(".")[0] == HOOK]:
        del sys.modules[name]


@pytest.fixture
def armed(hook: Callable[[str], ModuleType], cross_venv: Callable[[str], CrossVenv]) -> Callable[[str], ModuleType]:
    """The same, with the facts of a 32-bit target known."""
    hook("callers")._facts.update(cross_venv("manylinux_2_31_armv7l").facts())
    return hook
