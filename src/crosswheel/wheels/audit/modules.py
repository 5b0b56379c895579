"""Checks of extension modules: their names, their entry points, whether all are there."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from abi3audit._audit import audit
from abi3audit._extract import SharedObjectExtractor, SharedObjectSpec
from abi3info import DATAS, FUNCTIONS
from abi3info.models import PyVersion, Symbol

from crosswheel.host.files import temporary_directory
from crosswheel.object_files import Binary, read_binary
from crosswheel.object_files.macho import MachO, Universal
from crosswheel.object_files.pe import Pe
from crosswheel.object_files.wasm import Wasm
from crosswheel.wheels.archive import installed_path
from crosswheel.wheels.audit.model import AuditFinding, Severity, WheelUnderAudit

if TYPE_CHECKING:
    from collections.abc import Iterator

_CPYTHON = re.compile(r"\.cpython-(3\d+)(t?)-([\w-]+)\.so$")


def module_name(path: str) -> str:
    """The full name of the module a file of a wheel is imported as."""
    stem = installed_path(path).rsplit("/", 1)
    return ".".join([*stem[:-1], stem[-1].partition(".")[0]]).replace("/", ".")


def suffix(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A module's file name ends as the target's Python expects: version, build and platform (PEP 3149)."""
    name = subject.contents.name
    for path in subject.extension_files():
        if path.endswith(".abi3.so") or (match := _CPYTHON.search(path)) is None:
            continue
        interpreter, build, multiarch = f"cp{match[1]}", match[2], match[3]
        if interpreter not in name.pythons and "abi3" not in name.abis:
            yield AuditFinding(
                "suffix", Severity.ERROR, f"is for {interpreter}, the wheel for {', '.join(name.pythons)}", path
            )
        if "abi3" in name.abis:
            yield AuditFinding("suffix", Severity.ERROR, "is for one version of Python only, the wheel for many", path)
        elif f"{interpreter}{build}" not in name.abis and "none" not in name.abis:
            yield AuditFinding(
                "suffix", Severity.ERROR, f"is for {interpreter}{build}, the wheel for {', '.join(name.abis)}", path
            )
        if subject.targets and multiarch not in {target.multiarch for target in subject.targets} | _plain(subject):
            wanted = subject.targets[0].multiarch
            yield AuditFinding(
                "suffix", Severity.ERROR, f"is named for {multiarch}, the target's Python looks for {wanted}", path
            )


def init(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A module that is named like an extension exports its PyInit function (PEP 489 for names beyond ASCII)."""
    for path in subject.extension_files():
        if not (_CPYTHON.search(path) or path.endswith((".abi3.so", ".pyd"))):
            continue
        last = module_name(path).rpartition(".")[2]
        wanted = f"PyInit_{last}" if last.isascii() else f"PyInitU_{last.encode('punycode').decode().replace('-', '_')}"
        exported = subject.modules[path].exported_names
        if wanted in exported:
            continue
        if exported and not any(name.startswith("PyInit") for name in exported):
            # Some projects name plain libraries like modules and load them with ctypes or cffi.
            what = f"does not export {wanted}: only ctypes or cffi can load it"
            yield AuditFinding("init", Severity.WARNING, what, path)
        else:
            yield AuditFinding("init", Severity.ERROR, f"does not export {wanted}: it cannot be imported", path)


def declared(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Every extension the sources declare is in the wheel."""
    there = {module_name(path) for path in subject.extension_files()}
    for missing in sorted(subject.expectations.extensions - there):
        if not any(name.endswith(f".{missing}") or missing.endswith(f".{name}") for name in there):
            yield AuditFinding(
                "declared", Severity.ERROR, f"the sources declare the extension module {missing}, which is not there",
                hint="its build failed without stopping the rest: see the log; --allow-missing accepts that",
            )  # fmt: skip


def abi3(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Modules for the stable ABI use nothing beyond it (by abi3audit)."""
    if "abi3" not in subject.contents.name.abis:
        return
    from crosswheel.wheels.audit.modules import stable_abi_violations

    lowest = min(subject.contents.name.pythons, key=lambda tag: int(tag.removeprefix("cp3") or 0))
    for path in subject.extension_files():
        for symbol in stable_abi_violations(path, subject.contents.files[path], lowest):
            yield AuditFinding(
                "abi3", Severity.ERROR, f"uses {symbol}, which the stable ABI of {lowest} does not have", path
            )


def _plain(subject: WheelUnderAudit) -> set[str]:
    """Names without the C library's, which some distributions' older Pythons used on musl."""
    return {target.multiarch.replace("-musl", "-gnu") for target in subject.linux_targets if target.libc.name == "musl"}


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
