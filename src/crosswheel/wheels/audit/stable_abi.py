"""Whether a module keeps to the stable ABI (PEP 384): by abi3audit, or by its list for formats it does not read."""

from __future__ import annotations

from pathlib import PurePosixPath

from abi3audit._audit import audit
from abi3audit._extract import SharedObjectExtractor, SharedObjectSpec
from abi3info import DATAS, FUNCTIONS
from abi3info.models import PyVersion, Symbol

from crosswheel.binaries.wasm import read_wasm
from crosswheel.host.files import scratch


def violations(path: str, data: bytes, lowest: str) -> tuple[str, ...]:
    """The symbols a module uses that the stable ABI of a version does not have.

    :param lowest: the interpreter tag of that version: ``cp310``.
    """
    baseline = PyVersion(3, int(lowest.removeprefix("cp3") or 2))
    if (wasm := read_wasm(data)) is not None:
        taken = {item.name for item in wasm.imports if item.name.startswith(("Py", "_Py"))}
        return tuple(sorted(name for name in taken if not _in_stable_abi(name, baseline)))
    found: set[str] = set()
    with scratch() as work:
        file = work / PurePosixPath(path).name
        file.write_bytes(data)
        for shared_object in SharedObjectExtractor(SharedObjectSpec(str(file))):
            result = audit(shared_object, assume_minimum_abi3=baseline)
            found |= {symbol.name for symbol in result.non_abi3_symbols}
            found |= {thing.symbol.name for thing in result.future_abi3_objects}
    return tuple(sorted(found))


def _in_stable_abi(name: str, baseline: PyVersion) -> bool:
    entry = FUNCTIONS.get(Symbol(name)) or DATAS.get(Symbol(name))
    return entry is not None and entry.added <= baseline
