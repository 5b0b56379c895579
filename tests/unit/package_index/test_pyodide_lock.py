import hashlib
import json
import sys

import pytest

from crosswheel.errors import AuditError, EnvironmentMissingError, SourceError, UsageError
from crosswheel.package_index import make_index

PYODIDE = "x-1.0-cp313-cp313-pyodide_2025_0_wasm32.whl"


@pytest.fixture
def locked(host, wheels):
    """Make the index; the document of the lock file."""

    def locked(**options):
        made = make_index(host, wheels, **options)
        return json.loads(made.lock.read_text("utf-8"))

    return locked


def test_a_wheel_stands_in_the_lock_beside_the_runtimes_packages(wheels, add, runtime, locked):
    runtime(numpy="2.2.5")
    wheel = add(PYODIDE, "Requires-Dist: numpy>=2")
    document = locked()
    assert document["info"] == {
        "abi_version": "2025_0",
        "arch": "wasm32",
        "platform": "emscripten_4_0_9",
        "python": "3.13.2",
    }
    assert document["packages"]["x"] == {
        "name": "x",
        "version": "1.0",
        "file_name": PYODIDE,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": ["x"],
        "depends": ["numpy"],
        "unvendored_tests": False,
    }
    own = document["packages"]["numpy"]["file_name"]
    assert own == "https://cdn.jsdelivr.net/pyodide/v0.29.5/full/numpy-2.2.5-py3-none-any.whl"


def test_files_of_the_runtime_that_are_there_are_taken_from_there(wheels, add, runtime, locked):
    runtime(lib="1.0")
    add(PYODIDE)
    add("lib-1.0-py3-none-any.whl")
    assert locked()["packages"]["lib"]["file_name"] == "lib-1.0-py3-none-any.whl"


def test_a_wheel_takes_the_place_of_the_runtimes_package_and_its_tests(add, runtime, locked):
    runtime(**{"x": "0.9", "x-tests": "0.9"})
    add(PYODIDE)
    packages = locked()["packages"]
    assert [*packages] == ["x"]
    assert packages["x"]["version"] == "1.0"


def test_markers_are_those_of_the_target(add, runtime, locked):
    runtime(a="1", b="1", c="1", d="1")
    add(
        PYODIDE,
        "Requires-Dist: a; sys_platform == 'emscripten'",
        "Requires-Dist: b; sys_platform == 'linux'",
        "Requires-Dist: c; python_full_version == '3.13.2'",
        "Requires-Dist: d; extra == 'more'",
    )
    assert locked()["packages"]["x"]["depends"] == ["a", "c"]


def test_parts_of_the_standard_library_that_are_imported_are_dependencies(add, runtime, locked):
    runtime(("lzma", "sqlite3"), lzma="1", sqlite3="1", numpy="2")
    files = {
        "x/__init__.py": b"import os, numpy\ntry:\n    import sqlite3\nexcept ImportError:\n    pass\n",
        "x/sub.py": b"import _lzma",
    }
    add(PYODIDE, files=files)
    add("y-1-py3-none-any.whl", files={"sqlite3.py": b"", "y.py": b"import sqlite3"})
    packages = locked()["packages"]
    assert packages["x"]["depends"] == ["lzma"]
    assert packages["y"]["depends"] == []


def test_extras_bring_what_they_stand_for(add, runtime, locked):
    runtime(dep="1", plain="1")
    add(PYODIDE, "Requires-Dist: y[fast]", "Requires-Dist: x[all]; extra == 'all'")
    add(
        "y-2-py3-none-any.whl",
        "Requires-Dist: plain",
        "Requires-Dist: y[faster]; extra == 'fast'",
        "Requires-Dist: dep; extra == 'faster'",
    )
    packages = locked()["packages"]
    assert packages["x"]["depends"] == ["dep", "y"]
    assert packages["y"]["depends"] == ["plain"]


@pytest.mark.parametrize(
    ("requirement", "said"),
    [("nowhere>1", "neither in the directory nor in the runtime"), ("numpy<2", r"but 2\.2\.5 is available")],
)
def test_what_is_missing_is_an_error_before_anything_is_written(host, wheels, add, runtime, requirement, said):
    runtime(numpy="2.2.5")
    add(PYODIDE, f"Requires-Dist: {requirement}")
    with pytest.raises(SourceError, match=said) as caught:
        make_index(host, wheels)
    assert caught.value.where == PYODIDE
    assert [path.name for path in wheels.iterdir()] == [PYODIDE]
    assert make_index(host, wheels, pyodide_lock=False).lock is None


