"""Windows: names, and what its Pythons say of themselves."""

from __future__ import annotations

import pytest

from crosswheel.errors import UsageError
from crosswheel.targets import PythonVersion, WindowsTarget, find_target, target_from_tag


class Floors:
    def minimum_version(self, architecture: str, platform: str) -> tuple[int, int] | None:
        assert platform == "windows"
        return (10, 0) if architecture == "win_amd64" else None

    def unsupported_reason(self, architecture: str, platform: str) -> tuple[str, str]:
        return f"no linker for {architecture}", "install one"


def found(tag: str) -> WindowsTarget:
    target = target_from_tag(tag)
    assert isinstance(target, WindowsTarget)
    return target


@pytest.mark.parametrize("spec", ["win_amd64", "win-amd64"])
def test_names(spec: str) -> None:
    assert str(find_target(spec, Floors(), native="linux-x86_64")) == "win_amd64"


@pytest.mark.parametrize(("spec", "said"), [("win32", "install one"), ("win-amd46", "win-amd64")])
def test_mistakes_get_a_suggestion(spec: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_target(spec, Floors(), native="linux-x86_64")
    assert said in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("tag", "platform", "machine", "triple", "pointer"),
    [
        ("win_amd64", "win-amd64", "AMD64", "x86_64-w64-mingw32", 8),
        ("win_arm64", "win-arm64", "ARM64", "aarch64-w64-mingw32", 8),
        ("win32", "win32", "x86", "i686-w64-mingw32", 4),
    ],
)
def test_each_architecture_is_called_as_windows_does(
    tag: str, platform: str, machine: str, triple: str, pointer: int
) -> None:
    target = found(tag)
    assert (target.platform, target.architecture.machine, target.triple) == (platform, machine, triple)
    assert (target.architecture.pointer_size, target.long_size) == (pointer, 4)
    assert target.wheel_tags() == target.platform_tags() == (tag,)
    assert target.markers(PythonVersion(13))["platform_machine"] == machine
    assert target.markers(PythonVersion(13))["sys_platform"] == "win32"
    assert target.markers(PythonVersion(13))["os_name"] == "nt"


def test_modules_are_named_after_the_python_and_the_platform() -> None:
    assert found("win_amd64").ext_suffix(PythonVersion(13)) == ".cp313-win_amd64.pyd"
    assert found("win32").ext_suffix(PythonVersion(13, freethreaded=True)) == ".cp313t-win32.pyd"
    assert found("win_arm64").soabi(PythonVersion(14)) == "cp314-win_arm64"
