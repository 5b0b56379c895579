"""The signature in a Mach-O file: hashes of its pages, which the kernel compares when it loads them.

The format is that of Apple's <kern/cs_blobs.h>; all its numbers are big-endian.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

_SUPER, _DIRECTORY = 0xFADE0CC0, 0xFADE0C02
_MOST_BLOBS = 64
_HASHES = {1: ("sha1", 20), 2: ("sha256", 32), 3: ("sha256", 20), 4: ("sha384", 48)}
_ADHOC = 0x2


@dataclass(frozen=True, slots=True)
class Signature:
    """What a signature says.

    :param pages: how many pages of the file it has hashes of; ``wrong`` are the numbers of those whose hash differs.
    :param covered: bytes of the file that are signed.
    :param adhoc: whether it is one without a certificate.
    :param damaged: what is wrong with the signature itself, empty if nothing is.
    """

    pages: int = 0
    wrong: tuple[int, ...] = ()
    covered: int = 0
    adhoc: bool = False
    damaged: str = ""


def read_signature(data: bytes, blob: bytes) -> Signature:
    """Read a signature, and compare the file with it.

    :param data: the whole file; ``blob`` the part of it that is the signature.
    """
    try:
        return _read(data, blob)
    except struct.error:
        return Signature(damaged="ends too early")


def _read(data: bytes, blob: bytes) -> Signature:
    magic, _, count = struct.unpack_from(">3I", blob)
    if magic != _SUPER or count > _MOST_BLOBS:
        return Signature(damaged="is no signature")
    for at in range(count):
        _, offset = struct.unpack_from(">2I", blob, 12 + at * 8)
        if struct.unpack_from(">I", blob, offset)[0] == _DIRECTORY:
            return _directory(data, blob[offset:])
    return Signature(damaged="has no directory of the code")


def _directory(data: bytes, directory: bytes) -> Signature:
    flags, hashes, _, _, slots, covered, size, kind, _, shift = struct.unpack_from(">6I4B", directory, 12)
    name, length = _HASHES.get(kind, ("", 0))
    if size != length or not name or not 0 < shift < 32:
        return Signature(damaged="has hashes of an unknown kind")
    page = 1 << shift
    if covered > len(data) or slots != -(-covered // page) or hashes + slots * length > len(directory):
        return Signature(damaged="is not one of this file")
    wrong = tuple(
        number
        for number in range(slots)
        if hashlib.new(name, data[number * page : min((number + 1) * page, covered)]).digest()[:length]
        != directory[hashes + number * length : hashes + (number + 1) * length]
    )
    return Signature(slots, wrong, covered, adhoc=bool(flags & _ADHOC))
