"""Pyodide: modules built without Emscripten's SDK, run in the real runtime under Node.js."""

from __future__ import annotations

from pathlib import Path

import pytest

import crosswheel
from crosswheel import BuildOptions, Stage

pytestmark = pytest.mark.network

NUMBER = 10**15 + 7
FEATURES = {
    "library": "out_of_range",
    "base": "mine",
    "again": "7",
    "cast": "derived",
    "streamed": "1.5 ff true 0.25",
    "wide": NUMBER * 3 // 7 + (NUMBER << 2) % 1000003,
    "jumped": 43,
    "alive": 0,
    "global": 2,
    "called": 42,
    "precise": True,
}


def build(source: str | Path, out: Path, target: str, python: str = "3.13", **options: object):
    (result,) = crosswheel.build(
        [str(source)], targets=[target], pythons=[python], options=BuildOptions(output_directory=out, **options)
    )
    return result


@pytest.mark.parametrize(
    ("target", "python"),
    [("pyodide_2025_0_wasm32", "3.13"), ("pyodide_2024_0_wasm32", "3.12"), ("linux-riscv64", "3.13")],
)
def test_what_cxx_and_c_rest_on_works(packages: Path, tmp_path: Path, target: str, python: str) -> None:
    check = f'python -c "import features; told = features.all({NUMBER}); assert told == {FEATURES}, told"'
    result = build(packages / "features", tmp_path, target, python, test=True, test_commands=(check,))
    assert result.error is None, result.error
    assert result.stage is Stage.TESTED
