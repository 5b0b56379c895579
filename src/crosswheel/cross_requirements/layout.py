"""Laying overlays out beside a build environment, so that compilers find the target's files where they look."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.host.files import storage_errors
from crosswheel.host.trees import merge_tree
from crosswheel.toolchains.build_machine_rules import is_link_input
from crosswheel.toolchains.model import OverlaidEnvironment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crosswheel.cross_requirements.installed import InstalledPackage


def lay_out_overlays(
    environment: Path, view: Path, overlays: Iterable[tuple[InstalledPackage, Path]]
) -> OverlaidEnvironment:
    """Fill a directory with the target's files under the names they have in an environment.

    Directories that several packages share lead on to the other packages in the environment. A directory of a
    package with an overlay holds the target's files and no others.

    :param view: must not exist yet.
    :param overlays: packages and their files for the target.
    :raises StorageError: when the disk refuses.
    """
    owned: set[str] = set()
    paths: set[str] = set()
    with storage_errors(view):
        view.mkdir()
        for package, tree in overlays:
            owned |= _with_parents(package.files)
            merge_tree(tree, view)
            paths |= _with_parents(path.relative_to(tree).as_posix() for path in tree.rglob("*"))
        for inner in sorted(path for path in paths if (view / path).is_dir()):
            _lead_on(environment, view, inner, owned)
    twins = _twins(environment)
    if paths:
        for twin, original in twins.items():
            (view / twin).symlink_to(original)
    also = {twin + path[len(original) :] for twin, original in twins.items() for path in paths if _in(path, original)}
    prefixes = dict.fromkeys((str(environment), str(environment.resolve())))
    return OverlaidEnvironment(tuple(prefixes), str(view), frozenset(paths | also))


def _lead_on(environment: Path, view: Path, inner: str, owned: set[str]) -> None:
    """Let a directory show what other packages have in it; what is linked stays hidden."""
    if not (environment / inner).is_dir():
        return
    for entry in sorted((environment / inner).iterdir()):
        path = f"{inner}/{entry.name}"
        if path not in owned and not os.path.lexists(view / path) and not is_link_input(entry.name):
            (view / path).symlink_to(entry)


def _with_parents(paths: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        while path and path not in found:
            found.add(path)
            path = path.rpartition("/")[0]  # noqa: PLW2901
    return found


def _twins(environment: Path) -> dict[str, str]:
    """Second names of directories in an environment: ``lib64`` of ``lib``."""
    return {entry.name: str(entry.readlink()) for entry in environment.iterdir() if entry.is_symlink()}


def _in(path: str, directory: str) -> bool:
    return path == directory or path.startswith(f"{directory}/")
