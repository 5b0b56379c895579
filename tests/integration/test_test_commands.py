"""What the commands of a test see, and what becomes of those that cannot run."""

from __future__ import annotations

from pathlib import Path

import pytest

import crosswheel
from crosswheel import BuildOptions
from crosswheel.building.results import Stage
from crosswheel.errors import ExitStatus

SEEN = """python -c "
import os, tempfile
from pathlib import Path
home = Path(os.environ['HOME'])
assert list(home.iterdir()) == [], home
(home / 'left-behind').touch()
(Path(tempfile.gettempdir()) / 'mark').touch()
assert (home.parent / 'tmp' / 'mark').exists()
own, machine, *others = os.environ['PATH'].split(':')
assert machine == str(home.parent / 'private' / 'programs'), machine
assert own == str(home.parent / 'env' / 'bin'), own
assert others == ['/usr/bin', '/bin', '/usr/sbin', '/sbin'], others
" """


def build(packages: Path, out: Path, target: str = "native", **options: object):
    (result,) = crosswheel.build(
        [str(packages / "pure")], targets=[target], options=BuildOptions(output_directory=out, test=True, **options)
    )
    return result


def test_a_command_sees_its_environment_and_the_system_only(packages: Path, tmp_path: Path) -> None:
    result = build(packages, tmp_path, test_commands=(SEEN,), test_timeout=60.0)
    assert (result.error, result.stage) == (None, Stage.TESTED)


@pytest.mark.parametrize(
    ("command", "what", "hint"),
    [
        ("pytest --version", "`pytest --version` ", "--test-requires pytest"),
        ("python -m pytest", "No module named pytest", "--test-requires pytest"),
        ("python -c 'import pure; 1/0'", "ended with status 1: ZeroDivisionError: division by zero", "end of the log"),
    ],
)
def test_the_error_of_a_command_tells_why_and_what_next(
    packages: Path, tmp_path: Path, command: str, what: str, hint: str
) -> None:
    result = build(packages, tmp_path, test_commands=(command,))
    assert result.error is not None
    assert what in result.error.what
    assert hint in (result.error.hint or "")
    assert result.log is not None
    assert "importlib.import_module" not in result.log.read_text("utf-8")
    assert list(tmp_path.iterdir()) == []


def test_a_command_that_cannot_run_is_no_success(packages: Path, tmp_path: Path) -> None:
    """Nothing on this machine runs programs for macOS."""
    imports = build(packages, tmp_path, "macos-arm64")
    assert (imports.stage, imports.status) == (Stage.UNTESTED, ExitStatus.OK)
    command = build(packages, tmp_path, "macos-arm64", test_commands=("true",))
    assert (command.stage, command.status, command.error) == (Stage.UNTESTED, ExitStatus.UNTESTED, None)
    required = build(packages, tmp_path / "required", "macos-arm64", require_test=True)
    assert required.error is not None
    assert required.status is ExitStatus.UNTESTED
    assert not (tmp_path / "required").exists()
