"""Wheels with a single extension module, and their audit findings."""

from __future__ import annotations

from pathlib import Path

from crosswheel.wheels.archive import WheelName, pack_wheel
from crosswheel.wheels.audit import Expectations, audit_wheel

INFO = "a-1.dist-info"


def wheel(place: Path, data: bytes, tag: str, module: str) -> Path:
    """Write a wheel with correct metadata.

    :param tag: the Python, ABI and platform tag.
    :param module: the path of the module in the wheel.
    """
    name = WheelName.parse(f"a-1-{tag}.whl")
    tags = "".join(f"Tag: {found}\n" for found in name.tags())
    files = {
        module: data,
        f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: a\nVersion: 1\n",
        f"{INFO}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\n{tags}".encode(),
    }
    return pack_wheel(files, {}, name, place, 1_700_000_000)


def found(path: Path, *, strict: bool = True) -> list[tuple[str, str]]:
    return [(finding.check, finding.what) for finding in audit_wheel(path, Expectations(strict=strict)).findings]
