from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fake_hosts import Shelf, fake_host

from crosswheel.building.context import BuildConfiguration
from crosswheel.building.options import BuildOptions
from crosswheel.building.planning import plan_builds
from crosswheel.sources.index_settings import IndexSettings
from crosswheel.targets import PythonVersion, target_from_tag

ARM64, X86_64, UNIVERSAL = "macosx_11_0_arm64", "macosx_10_13_x86_64", "macosx_10_13_universal2"


@pytest.fixture
def combination(tmp_path):
    host, index = fake_host(tmp_path, Shelf(tmp_path)), IndexSettings.load({}, {})

    def made(tag: str, **options) -> BuildConfiguration:
        return BuildConfiguration(host, target_from_tag(tag), PythonVersion(13), index, BuildOptions(**options))

    return made


def test_what_is_made_of_nothing_is_built_itself(combination):
    linux = combination("manylinux_2_28_x86_64", test=True)
    single, (made,) = plan_builds([linux], Path("work"))
    assert single == (linux,)
    assert (made.configuration, made.parts, made.is_merged) == (linux, (0,), False)


def test_parts_are_built_with_the_options_of_the_whole_and_kept_back(combination):
    whole = combination(UNIVERSAL, test=True, environment={"A": "1"})
    single, (made,) = plan_builds([whole], Path("work"))
    assert made.is_merged
    assert [str(single[part].target) for part in made.parts] == [X86_64, ARM64]
    for at, one in enumerate(single):
        assert one.options == BuildOptions(Path(f"work/parts-{at}"), environment={"A": "1"})


def test_what_is_asked_for_together_is_built_once(combination):
    asked = [combination(tag, test=True) for tag in (ARM64, UNIVERSAL, X86_64)]
    single, made = plan_builds(asked, Path("work"))
    assert list(single) == [asked[0], asked[2]]
    assert [one.parts for one in made] == [(0,), (1, 0), (1,)]


def test_what_is_to_be_built_otherwise_is_built_apart(combination):
    thin, whole = combination(ARM64, environment={"A": "1"}), combination(UNIVERSAL)
    single, made = plan_builds([thin, whole], Path("work"))
    assert [one.target.architecture.name for one in single] == ["arm64", "x86_64", "arm64"]
    assert [one.parts for one in made] == [(0,), (1, 2)]
    newer = replace(whole, target=target_from_tag("macosx_12_0_universal2"))
    assert len(plan_builds([whole, newer], Path("work"))[0]) == 4
