"""Editing the contents of a wheel before it is repaired: by a script, or by removing its tests."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from crosswheel.host.files import move_into_place, temporary_directory
from crosswheel.host.trees import pack_tar as pack_directory
from crosswheel.wheels.archive import WheelName, pack_wheel, unpack_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_TEST_DIRECTORIES = frozenset({"test", "tests"})
_TEST_FILES = ("test_*.py", "*_test.py", "conftest.py")


def edit_wheel(wheel: Path, change: Callable[[Path], object], epoch: int, parent: Path | None = None) -> Path:
    """Unpack a wheel, change its files, and pack it again in place.

    :param change: called with the directory of unpacked files.
    :param parent: where to create that directory.
    :raises SourceError: if the wheel is damaged or has unsafe members.
    """
    with temporary_directory(parent=parent) as work:
        tree = unpack_wheel(wheel, work / "tree")
        change(tree)
        files = [path for path in sorted(tree.rglob("*")) if path.is_file()]
        contents = {str(path.relative_to(tree)): path.read_bytes() for path in files}
        modes = {str(path.relative_to(tree)): path.stat().st_mode for path in files}
        return move_into_place(pack_wheel(contents, modes, WheelName.parse(wheel.name), work, epoch), wheel)


def unvendor_tests(tree: Path, archive: Path, kept: Iterable[str] = ()) -> bool:
    """Move the tests of an unpacked wheel into an archive.

    :param archive: path of the archive, written if there are any tests: ``NAME-tests.tar.gz``.
    :param kept: patterns of paths to keep in the wheel.
    :returns: whether there were any tests.
    """
    found = [path for path in sorted(tree.rglob("*")) if path.is_file() and is_test(path.relative_to(tree).as_posix())]
    moved = [
        path for path in found if not any(fnmatchcase(path.relative_to(tree).as_posix(), pattern) for pattern in kept)
    ]
    if not moved:
        return False
    with temporary_directory() as work:
        for path in moved:
            dest = work / "tests" / path.relative_to(tree)
            dest.parent.mkdir(parents=True, exist_ok=True)
            dest.write_bytes(path.read_bytes())
            path.unlink()
        pack_directory(work / "tests", archive)
    return True


def is_test(path: str) -> bool:
    """Whether a file of a wheel is a test: in a directory ``test`` or ``tests``, or named as pytest collects them."""
    parts = PurePosixPath(path).parts
    if not _TEST_DIRECTORIES.isdisjoint(parts[:-1]):
        return ".dist-info" not in parts[0]
    return any(fnmatchcase(parts[-1], pattern) for pattern in _TEST_FILES)
