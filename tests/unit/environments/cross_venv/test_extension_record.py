"""The record of declared extensions, whatever a project does with its build_ext."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from crosswheel.environments.build_log import read_declared

Hook = Callable[[str], ModuleType]


@dataclass
class Extension:
    name: str
    sources: list[str]
    optional: bool = False


class BuildExt:
    """The parts of distutils' command that count."""

    def __init__(self, extensions: list[Any], package: str | None = None) -> None:
        self.distribution = SimpleNamespace(ext_modules=extensions)
        self.package, self.parallel, self.built = package, None, []
        self.extensions: list[Any] | None = None

    def finalize_options(self) -> None:
        self.extensions = self.distribution.ext_modules

    def run(self) -> None:
        self.build_extensions()

    def build_extensions(self) -> None:
        for extension in self.extensions or ():
            self.build_extension(extension)

    def build_extension(self, ext: Extension) -> None:
        if "bad.c" in ext.sources:
            raise RuntimeError("it does not compile")
        self.built.append(ext.name)

    def get_ext_fullpath(self, name: str) -> str:
        return name

    def get_ext_filename(self, name: str) -> str:
        return name

    def swig_sources(self, sources: list[str], _ext: Extension) -> list[str]:
        return sources


@dataclass
class Recorded:
    command: type[BuildExt]
    path: Path = field(default_factory=Path)


@pytest.fixture
def recorded(hook: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    monkeypatch.setenv("CROSSWHEEL_DECLARED", str(tmp_path / "declared.jsonl"))
    monkeypatch.setenv("CROSSWHEEL_JOBS", "4")
    names = {name: value for name, value in vars(BuildExt).items() if callable(value)}
    for function in names.values():
        function.__module__ = "distutils.command.build_ext"
    changed = type("build_ext", (BuildExt,), names)
    module = ModuleType("distutils.command.build_ext")
    module.build_ext = changed
    hook("build_ext_patches").patch_build_ext(module)
    return Recorded(changed, tmp_path / "declared.jsonl")


def go(command: BuildExt) -> None:
    command.finalize_options()
    command.run()


def test_declared_once_with_the_package(recorded: Recorded) -> None:
    go(recorded.command([Extension("_a", ["a.c"]), Extension("_b", ["b.c"], optional=True)], package="pkg"))
    found = read_declared(recorded.path)
    assert found.names == {"pkg._a", "pkg._b"}
    assert found.optional == {"pkg._b"}
    assert len(recorded.path.read_text().splitlines()) == 2


def test_a_failure_is_recorded_and_raised(recorded: Recorded) -> None:
    with pytest.raises(RuntimeError):
        go(recorded.command([Extension("_a", ["bad.c"])]))
    assert read_declared(recorded.path).failures == {"_a": "RuntimeError: it does not compile"}


def test_declared_though_the_project_runs_nothing(recorded: Recorded) -> None:
    class Never(recorded.command):  # type: ignore[name-defined,misc]
        def run(self) -> None:
            """As PyYAML without libyaml."""

    go(Never([Extension("yaml._yaml", ["y.pyx"])]))
    assert read_declared(recorded.path).names == {"yaml._yaml"}


def test_declared_though_later_taken_away(recorded: Recorded) -> None:
    command = recorded.command([Extension("_a", ["a.c"])])
    command.finalize_options()
    command.extensions = command.distribution.ext_modules = []
    command.run()
    assert read_declared(recorded.path).names == {"_a"}


def test_declared_late(recorded: Recorded) -> None:
    command = recorded.command([])
    command.finalize_options()
    command.extensions = [Extension("_late", ["a.c"])]
    command.run()
    assert read_declared(recorded.path).names == {"_late"}


def test_old_pairs_and_shared_libraries(recorded: Recorded) -> None:
    library = type("Library", (Extension,), {"__module__": "setuptools.extension"})
    command = recorded.command([("_old", {"sources": ["a.c"]}), library("helper", ["h.c"])])
    command.finalize_options()
    assert "_old" in recorded.path.read_text()
    assert "helper" not in recorded.path.read_text()


def test_no_record_is_wanted(recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CROSSWHEEL_DECLARED")
    go(recorded.command([Extension("_a", ["a.c"])]))
    assert not recorded.path.exists()


@pytest.mark.parametrize(
    ("extensions", "parallel"),
    [
        ([Extension("_a", ["a.c"]), Extension("_b", ["b.cpp"])], 4),
        ([Extension("_a", ["a.c"])], None),
        ([Extension("_a", ["a.c", "common.c"]), Extension("_b", ["b.c", "common.c"])], None),
        ([Extension("_a", ["x.c"]), Extension("_b", ["x.cpp"])], None),
        ([Extension("_a", ["a.pyx"]), Extension("_b", ["b.pyx"])], None),
    ],
)
def test_side_by_side_only_where_nobody_notices(
    recorded: Recorded, extensions: list[Extension], parallel: int | None
) -> None:
    command = recorded.command(extensions)
    go(command)
    assert command.parallel == parallel
    assert command.built == [extension.name for extension in extensions]


def test_a_project_that_builds_its_own_way_is_left_alone(recorded: Recorded) -> None:
    class Own(recorded.command):  # type: ignore[name-defined,misc]
        def build_extension(self, ext: Extension) -> None:
            super().build_extension(ext)

    command = Own([Extension("_a", ["a.c"]), Extension("_b", ["b.c"])])
    go(command)
    assert command.parallel is None
