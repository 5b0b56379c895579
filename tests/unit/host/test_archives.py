"""Archives that strangers made, some of them with bad intentions."""

from __future__ import annotations

import contextlib
import errno
import gzip
import io
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crosswheel.errors import CrosswheelError, SourceError, StorageError
from crosswheel.host.archives import SUFFIXES, Limits, unpack, unpack_deb

TIME = 1_600_000_000
TYPES = {"file": tarfile.REGTYPE, "dir": tarfile.DIRTYPE, "link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE,
         "pipe": tarfile.FIFOTYPE, "disk": tarfile.BLKTYPE}  # fmt: skip
MODES = {"file": stat.S_IFREG, "dir": stat.S_IFDIR, "link": stat.S_IFLNK, "pipe": stat.S_IFIFO}
Entry = tuple[str, str, str]  # kind, name, and what a file holds or a link points to
SAMPLE: list[Entry] = [("dir", "p-1", ""), ("file", "p-1/a.py", "a" * 500), ("link", "p-1/b.py", "a.py")]


def member(kind: str, name: str, text: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = TYPES[kind]
    info.mode = mode
    info.mtime = TIME
    if kind in {"link", "hard"}:
        info.linkname = text
    else:
        info.size = len(text.encode())
    return info


def tar_bytes(entries: list[Entry], compression: str = "") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=f"w:{compression}") as archive:
        for kind, name, text in entries:
            archive.addfile(member(kind, name, text), io.BytesIO(text.encode()) if kind == "file" else None)
    return out.getvalue()


