"""Applying unified diffs without fuzz."""

from __future__ import annotations

import io
from itertools import chain, pairwise, takewhile
from typing import TYPE_CHECKING

from unidiff import PatchSet, UnidiffParseError

from crosswheel.errors import SourceError
from crosswheel.host.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from unidiff import Hunk, PatchedFile

_BYTES = "latin-1"  # maps each byte to one character: files of any encoding are preserved
_DEV_NULL = "/dev/null"
_NO_NEWLINE = "\\"


def apply_patch(tree: Path, diff: bytes, name: str, remark: Callable[[str], object] = str) -> None:
    """Apply a unified diff to sources, as ``patch -p1`` does, but without fuzz.

    A hunk may have moved to other lines, where its lines must match exactly.

    :param name: the patch's name in errors.
    :param remark: called with a sentence for each hunk that has moved.
    :raises SourceError: if the diff is invalid or does not apply; names the hunk and the file. Files of the diff before
        that one are changed.
    """
    try:
        files = PatchSet(io.StringIO(_without_other_names(diff.decode(_BYTES)), newline="\n"))
    except UnidiffParseError as error:
        raise SourceError(f"not a unified diff: {error}", where=name) from error
    if not files:
        raise SourceError("the patch changes nothing", where=name)
    for file in files:
        if file.is_binary_file:
            raise SourceError(f"the patch changes {_plain(file.path)}, which is binary", where=name)
        _change(tree, file, name, remark)


def _without_other_names(diff: str) -> str:
    """Remove git's headers that name another file than the lines ``---`` and ``+++``, which patch(1) goes by.

    unidiff takes both for files.
    """
    lines = _lines(diff)
    dropped = set()
    for index, line in enumerate(lines):
        if not line.startswith("diff --git "):
            continue
        following = takewhile(lambda each: not each.startswith(("@@ ", "diff ")), lines[index + 1 :])
        named = next((each[4:].partition("\t")[0].strip() for each in following if each.startswith("--- ")), None)
        if named not in {None, _DEV_NULL} and f" {named} " not in line:
            dropped |= {index, index + 1} if lines[index + 1].startswith("index ") else {index}
    return "".join(line for index, line in enumerate(lines) if index not in dropped)


def _change(tree: Path, file: PatchedFile, name: str, remark: Callable[[str], object]) -> None:
    source, target = (_target_path(tree, path, name) for path in (file.source_file, file.target_file))
    if source is not None and not source.is_file():
        raise SourceError(f"the patch changes {_plain(file.source_file)}, which does not exist", where=name)
    if source is None and target is not None and target.exists():
        raise SourceError(f"the patch adds {_plain(file.target_file)}, which already exists", where=name)
    lines = [] if source is None else _lines(source.read_bytes().decode(_BYTES))
    changed = "".join(_changed(lines, file, name, remark))
    if target is not None:
        mode = source.stat().st_mode & 0o777 if source else 0o644
        write_atomic(target, changed.encode(_BYTES), mode=mode)
    if source is not None and source != target:
        source.unlink()


def _changed(lines: list[str], file: PatchedFile, name: str, remark: Callable[[str], object]) -> Iterator[str]:
    """Yield the lines of a file after all hunks."""
    end = 0
    for number, hunk in enumerate(file, 1):
        old, new = _sides(hunk)
        position = _find(lines, old, end, hunk)
        if position is None:
            raise SourceError(
                f"hunk {number} of {len(file)} does not apply to {_plain(file.path)}: "
                f"its lines are neither at line {hunk.source_start} nor elsewhere",
                where=name,
                hint="update the patch to this version of the sources",
            )
        expected = hunk.source_start - 1 if old else hunk.source_start
        if position != expected:
            remark(
                f"{name}: hunk {number} of {len(file)} applied to {_plain(file.path)} at line {position + 1}, "
                f"not {expected + 1}"
            )
        yield from lines[end:position]
        yield from new
        end = position + len(old)
    yield from lines[end:]


def _sides(hunk: Hunk) -> tuple[list[str], list[str]]:
    """Return the lines of a hunk before and after, honouring "No newline at end of file"."""
    lines = [line for line in hunk if line.line_type != _NO_NEWLINE]
    bare = {id(line) for line, after in pairwise(hunk) if after.line_type == _NO_NEWLINE}
    texts = [(line, line.value.removesuffix("\n") if id(line) in bare else line.value) for line in lines]
    return [text for line, text in texts if not line.is_added], [text for line, text in texts if not line.is_removed]


def _find(lines: list[str], old: list[str], start: int, hunk: Hunk) -> int | None:
    """Return the index of a hunk's old lines: the match nearest to the line number in the hunk, or None."""
    expected = hunk.source_start - 1 if old else hunk.source_start
    last = len(lines) - len(old)
    farthest = max(len(lines), expected) + 1
    nearby = chain((0,), *((-distance, distance) for distance in range(1, farthest if old else 1)))
    candidates = (expected + shift for shift in nearby)
    return next((at for at in candidates if start <= at <= last and lines[at : at + len(old)] == old), None)


def _lines(text: str) -> list[str]:
    return list(io.StringIO(text, newline="\n"))


def _target_path(tree: Path, path: str, name: str) -> Path | None:
    if path == _DEV_NULL:
        return None
    parts = path.partition("\t")[0].split("/")[1:]
    if not parts or ".." in parts:
        raise SourceError(f"the patch changes {path}, which is outside of the sources", where=name)
    return tree.joinpath(*parts)


def _plain(path: str) -> str:
    return path.partition("\t")[0].removeprefix("a/").removeprefix("b/")
