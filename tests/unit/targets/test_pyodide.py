"""Targets of Pyodide: the tags of its ABIs."""

from __future__ import annotations

import pytest

from crosswheel.settings.merge import build_identifiers
from crosswheel.targets import PythonVersion, all_targets, find_target, target_from_tag
from crosswheel.targets.pyodide import abis


class Everything:
    def minimum_version(self, _architecture: str, _platform: str) -> tuple[int, int]:
        return (0, 0)

    def unsupported_reason(self, _architecture: str, _platform: str) -> tuple[str, str]:
        return "", ""


@pytest.mark.parametrize(
    ("alias", "tag"),
    [
        ("pyodide-3.12", "pyodide_2024_0_wasm32"),
        ("pyodide-3.13", "pyemscripten_2025_0_wasm32"),
        ("pyodide-3.14", "pyemscripten_2026_0_wasm32"),
    ],
)
def test_wheels_get_the_tag_of_pep_783_if_a_runtime_installs_it(alias: str, tag: str) -> None:
    target = find_target(alias, Everything(), native="linux-x86_64")
    assert (target.tag, target.wheel_tags()) == (tag, (tag,))
    assert tag in {each.tag for each in all_targets(Everything())}


def test_the_former_name_is_accepted_and_kept() -> None:
    former = find_target("pyodide_2025_0_wasm32", Everything(), native="linux-x86_64")
    assert former == target_from_tag("pyodide_2025_0_wasm32")
    assert former.wheel_tags() == ("pyodide_2025_0_wasm32",)
    assert former.platform == "pyodide-2025.0-wasm32"
    assert former.alias == "pyodide-3.13"


@pytest.mark.parametrize("name", ["pyodide_2025_0_wasm32", "pyemscripten_2025_0_wasm32"])
def test_both_names_are_installed_by_the_runtime_and_selected_by_overrides(name: str) -> None:
    target = target_from_tag(name)
    assert target is not None
    both = {"pyodide_2025_0_wasm32", "pyemscripten_2025_0_wasm32"}
    assert target.platform_tags()[0] == name
    assert both < set(target.platform_tags())
    assert {f"cp313-{tag}" for tag in both} < set(build_identifiers(target, PythonVersion.parse("3.13")))


@pytest.mark.parametrize("name", ["pyemscripten_2024_0_wasm32", "pyodide_2026_0_wasm32", "pyemscripten_2031_0_wasm32"])
def test_names_that_no_runtime_or_index_knows_are_none(name: str) -> None:
    assert target_from_tag(name) is None


def test_every_abi_has_a_tag() -> None:
    assert all(abi.tags for abi in abis().values())
