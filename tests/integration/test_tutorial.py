"""docs/tutorial.md runs as written, command by command, in an empty directory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"
BLOCK = re.compile(r"^(<!-- setup: .*? -->\n)?```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""A block of commands, and the mark of one that installs crosswheel itself."""


def blocks() -> list[str]:
    return [commands for setup, commands in BLOCK.findall(TUTORIAL.read_text("utf-8")) if not setup]


def test_it_begins_by_fetching_its_sample() -> None:
    assert "pip download" in blocks()[1]
    assert len(blocks()) == TUTORIAL.read_text("utf-8").count("```sh") - 1  # all but the installation


@pytest.mark.network
def test_every_command_runs_in_an_empty_directory(tmp_path: Path) -> None:
    """In one shell, as a reader has it; a failing command ends it and its block is named."""
    programs = Path(sys.executable).parent
    script = "".join(
        f"printf '%s\\n' 'block {number}' >&2\n{commands}" for number, commands in enumerate(blocks(), start=1)
    )
    ended = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert ended.returncode == 0, f"{ended.stdout[-3000:]}\n{ended.stderr[-5000:]}"
    (wheel,) = (tmp_path / "dist").glob("markupsafe-3.0.3-cp313-cp313-manylinux_2_31_riscv64.whl")
    assert wheel.is_file()
    assert (tmp_path / "installed" / "markupsafe" / "__init__.py").is_file()
    results = re.findall(r"^markupsafe-3\.0\.3\S* +\S+ +3\.13 +(\w+)", ended.stdout, re.MULTILINE)
    assert results.count("tested") >= 4, ended.stdout
    assert "failed" not in results
