"""Asking abi3audit whether a module keeps to the stable ABI (PEP 384)."""

from __future__ import annotations

from pathlib import PurePosixPath

from abi3audit._audit import audit
from abi3audit._extract import SharedObjectExtractor, SharedObjectSpec
from abi3info.models import PyVersion

from crosswheel.host.files import scratch


def violations(path: str, data: bytes, lowest: str) -> tuple[str, ...]:
    """The symbols a module uses that the stable ABI of a version does not have.

    :param lowest: the interpreter tag of that version: ``cp310``.
    """
    baseline = PyVersion(3, int(lowest.removeprefix("cp3") or 2))
    found: set[str] = set()
    with scratch() as work:
        file = work / PurePosixPath(path).name
        file.write_bytes(data)
        for shared_object in SharedObjectExtractor(SharedObjectSpec(str(file))):
            result = audit(shared_object, assume_minimum_abi3=baseline)
            found |= {symbol.name for symbol in result.non_abi3_symbols}
            found |= {thing.symbol.name for thing in result.future_abi3_objects}
    return tuple(sorted(found))
