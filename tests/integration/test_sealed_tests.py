"""What the programs of a test see and can do: sealed, unsealed, and where namespaces are forbidden."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import crosswheel
from crosswheel import BuildOptions, Stage, api
from crosswheel.building.results import WheelResult
from crosswheel.errors import EnvironmentMissingError, ExitStatus
from crosswheel.host import Host
from crosswheel.sealing import Network
from crosswheel.testing import TestOutcome

pytestmark = pytest.mark.network
FORBID = 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"'


def build(source: Path, out: Path, target: str = "linux-riscv64", **options: Any) -> WheelResult:
    (result,) = crosswheel.build(
        [str(source)],
        targets=[target],
        pythons=["3.13"],
        options=BuildOptions(output_directory=out, test=True, **options),
    )
    return result


def attempts(places: list[Path], secret: Path) -> tuple[str, ...]:
    """Return a command that fails if it writes to a directory, and one that fails if it reads a file."""
    writes = " || ".join(f"touch {place}/crosswheel-probe 2>/dev/null" for place in places)
    return f"if {writes}; then exit 1; fi", f"! cat {secret} 2>/dev/null"


@pytest.mark.parametrize("target", ["native", "linux-riscv64", "pyodide", "win-amd64"])
def test_a_test_command_writes_and_reads_nothing_of_the_machine(
    sealed_host: Host, packages: Path, tmp_path: Path, target: str
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    places = [Path("/"), Path("/usr"), Path("/etc"), sealed_host.cache, Path.home(), tmp_path]
    commands = (
        *attempts(places, secret),
        'test "$(id -u)" = 1000 && touch "$HOME/written" "$TMPDIR/written"',
        f'test -z "$(find {Path.home()} -maxdepth 1 -type f)"',
        "python -c 'import plain'",
    )
    result = build(packages / "plain", tmp_path / "dist", target, test_commands=commands)
    assert (result.error, result.stage) == (None, Stage.TESTED), result.remark
    assert not [place for place in places if (place / "crosswheel-probe").exists()]


def test_installed_files_are_not_those_of_the_cache(sealed_host: Host, packages: Path, tmp_path: Path) -> None:
    """A test that changes an installed package changes it for itself only."""
    change = "python -c \"import six; open(six.__file__, 'a').write('changed = 1')\""
    unchanged = "python -c 'import six; assert not hasattr(six, \"changed\")'"
    for command in (change, unchanged):
        result = build(packages / "pure", tmp_path, "native", test_requires=("six",), test_commands=(command,))
        assert (result.error, result.stage) == (None, Stage.TESTED), result.remark


def test_the_machine_is_that_of_the_target(sealed_host: Host, packages: Path, tmp_path: Path) -> None:
    commands = (
        'test "$(uname -m)" = riscv64 && test "$(/usr/bin/uname -m)" = riscv64',
        "grep -q '^isa' /proc/cpuinfo && ! grep -q GenuineIntel /proc/cpuinfo",
        "test -f {project}/pyproject.toml && touch {project}/written",
        'cat "$SHARED/answer.txt" && ! touch "$SHARED/x"',
    )
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "answer.txt").write_text("42")
    options = {"environment": {"SHARED": str(shared)}, "test_commands": commands}
    result = build(packages / "plain", tmp_path / "dist", **options)
    assert (result.error, result.stage) == (None, Stage.TESTED), result.remark
    assert not (packages / "plain" / "written").exists()


def test_the_network_is_taken_away_from_tests_too(sealed_host: Host, packages: Path, tmp_path: Path) -> None:
    command = "python -c \"import socket; socket.getaddrinfo('crosswheel.example', 80)\""
    result = build(packages / "pure", tmp_path, "native", network=False, test_commands=(command,))
    assert result.error is not None
    assert "needs the network, which it may not use" in result.error.what
    assert "--network" in (result.error.hint or "")


def test_a_wheel_is_tested_sealed_by_itself(sealed_host: Host, packages: Path, tmp_path: Path) -> None:
    wheel = build(packages / "plain", tmp_path / "dist").wheel
    assert wheel is not None
    project = tmp_path / "project"
    project.mkdir()
    (project / "data").write_text("")
    secret = tmp_path / "secret"
    secret.write_text("secret")
    commands = (
        *attempts([project, Path.home()], secret),
        "test -f {package}/data",
        "test -f {wheel}",
    )
    (result,) = api.test([wheel], commands=commands, project=project, host=sealed_host)
    assert (result.outcome, result.reason) == (TestOutcome.PASSED, "")
    assert (result.seal.sealed, result.as_json()["network"]) == (True, Network.UNUSED.value)
    written = f"touch {project}/written"
    (unsealed,) = api.test([wheel], commands=(written,), project=project, unsealed=True, host=sealed_host)
    assert (unsealed.outcome, unsealed.reason) == (TestOutcome.PASSED, "")
    assert (unsealed.seal.sealed, unsealed.seal.reason) == (False, "--unsealed")
    assert (project / "written").exists()


PYPROJECT = """
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "contained"
version = "1.0"
[tool.cibuildwheel]
test-command = "touch @PLACE@/installed || echo refused; python -c 'import contained'"
"""


def test_commands_for_a_container_never_run_unsealed(sealed_host: Host, tmp_path: Path) -> None:
    """In a user namespace whose root allows no more of them, as some machines do for all users."""
    source = tmp_path / "contained"
    source.mkdir()
    (source / "pyproject.toml").write_text(PYPROJECT.replace("@PLACE@", str(tmp_path)))
    (source / "contained.py").write_text("")
    arguments = ("--test", "--output-dir", str(tmp_path / "dist"), "--rebuild", "--json")
    command = (sys.executable, "-m", "crosswheel", "build", str(source), *arguments)

    def run(*prefix: str, options: tuple[str, ...] = ()) -> tuple[int, dict[str, Any]]:
        process = sealed_host.run(*prefix, *command, *options, cwd=tmp_path)
        (result,) = json.loads(process.stdout)["results"]
        return process.status, result

    forbidden = ("unshare", "-Ur", "sh", "-c", FORBID, "sh")
    status, result = run(*forbidden)
    assert (status, result["stage"]) == (ExitStatus.UNTESTED, Stage.UNTESTED.value)
    assert "from [tool.cibuildwheel]" in result["remark"]
    assert not (tmp_path / "installed").exists()
    status, result = run()
    assert (status, result["stage"], result["sealed"]) == (ExitStatus.OK, Stage.TESTED.value, True)
    assert not (tmp_path / "installed").exists()
    status, result = run(*forbidden, options=("--unsealed",))
    assert (status, result["stage"]) == (ExitStatus.OK, Stage.TESTED.value)
    assert (tmp_path / "installed").exists()


def test_the_network_can_be_taken_away_from_a_test_by_itself(sealed_host: Host, packages: Path, tmp_path: Path) -> None:
    built = build(packages / "plain", tmp_path / "dist", rebuild=True)
    assert built.test_seal is not None
    assert built.as_json()["test"] == {"sealed": True, "unsealed_reason": "", "network": "unused"}
    command = "python -c \"import socket; socket.getaddrinfo('crosswheel.example', 80)\""
    (result,) = api.test([built.wheel], commands=(command,), network=False, host=sealed_host)
    assert (result.outcome, result.as_json()["network"]) == (TestOutcome.FAILED, "forbidden")
    assert "needs the network, which it may not use" in result.reason
    with pytest.raises(EnvironmentMissingError, match="only be taken away from sealed tests"):
        api.test([built.wheel], network=False, unsealed=True, host=sealed_host)


@pytest.mark.parametrize("command", ["sudo apt-get install -y libfoo", "apt-get update"])
def test_commands_that_install_packages_of_the_system_are_no_test(
    sealed_host: Host, packages: Path, tmp_path: Path, command: str
) -> None:
    shutil.copytree(packages / "plain", tmp_path / "project")
    pyproject = tmp_path / "project" / "pyproject.toml"
    pyproject.write_text(f'{pyproject.read_text()}\n[tool.cibuildwheel]\ntest-command = "{command}"\n')
    out = tmp_path / "dist"
    arguments = [
        "build",
        str(tmp_path / "project"),
        "-t",
        "linux-riscv64",
        "-p",
        "3.13",
        "--test",
        "-o",
        str(out),
        "--json",
    ]
    run = subprocess.run([sys.executable, "-m", "crosswheel", *arguments], capture_output=True, text=True, check=False)
    assert run.returncode == ExitStatus.UNTESTED, run.stderr
    (result,) = json.loads(run.stdout)["results"]
    assert "installs packages of the system, which a sealed test cannot" in result["remark"]
