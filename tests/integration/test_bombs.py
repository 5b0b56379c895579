"""Wheels that unpack to gigabytes are refused within a real limit of memory, and so are mutated ones."""

from __future__ import annotations

import resource
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from made_wheels import INFO, MadeWheel

ROOT = Path(__file__).parent.parent.parent
LIMIT = 500 << 20
GIGABYTE = 1 << 30


def limited(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run Python in 500 MB of address space."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))

    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, preexec_fn=limit)


def deflated_zeros(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = b"\0" * (1 << 20)
    return b"".join(packer.compress(piece) for _ in range(size >> 20)) + packer.flush()


def declared(place: Path) -> Path:
    """A wheel of 2 MB with two gigabytes of zeros."""
    path = MadeWheel().write(place)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("foo/zeros", "w", force_zip64=True) as out,
    ):
        for _ in range(1 << 11):
            out.write(b"\0" * (1 << 20))
    return path


def undeclared(place: Path) -> Path:
    """A member that says it has ten bytes, and unpacks to a gigabyte."""
    packed = deflated_zeros(GIGABYTE)
    made = MadeWheel(files={"foo/zeros": b"x" * 10}, methods={"foo/zeros": zipfile.ZIP_STORED})

    def swap(data: bytes) -> bytes:
        at = data.index(b"foo/zeros") + len(b"foo/zeros")
        local, central = data.index(b"foo/zeros") - 30, data.rindex(b"foo/zeros") - 46
        changed = bytearray(data)
        end = data.rindex(b"PK\5\6")
        struct.pack_into("<H", changed, local + 8, 8)
        struct.pack_into("<I", changed, local + 18, len(packed))
        struct.pack_into("<H", changed, central + 10, 8)
        struct.pack_into("<I", changed, central + 20, len(packed))
        grown = len(packed) - 10
        struct.pack_into("<I", changed, end + 16, struct.unpack_from("<I", data, end + 16)[0] + grown)
        record = data.rindex(f"{INFO}/RECORD".encode()) - 46
        struct.pack_into("<I", changed, record + 42, struct.unpack_from("<I", data, record + 42)[0] + grown)
        return bytes(changed[:at]) + packed + bytes(changed[at + 10 :])

    made.files = {name: made.files[name] for name in sorted(made.files, key=lambda name: name == "foo/zeros")}
    made.change = swap
    return made.write(place)


def overlapping(place: Path) -> Path:
    """Many members that share the same compressed data."""
    path = MadeWheel().write(place)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("foo/kernel", b"\0" * (8 << 20))
        kernel = archive.getinfo("foo/kernel")
        for number in range(1000):
            info = zipfile.ZipInfo(f"foo/{number}")
            for field in ("header_offset", "CRC", "compress_size", "file_size", "compress_type"):
                setattr(info, field, getattr(kernel, field))
            archive.filelist.append(info)
            archive.NameToInfo[info.filename] = info
    return path


def large_metadata(place: Path) -> Path:
    return MadeWheel(files={f"{INFO}/METADATA": b"Name: foo\n" * (5 << 20)}).write(place)


def large_record(place: Path) -> Path:
    return MadeWheel(record="gone.py,sha256=x,1\n" * (3 << 20)).write(place)


@pytest.mark.parametrize("make", [declared, undeclared, overlapping, large_metadata, large_record])
def test_a_bomb_is_refused_in_little_memory(tmp_path: Path, make: object) -> None:
    bomb = make(tmp_path)  # type: ignore[operator]
    good = MadeWheel().write(tmp_path / "good")
    assert bomb.stat().st_size < 10 << 20
    done = limited("-m", "crosswheel", "audit", bomb, good)
    assert done.returncode == 6, done.stderr
    lines = done.stdout.splitlines()
    assert sum(" error " in line for line in lines) >= 1
    assert " ok" in lines[-1]
    assert "Traceback" not in done.stderr


def test_a_backends_bomb_is_refused(tmp_path: Path) -> None:
    """The wheel of a backend is unpacked too."""
    bomb = undeclared(tmp_path)
    code = f"""
from pathlib import Path
from crosswheel.errors import CrosswheelError
from crosswheel.wheels.archive import read_wheel, unpack_wheel
bomb, tree = Path({str(bomb)!r}), Path({str(tmp_path / "tree")!r})
for read in (lambda: read_wheel(bomb), lambda: unpack_wheel(bomb, tree)):
    try:
        read()
    except CrosswheelError as error:
        print(type(error).__name__)
"""
    done = limited("-c", code)
    assert done.stdout.split() == ["AuditError", "SourceError"], done.stderr


def test_mutations_take_little_memory() -> None:
    """The tool limits its own memory and the time of a mutation."""
    done = subprocess.run(
        [sys.executable, "tools/fuzz_audit.py", "--count", "2000", "--first", "100000"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2000 mutations, 0 failures" in done.stdout
