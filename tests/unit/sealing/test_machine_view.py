"""What programs of a build see of the target's machine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crosswheel.errors import UnknownPlatformError
from crosswheel.sealing.machine_view import machine_view
from crosswheel.targets import Target, target_from_tag
from crosswheel.targets.catalogue import all_targets

# Names of features, of any architecture, that only some of its processors have.
OPTIONAL = ("sse3", "pni", "ssse3", "sse4", "avx", "neon", "sve", "aes", "_v", "zba", "vx ", "lsx", "lasx", "arch_2_07")


class Everything:
    def minimum_version(self, architecture: str, platform: str) -> tuple[int, int]:
        return 0, 0

    def unsupported_reason(self, architecture: str, platform: str) -> tuple[str, str]:
        raise AssertionError(architecture, platform)


TARGETS = tuple(all_targets(Everything()))


def _target(tag: str) -> Target:
    target = target_from_tag(tag)
    assert target is not None
    return target


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_every_target_has_a_view(target):
    view = machine_view(target)
    assert {"uname", "arch", "getconf", "nproc", "lscpu", "dpkg"} <= set(view.programs)
    assert all(text.startswith("#!/bin/sh\n") for text in view.programs.values())
    assert view.substitutes < set(view.programs)
    assert "uname" not in view.substitutes
    assert bool(view.cpuinfo) == (target.family == "linux")
    assert view.kernel.startswith("Linux version ") == (target.family == "linux")


@pytest.mark.parametrize("target", [each for each in TARGETS if each.family == "linux"], ids=str)
def test_processors_have_the_baseline_only(target):
    view = machine_view(target)
    assert view.cpuinfo.count("processor") >= 1
    for feature in OPTIONAL:
        assert feature not in f"{view.cpuinfo} ".lower()
        assert feature not in view.programs["lscpu"].partition("flags=")[2].partition("\n")[0].lower()


def test_processors_are_numbered():
    lines = machine_view(_target("manylinux_2_17_x86_64"), 3).cpuinfo.splitlines()
    assert [line for line in lines if line.startswith("processor")] == [f"processor\t: {number}" for number in range(3)]


def test_a_target_of_several_has_the_last_ones_machine():
    universal = _target("macosx_11_0_universal2")
    assert machine_view(universal) == machine_view(universal.components()[-1])


@pytest.mark.parametrize("tag", ["manylinux_2_17_x86_64", "win_amd64"])
def test_an_unknown_architecture_is_refused(tag):
    target = _target(tag)
    unknown = replace(target, architecture=replace(target.architecture, name="mips64"))
    with pytest.raises(UnknownPlatformError, match="no architecture 'mips64' in crosswheel"):
        machine_view(unknown)
