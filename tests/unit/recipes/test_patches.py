import difflib
import io

import pytest

from crosswheel.errors import SourceError
from crosswheel.recipes.patches import apply_patch

TWENTY = "".join(f"line {number}\n" for number in range(20))


def diff(old: str, new: str, name: str = "a.c", *, source: str | None = None, target: str | None = None) -> bytes:
    sides = [list(io.StringIO(text, newline="\n")) for text in (old, new)]
    lines = difflib.unified_diff(*sides, source or f"a/{name}", target or f"b/{name}")
    marked = (line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return "".join(marked).encode("latin-1")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (TWENTY, TWENTY.replace("line 3\n", "three\n").replace("line 17\n", "")),
        (TWENTY, TWENTY + "more\n"),
        ("x", "y"),
        ("x\n", "x"),
        ("x", "x\n"),
        ("a\r\nb\r\n", "a\r\nc\r\n"),
        ("a\x0cb\n\x85\n", "a\x0cb\n\x85\nc\n"),
    ],
)
def test_a_file_becomes_what_the_diff_was_made_from(tmp_path, old, new):
    (tmp_path / "a.c").write_bytes(old.encode("latin-1"))
    (tmp_path / "a.c").chmod(0o755)
    apply_patch(tmp_path, diff(old, new), "fix.patch")
    assert (tmp_path / "a.c").read_bytes() == new.encode("latin-1")
    assert (tmp_path / "a.c").stat().st_mode & 0o777 == 0o755


def test_hunks_are_found_where_lines_have_moved(tmp_path):
    moved = "new\n" * 5 + TWENTY
    (tmp_path / "a.c").write_text(moved)
    apply_patch(tmp_path, diff(TWENTY, TWENTY.replace("line 12\n", "twelve\n")), "fix.patch")
    assert (tmp_path / "a.c").read_text() == moved.replace("line 12\n", "twelve\n")


def test_files_are_added_removed_and_renamed(tmp_path):
    (tmp_path / "old.c").write_text(TWENTY)
    (tmp_path / "gone.c").write_text("x\n")
    text = diff("", "new\n", source="/dev/null", target="b/sub/new.c")
    text += diff("x\n", "", source="a/gone.c", target="/dev/null")
    text += diff(TWENTY, TWENTY + "end\n", source="a/old.c", target="b/renamed.c")
    apply_patch(tmp_path, text, "fix.patch")
    assert (tmp_path / "sub" / "new.c").read_text() == "new\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["renamed.c", "sub"]
    assert (tmp_path / "renamed.c").read_text() == TWENTY + "end\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (diff(TWENTY, TWENTY.replace("line 3\n", "3\n").replace("line 17\n", "")), "hunk 2 of 2 does not apply to a.c"),
        (diff("x\n", "y\n", "b.c"), "b.c, which does not exist"),
        (diff("", "x\n", source="/dev/null", target="b/a.c"), "a.c, which already exists"),
        (diff("x\n", "y\n", "../../b.c"), "outside of the sources"),
        (b"no diff\n", "changes nothing"),
        (b"--- a/a.c\n+++ b/a.c\n@@ -1,3 +1,3 @@\n x\n", "not a unified diff"),
    ],
)
def test_a_patch_that_does_not_apply_says_where(tmp_path, text, said):
    (tmp_path / "a.c").write_text(TWENTY.replace("line 16\n", "another\n"))
    with pytest.raises(SourceError) as caught:
        apply_patch(tmp_path, text, "fix.patch")
    assert said in caught.value.what
    assert caught.value.where == "fix.patch"


def test_files_are_those_of_the_lines_that_patch_goes_by(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.c").write_text("one\n")
    diff = (
        b"diff --git a/a.c b/a.c\nindex 983153c..0941754 100644\n--- a/inner/a.c\n+++ b/inner/a.c\n"
        b"@@ -1 +1 @@\n-one\n+two\n"
    )
    apply_patch(tmp_path, diff, "x.patch")
    assert (tmp_path / "inner" / "a.c").read_text() == "two\n"


def test_a_hunk_that_has_moved_is_a_remark(tmp_path):
    (tmp_path / "a.c").write_text("new\nnew\none\n")
    remarks = []
    apply_patch(tmp_path, b"--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-one\n+two\n", "x.patch", remarks.append)
    assert remarks == ["x.patch: hunk 1 of 1 applied to a.c at line 3, not 1"]
    assert (tmp_path / "a.c").read_text() == "new\nnew\ntwo\n"
