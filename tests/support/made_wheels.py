"""Making wheels member by member, with any fault in their metadata and their archive."""

from __future__ import annotations

import base64
import hashlib
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pe_files import pe
from tiny_elf import elf

LINUX, WINDOWS = "cp313-cp313-manylinux_2_31_riscv64", "cp313-cp313-win_amd64"
ANY = "py3-none-any"
INFO = "foo-1.0.dist-info"
MODULES = {
    LINUX: {"foo/_m.cpython-313-riscv64-linux-gnu.so": elf(exports=("PyInit__m",))},
    WINDOWS: {"foo/_m.cp313-win_amd64.pyd": pe(exports=("PyInit__m",), reproducible=True)},
    ANY: {},
}


def digest(data: bytes, algorithm: str = "sha256") -> str:
    """Return a hash as RECORD has it."""
    value = hashlib.new(algorithm, data).digest()
    return f"{algorithm}=" + base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@dataclass
class MadeWheel:
    """A correct wheel of the project foo, to be changed.

    :param files: contents by path, but for RECORD, which is written last.
    :param rows: rows of RECORD that differ from the correct ones, by path; None for one that is left out.
    :param links: members that are symbolic links.
    :param methods: compression methods by path.
    :param extra: members that are added to the archive only, after the others.
    :param change: changes the bytes of the archive.
    """

    tag: str = ANY
    files: dict[str, bytes] = field(default_factory=dict)
    rows: dict[str, str | None] = field(default_factory=dict)
    links: set[str] = field(default_factory=set)
    methods: dict[str, int] = field(default_factory=dict)
    extra: list[tuple[str, bytes]] = field(default_factory=list)
    change: Callable[[bytes], bytes] = bytes
    name: str = ""
    record: str | None = None

    def __post_init__(self) -> None:
        pythons, abis, platforms = (part.split(".") for part in self.tag.split("-"))
        tags = "".join(f"Tag: {p}-{a}-{t}\n" for p in pythons for a in abis for t in platforms)
        pure = str(self.tag.endswith("-any")).lower()
        self.files = {
            "foo/__init__.py": b"",
            **MODULES.get(self.tag, {}),
            f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n",
            f"{INFO}/WHEEL": f"Wheel-Version: 1.0\nGenerator: made\nRoot-Is-Purelib: {pure}\n{tags}".encode(),
            **self.files,
        }

    def replaced(self, file: str, old: str, new: str) -> MadeWheel:
        """Replace text in a file of .dist-info."""
        data = self.files[f"{INFO}/{file}"]
        assert old.encode() in data
        self.files[f"{INFO}/{file}"] = data.replace(old.encode(), new.encode())
        return self

    def write(self, directory: Path) -> Path:
        """Write the wheel."""
        record = f"{INFO}/RECORD"
        right = {path: f"{_quoted(path)},{digest(data)},{len(data)}" for path, data in self.files.items()}
        rows = {**right, record: f"{record},,", **self.rows}
        text = "".join(f"{row}\n" for row in rows.values() if row is not None) if self.record is None else self.record
        path = directory / (self.name or f"foo-1.0-{self.tag}.whl")
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in [*self.files.items(), (record, text.encode("utf-8", "surrogateescape")), *self.extra]:
                member = zipfile.ZipInfo(name)
                member.external_attr = (0o120777 if name in self.links else 0o100644) << 16
                member.compress_type = self.methods.get(name, zipfile.ZIP_DEFLATED)
                archive.writestr(member, data)
        path.write_bytes(self.change(path.read_bytes()))
        return path


def _quoted(path: str) -> str:
    return '"' + path.replace('"', '""') + '"' if set(path) & set(',"\n\r') else path


def hidden_member(data: bytes) -> bytes:
    """Insert a member before the central directory, which does not list it."""
    end = data.rindex(b"PK\5\6")
    size, offset = struct.unpack_from("<2I", data, end + 12)
    content = b"import hidden\n"
    header = struct.pack(
        "<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 0x21, zlib.crc32(content), len(content), len(content), 6, 0
    )
    header += b"foo.py" + content
    ending = bytearray(data[end:])
    struct.pack_into("<I", ending, 16, offset + len(header))
    return data[:offset] + header + data[offset : offset + size] + bytes(ending)


def renamed_locally(data: bytes) -> bytes:
    """Change the name in the first local header only."""
    return data.replace(b"foo/__init__.py", b"foo/__evil__.py", 1)


def another_size_locally(data: bytes) -> bytes:
    """Change the unpacked size in the first local header only."""
    changed = bytearray(data)
    struct.pack_into("<I", changed, 22, 77)
    return bytes(changed)


def two_archives(data: bytes) -> bytes:
    """Put a whole archive into the comment of another."""
    return data[:-2] + struct.pack("<H", len(data)) + data
