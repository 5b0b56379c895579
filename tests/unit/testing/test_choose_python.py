import pytest

from crosswheel.errors import UsageError
from crosswheel.host import Host, NullProgress
from crosswheel.targets import PythonVersion, target_from_tag
from crosswheel.testing.test_wheel import python_for_wheel, target_of_wheel
from crosswheel.wheels.archive import WheelName

NATIVE = target_from_tag("manylinux_2_17_x86_64")
RISCV64 = target_from_tag("manylinux_2_31_riscv64")


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
    ],
)
def test_the_target_is_that_of_the_name(wheel, tag):
    assert target_of_wheel(WheelName.parse(wheel), NATIVE).tag == tag


def test_a_wheel_for_another_system_is_refused():
    with pytest.raises(UsageError, match="freebsd_14_amd64"):
        target_of_wheel(WheelName.parse("x-1-cp313-cp313-freebsd_14_amd64.whl"), NATIVE)


@pytest.mark.parametrize(
    ("wheel", "expected"),
    [
        ("x-1-cp314-cp314-manylinux_2_31_riscv64.whl", PythonVersion(14)),
        ("x-1-cp313-cp313t-manylinux_2_31_riscv64.whl", PythonVersion(13, freethreaded=True)),
        ("x-1-cp310-abi3-manylinux_2_31_riscv64.whl", PythonVersion(13)),
        ("x-1-cp314-abi3-manylinux_2_31_riscv64.whl", PythonVersion(14)),
        ("x-1-py3-none-manylinux_2_31_riscv64.whl", PythonVersion(13)),
    ],
)
def test_the_python_is_the_wheels_own_or_one_that_the_target_has(host, wheel, expected):
    # There is no Python 3.11 for riscv64 to run anything on; 3.13 and 3.14 there are.
    assert python_for_wheel(host, WheelName.parse(wheel), RISCV64, PythonVersion(11)) == expected


def test_the_preferred_python_is_taken_where_the_target_has_it(host):
    name = WheelName.parse("x-1-cp310-abi3-manylinux_2_31_riscv64.whl")
    assert python_for_wheel(host, name, RISCV64, PythonVersion(14)) == PythonVersion(14)