def zip_bytes(entries: list[Entry], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for kind, name, text in entries:
            info = zipfile.ZipInfo(f"{name}/" if kind == "dir" else name, (2020, 9, 13, 12, 26, 40))
            info.external_attr = (MODES[kind] | 0o644) << 16
            info.compress_type = method
            archive.writestr(info, text)
    return out.getvalue()


GOOD = {
    "a.tar": tar_bytes(SAMPLE), "a.tar.gz": tar_bytes(SAMPLE, "gz"), "a.tgz": tar_bytes(SAMPLE, "gz"),
    "a.tar.bz2": tar_bytes(SAMPLE, "bz2"), "a.tar.xz": tar_bytes(SAMPLE, "xz"), "a.zip": zip_bytes(SAMPLE),
}  # fmt: skip


def written(directory: Path, name: str, data: bytes) -> Path:
    path = directory / name
    path.write_bytes(data)
    return path


def refusal(tmp_path: Path, name: str, data: bytes, limits: Limits | None = None) -> SourceError:
    archive = written(tmp_path, name, data)
    with pytest.raises(SourceError) as caught:
        unpack(archive, tmp_path / "tree", *([limits] if limits else []))
    assert str(archive) in str(caught.value.where)
    assert sorted(path.name for path in tmp_path.iterdir()) in ([name], sorted([name, "tree"]))
    return caught.value


def both(entries: list[Entry]) -> list[tuple[str, bytes]]:
    return [("a.tar.gz", tar_bytes(entries, "gz")), ("a.zip", zip_bytes(entries))]


@pytest.mark.parametrize("name", GOOD)
def test_every_kind_of_archive_is_unpacked(tmp_path: Path, name: str) -> None:
    tree = unpack(written(tmp_path, name, GOOD[name]), tmp_path / "tree")
    assert tree == tmp_path / "tree" / "p-1"
    assert (tree / "a.py").read_text() == "a" * 500
    assert (tree / "a.py").stat().st_mtime == TIME
    assert (tree / "b.py").readlink() == Path("a.py")


def test_every_suffix_is_tried_above() -> None:
    assert {name.removeprefix("a") for name in GOOD} == set(SUFFIXES)


def test_without_one_directory_the_destination_is_the_tree(tmp_path: Path) -> None:
    for number, entries in enumerate([[*SAMPLE, ("file", "README", "")], [("file", "README", "")], []]):
        archive = written(tmp_path, f"{number}.tar", tar_bytes(entries))
        assert unpack(archive, tmp_path / str(number)) == tmp_path / str(number)


def test_a_link_is_not_taken_for_the_one_directory(tmp_path: Path) -> None:
    archive = written(tmp_path, "a.tar", tar_bytes([("link", "here", ".")]))
    assert unpack(archive, tmp_path / "tree") == tmp_path / "tree"


@pytest.mark.parametrize("name", ["a.rar", "a.tar.zst", "a.whl", "zip"])
def test_an_unknown_kind_is_named_with_the_known_ones(tmp_path: Path, name: str) -> None:
    error = refusal(tmp_path, name, GOOD["a.zip"])
    assert error.hint == f"use one of {', '.join(SUFFIXES)}"


@pytest.mark.parametrize("member_name", ["../x", "a/../../x", "/x", "a/..", ".."])
@pytest.mark.parametrize("kind", ["file", "dir", "link"])
@pytest.mark.parametrize("index", [0, 1])
def test_no_member_lies_outside(tmp_path: Path, member_name: str, kind: str, index: int) -> None:
    error = refusal(tmp_path, *both([(kind, member_name, "y")])[index])
    assert "outside" in error.what
    assert str(error.where).rstrip("/").endswith(member_name)


@pytest.mark.parametrize(
    "entries",
    [
        [("link", "out", "/etc")],
        [("link", "out", "..")],
        [("link", "p/out", "../..")],
        [("link", "p/out", "in/../../../x")],
        [("dir", "p/q", ""), ("link", "l", "p/q"), ("link", "l/out", "../../..")],
    ],
)
@pytest.mark.parametrize("index", [0, 1])
def test_no_symbolic_link_leads_outside(tmp_path: Path, entries: list[Entry], index: int) -> None:
    assert "outside" in refusal(tmp_path, *both(entries)[index]).what


def test_a_link_that_looks_inside_by_its_spelling_is_judged_by_where_it_is(tmp_path: Path) -> None:
    entries: list[Entry] = [
        ("dir", "p/q/r", ""),
        ("link", "l", "p/q/r"),
        ("link", "l/m", "../../.."),
        ("file", "a", "x"),
    ]
    tree = unpack(written(tmp_path, "a.tar", tar_bytes(entries)), tmp_path / "tree")
    assert (tree / "p/q/r/m" / "a").read_text() == "x"


@pytest.mark.parametrize("target", ["../x", "/etc/passwd", "", "gone"])
def test_no_hard_link_leads_outside_or_nowhere(tmp_path: Path, target: str) -> None:
    written(tmp_path.parent, "x", b"secret")
    error = refusal(tmp_path, "a.tar", tar_bytes([("dir", "d", ""), ("hard", "d/h", target)]))
    assert "hard link" in error.what


def test_a_hard_link_to_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    entries: list[Entry] = [("link", "l", "a"), ("hard", "h", "l"), ("file", "a", "x")]
    assert "which is not a file" in refusal(tmp_path, "a.tar", tar_bytes(entries)).what


def test_hard_links_are_other_names_of_one_file(tmp_path: Path) -> None:
    entries: list[Entry] = [("file", "p/a", "x"), ("hard", "p/b", "p/a"), ("hard", "p/b", "p/a")]
    tree = unpack(written(tmp_path, "a.tar", tar_bytes(entries)), tmp_path / "tree")
    assert (tree / "a").samefile(tree / "b")


@pytest.mark.parametrize(("kind", "index"), [("pipe", 0), ("disk", 0), ("pipe", 1)])
def test_devices_and_pipes_are_refused(tmp_path: Path, kind: str, index: int) -> None:
    data = [lambda: tar_bytes([(kind, "x", "")]), lambda: zip_bytes([(kind, "x", "")])][index]()
    assert "device or a pipe" in refusal(tmp_path, ["a.tar", "a.zip"][index], data).what


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("index", [0, 1])
def test_a_member_cannot_be_written_through_a_link(tmp_path: Path, index: int) -> None:
    entries: list[Entry] = [("link", "l", "a"), ("file", "l", "x")]
    assert "two different members" in refusal(tmp_path, *both(entries)[index]).what
    assert not (tmp_path / "tree" / "a").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("index", [0, 1])
def test_two_members_of_one_name_must_agree(tmp_path: Path, index: int) -> None:
    name, data = both([("file", "p/a", "x"), ("file", "p/a", "x")])[index]
    assert (unpack(written(tmp_path, name, data), tmp_path / "same") / "a").read_text() == "x"
    name, data = both([("file", "p/a", "x"), ("file", "p/a", "xy")])[index]
    with pytest.raises(SourceError, match="two different members"):
        unpack(written(tmp_path, name, data), tmp_path / "other")


@pytest.mark.parametrize("entries", [
    [("file", "a", ""), ("file", "a/b", "")],
    [("link", "a", "b"), ("link", "b", "a"), ("file", "a/c", "")],
    [("link", "a", "")],
    [("file", "n" * 300, "")],
])  # fmt: skip
def test_what_cannot_be_written_is_the_archives_fault(tmp_path: Path, entries: list[Entry]) -> None:
    assert refusal(tmp_path, "a.tar", tar_bytes(entries)).what


def test_only_the_permissions_a_source_needs_are_kept(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, mode in (("run", 0o4755), ("open", 0o666), ("closed", 0o000)):
            archive.addfile(member("file", f"p/{name}", "", mode), io.BytesIO())
    tree = unpack(written(tmp_path, "a.tar", out.getvalue()), tmp_path / "tree")
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tree.iterdir()}
    assert found == {"run": 0o755, "open": 0o644, "closed": 0o644}


@pytest.mark.parametrize("mtime", ["nan", "inf", "-5", "1e300"])
def test_absurd_times_become_ones_a_file_can_have(tmp_path: Path, mtime: str) -> None:
    info = member("file", "p/a")
    info.pax_headers = {"mtime": mtime}
    data = info.tobuf(tarfile.PAX_FORMAT) + bytes(1024)
    tree = unpack(written(tmp_path, "a.tar", data), tmp_path / "tree")
    assert (tree / "a").stat().st_mtime == (0xFFFF_FFFF if mtime == "1e300" else 0)


def test_a_zip_without_a_date_is_unpacked(tmp_path: Path) -> None:
    data = bytearray(zip_bytes([("file", "p/a", "x")]))
    at = data.index(b"PK\1\2") + 14
    data[data.index(b"PK\3\4") + 12 :][:2] = data[at : at + 2] = bytes(2)
    tree = unpack(written(tmp_path, "a.zip", bytes(data)), tmp_path / "tree")
    assert (tree / "a").stat().st_mtime == 0


BIG: list[Entry] = [("file", "p/a", "0" * 100_000)]


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("limits", [Limits(total=90_000), Limits(ratio=2, free=0), Limits(free=90_000, ratio=1)])
def test_absurd_sizes_are_refused(tmp_path: Path, index: int, limits: Limits) -> None:
    assert "exceeds the size limit" in refusal(tmp_path, *both(BIG)[index], limits).what


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("limits", [Limits(total=200_000), Limits(ratio=0, free=200_000)])
def test_big_is_not_absurd(tmp_path: Path, index: int, limits: Limits) -> None:
    name, data = both(BIG)[index]
    assert (unpack(written(tmp_path, name, data), tmp_path / "tree", limits) / "a").stat().st_size == 100_000


@pytest.mark.parametrize("index", [0, 1])
def test_absurdly_many_members_are_refused(tmp_path: Path, index: int) -> None:
    name, data = both([("file", f"p/{number}", "") for number in range(5)])[index]
    unpack(written(tmp_path, name, data), tmp_path / "five", Limits(members=5))
    with pytest.raises(SourceError, match="too many members"):
        unpack(written(tmp_path, name, data), tmp_path / "four", Limits(members=4))


@pytest.mark.parametrize("index", [0, 1])
def test_absurdly_deep_directories_are_refused(tmp_path: Path, index: int) -> None:
    name, data = both([("file", "p/" + "a/" * 1500 + "x", "")])[index]
    assert "levels" in refusal(tmp_path, name, data).what


def test_too_many_members_of_a_zip_are_refused_before_the_first_is_written(tmp_path: Path) -> None:
    data = zip_bytes([("file", f"p/{number}", "") for number in range(4)])
    assert "too many members" in refusal(tmp_path, "a.zip", data, Limits(members=3)).what
    assert list((tmp_path / "tree").iterdir()) == []


def test_what_follows_the_last_member_counts(tmp_path: Path) -> None:
    data = gzip.compress(tar_bytes(SAMPLE) + bytes(300_000))
    assert "exceeds the size limit" in refusal(tmp_path, "a.tar.gz", data, Limits(total=100_000)).what


def sparse(name: str, size: int, spread: str = "0,0") -> bytes:
    """A file of which an archive holds nothing but its size."""
    info = member("file", name)
    info.pax_headers = {"GNU.sparse.size": str(size), "GNU.sparse.name": name, "GNU.sparse.map": spread}
    return info.tobuf(tarfile.PAX_FORMAT)


def test_a_sparse_file_counts_as_what_it_becomes(tmp_path: Path) -> None:
    data = sparse("p/a", 1_000_000) + bytes(1024)
    assert "exceeds the size limit" in refusal(tmp_path, "a.tar", data, Limits(total=100_000)).what


def test_no_member_makes_room_for_others(tmp_path: Path) -> None:
    directory = member("dir", "p")
    directory.pax_headers = {"size": "-1000000000"}
    data = directory.tobuf(tarfile.PAX_FORMAT) + sparse("p/a", 1_000_000) + bytes(1024)
    assert "negative size" in refusal(tmp_path, "a.tar", data, Limits(total=100_000)).what


def test_a_broken_map_of_a_sparse_file_is_damage(tmp_path: Path) -> None:
    assert "damaged" in refusal(tmp_path, "a.tar", sparse("p/a", 10, "a,b") + bytes(1024)).what


def test_a_zip_member_without_a_name_is_damage(tmp_path: Path) -> None:
    data = zip_bytes([("file", "x", "")]).replace(b"x", b"\0")
    assert "damaged" in refusal(tmp_path, "a.zip", data).what


def unicode_path(name: bytes, path: bytes, *, version: int = 1) -> bytes:
    """The extra field by which Info-ZIP gives a member a name in UTF-8."""
    data = struct.pack("<BL", version, zlib.crc32(name)) + path
    return struct.pack("<HH", 0x7075, len(data)) + data


def zip_with_extra(name: str, extra: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.extra = extra
        archive.writestr(info, "x")
    return out.getvalue()


@pytest.mark.parametrize("name", ["a\0b", "p/a.py\0.txt", "\0a", "d/\0"])
def test_a_name_that_zipfile_would_cut_is_damage(tmp_path: Path, name: str) -> None:
    placeholder = name.replace("\0", "#")
    data = zip_bytes([("file", placeholder, "x")]).replace(placeholder.encode(), name.encode())
    error = refusal(tmp_path, "a.zip", data)
    assert "damaged" in error.what
    assert "NUL" in error.what


@pytest.mark.parametrize("name", [".", "./.", ".//."])
@pytest.mark.parametrize("index", [0, 1])
def test_a_file_named_like_the_directory_itself_is_damage(tmp_path: Path, name: str, index: int) -> None:
    error = refusal(tmp_path, *both([("file", name, "x")])[index])
    assert "damaged: a member has no name" in error.what


@pytest.mark.parametrize("index", [0, 1])
def test_the_directory_itself_may_be_a_member(tmp_path: Path, index: int) -> None:
    name, data = both([("dir", ".", ""), ("file", "./a", "x"), ("file", "...", "y")])[index]
    tree = unpack(written(tmp_path, name, data), tmp_path / "tree")
    assert {path.name: path.read_text() for path in tree.iterdir()} == {"a": "x", "...": "y"}


@pytest.mark.parametrize(("kind", "name"), [("file", "p/a"), ("dir", "p/a")])
def test_a_name_that_differs_in_the_local_header_is_damage(tmp_path: Path, kind: str, name: str) -> None:
    data = zip_bytes([(kind, name, "")]).replace(b"p/a", b"p/b", 1)
    assert "damaged" in refusal(tmp_path, "a.zip", data).what


def test_a_directory_with_content_is_damage(tmp_path: Path) -> None:
    data = zip_bytes([("file", "p/ax", "text")]).replace(b"p/ax", b"p/a/")
    assert "the directory p/a/ has content" in refusal(tmp_path, "a.zip", data).what


def test_a_backslash_in_a_zip_is_a_part_of_the_name(tmp_path: Path) -> None:
    data = zip_bytes([("file", "p/dev\\x2d.swap", "x")])
    tree = unpack(written(tmp_path, "a.zip", data), tmp_path / "tree")
    assert [path.name for path in tree.iterdir()] == ["dev\\x2d.swap"]


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        (unicode_path(b"p/_", "p/\N{LATIN SMALL LETTER E WITH ACUTE}".encode()), "\N{LATIN SMALL LETTER E WITH ACUTE}"),
        (unicode_path(b"p/other", b"p/e"), "_"),
        (unicode_path(b"p/_", b"p/e", version=2), "_"),
        (struct.pack("<HH", 0x5455, 5) + b"abcde" + unicode_path(b"p/_", b"p/e"), "e"),
        (b"", "_"),
    ],
    ids=["applies", "of another name", "of an unknown version", "after another field", "absent"],
)
def test_a_unicode_path_names_the_member_on_every_python(tmp_path: Path, extra: bytes, expected: str) -> None:
    archive = written(tmp_path, "a.zip", zip_with_extra("p/_", extra))
    assert [path.name for path in unpack(archive, tmp_path / "tree").iterdir()] == [expected]


