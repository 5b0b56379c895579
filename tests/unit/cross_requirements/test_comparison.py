import pytest

from crosswheel.cross_requirements.comparison import comparable_wheels, platform_traits, traits_of_tags
from crosswheel.targets import target_from_tag

HERE = "manylinux_2_17_x86_64"
OTHERS = ("macosx_11_0_arm64", "manylinux_2_17_aarch64", "manylinux_2_17_i686", "manylinux_2_17_s390x",
          "musllinux_1_2_aarch64")  # fmt: skip


def chosen(target, *others):
    found = target_from_tag(target)
    assert found is not None
    (build_machine,) = traits_of_tags([HERE])
    return [
        others[index]
        for index in comparable_wheels(build_machine, platform_traits(found), [traits_of_tags([tag]) for tag in others])
    ]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("manylinux_2_31_riscv64", ["manylinux_2_17_aarch64"]),  # only the machine differs
        ("manylinux_2_31_armv7l", ["manylinux_2_17_i686"]),  # and the size of pointers
        ("musllinux_1_2_riscv64", ["musllinux_1_2_aarch64"]),
        ("macosx_10_13_x86_64", ["macosx_11_0_arm64"]),
        ("manylinux_2_31_s390x", ["manylinux_2_17_s390x"]),
    ],
)
def test_a_comparable_wheel_differs_in_all_that_the_target_differs_in(target, expected):
    assert chosen(target, *OTHERS) == expected


def test_several_wheels_where_one_does_not_differ_in_everything():
    assert chosen("pyodide_2025_0_wasm32", *OTHERS) == ["macosx_11_0_arm64", "manylinux_2_17_i686"]


def test_no_comparable_wheel_where_none_differs_in_the_size_of_pointers():
    assert chosen("manylinux_2_31_armv7l", "manylinux_2_17_aarch64", "macosx_11_0_arm64") == []
    assert chosen("manylinux_2_31_riscv64") == []


def test_versions_of_one_platform_do_not_matter():
    assert traits_of_tags(["manylinux_2_39_riscv64"]) == traits_of_tags(["manylinux_2_31_riscv64"])
    assert traits_of_tags(["any"]) == set()
