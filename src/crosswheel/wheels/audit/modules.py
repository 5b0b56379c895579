"""Checks of extension modules: file names, entry points, completeness, and the stable ABI (PEP 384)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crosswheel.errors import UnknownPlatformError
from crosswheel.object_files import Binary, is_binary
from crosswheel.object_files.elf import Elf
from crosswheel.object_files.macho import MachO, Universal
from crosswheel.object_files.pe import Pe
from crosswheel.object_files.wasm import Wasm
from crosswheel.wheels.archive import installed_path
from crosswheel.wheels.audit.model import MODULE_SUFFIXES, AuditFinding, Severity, WheelUnderAudit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from abi3info.models import PyVersion

_FIRST_STABLE = 2
_CPYTHON = re.compile(r"\.cpython-(3\d+)(t?)-([\w-]+)\.so$")
_MODULE_FILE = re.compile(r"\.(cpython-\d+[a-z]*(-[\w-]+)?\.so|abi3\.so|pyd)$")
"""Names that only extension modules have; ``.so`` alone may be that of another file."""


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
    strict = Severity.ERROR if subject.expectations.strict else Severity.WARNING
    for path in subject.extension_files():
        exported = subject.modules[path].exported_names
        is_named = _CPYTHON.search(path) or path.endswith((".abi3.so", ".pyd"))
        if not is_named and not any(name.startswith("PyInit") for name in exported):
            continue
        last = module_name(path).rpartition(".")[2]
        entry_point = (
            f"PyInit_{last}" if last.isascii() else f"PyInitU_{last.encode('punycode').decode().replace('-', '_')}"
        )
        if entry_point in exported:
            continue
        if not is_named:
            what = f"exports the entry point of another module than {last}; Python does not import it by this name"
            yield AuditFinding("init", strict, what, path)
        elif exported and not any(name.startswith("PyInit") for name in exported):
            # Some projects name libraries like extension modules and load them with ctypes or cffi.
            what = f"does not export {entry_point}; only ctypes or cffi can load it"
            yield AuditFinding("init", Severity.WARNING, what, path)
        else:
            yield AuditFinding("init", Severity.ERROR, f"does not export {entry_point}; cannot be imported", path)


def no_module(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A file with the full name of an extension module is a compiled file, not a page of an error or an empty file."""
    for path, data in subject.contents.files.items():
        if _MODULE_FILE.search(path) and not is_binary(data):
            what = "is named like an extension module, and is no compiled file" if data else "is an empty file"
            yield AuditFinding("no-module", Severity.ERROR, f"{what}: Python cannot import it", path)


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
    """Modules tagged abi3, and libraries with them, use only the stable ABI (by the list of the package abi3info)."""
    if "abi3" not in subject.contents.name.abis:
        return
    lowest = min(subject.contents.name.pythons, key=_minor_version)
    for path, binary in subject.modules.items():
        for symbol in stable_abi_violations(binary, lowest):
            yield AuditFinding(
                "abi3", Severity.ERROR, f"uses {symbol}, which is not in the stable ABI of {lowest}", path
            )


def _minor_version(tag: str) -> int:
    """Return the minor version of a Python tag: 10 of ``cp310``; that of the first stable ABI if there is none."""
    match = re.fullmatch(r"[a-z]+3(\d{1,4})", tag)
    return max(int(match[1]), _FIRST_STABLE) if match else _FIRST_STABLE


def _gnu_names(subject: WheelUnderAudit) -> set[str]:
    """Return platform names without the C library's, which older Pythons of some distributions used on musl."""
    return {target.multiarch.replace("-musl", "-gnu") for target in subject.linux_targets if target.libc.name == "musl"}


def stable_abi_violations(binary: Binary, lowest: str) -> tuple[str, ...]:
    """Return the symbols used by a file that are not in the stable ABI of a version.

    :param lowest: interpreter tag of that version, such as ``cp310``.
    """
    from abi3info.models import PyVersion  # here, since only wheels for the stable ABI need it

    baseline = PyVersion(3, _minor_version(lowest))
    names = (name for name in _imported_symbols(binary) if name.startswith(("Py", "_Py")))
    return tuple(sorted(name for name in names if name[:6] != "PyInit" and not _in_stable_abi(name, baseline)))


def _imported_symbols(binary: Binary) -> frozenset[str]:
    match binary:
        case Elf():
            return frozenset(symbol.name for symbol in binary.undefined)
        case Wasm() | MachO() | Pe():
            return frozenset(item.name for item in binary.imports)
        case Universal():
            return frozenset(item.name for part in binary.slices for item in part.imports)
    raise UnknownPlatformError(f"no stable ABI is known for files in {binary.format} format")


def _in_stable_abi(name: str, baseline: PyVersion) -> bool:
    from abi3info import DATAS, FUNCTIONS
    from abi3info.models import Symbol

    entry = FUNCTIONS.get(Symbol(name)) or DATAS.get(Symbol(name))
    return entry is not None and entry.added <= baseline
