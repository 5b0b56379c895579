"""The program that imports a wheel's modules on the target."""

from __future__ import annotations

import json
import runpy
import sys
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = str(files("crosswheel.testing").joinpath("import_check.py"))
MODULES = {
    "fine": "",
    "wanting": "import a_package_that_is_nowhere",
    "wrapping": """
try:
    import a_package_that_is_nowhere
except ImportError:
    raise ImportError("initialization failed") from ImportError("no functions")
""",
    "causing": """
try:
    import a_package_that_is_nowhere
except ImportError as error:
    raise ImportError("initialization failed") from error
""",
    "lacking": "import lacking.part",
    "broken": "1 / 0",
}


@pytest.mark.parametrize(
    ("names", "status", "said"),
    [
        (["fine", "wanting"], 0, "skipped wanting: it requires a_package_that_is_nowhere"),
        (["fine", "causing"], 0, "skipped causing: it requires a_package_that_is_nowhere"),
        (["wanting"], 3, "skipped wanting"),
        (["fine", "wrapping"], 1, "cannot import wrapping: ImportError: initialization failed"),
        (["fine", "lacking"], 1, "cannot import lacking: ModuleNotFoundError: No module named 'lacking.part'"),
        (["broken"], 1, "cannot import broken: ZeroDivisionError"),
    ],
)
def test_what_is_not_there_and_what_is_wrong_are_told_apart(
    names: list[str], status: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for name, text in MODULES.items():
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "argv", [PROGRAM, json.dumps(names)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(PROGRAM)
    assert ended.value.code == status
    assert said in capsys.readouterr().out
