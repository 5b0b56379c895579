"""Preparing an emcc: checked once, and the arguments of its linker cached."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host import Host, NullProgress
from crosswheel.targets import PyodideTarget
from crosswheel.targets.pyodide import abis
from crosswheel.toolchains.emcc import toolchain as module
from crosswheel.toolchains.emcc.find import InstalledEmcc
from crosswheel.toolchains.emcc.toolchain import EmccTargetToolchain, prepare_emcc
from crosswheel.toolchains.emscripten.runtime_exports import RuntimeExports
from crosswheel.toolchains.model import Call

OPTION = "-Wl,--experimental-pic"


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The linker arguments that were tries; a link succeeds if they include the text of the file `required`."""
    tries: list[tuple[str, ...]] = []
    runtime = SimpleNamespace(program=Path("p"), javascript=Path("g"), directory=Path("r"))
    monkeypatch.setattr(module, "find_runtime", lambda host, abi: runtime)
    monkeypatch.setattr(module, "runtime_exports", lambda program, glue: RuntimeExports({}, frozenset()))
    monkeypatch.setattr(module, "run_call", lambda host, toolchain, call: link(tries, toolchain, call))
    return tries


def link(tries: list[tuple[str, ...]], toolchain: EmccTargetToolchain, call: Call) -> tuple[int, str]:
    tries.append(toolchain.linker_args)
    required = (toolchain.installed.directory / "required").read_text()
    if required not in toolchain.facts.link_args:
        return 1, f"compiling\nwasm-ld: error: {required} is missing\n"
    (Path(call.directory) / "link_check.so").touch()
    return 0, ""


def prepare(tmp_path: Path, required: str) -> EmccTargetToolchain:
    sdk = tmp_path / "sdk"
    if not sdk.is_dir():
        sdk.mkdir()
        (sdk / "emscripten-version.txt").write_text("6.0.5")
        (sdk / "required").write_text(required)
    host = Host({}, tmp_path, tmp_path, None, None, NullProgress())  # type: ignore[arg-type]
    return prepare_emcc(host, InstalledEmcc(sdk, "6.0.5", Path("/python")), PyodideTarget(abis()["2025_0"]))


def test_it_is_tried_once(tmp_path: Path, tries: list[tuple[str, ...]]) -> None:
    first = prepare(tmp_path, "-Wl,--fatal-warnings")
    assert tries == [()]
    assert OPTION not in first.facts.link_args
    assert prepare(tmp_path, "-Wl,--fatal-warnings") == first
    assert tries == [()]


def test_what_a_linker_wants_is_found_out_and_kept(tmp_path: Path, tries: list[tuple[str, ...]]) -> None:
    first = prepare(tmp_path, OPTION)
    assert tries == [(), (OPTION,)]
    assert first.facts.link_args[-1] == OPTION
    assert prepare(tmp_path, OPTION) == first
    assert len(tries) == 2


def test_one_that_links_nothing_is_refused_and_nothing_is_kept(tmp_path: Path, tries: list[tuple[str, ...]]) -> None:
    with pytest.raises(EnvironmentMissingError, match=r"cannot link .*: wasm-ld: error: -Wother is missing") as caught:
        prepare(tmp_path, "-Wother")
    assert "the ABI's own version is 4.0.9" in str(caught.value)
    assert not list(tmp_path.rglob("runtime_exports.json"))