def test_a_requirement_that_cannot_be_read_is_named(host, wheels, add, runtime):
    runtime()
    add(PYODIDE, "Requires-Dist: ???")
    with pytest.raises(AuditError, match=r"\?\?\?"):
        make_index(host, wheels)


def test_wheels_of_two_abis_are_an_error_that_names_both(host, wheels, add):
    add(PYODIDE)
    add("x-1.0-cp312-cp312-pyodide_2024_0_wasm32.whl")
    with pytest.raises(UsageError, match=r"2024_0 \(x-1.0-cp312.*2025_0 \(x-1.0-cp313"):
        make_index(host, wheels)
    assert len(make_index(host, wheels, pyodide_lock=False).projects["x"]) == 2


def test_an_abi_that_is_not_known_is_an_error(host, wheels, add):
    add("x-1.0-cp313-cp313-pyodide_1999_0_wasm32.whl")
    with pytest.raises(UsageError, match="pyodide_1999_0_wasm32"):
        make_index(host, wheels)


def test_both_families_of_tags_mean_the_same_abi(add, runtime, locked):
    runtime()
    add(PYODIDE)
    add("y-1-cp313-cp313-pyemscripten_2025_0_wasm32.whl")
    assert [*locked()["packages"]] == ["x", "y"]


def test_a_lock_can_be_insisted_on_and_is_not_made_for_other_wheels(host, wheels, add):
    add("x-1-cp313-cp313-manylinux_2_31_riscv64.whl")
    assert make_index(host, wheels).lock is None
    with pytest.raises(UsageError, match="no wheels for Pyodide"):
        make_index(host, wheels, pyodide_lock=True)


def test_the_best_wheel_of_a_project_is_locked(add, runtime, locked):
    runtime()
    add(PYODIDE)
    add("x-1.0-py3-none-any.whl")
    add("x-0.9-cp313-cp313-pyodide_2025_0_wasm32.whl")
    add("x-2.0rc1-cp313-cp313-pyodide_2025_0_wasm32.whl")
    add("x-3.0-cp313-cp313-manylinux_2_31_riscv64.whl")
    assert locked()["packages"]["x"]["file_name"] == PYODIDE


def test_a_wheel_for_another_python_is_left_out_and_told(host, wheels, add, runtime):
    runtime()
    add(PYODIDE)
    add("y-1-cp312-cp312-pyodide_2025_0_wasm32.whl")
    made = make_index(host, wheels)
    assert made.locked == (PYODIDE,)
    assert "y-1-cp312" in made.notes[0]
    assert made.abi == made.as_json()["abi"] == "2025_0"


def test_without_the_runtime_the_wheels_are_locked_alone_and_that_is_told(host, wheels, add):
    add(PYODIDE)
    made = make_index(host, wheels)
    document = json.loads(made.lock.read_text("utf-8"))
    assert [*document["packages"]] == ["x"]
    assert document["info"] == {
        "abi_version": "2025_0",
        "arch": "wasm32",
        "platform": "emscripten_4_0_9",
        "python": "3.13",
        "version": "0.29.5",
    }
    assert "cannot be fetched" in made.notes[0]


def test_without_the_library_the_error_says_what_to_install(host, wheels, add, runtime, monkeypatch):
    runtime()
    add(PYODIDE)
    monkeypatch.setitem(sys.modules, "pyodide_lock", None)
    with pytest.raises(EnvironmentMissingError) as caught:
        make_index(host, wheels)
    assert "crosswheel[pyodide]" in caught.value.hint


def test_fields_that_only_the_runtime_knows_are_kept(add, runtime, locked):
    place = runtime(numpy="2.2.5") / "pyodide-lock.json"
    place.write_text(place.read_text("utf-8").replace('"depends"', '"tool": {"new": 1}, "depends"'), "utf-8")
    add(PYODIDE)
    assert locked()["packages"]["numpy"]["tool"] == {"new": 1}


def test_a_library_of_another_format_is_told(host, wheels, add, runtime, monkeypatch):
    runtime()
    add(PYODIDE)
    monkeypatch.setattr("pyodide_lock.PackageSpec", lambda **_: int("another"))
    with pytest.raises(EnvironmentMissingError, match="has an incompatible format"):
        make_index(host, wheels)
