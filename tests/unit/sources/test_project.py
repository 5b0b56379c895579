"""What projects say of themselves, rightly and wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosswheel.errors import SourceError
from crosswheel.sources.project import Project, read_project

LEGACY = "setuptools.build_meta:__legacy__"


def project(tmp_path: Path, text: str) -> Project:
    (tmp_path / "pyproject.toml").write_bytes(text.encode("latin-1"))
    return read_project(tmp_path)


def test_everything_is_read(tmp_path: Path) -> None:
    text = (
        '[build-system]\nrequires = ["a>=1", "b ; extra == \'x\'"]\nbuild-backend = "own:it"\nbackend-path = ["_own"]\n'
    )
    assert project(tmp_path, text) == Project("own:it", ("_own",), ("a>=1", "b ; extra == 'x'"), None)


@pytest.mark.parametrize("text", ["", "[project]\nname = 'x'\n", "[tool.x]\n"])
def test_without_the_table_setuptools_builds(tmp_path: Path, text: str) -> None:
    assert project(tmp_path, text) == Project(LEGACY, (), ("setuptools>=40.8.0",), None)


def test_without_a_backend_setuptools_builds_with_what_is_required(tmp_path: Path) -> None:
    assert project(tmp_path, "[build-system]\nrequires = []\n") == Project(LEGACY, (), (), None)


@pytest.mark.parametrize("name", ["maturin", "setuptools-rust", "setuptools_rust", "Maturin"])
def test_rust_is_seen_however_it_is_spelled(tmp_path: Path, name: str) -> None:
    found = project(tmp_path, f'[build-system]\nrequires = ["wheel", "{name}>=1"]\n').rust
    assert found == name.lower().replace("_", "-")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[build-system]\nrequires = 'setuptools'\n", "PEP 518"),
        ("[build-system]\nrequires = 5\n", "PEP 518"),
        ("[build-system]\nrequires = [5]\n", "PEP 518"),
        ("[build-system]\nrequires = []\nbuild-backend = 5\n", "PEP 518"),
        ("[build-system]\nrequires = []\nbackend-path = '_own'\n", "PEP 518"),
        ("[build-system]\nrequires = []\nbackend-path = 5\n", "PEP 518"),
        ("[build-system]\nrequires = []\nbackend-path = [5]\n", "PEP 518"),
        ("[build-system]\nbuild-backend = 'x'\n", "no `requires`"),
        ("build-system = 3\n", "no `requires`"),
        ("[[build-system]]\nrequires = []\n", "no `requires`"),
        ("[build-system]\nrequires = ['not valid!']\n", "invalid build requirement 'not valid!'"),
        ("[build-system\n", "invalid TOML"),
        ("a = '\xff'\n", "invalid TOML"),
    ],
)
def test_mistakes_are_told_with_the_file(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SourceError, match=said) as caught:
        project(tmp_path, text)
    assert caught.value.where == str(tmp_path / "pyproject.toml")


def test_a_directory_without_a_project_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        read_project(tmp_path)
    assert caught.value.where == str(tmp_path)


@pytest.mark.parametrize(
    ("text", "external"),
    [
        ("[external]\nhost-requires = ['dep:generic/zlib']\n", ("dep:generic/zlib",)),
        ("[external]\nbuild-requires = ['dep:virtual/compiler/c']\n", ()),
        ("[external]\nhost-requires = 'zlib'\n", ()),
        ("external = 3\n", ()),
    ],
)
def test_what_the_target_must_have(tmp_path: Path, text: str, external: tuple[str, ...]) -> None:
    assert project(tmp_path, text).external == external


@pytest.mark.parametrize(
    ("listed", "tools"),
    [
        ("['dep:generic/bison@>=3.2', 'dep:virtual/compiler/c', 'dep:generic/cmake']", ("bison", "cmake")),
        ("['dep:generic/yacc']", ("bison",)),
        ("'bison'", ()),
    ],
)
def test_programs_of_the_build_machine(tmp_path: Path, listed: str, tools: tuple[str, ...]) -> None:
    assert project(tmp_path, f"[external]\nbuild-requires = {listed}\n").build_tools == tools