@pytest.mark.parametrize(("path", "complaint"), [(b"p/\0", "NUL"), (b"p/\xff", "damaged"), (b".", "no name")])
def test_a_unicode_path_that_is_no_name_is_damage(tmp_path: Path, path: bytes, complaint: str) -> None:
    error = refusal(tmp_path, "a.zip", zip_with_extra("p/_", unicode_path(b"p/_", path)))
    assert "damaged" in error.what
    assert complaint in error.what


@pytest.mark.parametrize("path", [b"../x", b"/x"])
def test_a_unicode_path_does_not_lead_outside(tmp_path: Path, path: bytes) -> None:
    data = zip_with_extra("p/_", unicode_path(b"p/_", path))
    assert "outside" in refusal(tmp_path, "a.zip", data).what


@pytest.mark.parametrize("name", GOOD)
def test_half_an_archive_is_damage(tmp_path: Path, name: str) -> None:
    error = refusal(tmp_path, name, GOOD[name][: len(GOOD[name]) // 9])
    assert error.what.startswith("the archive is damaged")
    assert "remove it" in str(error.hint)


@pytest.mark.parametrize("name", [name for name in GOOD if name != "a.tar"])
def test_a_file_that_is_something_else_is_damage(tmp_path: Path, name: str) -> None:
    assert "damaged" in refusal(tmp_path, name, b"<!doctype html><title>404</title>" * 50).what


def test_a_wrong_checksum_is_damage(tmp_path: Path) -> None:
    data = bytearray(GOOD["a.tar.gz"])
    data[-8] ^= 1  # gzip's CRC, after all members
    assert "damaged" in refusal(tmp_path, "a.tar.gz", bytes(data)).what


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    data = bytearray(zip_bytes([("file", "p/a", "x")]))
    for magic, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(magic) + flags] |= 1
    assert "encrypted" in refusal(tmp_path, "a.zip", bytes(data)).what


@settings(max_examples=60)
@given(
    name=st.sampled_from(sorted(GOOD)),
    changes=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=5),
    length=st.floats(0, 1),
)
@example(name="a.zip", changes=[], length=0.5)
def test_damage_never_breaks_anything_but_the_archive(name: str, changes: list[tuple[int, int]], length: float) -> None:
    data = bytearray(GOOD[name])
    for at, value in changes:
        data[at % len(data)] = value
    with tempfile.TemporaryDirectory() as place, contextlib.suppress(SourceError):
        unpack(written(Path(place), name, bytes(data[: int(len(data) * (1 - length / 2))])), Path(place, "tree"))


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["file", "dir", "link", "hard"]),
            st.lists(st.sampled_from(["a", "b", "..", "."]), min_size=1, max_size=3).map("/".join),
            st.lists(st.sampled_from(["a", "b", "..", "", "x"]), min_size=1, max_size=4).map("/".join),
        ),
        max_size=6,
    )
)
def test_nothing_is_ever_outside(entries: list[Entry]) -> None:
    with tempfile.TemporaryDirectory() as place:
        outer = Path(place).resolve() / "outer"
        (outer / "x").mkdir(parents=True)
        archive = written(outer, "a.tar", tar_bytes(entries))
        with contextlib.suppress(CrosswheelError):
            unpack(archive, outer / "tree")
        assert sorted(path.name for path in outer.iterdir()) == ["a.tar", "tree", "x"]
        assert list((outer / "x").iterdir()) == []
        for path in (outer / "tree").rglob("*"):
            with contextlib.suppress(RuntimeError):  # links in a circle lead nowhere
                assert path.resolve().is_relative_to(outer / "tree")


