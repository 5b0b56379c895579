"""What programs of a build see and can do: sealed, unsealed, and where namespaces are forbidden."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import crosswheel
from crosswheel import BuildOptions, Stage
from crosswheel.building.results import WheelResult
from crosswheel.host import Host
from crosswheel.sealing import Network, Seal, find_support, open_sandbox
from crosswheel.sealing import support as sealing_support

pytestmark = pytest.mark.network

PYPROJECT = """
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "probe"
version = "1.0"
"""
SETUP = """
import json, os, subprocess
from setuptools import Extension, setup

def attempt(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return f"{type(error).__name__}: {error}"

def write(path):
    with open(path, "w") as stream:
        stream.write("x")
    return "written"

def read(path):
    with open(path) as stream:
        return stream.read()

PATHS = @PATHS@
os.makedirs("probe", exist_ok=True)
found = {
    "cwd": os.getcwd(), "home": os.path.expanduser("~"), "uid": os.getuid(), "path": os.environ["PATH"],
    "root": sorted(os.listdir("/")), "sys": sorted(os.listdir("/sys")), "devices": sorted(os.listdir("/sys/devices")),
    "in_build": os.path.isdir("/build"),
    "processes": sum(name.isdigit() for name in os.listdir("/proc")),
    "local": attempt(os.listdir, "/usr/local/bin"),
    "written": {path: attempt(write, os.path.join(path, "crosswheel-probe")) for path in PATHS["written"]},
    "read": {path: attempt(read, path) for path in PATHS["read"]},
}
@EXTRA@
write("probe/__init__.py")
with open("probe/found.json", "w") as stream:
    json.dump(found, stream)
with open("probe/module.c", "w") as stream:
    stream.write('#include <Python.h>\\nstatic struct PyModuleDef m = {PyModuleDef_HEAD_INIT, "module"};'
                 'PyMODINIT_FUNC PyInit_module(void) { return PyModule_Create(&m); }\\n')
with open("probe/__init__.py", "w") as stream:
    pass
setup(packages=["probe"], package_data={"probe": ["found.json"]},
      ext_modules=[Extension("probe.module", ["probe/module.c"])])
"""


def project(place: Path, *, written: tuple[Path, ...] = (), read: tuple[Path, ...] = (), extra: str = "") -> Path:
    source = place / "probe-project"
    source.mkdir()
    paths = {"written": list(map(str, written)), "read": list(map(str, read))}
    (source / "pyproject.toml").write_text(PYPROJECT)
    (source / "setup.py").write_text(SETUP.replace("@PATHS@", repr(paths)).replace("@EXTRA@", extra))
    return source


def build(source: Path, out: Path, target: str = "linux-riscv64", **options: object) -> WheelResult:
    (result,) = crosswheel.build(
        [str(source)], targets=[target], pythons=["3.13"], options=BuildOptions(output_directory=out, **options)
    )
    return result


def found(result: WheelResult) -> dict[str, Any]:
    assert result.error is None, result.error
    assert result.wheel is not None
    with zipfile.ZipFile(result.wheel) as wheel:
        return json.loads(wheel.read("probe/found.json"))


def test_a_build_writes_and_reads_nothing_of_the_machine(sealed_host: Host, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    places = (Path("/"), Path("/usr"), Path("/usr/local"), Path("/etc"), sealed_host.cache, Path.home(), tmp_path)
    source = project(tmp_path, written=places, read=(secret, Path.home() / ".bashrc", Path("/etc/shadow")))
    result = build(source, tmp_path / "dist")
    seen = found(result)
    assert not [path for path, outcome in seen["written"].items() if outcome == "written"], seen["written"]
    assert not [path for path in places if (path / "crosswheel-probe").exists()]
    assert all(text == "" or "Error" in text for text in seen["read"].values()), seen["read"]
    assert (source / "probe").exists() is False  # the user's directory is never built in
    assert (seen["cwd"], seen["in_build"]) == ("/build/source", True)
    assert (seen["home"], seen["uid"]) == ("/build/home", 1000)
    assert not {"boot", "home", "mnt", "media", "opt", "run", "srv"} & set(seen["root"])
    assert (seen["sys"], seen["devices"]) == (["devices"], ["system"])  # only how many processors there are
    assert seen["processes"] < 10
    assert "Error" in str(seen["local"]) or seen["local"] == []
    assert seen["path"].endswith("/usr/bin:/bin:/usr/sbin:/sbin")
    assert result.seal.sealed
    assert result.seal.network is Network.UNUSED


@pytest.mark.parametrize("target", ["musl-aarch64", "macos-arm64", "win-amd64", "pyodide"])
def test_every_family_of_targets_is_built_sealed(
    sealed_host: Host, packages: Path, tmp_path: Path, target: str
) -> None:
    result = build(packages / "plain", tmp_path, target, rebuild=True)
    assert result.error is None, result.error
    assert result.seal.sealed
    assert result.log is not None
    calls = result.log.with_name("calls.log").read_text()
    assert "cd /build/source" in calls  # in a git repository, the package is below its root
    assert str(sealed_host.cache) not in calls


def test_scripts_and_commands_before_the_build_are_sealed(sealed_host: Host, tmp_path: Path) -> None:
    mark = f'echo {{}} > probe-{{}}; touch {tmp_path}/outside || true; test "$HOME" = /build/home'
    scripts = {name: mark.format("x", name) for name in ("prepare", "before_backend")}
    extra = 'found["files"] = sorted(name for name in os.listdir(".") if name.startswith("probe-"))'
    options = {**scripts, "before_build": (mark.format("x", "before_build"), "pip --version")}
    after = 'test -d probe && test "$PWD" != / && touch probe/after'
    result = build(project(tmp_path, extra=extra), tmp_path / "dist", **options, after_build=after)
    assert found(result)["files"] == ["probe-before_backend", "probe-before_build", "probe-prepare"]
    assert result.wheel is not None
    assert "probe/after" in zipfile.ZipFile(result.wheel).namelist()
    assert not (tmp_path / "outside").exists()


def test_variables_name_directories_that_a_build_sees(sealed_host: Host, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "answer.txt").write_text("41")
    extra = """
shared = os.environ["SHARED"]
found["answer"], found["w"] = read(f"{shared}/answer.txt"), attempt(write, f"{shared}/x")
"""
    source = project(tmp_path, extra=extra)
    options = {"environment": {"SHARED": str(shared)}}
    first = build(source, tmp_path / "dist", **options)
    assert found(first)["answer"] == "41"
    assert "OSError" in found(first)["w"]
    assert build(source, tmp_path / "dist", **options).cached
    (shared / "answer.txt").write_text("42")
    changed = build(source, tmp_path / "dist", **options)
    assert (changed.cached, found(changed)["answer"]) == (False, "42")


LOOKUP = "import socket; found['lookup'] = attempt(socket.getaddrinfo, 'crosswheel.example', 80)"


def test_whether_a_build_used_the_network_is_recorded(sealed_host: Host, tmp_path: Path) -> None:
    source = project(tmp_path, extra=LOOKUP)
    first = build(source, tmp_path / "dist")
    assert (first.seal.network, first.cached) == (Network.USED, False)
    again = build(source, tmp_path / "dist")
    assert (again.seal.network, again.cached) == (Network.USED, True)
    assert again.as_json()["network"] == "used"


def test_the_network_can_be_taken_away(sealed_host: Host, tmp_path: Path) -> None:
    failing = "import socket; socket.getaddrinfo('crosswheel.example', 80)"
    source = project(tmp_path, extra=f"if os.environ.get('FETCH'): {failing}")
    result = build(source, tmp_path / "dist", network=False, environment={"FETCH": "1"})
    assert result.error is not None
    assert result.error.what.startswith("the build needs the network, which it may not use: ")
    assert result.error.hint
    assert "--network" in result.error.hint
    without = build(source, tmp_path / "dist", network=False)
    assert found(without)
    assert without.seal.network is Network.FORBIDDEN


def test_builds_run_unsealed_on_request(tmp_path: Path) -> None:
    written = tmp_path / "written"
    written.mkdir()
    result = build(project(tmp_path, written=(written,)), tmp_path / "dist", unsealed=True)
    seen = found(result)
    assert seen["written"] == {str(written): "written"}
    assert seen["home"] != str(Path.home())
    assert not seen["in_build"]
    assert (result.seal.sealed, result.seal.reason, result.seal.network) == (False, "--unsealed", Network.UNKNOWN)


def test_where_namespaces_are_forbidden_builds_say_so(sealed_host: Host, tmp_path: Path) -> None:
    """In a user namespace whose root allows no more of them, as some machines do for all users."""
    source = project(tmp_path, written=(tmp_path,))
    out = tmp_path / "dist"
    arguments = ("-t", "linux-riscv64", "-p", "3.13", "--output-dir", str(out), "--rebuild", "--json")
    command = (sys.executable, "-m", "crosswheel", "build", str(source), *arguments)
    forbid = 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"'
    process = sealed_host.run("unshare", "-Ur", "sh", "-c", forbid, "sh", *command, cwd=tmp_path)
    assert process.ok, process.stderr
    (result,) = json.loads(process.stdout)["results"]
    assert result["stage"] == Stage.AUDITED.value
    assert result["sealed"] is False
    assert "namespace" in result["unsealed_reason"]
    assert result["network"] == "unknown"
    assert "builds are not sealed: namespaces are not available" in process.stderr
    again = sealed_host.run("unshare", "-Ur", "sh", "-c", forbid, "sh", *command, "--no-network", cwd=tmp_path)
    (failed,) = json.loads(again.stdout)["results"]
    assert "the network can only be taken away from sealed builds" in failed["error"]["what"]


def test_bubblewrap_is_downloaded_where_it_is_not_installed(
    sealed_host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing_support.shutil, "which", lambda *_args, **_kwargs: None)
    monkeypatch.setattr(Host, "program", lambda _self, _name: None)
    support = find_support(sealed_host)
    assert support.available, support.reason
    assert "ld-linux" in support.bwrap[0]
    with open_sandbox(sealed_host, tmp_path, Seal(support)) as sandbox:
        outcome = sandbox.run("sh", "-c", "id -u; pwd", cwd=tmp_path, env=sandbox.environ())
    assert (outcome.stdout, outcome.status) == ("1000\n/build\n", 0), outcome.stderr
