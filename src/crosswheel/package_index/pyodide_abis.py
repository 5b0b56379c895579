"""The Pyodide ABI of a directory's wheels, and the wheels that are compatible with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

from crosswheel.errors import UsageError
from crosswheel.targets.pyodide import WASM32, PyodideTarget, abis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.tags import Tag

    from crosswheel.package_index.published_wheel import PublishedWheel
    from crosswheel.targets.pyodide import PyodideAbi

_FAMILIES = ("pyodide", "pyemscripten")
_TAG = re.compile(rf"(?:{'|'.join(_FAMILIES)}|emscripten)_[\d_]+_{WASM32.name}")
_INDEX_ONLY = "--no-pyodide-lock creates only the index"


def common_abi(wheels: Sequence[PublishedWheel]) -> PyodideAbi | None:
    """Return the ABI of the wheels for Pyodide; None if there are no such wheels.

    :raises UsageError: if they are for several ABIs, or for an unknown one.
    """
    first: dict[PyodideAbi, PublishedWheel] = {}
    for wheel in wheels:
        if abi := _abi(wheel):
            first.setdefault(abi, wheel)
    if len(first) > 1:
        wheels_by_abi = " and ".join(f"{abi.name} ({wheel.file_name})" for abi, wheel in first.items())
        raise UsageError(
            f"wheels for several Pyodide ABIs, but a lock file is for one: {wheels_by_abi}",
            hint=f"use a directory per ABI; {_INDEX_ONLY}",
        )
    return next(iter(first), None)


def best_wheels(wheels: Sequence[PublishedWheel], abi: PyodideAbi) -> tuple[dict[str, PublishedWheel], tuple[str, ...]]:
    """Return the wheel of each project that would be installed on an ABI, and notes about incompatible ones.

    As in pip, a final release is preferred to a later pre-release, and a more specific tag to a more general one.
    """
    ranks = {tag: rank for rank, tag in enumerate(_supported_tags(abi))}
    best: dict[str, tuple[tuple[object, ...], PublishedWheel]] = {}
    notes = []
    for wheel in wheels:
        _, _, build, tags = parse_wheel_filename(wheel.file_name)
        rank = min((ranks[tag] for tag in tags if tag in ranks), default=None)
        if rank is None:
            if _abi(wheel):
                notes.append(f"{wheel.file_name} is omitted from the lock file: ABI {abi.name} has Python {abi.python}")
            continue
        key = (not wheel.version.is_prerelease, wheel.version, -rank, build, wheel.file_name)
        if wheel.project not in best or key > best[wheel.project][0]:
            best[wheel.project] = key, wheel
    return {project: wheel for project, (_, wheel) in sorted(best.items())}, tuple(notes)


def _abi(wheel: PublishedWheel) -> PyodideAbi | None:
    named = [platform for platform in wheel.name.platforms if _TAG.fullmatch(platform)]
    if not named:
        return None
    for abi in abis().values():
        if any(platform in _platforms(abi) for platform in named):
            return abi
    raise UsageError(
        f"unknown Pyodide ABI: {', '.join(named)}",
        where=wheel.file_name,
        hint=f"known ABIs: {', '.join(abis())}; {_INDEX_ONLY}",
    )


def _platforms(abi: PyodideAbi) -> list[str]:
    """Return the platform tags of an ABI, under each family's name: later runtimes accept both."""
    aliases = [f"{family}_{abi.name}_{WASM32.name}" for family in _FAMILIES]
    return list(dict.fromkeys((*PyodideTarget(abi).platform_tags(), *aliases)))


def _supported_tags(abi: PyodideAbi) -> list[Tag]:
    version, interpreter, platforms = (3, abi.python.minor), abi.python.interpreter, _platforms(abi)
    return [
        *cpython_tags(version, abis=[interpreter], platforms=platforms),
        *compatible_tags(version, interpreter=interpreter, platforms=platforms),
    ]
