"""Laying out overlays: a directory in which compilers find the target's files instead of the build environment's."""

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
    """Create a directory of the target's files, with their paths in the environment.

    Directories that several packages share also contain links to the other packages' files in the environment.
    Directories of packages with an overlay contain only the target's files.

    :param view: the directory to create; must not exist.
    :param overlays: packages, and the directories of their target files.
    :raises StorageError: if files cannot be written.
    """
    owned: set[str] = set()
    paths: set[str] = set()
    with storage_errors(view):
        view.mkdir()
        for package, tree in overlays:
            owned |= _with_parents(package.files)
            merge_tree(tree, view)
            paths |= _with_parents(path.relative_to(tree).as_posix() for path in tree.rglob("*"))
        for directory in sorted(path for path in paths if (view / path).is_dir()):
            _link_other_packages(environment, view, directory, owned)
    links = _directory_links(environment)
    if paths:
        for link, original in links.items():
            (view / link).symlink_to(original)
    aliases = {
        link + path[len(original) :] for link, original in links.items() for path in paths if _is_in(path, original)
    }
    prefixes = dict.fromkeys((str(environment), str(environment.resolve())))
    return OverlaidEnvironment(tuple(prefixes), str(view), frozenset(paths | aliases))


def _link_other_packages(environment: Path, view: Path, directory: str, owned: set[str]) -> None:
    """Link the entries of other packages into a shared directory, but no link input: it is the build machine's."""
    if not (environment / directory).is_dir():
        return
    for entry in sorted((environment / directory).iterdir()):
        path = f"{directory}/{entry.name}"
        if path not in owned and not os.path.lexists(view / path) and not is_link_input(entry.name):
            (view / path).symlink_to(entry)


def _with_parents(paths: Iterable[str]) -> set[str]:
    result: set[str] = set()
    for path in paths:
        while path and path not in result:
            result.add(path)
            path = path.rpartition("/")[0]  # noqa: PLW2901
    return result


def _directory_links(environment: Path) -> dict[str, str]:
    """Return the symbolic links at the top of an environment, and their targets: ``lib64`` to ``lib``."""
    return {entry.name: str(entry.readlink()) for entry in environment.iterdir() if entry.is_symlink()}


def _is_in(path: str, directory: str) -> bool:
    return path == directory or path.startswith(f"{directory}/")
