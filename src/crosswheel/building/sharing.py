"""Wheels that serve several Pythons or targets, which are built once; builds that write the same file."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.building.results import Stage, WheelResult, capture_result
from crosswheel.building.test_and_publish import test_and_publish
from crosswheel.building.wheel_cache import NOT_IN_KEY, BuiltWheel, fields_in_key
from crosswheel.errors import BuildError, CrosswheelError, TestError
from crosswheel.host.files import storage_errors
from crosswheel.wheels.archive import WheelName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosswheel.building.context import BuildConfiguration
    from crosswheel.building.target_requirements import RequirementBuilder
    from crosswheel.building.test_cache import TestResultCache
    from crosswheel.building.workspace import Workspace
    from crosswheel.sources.model import Source
    from crosswheel.sources.project import Project

_NATIVE_CODE = frozenset(
    ".c .cc .cpp .cxx .c++ .m .mm .pyx .f .for .f77 .f90 .f95 .f03 .rs .go .zig .cu .s .asm .swift".split()
)
_NATIVE_BUILD = re.compile(
    r"ext_modules|cffi_modules|rust_extensions|\bExtension\b|mypy|cython|cffi|pybind11|nanobind|rust|maturin|meson|cmake",
    re.IGNORECASE,
)
"""What the build scripts of projects with compiled modules mention."""


def has_native_code(tree: Path, project: Project) -> bool:
    """Return whether a project may have compiled modules on some platform, although a build made none.

    A pure wheel of such a project is for the target and the Python that it was built for only: another build might
    compile modules.

    :param tree: the sources, before the build.
    """
    scripts = [tree / name for name in ("setup.py", "build.py", "hatch_build.py", "meson.build", "CMakeLists.txt")]
    text = "\n".join(path.read_text("utf-8", "replace") for path in scripts if path.is_file())
    if _NATIVE_BUILD.search("\n".join((*project.requires, project.backend, text))):
        return True
    return has_native_sources(tree)


def has_native_sources(tree: Path) -> bool:
    """Return whether a source tree contains files that a compiler, or Cython, compiles to modules."""
    return any(path.suffix.lower() in _NATIVE_CODE for path in tree.rglob("*") if path.is_file())


def serves(result: WheelResult, built_for: BuildConfiguration, other: BuildConfiguration) -> bool:
    """Return whether the wheel that one build made is what another build would make.

    :param result: the result of the build.
    """
    if not (result.ok and result.shareable and result.wheel):
        return False
    from crosswheel.testing.choose_python import supports_python

    name = WheelName.parse(result.wheel.name)
    return (
        supports_python(name, other.python)
        and (name.is_pure or built_for.target == other.target)
        and fields_in_key(built_for.options, NOT_IN_KEY) == fields_in_key(other.options, NOT_IN_KEY)
    )


def serve(
    configuration: BuildConfiguration,
    source: Source,
    result: WheelResult,
    requirement_builder: RequirementBuilder | None = None,
    test_cache: TestResultCache | None = None,
) -> WheelResult:
    """Test and publish a wheel that was built for another Python or target.

    :param result: the result of the build that made it.
    :param requirement_builder: see :func:`test_and_publish`; ``test_cache`` too.
    """
    wheel = result.wheel
    assert wheel is not None

    def test(configuration: BuildConfiguration, workspace: Workspace) -> WheelResult:
        copy = workspace.finished / wheel.name
        with storage_errors(copy):
            shutil.copyfile(wheel, copy)
        pure = WheelName.parse(wheel.name).is_pure
        built = BuiltWheel(copy, pure, degraded=result.degraded, shareable=True, seal=result.seal)
        return test_and_publish(configuration, source, built, workspace, requirement_builder, test_cache)

    served = capture_result(configuration, source.label, test)
    remark = "; ".join(filter(None, (f"served by {wheel.name}", served.remark)))
    return replace(served, remark=remark, libraries=result.libraries, shared_wheel=wheel)


def reject_conflicts(results: Sequence[WheelResult]) -> tuple[WheelResult, ...]:
    """Return the results with errors for wheels that must not have been published, which are removed.

    Those are wheels of the same name that differ, and a wheel that failed its test with one of the Pythons or targets
    that it serves.
    """
    errors: dict[Path, CrosswheelError] = {}
    first: dict[Path, WheelResult] = {}
    for result in results:
        if result.wheel is None:
            continue
        other = first.setdefault(result.wheel, result)
        if other.digest != result.digest:
            both = f"{_label(other)}, and {_label(result)}"
            errors[result.wheel] = BuildError(
                f"two builds made different wheels of the name {result.wheel.name}: {both}",
                hint="build them with different versions, or into different directories (--output-dir)",
            )
    for result in results:
        failed = result.error if isinstance(result.error, TestError) else None
        if failed and result.shared_wheel in first:
            errors.setdefault(
                result.shared_wheel,
                TestError(
                    f"{result.shared_wheel.name} is not published, since it fails for {result.target}, Python "
                    f"{result.python}: {failed.what}",
                    log=result.log,
                ),
            )
    for wheel in errors:
        with storage_errors(wheel):
            wheel.unlink(missing_ok=True)
    return tuple(
        replace(result, stage=Stage.FAILED, wheel=None, error=errors[result.wheel])
        if result.wheel in errors
        else result
        for result in results
    )


def _label(result: WheelResult) -> str:
    return f"{result.source} for {result.target}, Python {result.python}"
