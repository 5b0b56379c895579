import json

import pytest

from crosswheel.package_index import IndexResult

WHEEL = "x-1-cp313-cp313-pyodide_2025_0_wasm32.whl"


@pytest.fixture
def made(services, tmp_path):
    lock = tmp_path / "pyodide-lock.json"
    projects = {"x": (WHEEL,), "y": ("y-1-cp313-cp313-manylinux_2_31_riscv64.whl",)}
    services.answers["index"] = IndexResult(tmp_path, projects, lock, "2025_0", (WHEEL,), ("numpy is not there",))
    return services.answers["index"]


def test_index_lists_the_wheels_and_which_are_locked(run, services, made, tmp_path):
    status, out, err = run("index", str(tmp_path))
    assert status == 0
    ((words, named),) = services.asked["index"]
    assert words == (tmp_path,)
    assert named.pop("host")
    assert named == {"pyodide_lock": None}
    assert [line.split() for line in out.splitlines()] == [
        ["project", "wheel", "in", "pyodide-lock.json"],
        ["x", WHEEL, "yes"],
        ["y", "y-1-cp313-cp313-manylinux_2_31_riscv64.whl"],
    ]
    assert err == "note: numpy is not there\n"


@pytest.mark.parametrize(("option", "expected"), [("--pyodide-lock", True), ("--no-pyodide-lock", False)])
def test_a_lock_can_be_asked_for_or_not(run, services, made, tmp_path, option, expected):
    assert run("index", str(tmp_path), option)[0] == 0
    assert services.asked["index"][0][1]["pyodide_lock"] is expected


def test_index_as_json(run, made, tmp_path):
    status, out, _ = run("index", str(tmp_path), "--json")
    assert json.loads(out) == {"exit_status": status, **made.as_json()}
    assert made.as_json()["index"] == str(tmp_path / "simple")


def test_a_directory_that_is_not_there_is_a_mistake(run, services):
    assert run("index", "nowhere")[0] == 2
    assert services.asked == {}
