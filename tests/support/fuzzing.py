"""Mutations of compiled files, archives and metadata, and what the audit does with them.

Everything depends on a seed, so that a failure can be repeated: :func:`run` with the number that it names.
"""

from __future__ import annotations

import contextlib
import random
import struct
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import mypyc
import wasm_modules
from fake_hosts import ar_archive
from macho_files import ARM64, X86_64, macho, universal
from made_wheels import INFO, MadeWheel
from pe_files import coff, pe
from tiny_elf import REL, elf

from crosswheel.errors import CrosswheelError
from crosswheel.object_files.ar import archive_members, archive_symbols, hide_symbols
from crosswheel.package_index.published_wheel import read_published_wheel
from crosswheel.wheels.archive import WheelContents, WheelName, read_wheel, unpack_wheel
from crosswheel.wheels.audit import Expectations
from crosswheel.wheels.audit.audit_wheel import NOT_COMPLETED, audit_contents

NUMBERS = (
    0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 1 << 24, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
    1 << 32, 1 << 40, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1,
)  # fmt: skip
TEXTS = (
    b"\0", b"\xff\xfe", b"\r", b"\n", b"\n\n", b"\n ", b",", b'"', b",,,,", b"=", b":", b";", b"[", b"]", b"%(x)s",
    b"\x1b[2J",
    "\u202e".encode(), "\ud800".encode("utf-8", "surrogatepass"), b"=?utf-8?q?=ff?=", b"=?x?y?z?=", b"9" * 5000,
    b"(" * 3000,
    b"Name: x\n", b"Requires-Dist: ", b"Requires-Python: ", b"sha256=", b"md5=", b"Metadata-Version: 9", b"../",
    b"*" * 70,
    b"a and " * 500, b"[" * 2000, b"Content-Type: multipart/mixed; boundary=x\n",
)  # fmt: skip


@dataclass(frozen=True)
class Seed:
    """A sound input.

    :param place: the path in a wheel; empty for a whole wheel.
    :param tags: the tags of wheels that it is audited in.
    """

    data: bytes
    place: str = ""
    tags: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)


LINUX = (
    "cp313-cp313-manylinux_2_27_riscv64", "cp39-abi3-manylinux_2_27_riscv64", "py3-abi3-manylinux_2_27_riscv64",
    "cp313-cp313-musllinux_1_2_riscv64", "py3-none-any", "cp313-cp313t-manylinux_2_17_riscv64",
)  # fmt: skip
INTEL = ("cp311-cp311-manylinux_2_17_x86_64", "cp39-abi3-manylinux_2_17_x86_64", "py3-abi3-manylinux_2_17_x86_64")
WINDOWS = ("cp313-cp313-win_amd64", "cp39-abi3-win_amd64", "py3-abi3-win_amd64", "cp312-cp312-win32", "py3-none-any")
MAC = ("cp313-cp313-macosx_11_0_arm64", "cp39-abi3-macosx_11_0_universal2", "cp313-cp313-macosx_10_13_x86_64")
PYODIDE = (
    "cp313-cp313-pyemscripten_2025_0_wasm32",
    "cp312-cp312-pyodide_2024_0_wasm32",
    "cp39-abi3-pyodide_2025_0_wasm32",
)


