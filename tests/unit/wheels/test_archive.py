"""Wheels' names, their RECORD, and packing them the same every time."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosswheel.errors import AuditError, SourceError
from crosswheel.host.files import temporary_directory
from crosswheel.wheels.archive import (
    WheelContents,
    WheelName,
    pack_wheel,
    read_wheel,
    record_hash,
    record_rows,
    unpack_wheel,
    wheel_file,
)

NAME = WheelName.parse("my_pkg-1.0-cp313-cp313-linux_riscv64.whl")
INFO = "my_pkg-1.0.dist-info"
FILES = {f"{INFO}/METADATA": b"Name: my-pkg\n", "my_pkg/run": b"#!/bin/sh\n", "my_pkg/a, b.py": b"", "A.py": b"x"}
EPOCH = 1_700_000_000
LETTERS = st.text("abc", min_size=1, max_size=4)
TAGS = st.lists(LETTERS, min_size=1, max_size=3, unique=True).map(sorted)
PATHS = st.text(st.characters(exclude_categories=["C"], exclude_characters="/"), min_size=1, max_size=8).filter(
    lambda path: path not in {".", ".."}  # no names of files
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "My_Pkg-1.0.post1-1build-cp313-abi3-manylinux2014_aarch64.manylinux_2_17_aarch64.whl",
            ("My_Pkg-1.0.post1-1build", "my-pkg", "1.0.post1", ("cp313",), ("abi3",),
             ("manylinux2014_aarch64", "manylinux_2_17_aarch64")),
        ),
        ("x-1.0-py2.py3-none-any.whl", ("x-1.0", "x", "1.0", ("py2", "py3"), ("none",), ("any",))),
    ],
)  # fmt: skip
def test_names(text: str, expected: tuple[object, ...]) -> None:
    name = WheelName.parse(text)
    assert (name.prefix, name.name, name.version, name.pythons, name.abis, name.platforms) == expected
    assert name.is_pure is (expected[-1] == ("any",))


@pytest.mark.parametrize(
    "text", ["x-1.0.tar.gz", "x-1.0-py3-none.whl", "x-one-py3-none-any.whl", "x-1.0-b1-py3-none-any.whl", "", ".whl"]
)
def test_other_names_are_refused(text: str) -> None:
    with pytest.raises(AuditError, match="invalid wheel file name"):
        WheelName.parse(text)


@given(TAGS, TAGS, TAGS, st.sampled_from(["x-1.0", "X_y-2.0rc1-3a"]))
def test_a_name_is_read_as_it_was_written(
    pythons: list[str], abis: list[str], platforms: list[str], prefix: str
) -> None:
    text = f"{prefix}-{'.'.join(pythons)}-{'.'.join(abis)}-{'.'.join(platforms)}.whl"
    name = WheelName.parse(text)
    assert str(name) == text
    assert len(set(name.tags())) == len(pythons) * len(abis) * len(platforms)
    assert str(name.with_platforms(("any",))) == f"{prefix}-{'.'.join(pythons)}-{'.'.join(abis)}-any.whl"


def test_tags_stand_in_the_order_of_the_name() -> None:
    assert WheelName.parse("x-1.0-py2.py3-none-linux_a.linux_b.whl").tags() == [
        "py2-none-linux_a", "py2-none-linux_b", "py3-none-linux_a", "py3-none-linux_b",
    ]  # fmt: skip


def test_headers_are_read_and_the_text_below_them_is_not() -> None:
    text = "Name: x\nClassifier: a\nClassifier: b\nAuthor: \u00e9\n\nBody: none\n"
    contents = WheelContents(NAME, {f"{INFO}/METADATA": text.encode(), "x.py": b""})
    assert contents.info == INFO
    assert contents.headers("METADATA") == [
        ("Name", "x"),
        ("Classifier", "a"),
        ("Classifier", "b"),
        ("Author", "\u00e9"),
    ]
    assert contents.headers("WHEEL") == []


@pytest.mark.parametrize(("files", "number"), [({"x.py": b""}, 0), ({"a.dist-info/X": b"", "b.dist-info/X": b""}, 2)])
def test_a_wheel_has_one_directory_of_information(files: dict[str, bytes], number: int) -> None:
    with pytest.raises(AuditError, match=f"{number} .dist-info directories"):
        _ = WheelContents(NAME, files).info


def test_a_hash_is_as_the_standard_has_it() -> None:
    assert record_hash(b"") == "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"


@given(st.binary())
def test_a_hash_is_the_sha256(data: bytes) -> None:
    text = record_hash(data).removeprefix("sha256=")
    assert base64.urlsafe_b64decode(text + "=") == hashlib.sha256(data).digest()


def test_rows_of_record() -> None:
    text = '"a, b.py",sha256=x,1\nshort,row\n\nRECORD,,\n'
    assert record_rows(text) == [("a, b.py", "sha256=x", "1"), ("short", "row"), ("RECORD", "", "")]
    with pytest.raises(AuditError, match="more than 2 rows"):
        record_rows(text, limit=2)


@pytest.mark.parametrize("text", ["a,b,c\rd,e,f\n", "a,b," + "c" * 200_000])
def test_a_record_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(AuditError, match="RECORD cannot be read"):
        record_rows(text)


def test_packing(tmp_path: Path) -> None:
    wheel = pack_wheel(FILES, {"my_pkg/run": 0o100}, NAME, tmp_path / "out", EPOCH)
    assert wheel == tmp_path / "out" / str(NAME)
    with zipfile.ZipFile(wheel) as archive:
        members = archive.infolist()
    assert [info.filename for info in members] == [
        "A.py", "my_pkg/a, b.py", "my_pkg/run", f"{INFO}/METADATA", f"{INFO}/RECORD",
    ]  # fmt: skip
    assert {info.date_time for info in members} == {(2023, 11, 14, 22, 13, 20)}
    modes = {info.filename: info.external_attr >> 16 for info in members}
    assert modes.pop("my_pkg/run") == stat.S_IFREG | 0o755
    assert set(modes.values()) == {stat.S_IFREG | 0o644}
    assert {info.create_system for info in members} == {3}


def test_what_is_packed_does_not_depend_on_order_or_old_records(tmp_path: Path) -> None:
    stale = {f"{INFO}/RECORD": b"old", f"{INFO}/RECORD.jws": b"old", f"{INFO}/RECORD.p7s": b"old"}
    first = pack_wheel(FILES, {}, NAME, tmp_path / "1", EPOCH).read_bytes()
    second = pack_wheel(
        {**stale, **dict(reversed(FILES.items()))}, {"A.py": 0o644}, NAME, tmp_path / "2", EPOCH
    ).read_bytes()
    assert first == second


def test_files_that_are_called_like_a_signature_stay(tmp_path: Path) -> None:
    files = {**FILES, "my_pkg/RECORD.jws": b"x", "my_pkg/MYRECORD.p7s": b"x", "my_pkg/RECORD": b"x"}
    assert files.keys() < read_wheel(pack_wheel(files, {}, NAME, tmp_path, EPOCH)).files.keys()


def test_a_time_before_zip_is_the_oldest_there_is(tmp_path: Path) -> None:
    with zipfile.ZipFile(pack_wheel(FILES, {}, NAME, tmp_path, 0)) as archive:
        assert archive.infolist()[0].date_time == (1980, 1, 1, 0, 0, 0)


@settings(max_examples=50)
@given(st.dictionaries(PATHS, st.binary(max_size=20)))
def test_record_tells_the_truth_about_every_file(files: dict[str, bytes]) -> None:
    with temporary_directory() as place:
        wheel = pack_wheel({**files, f"{INFO}/METADATA": b""}, {}, NAME, place, EPOCH)
        contents = read_wheel(wheel)
    rows = record_rows(contents.files[f"{INFO}/RECORD"].decode())
    assert not contents.faults
    assert rows.pop() == (f"{INFO}/RECORD", "", "")
    expected = {(path, record_hash(data), str(len(data))) for path, data in files.items()}
    assert set(rows) == {*expected, (f"{INFO}/METADATA", record_hash(b""), "0")}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_that_occur_twice_are_told(tmp_path: Path) -> None:
    wheel = tmp_path / str(NAME)
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("b", "a", "dir/", "b"):
            archive.writestr(name, name)
    contents = read_wheel(wheel)
    assert contents.duplicates == ("b",)
    assert list(contents.files) == ["b", "a"]
    assert contents.name == NAME


@pytest.mark.parametrize("member", ["\0", "a.py\0.txt"])
def test_a_member_whose_name_zipfile_would_cut_is_damage(tmp_path: Path, member: str) -> None:
    wheel = tmp_path / str(NAME)
    placeholder = member.replace("\0", "#")
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(placeholder, "")
    wheel.write_bytes(wheel.read_bytes().replace(placeholder.encode(), member.encode()))
    with pytest.raises(AuditError, match="the wheel cannot be read: NUL in the name"):
        read_wheel(wheel)


def test_a_wheel_that_is_absent_or_something_else_is_told(tmp_path: Path) -> None:
    wheel = tmp_path / str(NAME)
    for _ in range(2):
        with pytest.raises(AuditError, match="cannot be read") as caught:
            read_wheel(wheel)
        assert caught.value.where == str(wheel)
        wheel.write_text("<!doctype html>")


def archived(method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("\u00e9.py", "hello " * 40)
    return out.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damaged_members_are_told(tmp_path: Path, method: int) -> None:
    data = bytearray(archived(method))
    data[40:48] = b"\xff" * 8
    (tmp_path / str(NAME)).write_bytes(data)
    with pytest.raises(AuditError, match="cannot be read"):
        read_wheel(tmp_path / str(NAME))


@settings(max_examples=60)
@given(
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA]),
    st.lists(st.tuples(st.integers(0, 1 << 10), st.integers(0, 255)), max_size=4),
)
def test_damage_is_always_the_wheels(method: int, changes: list[tuple[int, int]]) -> None:
    data = bytearray(archived(method))
    for at, value in changes:
        data[at % len(data)] = value
    with temporary_directory() as place:
        (place / str(NAME)).write_bytes(data)
        with contextlib.suppress(AuditError):
            read_wheel(place / str(NAME))


def test_unpacking_keeps_programs_and_refuses_what_leads_outside(tmp_path: Path) -> None:
    wheel = pack_wheel(FILES, {"my_pkg/run": 0o755}, NAME, tmp_path, EPOCH)
    tree = unpack_wheel(wheel, tmp_path / "tree")
    assert (tree / "my_pkg/run").stat().st_mode & 0o111
    assert not (tree / "A.py").stat().st_mode & 0o111
    with pytest.raises(SourceError, match="outside"):
        unpack_wheel(pack_wheel({**FILES, "../x": b""}, {}, NAME, tmp_path, EPOCH), tmp_path / "other")
    assert not (tmp_path / "x").exists()


def test_the_text_of_wheel_gets_other_tags() -> None:
    headers = [("Wheel-Version", "1.0"), ("Tag", "old"), ("Root-Is-Purelib", "true"), ("Build", "1"), ("Tag", "older")]
    assert wheel_file(headers, ["a", "b"], pure=False) == (
        b"Wheel-Version: 1.0\nBuild: 1\nRoot-Is-Purelib: false\nTag: a\nTag: b\n"
    )
    assert b"Root-Is-Purelib: true\n" in wheel_file([], [], pure=True)
