"""Whether a module keeps to the stable ABI (PEP 384): by abi3audit, or by its list for formats it does not read."""

from __future__ import annotations

from pathlib import PurePosixPath

from abi3audit._audit import audit
from abi3audit._extract import SharedObjectExtractor, SharedObjectSpec
from abi3info import DATAS, FUNCTIONS
from abi3info.models import PyVersion, Symbol

from crosswheel.host.files import temporary_directory
from crosswheel.object_files import Binary, read_binary
from crosswheel.object_files.macho import MachO
from crosswheel.object_files.pe import Pe
from crosswheel.object_files.universal import Universal
from crosswheel.object_files.wasm import Wasm


def stable_abi_violations(path: str, data: bytes, lowest: str) -> tuple[str, ...]:
    """The symbols a module uses that the stable ABI of a version does not have.

    :param lowest: the interpreter tag of that version: ``cp310``.
    """
    baseline = PyVersion(3, int(lowest.removeprefix("cp3") or 2))
    if (taken := _taken(read_binary(data))) is not None:
        ours = (name for name in taken if name.startswith(("Py", "_Py")))
        return tuple(sorted(name for name in ours if not _in_stable_abi(name, baseline)))
    found: set[str] = set()
    with temporary_directory() as work:
        file = work / PurePosixPath(path).name
        file.write_bytes(data)
        for shared_object in SharedObjectExtractor(SharedObjectSpec(str(file))):
            result = audit(shared_object, assume_minimum_abi3=baseline)
            found |= {symbol.name for symbol in result.non_abi3_symbols}
            found |= {thing.symbol.name for thing in result.future_abi3_objects}
    return tuple(sorted(found))


def _taken(binary: Binary | None) -> set[str] | None:
    """What a module takes from elsewhere, None for formats that abi3audit reads."""
    match binary:
        case Wasm() | MachO() | Pe():
            return {item.name for item in binary.imports}
        case Universal():
            return {item.name for part in binary.slices for item in part.imports}
    return None


def _in_stable_abi(name: str, baseline: PyVersion) -> bool:
    entry = FUNCTIONS.get(Symbol(name)) or DATAS.get(Symbol(name))
    return entry is not None and entry.added <= baseline
