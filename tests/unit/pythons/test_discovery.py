"""Finding build Pythons: where they are looked for, in which order, and what will not do."""

import json
from pathlib import Path

import pytest

from crosswheel.errors import EnvironmentMissingError
from crosswheel.pythons.discovery import available_build_pythons, find_build_python, supported_versions
from crosswheel.targets import PythonVersion

CP313 = PythonVersion(13)


class Machine:
    """Pythons that lie about a directory, each answering the inspection; uv, which may manage one."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.pythons: dict[Path, dict[str, object]] = {}
        self.managed: Path | None = None
        self.installable: Path | None = None
        self.asked: list[str] = []

    def python(self, place: str, version: str = "3.13.1", abiflags: str = "", *, headers: bool = True, **facts) -> Path:
        executable = self.home / place
        executable.parent.mkdir(parents=True, exist_ok=True)
        executable.write_text("", "utf-8")
        executable.chmod(0o755)
        include = executable.parent.parent / "include" / f"python{version.rpartition('.')[0]}{abiflags}"
        if headers:
            include.mkdir(parents=True, exist_ok=True)
            (include / "Python.h").write_text("", "utf-8")
        self.pythons[executable] = {
            "implementation": "cpython",
            "version": [int(part) for part in version.split(".")[:2]],
            "full_version": version,
            "abiflags": abiflags,
            "executable": str(executable),
            "includes": [str(include)],
            "config_vars": {"SOABI": "x"},
            "constants": {"errno": {"EPERM": 1}},
            **facts,
        }
        return executable

    def __call__(self, request):
        program = Path(request.argv[0])
        if program.name == "uv":
            return self._uv(request.argv)
        self.asked.append(str(program.relative_to(self.home)))
        if program in self.pythons:
            return 0, json.dumps(self.pythons[program]), ""
        return 127, "", "pyenv: command not found"

    def _uv(self, argv):
        self.asked.append(f"uv {argv[2]}")
        if argv[2] == "install":
            self.managed = self.installable
            return (0, "", "") if self.installable else (1, "", "error: no\n  cause: no network\n")
        return (0, f"{self.managed}\n", "") if self.managed else (2, "", "error: No interpreter found")


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path / "home")


@pytest.fixture
def find(machine, make_host, tmp_path, monkeypatch):
    # What lies beside the Python that runs this test is not part of the machine.
    uv = tmp_path / "beside" / "uv"
    uv.parent.mkdir()
    uv.write_text("", "utf-8")
    uv.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(uv.with_name("python")))

    def run(version=CP313, *, path=("bin",), offline=False, **named):
        environ = {"PATH": ":".join(str(machine.home / entry) for entry in path), "HOME": str(machine.home)}
        return find_build_python(make_host(machine, environ, offline=offline), version, **named)

    return run


def test_the_one_on_path_is_first(find, machine):
    there = machine.python("bin/python3.13")
    machine.python(".pyenv/versions/3.13.5/bin/python3.13", "3.13.5")
    found = find()
    assert found.executable == there
    assert (found.version, found.full_version) == (CP313, "3.13.1")
    assert (found.include / "Python.h").is_file()
    assert found.config_vars == {"SOABI": "x"}
    assert found.constants == {"errno": {"EPERM": 1}}


def test_a_second_search_starts_no_process(find, machine):
    machine.python("bin/python3.13")
    first = find()
    machine.asked.clear()
    assert find() == first
    assert machine.asked == []


def test_a_changed_program_is_asked_again(find, machine):
    program = machine.python("bin/python3.13")
    find()
    machine.python("bin/python3.13", "3.13.2")
    program.write_text("another", "utf-8")
    assert find().full_version == "3.13.2"


def test_shims_are_passed_by(find, machine):
    shim = machine.home / ".pyenv/shims/python3.13"
    shim.parent.mkdir(parents=True)
    shim.write_text("#!/bin/sh\n", "utf-8")
    behind = machine.python(".pyenv/versions/3.13.0/bin/python3.13", "3.13.0")
    assert find(path=(".pyenv/shims",)).executable == behind
    assert machine.asked == [".pyenv/versions/3.13.0/bin/python3.13"]


def test_the_newest_of_pyenv_s_versions_is_taken(find, machine):
    for release in ("3.13.2", "3.13.10", "3.13.9", "3.13.10rc1"):
        machine.python(f".pyenv/versions/{release}/bin/python3.13", release.removesuffix("rc1"))
    machine.python(".pyenv/versions/miniconda/bin/python3.13", "3.13.99")
    assert find().executable.parts[-3] == "3.13.10"


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"headers": False}, "has no Python.h"),
        ({"implementation": "pypy"}, "is pypy"),
        ({"version": "3.12.4"}, "is 3.12.4"),
        ({"abiflags": "d"}, "is 3.13.1d"),
        ({"abiflags": "t"}, "is 3.13.1t"),
    ],
)
def test_one_that_will_not_do_is_named_with_the_reason(find, machine, facts, reason):
    version = facts.pop("version", "3.13.1")
    machine.python("bin/python3.13", version, **facts)
    with pytest.raises(EnvironmentMissingError, match=reason) as caught:
        find(offline=True)
    assert caught.value.hint is not None
    assert "uv python install 3.13" in caught.value.hint


def test_one_that_will_not_do_does_not_hide_the_next(find, machine):
    machine.python("bin/python3.13", headers=False)
    good = machine.python("other/bin/python3.13")
    assert find(path=("bin", "other/bin")).executable == good


def test_a_free_threaded_one_is_another_python(find, machine):
    machine.python("bin/python3.13")
    threaded = machine.python("free/bin/python3.13t", abiflags="t")
    assert find(PythonVersion(13, freethreaded=True), path=("bin", "free/bin")).executable == threaded


def test_a_program_that_does_not_answer_is_none(find, machine):
    (machine.home / "bin").mkdir(parents=True)
    (machine.home / "bin" / "python3.13").write_text("", "utf-8")
    with pytest.raises(EnvironmentMissingError, match=r"bin/python3\.13 cannot be queried"):
        find(offline=True, path=("bin",))


def test_uv_is_asked_last_and_once(find, machine):
    machine.managed = machine.python("managed/bin/python3.13")
    assert find().executable == machine.managed
    assert machine.asked == ["uv find", "managed/bin/python3.13"]
    machine.asked.clear()
    assert find().executable == machine.managed
    assert machine.asked == []


def test_uv_is_asked_again_when_what_it_named_is_gone(find, machine):
    machine.managed = machine.python("managed/bin/python3.13")
    find()
    machine.managed.unlink()
    machine.managed = machine.python("managed2/bin/python3.13")
    assert find().executable == machine.managed


def test_uv_fetches_what_nobody_has(find, machine):
    machine.installable = machine.python("managed/bin/python3.13")
    assert find().executable == machine.installable
    assert machine.asked[:2] == ["uv find", "uv install"]


@pytest.mark.parametrize("words", [{"offline": True}, {"install": False}])
def test_nothing_is_fetched_against_the_user_s_will(find, machine, words):
    machine.installable = machine.python("managed/bin/python3.13")
    with pytest.raises(EnvironmentMissingError):
        find(**words)
    assert "uv install" not in machine.asked


def test_why_uv_could_not_fetch_is_said(find, machine):
    with pytest.raises(EnvironmentMissingError, match="cause: no network"):
        find()


def test_those_available_are_listed_oldest_first_and_none_is_fetched(find, machine, make_host):
    machine.python("bin/python3.13")
    machine.python("bin/python3.11", "3.11.9")
    host = make_host(machine, {"PATH": str(machine.home / "bin")})
    assert [str(python.version) for python in available_build_pythons(host)] == ["3.11", "3.13"]
    assert "uv install" not in machine.asked


def test_every_release_from_3_13_on_has_two_builds():
    names = [str(version) for version in supported_versions()]
    assert names == ["3.10", "3.11", "3.12", "3.13", "3.13t", "3.14", "3.14t", "3.15", "3.15t"]
