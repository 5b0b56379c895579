"""Sources of one extension compiled side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

Hook = Callable[[str], ModuleType]


class CompilerOfDistutils:
    """The parts of distutils' compiler class that count."""

    def __init__(self, bad: tuple[str, ...] = ()) -> None:
        self.bad = bad
        self.threads: set[str] = set()
        self.seen: list[str] = []

    def compile(
        self,
        sources: list[str],
        output_dir: Any = None,
        macros: Any = None,
        include_dirs: Any = None,
        debug: Any = 0,
        extra_preargs: Any = None,
        extra_postargs: Any = None,
        depends: Any = None,
    ) -> list[str]:
        macros, objects, extra, options, build = self._setup_compile(
            output_dir, macros, include_dirs, sources, depends, extra_postargs
        )
        for name in objects:
            self._compile(name, *build[name], [], extra, options)
        return objects  # fmt: skip

    def _setup_compile(self, _out: Any, macros: Any, _inc: Any, sources: list[str], _dep: Any, extra: Any) -> Any:
        objects = [source.replace(".c", ".o") for source in sources]
        build = {name: (source, ".c") for name, source in zip(objects, sources, strict=True) if source != "fresh.c"}
        return macros, objects, extra, [], build

    def _get_cc_args(self, options: Any, _debug: Any, before: Any) -> list[str]:
        return [*options, *(before or ())]

    def _compile(self, _name: str, source: str, _ext: str, _args: Any, _extra: Any, _options: Any) -> None:
        self.threads.add(threading.current_thread().name)
        self.seen.append(source)
        if source in self.bad:
            raise RuntimeError(source)

    def spawn(self, _command: list[str]) -> None:
        pass


for function in (CompilerOfDistutils._compile, CompilerOfDistutils._setup_compile, CompilerOfDistutils.spawn):
    function.__module__ = "distutils.unixccompiler"


@pytest.fixture
def compiler(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> type[CompilerOfDistutils]:
    monkeypatch.setenv("CROSSWHEEL_JOBS", "4")
    changed = type("CCompiler", (CompilerOfDistutils,), {"compile": CompilerOfDistutils.compile})
    module = ModuleType("distutils.ccompiler")
    module.CCompiler = changed
    hook("build_ext_patches").patch_compiler(module)
    hook("build_ext_patches").patch_compiler(module)  # under its other name, setuptools._distutils.ccompiler
    return changed


def test_objects_come_in_the_order_of_sources(compiler: type[CompilerOfDistutils]) -> None:
    made = compiler()
    assert made.compile([f"{n}.c" for n in range(9)]) == [f"{n}.o" for n in range(9)]
    assert sorted(made.seen) == [f"{n}.c" for n in range(9)]
    assert all(name.startswith("crosswheel-compile") for name in made.threads)


def test_what_is_up_to_date_is_not_compiled_and_still_linked(compiler: type[CompilerOfDistutils]) -> None:
    made = compiler()
    assert made.compile(["fresh.c", "a.c"]) == ["fresh.o", "a.o"]
    assert made.seen == ["a.c"]


def test_a_source_named_twice_is_compiled_once(compiler: type[CompilerOfDistutils]) -> None:
    made = compiler()
    assert made.compile(["a.c", "a.c"]) == ["a.o", "a.o"]
    assert made.seen == ["a.c"]


def test_the_first_failure_in_order_is_raised(compiler: type[CompilerOfDistutils]) -> None:
    with pytest.raises(RuntimeError, match=r"^3\.c$"):
        compiler(bad=("7.c", "3.c")).compile([f"{n}.c" for n in range(9)])


def test_a_compiler_somebody_has_changed_is_left_alone(compiler: type[CompilerOfDistutils]) -> None:
    made = compiler()
    made._compile = made._compile  # type: ignore[method-assign]  # an instance's own
    made.compile(["a.c", "b.c"])
    assert made.threads == {threading.main_thread().name}


@pytest.mark.parametrize("jobs", ["1", "", "many"])
def test_one_job_is_one_after_the_other(
    compiler: type[CompilerOfDistutils], monkeypatch: pytest.MonkeyPatch, jobs: str
) -> None:
    monkeypatch.setenv("CROSSWHEEL_JOBS", jobs)
    made = compiler()
    made.compile(["a.c", "b.c"])
    assert made.threads == {threading.main_thread().name}