@pytest.mark.parametrize(("number", "said"), [(errno.ENOSPC, "no space"), (errno.EROFS, "cannot write")])
def test_a_disk_that_refuses_is_not_the_archives_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    def refuse(*_words: object, **_named: object) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr("crosswheel.host.extraction.shutil.copyfileobj", refuse)
    with pytest.raises(StorageError, match=said):
        unpack(written(tmp_path, "a.tar", GOOD["a.tar"]), tmp_path / "tree")


def deb(*members: tuple[str, bytes]) -> bytes:
    data = b"!<arch>\n"
    for name, content in members:
        data += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode()
        data += content + b"\n" * (len(content) % 2)
    return data


def test_packages_are_unpacked_over_each_other(tmp_path: Path) -> None:
    base: list[Entry] = [
        ("dir", ".", ""),
        ("dir", "./usr/lib", ""),
        ("link", "./lib", "usr/lib"),
        ("file", "./usr/v", "1"),
    ]
    more: list[Entry] = [("file", "./lib/x.so", "x"), ("link", "./usr/lib/y.so", "/lib/x.so"), ("file", "./usr/v", "2")]
    root = tmp_path / "root"
    for number, entries in enumerate((base, more)):
        data = deb(("debian-binary", b"2.0"), ("control.tar.xz", b"odd"), ("data.tar.xz/", tar_bytes(entries, "xz")))
        unpack_deb(written(tmp_path, f"{number}.deb", data), root)
    assert (root / "usr/lib/x.so").read_text() == "x"
    assert (root / "usr/lib/y.so").readlink() == Path("../../lib/x.so")
    assert (root / "usr/lib/y.so").samefile(root / "usr/lib/x.so")
    assert (root / "usr/v").read_text() == "2"
    assert (root / "lib").readlink() == Path("usr/lib")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "invalid or damaged Debian package"),
        (b"!<arch>\n", "invalid or damaged Debian package"),
        (deb(("control.tar.xz", b"")), "invalid or damaged Debian package"),
        (deb(("data.tar.xz", GOOD["a.tar.xz"]))[:-40], "invalid or damaged Debian package"),
        (deb(("data.tar.xz", b"x")).replace(b"`\n", b"xx"), "invalid or damaged Debian package"),
        (deb(("data.tar.xz", b"x")).replace(b"1         `", b"-1        `"), "invalid or damaged Debian package"),
        (deb(("data.tar.zst", b"x")), "data.tar.zst"),
        (deb(("data.tar.xz", b"x")), "damaged"),
        (deb(("data.tar", tar_bytes([("file", "../x", "")]))), "outside"),
        (deb(("data.tar.xz", tar_bytes([("link", "l", "../../x")], "xz"))), "outside"),
    ],
)
def test_bad_packages_are_refused(tmp_path: Path, data: bytes, said: str) -> None:
    package = written(tmp_path, "a.deb", data)
    with pytest.raises(SourceError, match=said) as caught:
        unpack_deb(package, tmp_path / "root")
    assert str(package) in str(caught.value.where)


@pytest.mark.parametrize("form", ["tar", "zip"])
@pytest.mark.parametrize(
    ("members", "unpacked"),
    [
        (("sub",), ["sub/a.c", "sub/deep/b.c"]),
        (("sub/deep", "LICENSE"), ["LICENSE", "sub/deep/b.c"]),
        (("LICENSE",), ["LICENSE"]),
        (("su", "deep"), []),
        ((), ["LICENSE", "sub/a.c", "sub/deep/b.c", "subway/c.c"]),
    ],
)
def test_only_the_selected_members_are_unpacked(
    tmp_path: Path, form: str, members: tuple[str, ...], unpacked: list[str]
) -> None:
    names = ("LICENSE", "sub/a.c", "sub/deep/b.c", "subway/c.c")
    entries: list[Entry] = [("file", f"p-1/{name}", name) for name in names]
    archive = tmp_path / ("p-1.zip" if form == "zip" else "p-1.tar")
    archive.write_bytes(zip_bytes(entries) if form == "zip" else tar_bytes(entries))
    unpack(archive, tmp_path / "tree", members=members)
    tree = tmp_path / "tree/p-1"
    assert sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()) == unpacked
