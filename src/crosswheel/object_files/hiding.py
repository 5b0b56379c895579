"""Object files changed so that what they define stays inside of the module they are linked into."""

from __future__ import annotations

import struct

from crosswheel.object_files.ar import is_archive, member_offsets
from crosswheel.object_files.macho import external_symbols, is_macho

_PRIVATE_EXTERNAL = 0x10


def hide_symbols(data: bytes) -> bytes:
    """An archive of which linkers export nothing: what its Mach-O objects define is marked as a private external.

    That is N_PEXT in <mach-o/nlist.h>, as ``-fvisibility=hidden`` and Apple's ``ld -load_hidden`` set it. Linkers of
    other formats are told what not to export; what is no Mach-O object, or is damaged, stays as it is.
    """
    if not is_archive(data):
        return data
    changed = bytearray(data)
    for _, start, end in member_offsets(data):
        content = data[start:end]
        if is_macho(content):
            for at in external_symbols(content):
                struct.pack_into("B", changed, start + at, content[at] | _PRIVATE_EXTERNAL)
    return bytes(changed)
