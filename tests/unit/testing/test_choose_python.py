"""The target and the Python that a wheel is tested on."""

import pytest

from crosswheel.errors import UsageError
from crosswheel.host import Host, NullProgress
from crosswheel.targets import PythonVersion, target_from_tag
from crosswheel.testing.choose_python import python_for_wheel, supports_python, target_of_wheel
from crosswheel.wheels.archive import WheelName

NATIVE = target_from_tag("manylinux_2_17_x86_64")
RISCV64 = target_from_tag("manylinux_2_31_riscv64")
MAC = target_from_tag("macosx_11_0_arm64")


@pytest.fixture
def host(tmp_path):
    return Host({}, tmp_path, tmp_path, None, None, NullProgress())


@pytest.mark.parametrize(
    ("wheel", "tag"),
    [
        ("x-1-py3-none-any.whl", "manylinux_2_17_x86_64"),
        ("x-1-cp313-cp313-manylinux_2_31_riscv64.whl", "manylinux_2_31_riscv64"),
        ("x-1-cp313-cp313-manylinux2014_s390x.manylinux_2_17_s390x.whl", "manylinux_2_17_s390x"),
        ("x-1-cp313-cp313-musllinux_1_2_aarch64.whl", "musllinux_1_2_aarch64"),
        ("x-1-cp313-cp313-pyodide_2025_0_wasm32.whl", "pyodide_2025_0_wasm32"),
    ],
)
def test_the_target_is_that_of_the_name(wheel, tag):
    assert target_of_wheel(WheelName.parse(wheel), NATIVE).tag == tag


def test_a_wheel_for_another_system_is_refused():
    with pytest.raises(UsageError, match="freebsd_14_amd64"):
        target_of_wheel(WheelName.parse("x-1-cp313-cp313-freebsd_14_amd64.whl"), NATIVE)


@pytest.mark.parametrize(
    ("tags", "pythons"),
    [
        ("cp313-cp313", "3.13"),
        ("cp313-cp313t", "3.13t"),
        ("cp36-abi3", "3.10 3.11 3.12 3.13 3.14 3.15"),
        ("cp313-abi3", "3.13 3.14 3.15"),
        ("cp313.cp314-abi3", "3.13 3.14 3.15"),
        ("py2.py3-none", "3.10 3.11 3.12 3.13 3.13t 3.14 3.14t 3.15 3.15t"),
        ("py313-none", "3.13 3.13t 3.14 3.14t 3.15 3.15t"),
        ("cp312-none", "3.12"),
        ("cp39-cp39", ""),
        ("pp310-pypy310_pp73", ""),
        ("py2-none", ""),
    ],
)
def test_a_python_installs_what_its_tags_include(tags, pythons):
    name = WheelName.parse(f"x-1-{tags}-manylinux_2_31_riscv64.whl")
    versions = [
        PythonVersion(minor, threads)
        for minor in range(10, 16)
        for threads in (False, True)
        if minor > 12 or not threads
    ]
    assert " ".join(str(version) for version in versions if supports_python(name, version)) == pythons


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("cp314-cp314", "3.14"),
        ("cp313-cp313t", "3.13t"),
        ("cp36-abi3", "3.14"),
        ("cp314-abi3", "3.14"),
        ("py3-none", "3.14"),
        ("cp315-abi3", "3.15"),
    ],
)
def test_the_python_is_the_newest_that_the_wheel_and_the_target_have(host, tags, expected):
    # Debian has Python 3.13 and 3.14 for riscv64.
    name = WheelName.parse(f"x-1-{tags}-manylinux_2_31_riscv64.whl")
    assert str(python_for_wheel(host, name, RISCV64)) == expected


def test_where_nothing_runs_it_is_the_newest_that_the_wheel_supports(host):
    assert str(python_for_wheel(host, WheelName.parse("x-1-cp312-abi3-macosx_11_0_arm64.whl"), MAC)) == "3.15"


def test_a_requested_python_is_taken_if_the_wheel_supports_it(host):
    name = WheelName.parse("x-1-cp310-abi3-manylinux_2_31_riscv64.whl")
    assert python_for_wheel(host, name, RISCV64, PythonVersion(11)) == PythonVersion(11)
    with pytest.raises(UsageError, match=r"does not support Python 3\.13t") as caught:
        python_for_wheel(host, name, RISCV64, PythonVersion(13, freethreaded=True))
    assert "3.10, 3.11" in caught.value.hint


@pytest.mark.parametrize("tags", ["cp39-cp39", "pp310-pypy310_pp73"])
def test_a_wheel_for_no_supported_python_is_refused_by_its_tags(host, tags):
    with pytest.raises(UsageError, match=tags) as caught:
        python_for_wheel(host, WheelName.parse(f"x-1-{tags}-manylinux_2_31_riscv64.whl"), RISCV64)
    assert caught.value.hint == "supported are 3.10 to 3.15"