@cache
def seeds() -> Mapping[str, tuple[Seed, ...]]:
    """Return the sound inputs by kind."""
    real = min(Path(mypyc.__file__).parent.glob("**/*.so"), key=lambda path: path.stat().st_size).read_bytes()
    shared = elf(exports=("f",), soname="libf.so.1", run_path="$ORIGIN/x:${ORIGIN}", versions=())
    several = elf(
        exports=("PyInit_m", "f"), versions=(("memcpy", "libc.so.6", "GLIBC_2.27"), ("pow", "libm.so.6", "GLIBC_2.29"))
    )
    intel, arm = macho(cputype=X86_64, minimum=(10, 13)), macho(run_paths=("@loader_path/x",), chained=True)
    delayed = pe(delayed={"USER32.dll": ("MessageBoxA",)}, debug_file="a.pdb", reproducible=True)
    side = wasm_modules.module(
        wasm_modules.dylink("libz.so", weak=(("env", "f"),)), wasm_modules.types(([0x7F], [0x7F]), ([], [])),
        wasm_modules.imports(("env", "f", 0, wasm_modules.number(0)), ("env", "__memory_base", 3, b"\x7f\0")),
        wasm_modules.functions(0, 1), wasm_modules.exports(("PyInit_m", 0, 1)), wasm_modules.code(2),
    )  # fmt: skip
    small = coff()
    archive = ar_archive(
        {"/": struct.pack(">2I", 1, 68) + b"f\0", "f.o": elf(kind=REL), "g.obj": small, "h.o": macho(kind=1)}
    )
    metadata = (
        b"Metadata-Version: 2.1\nName: foo\nVersion: 1.0\nRequires-Python: >=3.8\nSummary: a b\n"
        b"Requires-Dist: bar[x] (>=1.0) ; python_version < '3.9' and extra == 'y'\nProvides-Extra: y\n"
        b"Description-Content-Type: text/markdown; charset=UTF-8\nLicense-Expression: MIT\nProject-URL: a, https://b\n\nText\n"
    )
    made = MadeWheel(files={"foo/a b.py": b"x = 1\n" * 20, f"{INFO}/METADATA": metadata})
    record = "".join(f"{path},sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n" for path in made.files)
    with tempfile.TemporaryDirectory() as place:
        wheel = made.write(Path(place)).read_bytes()
    entries = b"[console_scripts]\nrun = foo:main [x]\n\n[foo.plugins]\na.b = foo.bar\n"
    return {
        "elf": (*(Seed(data, "foo/m.so", LINUX) for data in (shared, several)), Seed(real, "foo/m.so", INTEL)),
        "pe": tuple(Seed(data, "foo/m.pyd", WINDOWS) for data in (pe(), delayed, pe(machine=0x14C))),
        "macho": tuple(
            Seed(data, "foo/m.so", MAC) for data in (intel, arm, universal((X86_64, intel), (ARM64, arm)))
        ),
        "wasm": (Seed(side, "foo/m.so", PYODIDE),),
        "ar": (Seed(archive, "foo/libf.a", LINUX + WINDOWS + MAC), Seed(small, "foo/f.obj", WINDOWS)),
        "zip": (Seed(wheel),),
        "record": (Seed(record.encode(), f"{INFO}/RECORD", LINUX[:1]),),
        "metadata": (
            Seed(metadata, f"{INFO}/METADATA", ("py3-none-any", *LINUX[:3])),
            Seed(made.files[f"{INFO}/WHEEL"], f"{INFO}/WHEEL", ("py3-none-any",)),
            Seed(entries, f"{INFO}/entry_points.txt", ("py3-none-any",)),
        ),
    }  # fmt: skip


KINDS = ("elf", "pe", "macho", "wasm", "ar", "zip", "record", "metadata")


def mutated(data: bytes, chance: random.Random, *, text: bool) -> bytes:
    """Return data with one to four changes."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 4))):
        _change(changed, chance, text=text)
    return bytes(changed)


def _change(data: bytearray, chance: random.Random, *, text: bool) -> None:
    at = chance.randrange(len(data) + 1)
    size = min(chance.choice((1, 2, 4, 8, 16, 64, 300)), len(data) - at)
    choice = chance.randrange(10)
    if text and choice < 5:
        data[at : at + (size if choice else 0)] = chance.choice(TEXTS)
    elif choice < 4:
        width = chance.choice((1, 2, 4, 8))
        at -= at % width if chance.random() < 0.8 else 0
        number = chance.choice((*NUMBERS, len(data), chance.getrandbits(64), at)) & (1 << 8 * width) - 1
        order = chance.choice(("little", "little", "big"))
        data[at : at + width] = number.to_bytes(width, order)  # type: ignore[arg-type]
    elif choice < 6:
        for index in range(at, at + min(size, 4)):
            data[index] ^= 1 << chance.randrange(8)
    elif choice == 6:
        del data[at:]
    elif choice == 7:
        del data[at : at + size]
    elif choice == 8:
        data[at:at] = data[at : at + size] * chance.choice((1, 1, 2, 50))
    else:
        data[at : at + size] = bytes([chance.choice((0, 0xFF, 0x7F, 0x80))]) * size


def run(kind: str, number: int) -> None:
    """Mutate an input by a number, and give it to the readers and the audit.

    :raises AssertionError: if a check could not be completed.
    :raises Exception: any but crosswheel's own.
    """
    chance = random.Random(f"{kind}-{number}")
    seed = chance.choice(seeds()[kind])
    data = mutated(seed.data, chance, text=kind in {"record", "metadata"})
    try:
        if kind == "zip":
            _audit_archive(data)
            return
        if kind == "ar":
            list(archive_members(data))
            archive_symbols(data)
            hide_symbols(data)
        _audit({seed.place: data}, chance.choice(seed.tags))
    except CrosswheelError:
        pass


def _audit(files: Mapping[str, bytes], tag: str) -> None:
    sound = {path: data for path, data in MadeWheel(tag).files.items() if path not in files}
    contents = WheelContents(WheelName.parse(f"foo-1.0-{tag}.whl"), {**sound, **files})
    _complete(contents)


def _audit_archive(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "foo-1.0-py3-none-any.whl"
        path.write_bytes(data)
        for read in (lambda: _complete(read_wheel(path)), lambda: unpack_wheel(path, Path(place) / "tree"),
                     lambda: read_published_wheel(path)):  # fmt: skip
            with contextlib.suppress(CrosswheelError):
                read()


def _complete(contents: WheelContents) -> None:
    for strict in (False, True):
        findings = audit_contents(contents, Expectations(strict=strict, forbidden_paths=("/build",)))
        broken = [each for each in findings if each.what.startswith(NOT_COMPLETED)]
        assert not broken, broken
