"""OpenMP: the options that enable it, and the library that replaces those which compilers link for it."""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING

from crosswheel.toolchains.command_line import CommandLine, Item, Mode
from crosswheel.toolchains.model import OptionalLibrary
from crosswheel.toolchains.responses import error_plan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crosswheel.toolchains.model import CallSettings, OpenMpRuntime, Plan

OPENMP = "openmp"
"""The component name of the library in plans; the build provides it, not the toolchain."""
_ENABLING = "-fopenmp"
_DISABLING = "-fno-openmp"
_PASSING_ON = ("-Xpreprocessor", "-Xclang")
"""Options by which builds for Apple's clang pass ``-fopenmp`` on, which that compiler's driver rejects."""
_SYMBOLS = ("__kmpc_", "\0omp_")
"""Parts of symbol names in files that were compiled for OpenMP: clang's calls of the library, and the project's."""
_RUNTIMES = ("gomp", "omp", "iomp5")
"""Names of OpenMP libraries of compilers: gcc's, clang's and Intel's."""


def enables_openmp(line: CommandLine) -> bool:
    """Return whether a call enables OpenMP; the last option decides."""
    return next((item.name != _DISABLING for item in reversed(line.items) if _is_switch(item)), False)


def openmp_refusal(line: CommandLine, settings: CallSettings, why: str = "") -> Plan | None:
    """Return a refusal if a call enables OpenMP and there is no library for it.

    :param why: the reason of toolchains that never support it.
    """
    if not enables_openmp(line) or (settings.openmp and not why):
        return None
    return error_plan(f"{why or settings.openmp_refusal}; build without -fopenmp", feature="OpenMP")


def openmp_runtime(line: CommandLine, settings: CallSettings) -> OpenMpRuntime | None:
    """Return the library for a call that enables OpenMP or links the OpenMP library of a compiler; None for others."""
    runtime = settings.openmp
    if runtime is None:
        return None
    links = line.mode is Mode.LINK and any(_is_runtime(item, runtime) for item in line.items)
    return runtime if links or enables_openmp(line) else None


def without_runtimes(items: Iterable[Item], runtime: OpenMpRuntime) -> tuple[Item, ...]:
    """Return the items without OpenMP libraries, which :func:`library_to_link` replaces."""
    return tuple(item for item in items if not _is_runtime(item, runtime))


def spell_openmp(items: Iterable[Item]) -> tuple[Item, ...]:
    """Return the items with every option that enables OpenMP spelled ``-fopenmp``.

    clang compiles ``-fopenmp=libgomp`` without OpenMP.
    """
    return tuple(Item(_ENABLING) if _is_switch(item) and item.name != _DISABLING else item for item in items)


def library_to_link(runtime: OpenMpRuntime, *, shared: bool, static: bool) -> tuple[str, ...]:
    """Return the arguments that link the library.

    :param shared: whether a shared object is linked.
    :param static: whether a static program is linked.
    """
    if static:
        return (runtime.static,)
    # Programs that a build runs find it by the run path, which is removed from those in the wheel.
    run_path = () if shared else (f"-Wl,-rpath,{os.path.dirname(runtime.shared)}",)  # noqa: PTH120
    return (runtime.shared, *run_path)


def optional_library(runtime: OpenMpRuntime, *, shared: bool) -> OptionalLibrary:
    """Return the library for links that do not ask for it, although their inputs may have been compiled for OpenMP.

    CMake's FindOpenMP passes ``-fopenmp`` to compilations only, and names no library.

    :param shared: whether a shared object is linked.
    """
    return OptionalLibrary(OPENMP, runtime.shared if shared else runtime.static, _SYMBOLS)


def _is_switch(item: Item) -> bool:
    if item.name in _PASSING_ON:
        return _is_enabling(item.value or "")
    return item.name == _DISABLING or _is_enabling(item.name.removeprefix("-Wp,"))


def _is_enabling(option: str) -> bool:
    return option == _ENABLING or option.startswith(f"{_ENABLING}=")


def _is_runtime(item: Item, runtime: OpenMpRuntime) -> bool:
    if item.is_input:
        # CMake's FindOpenMP reads the library's path from a link of a program.
        return item.value in {runtime.shared, runtime.static}
    return item.name == "-l" and item.value in _RUNTIMES
