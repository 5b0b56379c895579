import pytest

from crosswheel.testing.run import without_wheels

FAILED = "error: No solution found when resolving dependencies\n  cause: "


@pytest.mark.parametrize(
    ("said", "package"),
    [
        (f"{FAILED}Because all versions of numpy have no usable wheels and contourpy==1.4.0 depends on", "numpy"),
        (f"{FAILED}Because all of:\n   fuzz>=3.9.0,<=3.14.3\n   fuzz==3.14.5\n have no usable wheels and", "fuzz"),
        (f"{FAILED}Because some-thing==1.0 has no usable wheels and you require", "some-thing"),
        (f"{FAILED}Because cffi{{sys_platform != 'emscripten'}}>=1.17,<=2.1 has no usable wheels and only", "cffi"),
        (f"{FAILED}Because a and b conflict\n\nhint: Wheels are required for `some-thing` because", "some-thing"),
        (f"{FAILED}Because no-such-package was not found in the package registry", None),
        ("error: Because all versions of numpy have no usable wheels", None),
        ("", None),
    ],
)
def test_a_dependency_without_wheels_is_named(said: str, package: str | None) -> None:
    assert without_wheels(said) == package
