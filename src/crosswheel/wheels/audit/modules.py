"""Checks of extension modules: file names, entry points, completeness, and the stable ABI (PEP 384)."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from crosswheel.host.files import temporary_directory
from crosswheel.object_files import Binary, read_binary
from crosswheel.object_files.macho import MachO, Universal
from crosswheel.object_files.pe import Pe
from crosswheel.object_files.wasm import Wasm
from crosswheel.wheels.archive import installed_path
from crosswheel.wheels.audit.model import MODULE_SUFFIXES, AuditFinding, Severity, WheelUnderAudit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from abi3info.models import PyVersion

_CPYTHON = re.compile(r"\.cpython-(3\d+)(t?)-([\w-]+)\.so$")


def module_name(path: str) -> str:
    """Return the full name under which a file of a wheel is imported."""
    stem = installed_path(path).rsplit("/", 1)
    return ".".join([*stem[:-1], stem[-1].partition(".")[0]]).replace("/", ".")


def suffix(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """An extension module has the file name suffix of the target's Python: version, build and platform (PEP 3149)."""
    name = subject.contents.name
    for path, binary in subject.modules.items():
        stem = module_name(path).rpartition(".")[2]
        if not path.endswith(MODULE_SUFFIXES) and f"PyInit_{stem}" in binary.exported_names:
            what = "is an extension module by its entry point, but not by its suffix; Python does not import it"
            yield AuditFinding("suffix", Severity.ERROR, what, path)
    for path in subject.extension_files():
        if path.endswith(".abi3.so") or (match := _CPYTHON.search(path)) is None:
            continue
        interpreter, build, multiarch = f"cp{match[1]}", match[2], match[3]
        if interpreter not in name.pythons and "abi3" not in name.abis:
            yield AuditFinding(
                "suffix", Severity.ERROR, f"is for {interpreter}, but the wheel is for {', '.join(name.pythons)}", path
            )
        if "abi3" in name.abis:
            yield AuditFinding("suffix", Severity.ERROR, "is for a single Python version, but the wheel is abi3", path)
        elif f"{interpreter}{build}" not in name.abis and "none" not in name.abis:
            yield AuditFinding(
                "suffix",
                Severity.ERROR,
                f"is for {interpreter}{build}, but the wheel is for {', '.join(name.abis)}",
                path,
            )
        if subject.targets and multiarch not in {target.multiarch for target in subject.targets} | _gnu_names(subject):
            expected = subject.targets[0].multiarch
            yield AuditFinding(
                "suffix", Severity.ERROR, f"is named for {multiarch}, but the target's Python expects {expected}", path
            )


def init(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A file named like an extension module exports its PyInit function (PEP 489 for non-ASCII names)."""
    for path in subject.extension_files():
        if not (_CPYTHON.search(path) or path.endswith((".abi3.so", ".pyd"))):
            continue
        last = module_name(path).rpartition(".")[2]
        entry_point = (
            f"PyInit_{last}" if last.isascii() else f"PyInitU_{last.encode('punycode').decode().replace('-', '_')}"
        )
        exported = subject.modules[path].exported_names
        if entry_point in exported:
            continue
        if exported and not any(name.startswith("PyInit") for name in exported):
            # Some projects name libraries like extension modules and load them with ctypes or cffi.
            what = f"does not export {entry_point}; only ctypes or cffi can load it"
            yield AuditFinding("init", Severity.WARNING, what, path)
        else:
            yield AuditFinding("init", Severity.ERROR, f"does not export {entry_point}; cannot be imported", path)


def declared(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Every extension module that the sources declare is in the wheel."""
    present = {module_name(path) for path in subject.extension_files()}
    for missing in sorted(subject.expectations.extensions - present):
        if not any(name.endswith(f".{missing}") or missing.endswith(f".{name}") for name in present):
            yield AuditFinding(
                "declared", Severity.ERROR, f"the sources declare the module {missing}, which is not in the wheel",
                hint="its build may have failed silently: see the log; --allow-missing accepts this",
            )  # fmt: skip


def abi3(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Modules tagged abi3 use only the stable ABI (checked by abi3audit)."""
    if "abi3" not in subject.contents.name.abis:
        return

    lowest = min(subject.contents.name.pythons, key=lambda tag: int(tag.removeprefix("cp3") or 0))
    for path in subject.extension_files():
        for symbol in stable_abi_violations(path, subject.contents.files[path], lowest):
            yield AuditFinding(
                "abi3", Severity.ERROR, f"uses {symbol}, which is not in the stable ABI of {lowest}", path
            )


def _gnu_names(subject: WheelUnderAudit) -> set[str]:
    """Return platform names without the C library's, which older Pythons of some distributions used on musl."""
    return {target.multiarch.replace("-musl", "-gnu") for target in subject.linux_targets if target.libc.name == "musl"}


def stable_abi_violations(path: str, data: bytes, lowest: str) -> tuple[str, ...]:
    """Return the symbols used by a module that are not in the stable ABI of a version.

    abi3audit reads ELF files; for other formats the imports are compared with abi3info's tables.

    :param lowest: interpreter tag of that version, such as ``cp310``.
    """
    # Here, since importing abi3audit takes time that only wheels for the stable ABI need.
    from abi3audit._audit import audit
    from abi3audit._extract import SharedObjectExtractor, SharedObjectSpec
    from abi3info.models import PyVersion

    baseline = PyVersion(3, int(lowest.removeprefix("cp3") or 2))

    if (imported := _imported_symbols(read_binary(data))) is not None:
        python_symbols = (name for name in imported if name.startswith(("Py", "_Py")))
        return tuple(sorted(name for name in python_symbols if not _in_stable_abi(name, baseline)))
    found: set[str] = set()
    with temporary_directory() as work:
        file = work / PurePosixPath(path).name
        file.write_bytes(data)
        for shared_object in SharedObjectExtractor(SharedObjectSpec(str(file))):
            result = audit(shared_object, assume_minimum_abi3=baseline)
            found |= {symbol.name for symbol in result.non_abi3_symbols}
            found |= {future.symbol.name for future in result.future_abi3_objects}
    return tuple(sorted(found))


def _imported_symbols(binary: Binary | None) -> set[str] | None:
    """Return the symbols that a module imports; None for formats that abi3audit reads."""
    match binary:
        case Wasm() | MachO() | Pe():
            return {item.name for item in binary.imports}
        case Universal():
            return {item.name for part in binary.slices for item in part.imports}
    return None


def _in_stable_abi(name: str, baseline: PyVersion) -> bool:
    from abi3info import DATAS, FUNCTIONS
    from abi3info.models import Symbol

    entry = FUNCTIONS.get(Symbol(name)) or DATAS.get(Symbol(name))
    return entry is not None and entry.added <= baseline
