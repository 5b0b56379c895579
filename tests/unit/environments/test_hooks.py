"""How a backend's hooks may end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from crosswheel.environments.hooks import HookRunner, project_name
from crosswheel.errors import BuildError
from crosswheel.host import Host, ProcessRequest
from crosswheel.sealing import Sandbox

Answer = Callable[[ProcessRequest], tuple[int, str, str]]


MakeHooks = Callable[..., HookRunner]


@pytest.fixture
def hooks(fake_host: Callable[..., Host]) -> MakeHooks:
    def make(
        place: Path, answer: Answer, backend_path: tuple[str, ...] = (), **settings: tuple[str, ...]
    ) -> HookRunner:
        return _hooks(fake_host(place, answer), place, backend_path, settings)

    return make


def _hooks(host: Host, place: Path, backend_path: tuple[str, ...], settings: dict[str, tuple[str, ...]]) -> HookRunner:
    source = place / "source"
    source.mkdir(exist_ok=True)
    (place / "out").mkdir(exist_ok=True)
    env = {"PATH": "/w"}
    return HookRunner(
        Sandbox(host, place), source, Path("/env/bin/python"), "backend", backend_path, env, place / "log", settings
    )


def saying(output: object, wheel: str | None = None) -> Answer:
    def answer(request: ProcessRequest) -> tuple[int, str, str]:
        control = Path(request.argv[-1])
        asked = json.loads((control / "input.json").read_text())["kwargs"]
        if wheel:
            Path(asked["wheel_directory"], wheel).write_bytes(b"PK")
        (control / "output.json").write_text(json.dumps(output))
        return 0, "", ""

    return answer


def test_a_wheel_is_found(hooks: MakeHooks, tmp_path: Path) -> None:
    name = "pkg-1.0-cp313-cp313-linux_riscv64.whl"
    runner = hooks(tmp_path, saying({"return_val": name}, name))
    assert runner.build_wheel(tmp_path / "out") == tmp_path / "out" / name


def test_settings_are_strings_or_lists(hooks: MakeHooks, tmp_path: Path) -> None:
    seen = {}

    def answer(request: ProcessRequest) -> tuple[int, str, str]:
        control = Path(request.argv[-1])
        seen.update(json.loads((control / "input.json").read_text())["kwargs"]["config_settings"])
        (control / "output.json").write_text('{"return_val": ["cython", "ninja"]}')
        assert request.env["PATH"] == "/w"
        assert request.env["_PYPROJECT_HOOKS_BUILD_BACKEND"] == "backend"
        return 0, "", ""

    assert hooks(tmp_path, answer, one=("1",), many=("1", "2")).requirements() == ("cython", "ninja")
    assert seen == {"one": "1", "many": ["1", "2"]}


def test_warnings_go_into_the_log(hooks: MakeHooks, tmp_path: Path) -> None:
    warning = {"message": "old style", "filename": "setup.py", "lineno": 3}
    runner = hooks(tmp_path, saying({"return_val": [], "warnings": [warning]}))
    assert runner.requirements() == ()
    assert "setup.py:3: warning: old style" in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    ("output", "wheel", "said"),
    [
        ({"return_val": "pkg-1.0-py3-none-any.whl"}, None, "wrote no wheel"),
        ({"return_val": None}, None, "wrote no wheel"),
        ({"return_val": "../out/pkg-1.0-py3-none-any.whl"}, "pkg-1.0-py3-none-any.whl", "wrote no wheel"),
        ({"return_val": "pkg.whl"}, "pkg.whl", "not a valid wheel name"),
        ({"return_val": "other-1.0-py3-none-any.whl"}, "other-1.0-py3-none-any.whl", "the project is Pkg"),
        ({"hook_missing": True, "missing_hook_name": "build_wheel"}, None, "has no hook build_wheel"),
        (
            {"no_backend": True, "traceback": "T", "backend_error": "Cannot import 'backend'"},
            None,
            "cannot import the build backend",
        ),
    ],
)
def test_bad_endings(hooks: MakeHooks, tmp_path: Path, output: object, wheel: str | None, said: str) -> None:
    runner = hooks(tmp_path, saying(output, wheel))
    (tmp_path / "source" / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: Pkg\n\nName: not me\n")
    with pytest.raises(BuildError, match=said) as caught:
        runner.build_wheel(tmp_path / "out")
    assert caught.value.log == tmp_path / "log"


def test_requirements_must_be_strings(hooks: MakeHooks, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="returned invalid requirements"):
        hooks(tmp_path, saying({"return_val": [1]})).requirements()


def test_a_backend_path_that_leads_outside(hooks: MakeHooks, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="backend-path"):
        hooks(tmp_path, saying({"return_val": []}), backend_path=("../..",)).requirements()


def test_only_what_this_hook_said_is_diagnosed(hooks: MakeHooks, tmp_path: Path) -> None:
    def answer(request: ProcessRequest) -> tuple[int, str, str]:
        assert request.log is not None
        with request.log.open("a") as log:
            log.write("x.c:1:10: fatal error: 'ffi.h' file not found\n")
        return 1, "", ""

    (tmp_path / "log").write_text("old.c:1:1: error: of an earlier hook\n")
    with pytest.raises(BuildError, match="requires libffi for the target"):
        hooks(tmp_path, answer).build_wheel(tmp_path / "out")


def test_a_process_that_ends_without_an_answer(hooks: MakeHooks, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="without a result"):
        hooks(tmp_path, lambda _request: (0, "", "")).requirements()


def test_names_of_projects(tmp_path: Path) -> None:
    assert project_name(tmp_path) is None
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "from-toml"\n')
    assert project_name(tmp_path) == "from-toml"
    (tmp_path / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: from-metadata\n")
    assert project_name(tmp_path) == "from-metadata"
