"""macOS: deployment targets and architectures."""

from __future__ import annotations

import pytest

from crosswheel.errors import UsageError
from crosswheel.targets import MacosTarget, PythonVersion, find_target, target_from_tag


class Floors:
    def minimum_version(self, architecture: str, platform: str) -> tuple[int, int] | None:
        assert platform == "macos"
        return {"x86_64": (10, 13), "arm64": (11, 0)}[architecture]

    def unsupported_reason(self, architecture: str, platform: str) -> tuple[str, str]:
        return "no linker", "install one"


class Nothing(Floors):
    def minimum_version(self, architecture: str, platform: str) -> None:
        return None


def found(tag: str) -> MacosTarget:
    target = target_from_tag(tag)
    assert isinstance(target, MacosTarget)
    return target


@pytest.mark.parametrize(
    ("spec", "tag"),
    [
        ("macos-arm64", "macosx_11_0_arm64"),
        ("macos-x86_64", "macosx_10_13_x86_64"),
        ("macosx_14_0_arm64", "macosx_14_0_arm64"),
        ("macosx_10_15_x86_64", "macosx_10_15_x86_64"),
        ("macos-universal2", "macosx_10_13_universal2"),
        ("macosx_12_0_universal2", "macosx_12_0_universal2"),
    ],
)
def test_names(spec: str, tag: str) -> None:
    assert str(find_target(spec, Floors(), native="linux-x86_64")) == tag


@pytest.mark.parametrize(
    ("spec", "minimum_versions", "said"),
    [
        ("macosx_11_0_arm46", Floors(), "arm64"),
        ("macosx_11_3_arm64", Floors(), "11.0, 12.0"),
        ("macosx_10_15_arm64", Floors(), "11.0, 12.0"),
        ("macosx_10_9_x86_64", Floors(), "macos-x86_64"),
        ("macosx_10_9_universal2", Floors(), "macos-universal2"),
        ("macos-universal2", Nothing(), "install one"),
        ("macos-arm46", Floors(), "macos-arm64"),
        ("macos-arm64", Nothing(), "install one"),
        ("macosx_11_0_arm64", Nothing(), "install one"),
    ],
)
def test_mistakes_get_a_suggestion(spec: str, minimum_versions: Floors, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_target(spec, minimum_versions, native="linux-x86_64")
    assert said in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("tag", "triple", "release", "platform"),
    [
        ("macosx_10_13_x86_64", "x86_64-apple-darwin17", "17.0.0", "macosx-10.13-x86_64"),
        ("macosx_11_0_arm64", "aarch64-apple-darwin20", "20.0.0", "macosx-11.0-arm64"),
        ("macosx_15_0_arm64", "aarch64-apple-darwin24", "24.0.0", "macosx-15.0-arm64"),
        ("macosx_26_0_arm64", "aarch64-apple-darwin25", "25.0.0", "macosx-26.0-arm64"),
    ],
)
def test_versions_have_a_kernel(tag: str, triple: str, release: str, platform: str) -> None:
    target = found(tag)
    assert (target.triple, target.release, target.platform) == (triple, release, platform)


def test_what_python_calls_it() -> None:
    target, python = found("macosx_11_0_arm64"), PythonVersion(13, freethreaded=True)
    assert target.ext_suffix(python) == ".cpython-313t-darwin.so"
    assert target.sysconfigdata(python) == "_sysconfigdata_t_darwin_darwin"
    assert target.markers(python)["platform_system"] == "Darwin"
    assert target.markers(python)["platform_machine"] == "arm64"


def test_what_projects_are_told() -> None:
    assert found("macosx_10_13_x86_64").variables() == {
        "MACOSX_DEPLOYMENT_TARGET": "10.13",
        "ARCHFLAGS": "-arch x86_64",
    }


def test_wheels_of_older_versions_run_there() -> None:
    tags = found("macosx_12_0_arm64").platform_tags()
    assert tags[0] == "macosx_12_0_arm64"
    assert {"macosx_11_0_arm64", "macosx_11_0_universal2", "macosx_10_9_universal2"} <= set(tags)
    assert "macosx_13_0_arm64" not in tags


@pytest.mark.parametrize(
    ("tag", "parts"),
    [
        ("macosx_11_0_arm64", []),
        ("macosx_10_13_universal2", ["macosx_10_13_x86_64", "macosx_11_0_arm64"]),
        ("macosx_13_0_universal2", ["macosx_13_0_x86_64", "macosx_13_0_arm64"]),
    ],
)
def test_wheels_for_both_architectures_are_made_of_those_for_each(tag: str, parts: list[str]) -> None:
    assert list(map(str, found(tag).components())) == parts


@pytest.mark.parametrize(
    ("tag", "asked", "chosen"),
    [
        ("macosx_11_0_arm64", None, "macosx_11_0_arm64"),
        ("macosx_11_0_arm64", "", "macosx_11_0_arm64"),
        ("macosx_11_0_arm64", "12.0", "macosx_12_0_arm64"),
        ("macosx_11_0_arm64", "12", "macosx_12_0_arm64"),
        ("macosx_11_0_arm64", "10.9", "macosx_11_0_arm64"),
        ("macosx_10_13_x86_64", "10.15", "macosx_10_15_x86_64"),
        ("macosx_10_13_universal2", "10.15", "macosx_10_15_universal2"),
    ],
)
def test_variables_of_builders_ask_for_a_newer_version(tag: str, asked: str | None, chosen: str) -> None:
    environment = {} if asked is None else {"MACOSX_DEPLOYMENT_TARGET": asked}
    assert str(found(tag).with_deployment_target(environment)) == chosen


@pytest.mark.parametrize("asked", ["12.3", "new", "99.0"])
def test_variables_of_builders_must_name_a_version_there_is(asked: str) -> None:
    with pytest.raises(UsageError, match=f"MACOSX_DEPLOYMENT_TARGET={asked}") as caught:
        found("macosx_11_0_arm64").with_deployment_target({"MACOSX_DEPLOYMENT_TARGET": asked})
    assert "11.0, 12.0" in (caught.value.hint or "")
