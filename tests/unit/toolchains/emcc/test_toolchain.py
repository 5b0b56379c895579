"""Making an emcc ready: tried once, and what its linker wants kept."""

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
def tried(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What kits wished for that were tried; one links if it has the words in the file `wanted`."""
    tries: list[tuple[str, ...]] = []
    runtime = SimpleNamespace(program=Path("p"), javascript=Path("g"), directory=Path("r"))
    monkeypatch.setattr(module, "find_runtime", lambda host, abi: runtime)
    monkeypatch.setattr(module, "runtime_exports", lambda program, glue: RuntimeExports({}, frozenset()))
    monkeypatch.setattr(module, "run_call", lambda host, kit, call: link(tries, kit, call))
    return tries


def link(tries: list[tuple[str, ...]], kit: EmccTargetToolchain, call: Call) -> tuple[int, str]:
    tries.append(kit.wishes)
    wanted = (kit.installed.directory / "wanted").read_text()
    if wanted not in kit.facts.linking:
        return 1, f"compiling\nwasm-ld: error: {wanted} is missing\n"
    (Path(call.directory) / "link_check.so").touch()
    return 0, ""


def opened(tmp_path: Path, wanted: str) -> EmccTargetToolchain:
    sdk = tmp_path / "sdk"
    if not sdk.is_dir():
        sdk.mkdir()
        (sdk / "emscripten-version.txt").write_text("6.0.5")
        (sdk / "wanted").write_text(wanted)
    host = Host({}, tmp_path, tmp_path, None, None, NullProgress())  # type: ignore[arg-type]
    return prepare_emcc(host, InstalledEmcc(sdk, "6.0.5", Path("/python")), PyodideTarget(abis()["2025_0"]))


def test_it_is_tried_once(tmp_path: Path, tried: list[tuple[str, ...]]) -> None:
    first = opened(tmp_path, "-Wl,--fatal-warnings")
    assert tried == [()]
    assert OPTION not in first.facts.linking
    assert opened(tmp_path, "-Wl,--fatal-warnings") == first
    assert tried == [()]


def test_what_a_linker_wants_is_found_out_and_kept(tmp_path: Path, tried: list[tuple[str, ...]]) -> None:
    first = opened(tmp_path, OPTION)
    assert tried == [(), (OPTION,)]
    assert first.facts.linking[-1] == OPTION
    assert opened(tmp_path, OPTION) == first
    assert len(tried) == 2


def test_one_that_links_nothing_is_refused_and_nothing_is_kept(tmp_path: Path, tried: list[tuple[str, ...]]) -> None:
    with pytest.raises(EnvironmentMissingError, match=r"cannot link .*: wasm-ld: error: -Wother is missing") as caught:
        opened(tmp_path, "-Wother")
    assert "the ABI's own version is 4.0.9" in str(caught.value)
    assert not list(tmp_path.rglob("surface.json"))
