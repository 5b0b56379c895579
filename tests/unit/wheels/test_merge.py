"""Two wheels for macOS as one."""

from __future__ import annotations

from pathlib import Path

import pytest
from macho_files import X86_64, macho

import crosswheel
from crosswheel.errors import AuditError, CrosswheelError, UsageError
from crosswheel.object_files.macho import read_universal
from crosswheel.wheels.archive import WheelName, pack_wheel, read_wheel
from crosswheel.wheels.audit import Expectations, audit_wheel
from crosswheel.wheels.merge import merge_wheels

INFO = "a-1.dist-info"
MODULE = "a/_a.cpython-313-darwin.so"
EXPORTS = ("PyInit__a",)
INTEL, ARM = "macosx_10_13_x86_64", "macosx_11_0_arm64"
EPOCH = 1_700_000_000


def wheel(place: Path, tag: str, name: str = "a-1-cp313-cp313", **others: bytes) -> Path:
    minimum = tuple(map(int, tag.split("_")[1:3]))
    if tag.endswith("x86_64"):
        data = macho(exports=EXPORTS, minimum=minimum, cputype=X86_64, signed=False)
    else:
        data = macho(exports=EXPORTS, minimum=minimum)
    parsed = WheelName.parse(f"{name}-{tag}.whl")
    files = {
        MODULE: data,
        "a/__init__.py": b"x = 1\ny = 2\n",
        f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: a\nVersion: 1\n",
        f"{INFO}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {parsed.tags()[0]}\n".encode(),
        **{path.replace("__", "/"): content for path, content in others.items()},
    }
    return pack_wheel(files, {MODULE: 0o755}, parsed, place, EPOCH)


@pytest.mark.parametrize(
    ("intel", "arm", "tag"),
    [
        (INTEL, ARM, "macosx_10_13_universal2"),
        (INTEL, "macosx_12_0_arm64", "macosx_12_0_universal2"),
        ("macosx_12_0_x86_64", ARM, "macosx_12_0_universal2"),
    ],
)
def test_files_are_put_together_whatever_their_order(tmp_path: Path, intel: str, arm: str, tag: str) -> None:
    first, second = wheel(tmp_path, intel), wheel(tmp_path, arm)
    made = crosswheel.merge(second, first, tmp_path / "out")
    assert made.name == f"a-1-cp313-cp313-{tag}.whl"
    assert audit_wheel(made, Expectations(strict=True)).findings == ()
    contents = read_wheel(made)
    found = read_universal(contents.files[MODULE])
    assert found is not None
    assert [part.architecture for part in found.slices] == ["X86_64", "ARM64"]
    assert contents.headers("WHEEL")[-1] == ("Tag", f"cp313-cp313-{tag}")
    again = merge_wheels(first, second, tmp_path / "again")
    assert again.read_bytes() == made.read_bytes()


@pytest.mark.parametrize(
    ("first", "second", "error", "said"),
    [
        ({}, {"a__new.py": b""}, AuditError, "a/new.py is only in a-1-cp313-cp313-macosx_11_0_arm64.whl"),
        ({"a__b.py": b"x = 1\ny = 2\n"}, {"a__b.py": b"x = 1\ny = 3\n"}, AuditError,
         "a/b.py differs between the wheels: line 2 is 'y = 2\\n' and 'y = 3\\n'"),
        ({"a__b.py": b"x\n"}, {"a__b.py": b"x\ny\n"}, AuditError, "line 2 is '' and 'y\\n'"),
        ({"a__b.py": b"x\n"}, {"a__b.py": b"x\r\n"}, AuditError, "a/b.py differs"),
        ({"a__b.bin": b"\0"}, {"a__b.bin": b"\1\0"}, AuditError, "not a text file"),
        ({"tag": ARM}, {}, UsageError, "are not wheels for x86_64 and arm64"),
        ({"tag": "manylinux_2_17_x86_64"}, {}, UsageError, "not a wheel for a single macOS architecture"),
        ({"name": "a-1-cp312-cp312"}, {}, UsageError, "differ in project, version or Python"),
    ],
)  # fmt: skip
def test_what_cannot_be_merged(
    tmp_path: Path, first: dict, second: dict, error: type[CrosswheelError], said: str
) -> None:
    (tmp_path / "one").mkdir()
    one = wheel(tmp_path / "one", **({"tag": INTEL} | first))
    two = wheel(tmp_path, **({"tag": ARM} | second))
    with pytest.raises(error) as caught:
        crosswheel.merge(one, two, tmp_path / "out")
    assert said in caught.value.what
    assert not list(tmp_path.glob("out/*.whl"))


def test_modules_of_one_architecture_stay_and_are_named(tmp_path: Path) -> None:
    one = wheel(tmp_path, INTEL, a___fast=macho(exports=EXPORTS, minimum=(10, 13), cputype=X86_64, signed=False))
    two = wheel(tmp_path, ARM)
    with pytest.raises(AuditError, match="a/_fast is only in"):
        merge_wheels(one, two, tmp_path / "out")
    made = merge_wheels(one, two, tmp_path / "out", single=True)
    contents = read_wheel(made)
    assert contents.files[f"{INFO}/single-architecture.txt"] == b"a/_fast\n"
    assert contents.files["a/_fast"] == read_wheel(one).files["a/_fast"]
    assert audit_wheel(made, Expectations(strict=True)).findings == ()
    unnamed = {path: data for path, data in contents.files.items() if not path.endswith(".txt")}
    (found,) = audit_wheel(pack_wheel(unnamed, {}, contents.name, tmp_path, EPOCH)).errors
    assert (found.check, found.member) == ("machine", "a/_fast")


def test_other_files_of_one_architecture_are_refused_all_the_same(tmp_path: Path) -> None:
    one, two = wheel(tmp_path, INTEL, a__more=b"x\n"), wheel(tmp_path, ARM)
    with pytest.raises(AuditError, match="a/more is only in"):
        merge_wheels(one, two, tmp_path / "out", single=True)


def test_one_of_two_pure_wheels_is_enough(tmp_path: Path) -> None:
    name = WheelName.parse("a-1-py3-none-any.whl")
    files = {"a.py": b"x\n", f"{INFO}/METADATA": b"", f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-any\n"}
    one, two = (pack_wheel(files, {}, name, tmp_path / part, EPOCH) for part in ("one", "two"))
    assert merge_wheels(one, two, tmp_path / "out").read_bytes() == one.read_bytes()
    other = pack_wheel(files | {"a.py": b"y\n"}, {}, name, tmp_path / "other", EPOCH)
    with pytest.raises(AuditError, match="differs between the wheels"):
        merge_wheels(one, other, tmp_path / "out")
