import pytest

from crosswheel.testing.test_wheel import packages_without_wheels

FAILED = "error: No solution found when resolving dependencies\n  cause: "


@pytest.mark.parametrize(
    ("said", "packages"),
    [
        (f"{FAILED}Because all versions of numpy have no usable wheels and contourpy==1.4.0 depends on", "numpy"),
        (f"{FAILED}Because all of:\n   fuzz>=3.9.0,<=3.14.3\n   fuzz==3.14.5\n have no usable wheels and", "fuzz"),
        (f"{FAILED}Because some-thing==1.0 has no usable wheels and you require", "some-thing"),
        (f"{FAILED}Because cffi{{sys_platform != 'emscripten'}}>=1.17,<=2.1 has no usable wheels and only", "cffi"),
        (f"{FAILED}Because a and b conflict\n\nhint: Wheels are required for `some-thing` because", "some-thing"),
        (
            (
                f"{FAILED}Because all of:\n numpy==2.0\n numpy==2.1\n have no usable wheels\n\n"
                "hint: Wheels are required for `contourpy` because\n\nhint: Wheels are required for `numpy` because"
            ),
            "contourpy numpy",
        ),
        (f"{FAILED}Because no-such-package was not found in the package registry", ""),
        ("error: Because all versions of numpy have no usable wheels", ""),
        ("", ""),
    ],
)
def test_dependencies_without_wheels_are_named(said: str, packages: str) -> None:
    assert " ".join(packages_without_wheels(said)) == packages
