"""Applying unified diffs: each hunk where its lines are, or nowhere."""

from __future__ import annotations

import io
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from unidiff import PatchSet, UnidiffParseError

from crosswheel.errors import SourceError
from crosswheel.host.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from unidiff import Hunk, PatchedFile

_BYTES = "latin-1"  # one character for each byte, so that files of any encoding come out as they were
_NOWHERE = "/dev/null"
_REMARK = "\\"


def apply_patch(tree: Path, diff: bytes, name: str) -> None:
    """Change sources as a diff says; names in it have one directory before them, as ``patch -p1`` takes them.

    A hunk may have moved to other lines. Its own lines must be there exactly: near misses are not accepted.

    :param name: what the diff is called in errors.
    :raises SourceError: when it is no diff or does not apply, by hunk and file. Files before that one are changed.
    """
    try:
        files = PatchSet(io.StringIO(diff.decode(_BYTES), newline="\n"))
    except UnidiffParseError as error:
        raise SourceError(f"not a unified diff: {error}", where=name) from error
    if not files:
        raise SourceError("the patch changes nothing", where=name)
    for file in files:
        if file.is_binary_file:
            raise SourceError(f"the patch changes {_plain(file.path)}, which is binary", where=name)
        _change(tree, file, name)


def _change(tree: Path, file: PatchedFile, name: str) -> None:
    source, target = (_place(tree, path, name) for path in (file.source_file, file.target_file))
    if source is not None and not source.is_file():
        raise SourceError(f"the patch changes {_plain(file.source_file)}, which is not there", where=name)
    if source is None and target is not None and target.exists():
        raise SourceError(f"the patch adds {_plain(file.target_file)}, which is there already", where=name)
    lines = [] if source is None else _lines(source.read_bytes().decode(_BYTES))
    changed = "".join(_changed(lines, file, name))
    if target is not None:
        mode = source.stat().st_mode & 0o777 if source else 0o644
        write_atomic(target, changed.encode(_BYTES), mode=mode)
    if source is not None and source != target:
        source.unlink()


def _changed(lines: list[str], file: PatchedFile, name: str) -> Iterator[str]:
    """The lines of a file after all hunks."""
    done = 0
    for number, hunk in enumerate(file, 1):
        old, new = _sides(hunk)
        place = _find(lines, old, done, hunk)
        if place is None:
            raise SourceError(
                f"hunk {number} of {len(file)} does not apply to {_plain(file.path)}: "
                f"its lines are not at line {hunk.source_start}, nor elsewhere",
                where=name,
                hint="the sources are others than the patch was made for; make it again",
            )
        yield from lines[done:place]
        yield from new
        done = place + len(old)
    yield from lines[done:]


def _sides(hunk: Hunk) -> tuple[list[str], list[str]]:
    """The lines of a hunk before and after; one that a remark follows ("No newline at end of file") ends without."""
    lines = [line for line in hunk if line.line_type != _REMARK]
    bare = {id(line) for line, after in pairwise(hunk) if after.line_type == _REMARK}
    texts = [(line, line.value.removesuffix("\n") if id(line) in bare else line.value) for line in lines]
    return [text for line, text in texts if not line.is_added], [text for line, text in texts if not line.is_removed]


def _find(lines: list[str], old: list[str], start: int, hunk: Hunk) -> int | None:
    """Where the old lines of a hunk are, counted from 0: where it says, or the nearest place to that."""
    said = hunk.source_start - 1 if old else hunk.source_start
    last = len(lines) - len(old)
    farthest = max(len(lines), said) + 1
    nearby = chain((0,), *((-distance, distance) for distance in range(1, farthest if old else 1)))
    places = (said + shift for shift in nearby)
    return next((at for at in places if start <= at <= last and lines[at : at + len(old)] == old), None)


def _lines(text: str) -> list[str]:
    return list(io.StringIO(text, newline="\n"))


def _place(tree: Path, path: str, name: str) -> Path | None:
    if path == _NOWHERE:
        return None
    parts = path.partition("\t")[0].split("/")[1:]
    if not parts or ".." in parts:
        raise SourceError(f"the patch names {path}, which is not in the sources", where=name)
    return tree.joinpath(*parts)


def _plain(path: str) -> str:
    return path.partition("\t")[0].removeprefix("a/").removeprefix("b/")
