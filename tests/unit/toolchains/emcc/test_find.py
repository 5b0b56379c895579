"""Finding an emcc, and the targets it supports."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from crosswheel.errors import EnvironmentMissingError, UsageError
from crosswheel.host import Host, NullProgress
from crosswheel.targets import find_target
from crosswheel.toolchains.emcc.find import find_emcc
from crosswheel.toolchains.select import find_toolchain


def host(tmp_path: Path, **variables: str) -> Host:
    return Host({"PATH": "/nowhere", **variables}, tmp_path, tmp_path, None, None, NullProgress())  # type: ignore[arg-type]


def emsdk(place: Path, version: str = '"3.1.69"\n', under: str = "upstream/emscripten") -> Path:
    directory = place / under
    directory.mkdir(parents=True)
    (directory / "emcc").touch()
    (directory / "emscripten-version.txt").write_text(version)
    return place


@pytest.mark.parametrize("under", ["upstream/emscripten", "share/emscripten", "."])
def test_it_is_found_at_a_prefix(tmp_path: Path, under: str) -> None:
    found = find_emcc(host(tmp_path), emsdk(tmp_path / "sdk", under=under)).installed
    assert found is not None
    assert found.directory == tmp_path / "sdk" / under
    assert found.version == "3.1.69"
    assert found.python == Path(sys.executable).resolve()


def test_the_prefix_comes_before_the_environment_and_that_before_the_path(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        emsdk(tmp_path / name)
    on_path = host(tmp_path, PATH=str(tmp_path / "c" / "upstream" / "emscripten"))
    both = host(tmp_path, PATH=on_path.environ["PATH"], EMSDK=str(tmp_path / "b"))
    places = [find_emcc(both, tmp_path / "a"), find_emcc(both, None), find_emcc(on_path, None)]
    assert [search.installed.directory.parts[-3] for search in places if search.installed] == ["a", "b", "c"]


def test_links_are_followed(tmp_path: Path) -> None:
    emsdk(tmp_path / "usr", under="share/emscripten")
    (tmp_path / "usr" / "bin").mkdir()
    (tmp_path / "usr" / "bin" / "emcc").symlink_to("../share/emscripten/emcc")
    found = find_emcc(host(tmp_path, PATH=str(tmp_path / "usr" / "bin")), None).installed
    assert found is not None
    assert found.directory == tmp_path / "usr" / "share" / "emscripten"


def test_an_emsdk_has_a_python_of_its_own_and_a_person_may_name_one(tmp_path: Path) -> None:
    place = emsdk(tmp_path / "sdk")
    own = place / "python" / "3.13.3_64bit" / "bin" / "python3"
    own.parent.mkdir(parents=True)
    own.touch()
    found = find_emcc(host(tmp_path), place).installed
    assert found is not None
    assert found.python == own
    found = find_emcc(host(tmp_path, EMSDK_PYTHON="/other/python"), place).installed
    assert found is not None
    assert found.python == Path("/other/python")


@pytest.mark.parametrize(
    ("version", "problem"),
    [("3.1.6", "is 3.1.6; 3.1.58 or newer is required"), ("unknown", "the version of the emcc in")],
)
def test_those_that_do_not_serve_are_refused(tmp_path: Path, version: str, problem: str) -> None:
    search = find_emcc(host(tmp_path), emsdk(tmp_path / "sdk", version))
    assert search.installed is None
    assert problem in search.problem


def test_what_is_missing_is_told_with_what_to_do(tmp_path: Path) -> None:
    for machine, prefix, where in [
        (host(tmp_path), None, "on PATH"),
        (host(tmp_path, EMSDK="/sdk"), None, "in /sdk, which EMSDK names"),
        (host(tmp_path), Path("/other"), "in /other"),
    ]:
        toolchain = find_toolchain(machine, "emcc", prefix)
        with pytest.raises(UsageError, match=f"there is no emcc {where}") as caught:
            find_target("pyodide", toolchain, native="linux-x86_64")
        assert caught.value.hint is not None
        assert "--toolchain-prefix" in caught.value.hint
        zig = find_target("pyodide", find_toolchain(machine, "zig"), native="linux-x86_64")
        assert toolchain.support(zig).available is False
        with pytest.raises(EnvironmentMissingError, match="there is no emcc"):
            toolchain.prepare(zig)
        assert toolchain.version == "not installed"


def test_it_builds_for_pyodide_only(tmp_path: Path) -> None:
    toolchain = find_toolchain(host(tmp_path), "emcc", emsdk(tmp_path / "sdk"))
    assert toolchain.version == "3.1.69"
    target = find_target("pyodide-3.13", toolchain, native="linux-x86_64")
    assert toolchain.support(target).facts["version"] == "3.1.69"
    with pytest.raises(UsageError, match="does not build for glibc on riscv64"):
        find_target("linux-riscv64", toolchain, native="linux-x86_64")
    linux = find_target("linux-riscv64", find_toolchain(host(tmp_path), "zig"), native="linux-x86_64")
    assert toolchain.support(linux).reason == "emcc does not build for Linux"
    with pytest.raises(EnvironmentMissingError, match="emcc does not build for Linux"):
        toolchain.prepare(linux)
