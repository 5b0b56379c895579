"""The OpenMP library of a build: which settings compilers get, and what becomes part of a wheel."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from crosswheel.building.context import BuildContext
from crosswheel.building.native_libraries import LibraryResolver, NativeLibraries
from crosswheel.building.openmp import OpenMp
from crosswheel.building.options import BuildOptions, merge_recipe_options
from crosswheel.environments.packages import RequirementSource
from crosswheel.recipes.model import PackageRecipe
from crosswheel.targets import Target, target_from_tag
from crosswheel.toolchains.model import CallSettings, Plan

PACKAGES = RequirementSource((), {})


@dataclass
class Toolchain:
    target: Target
    identity: str = "zig 1"
    compiler_id: str = "clang"
    built: list[str] = field(default_factory=list)

    def plan(self, _call: object, _settings: CallSettings) -> Plan:
        return Plan(notes=("planned",))

    def build_component(self, part: str) -> None:
        self.built.append(part)


def openmp(context: BuildContext, tag: str = "manylinux_2_31_riscv64", **options: object) -> OpenMp:
    target = target_from_tag(tag)
    assert target is not None
    context = replace(context, target=target, toolchain=Toolchain(target), options=BuildOptions(**options))
    return LibraryResolver(context).openmp(PACKAGES)


@pytest.mark.parametrize("tag", ["manylinux_2_31_riscv64", "musllinux_1_2_x86_64", "manylinux_2_17_s390x"])
def test_linux_has_a_library(context: BuildContext, tag: str) -> None:
    found = openmp(context, tag)
    settings = found.apply_to(CallSettings(kept_paths=("/a",)))
    assert settings.openmp is not None
    assert found.key is not None
    directory = context.store.location(found.key)
    assert Path(settings.openmp.include) == directory / "include"
    assert Path(settings.openmp.shared) == directory / "lib/libomp.so"
    assert settings.kept_paths == ("/a", str(directory))
    assert not directory.exists()
    assert found.used_prefix(f"clang -isystem {directory}/include") is None


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        ("win_amd64", "not supported on Windows"),
        ("macosx_11_0_arm64", "no wheel for macOS"),
        ("pyodide_2025_0_wasm32", "no threads"),
    ],
)
def test_other_platforms_have_a_reason(context: BuildContext, tag: str, reason: str) -> None:
    found = openmp(context, tag)
    settings = found.apply_to(CallSettings())
    assert settings.openmp is None
    assert reason in settings.openmp_refusal
    assert found.key is None
    assert found.used_prefix("clang -fopenmp") is None


def test_the_option_disables_it_and_is_part_of_keys(context: BuildContext) -> None:
    found = openmp(context, openmp=False)
    assert found.apply_to(CallSettings()).openmp is None
    assert "disabled" in found.apply_to(CallSettings()).openmp_refusal
    target = context.target
    with_library = replace(context, toolchain=Toolchain(target))
    without = replace(with_library, options=BuildOptions(openmp=False))
    assert LibraryResolver(with_library).keys((), PACKAGES) == [openmp(context).key]
    assert LibraryResolver(without).keys((), PACKAGES) == []


@pytest.mark.parametrize(
    ("recipe", "own", "expected"), [(False, True, False), (True, False, False), (True, True, True)]
)
def test_a_recipe_or_the_user_disables_it(recipe: bool, own: bool, expected: bool) -> None:
    assert merge_recipe_options(BuildOptions(openmp=own), PackageRecipe(openmp=recipe)).openmp is expected


def test_other_components_are_the_toolchains(context: BuildContext) -> None:
    toolchain = Toolchain(context.target)
    extended = openmp(context).extend(toolchain)
    extended.build_component("c++")
    assert toolchain.built == ["c++"]
    assert (extended.target, extended.identity, extended.compiler_id) == (context.target, "zig 1", "clang")


def test_a_wheel_has_the_library_only_if_it_was_built(context: BuildContext, tmp_path: Path) -> None:
    native = NativeLibraries(None, (), tmp_path / "maps")
    library = openmp(context)
    assert library.key is not None
    calls = f"clang -isystem {context.store.location(library.key)}/include"
    assert native.with_openmp(library, calls) == native
    assert native.bundled.named == {}
