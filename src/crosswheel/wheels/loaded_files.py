"""Which compiled files of a wheel are loaded as code on a target, and which are data of a package.

Packages ship launchers for other systems (distlib), object files (greenlet) or samples of file formats. Python loads
extension modules by their suffix, the dynamic loader what they need, ctypes what is named like a library, and programs
run if they are executable. Anything else is data: its format and machine are its package's own business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswheel.object_files import Binary, is_binary, is_module, read_binary
from crosswheel.object_files.elf import Elf
from crosswheel.object_files.macho import MachO, Universal
from crosswheel.object_files.mismatch import mismatch
from crosswheel.object_files.pe import Pe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crosswheel.targets import Target
    from crosswheel.wheels.archive import WheelContents

_LIBRARY_NAMES: Mapping[str, re.Pattern[str]] = {
    "ELF": re.compile(r".*\.so(\.\d[\w.]*)?"),
    "Mach-O": re.compile(r".*\.(so|dylib)"),
    "PE": re.compile(r".*\.(pyd|dll)", re.IGNORECASE),
    "WebAssembly": re.compile(r".*\.so"),
}
"""File names of extension modules and libraries, by the object file format of the platform that loads them."""
# A wheel for any platform may ship DLLs, such as .NET assemblies, that only Windows loads.
_UNKNOWN_PLATFORM = re.compile(r".*\.(so(\.\d[\w.]*)?|dylib|pyd)")
_SCRIPTS = re.compile(r"[^/]+\.data/scripts/[^/]+")
_PROGRAM_KINDS = frozenset({"ET_EXEC", "ET_DYN", "MH_EXECUTE", "EXE"})
_UNLOADABLE_KINDS = frozenset({"ET_REL", "ET_EXEC", "MH_OBJECT", "MH_EXECUTE", "OBJECT", "EXE"})


@dataclass(frozen=True, slots=True)
class CompiledFiles:
    """The compiled files of a wheel.

    :param loaded: those that are code, by path.
    :param damaged: paths of those that are named like code, and cannot be parsed.
    :param data: those that are data, by path; None for those that cannot be parsed.
    """

    loaded: Mapping[str, Binary]
    damaged: tuple[str, ...]
    data: Mapping[str, Binary | None]


def compiled_files(contents: WheelContents, targets: Sequence[Target]) -> CompiledFiles:
    """Return the compiled files of a wheel, sorted by whether they are loaded on the targets.

    :param targets: empty for a wheel for any platform, or for unknown ones.
    """
    found = {path: read_binary(data) for path, data in contents.files.items() if is_binary(data)}
    binaries = {path: binary for path, binary in found.items() if binary is not None}
    names = [_LIBRARY_NAMES[each] for each in {target.system.binaries for target in targets}] or [_UNKNOWN_PLATFORM]
    named = {path for path in found if any(pattern.fullmatch(path.rpartition("/")[2]) for pattern in names)}
    own = {path for path, binary in binaries.items() if any(mismatch(binary, target) is None for target in targets)}
    named -= _alternatives({path: binaries[path] for path in named & binaries.keys()}, own)
    loaded = {path for path, binary in binaries.items() if path in named or _is_code(path, binary, contents, targets)}
    loaded |= _own_programs(binaries, own) if not contents.name.is_pure else set()
    while more := _needed(binaries, loaded, own):
        loaded |= more
    return CompiledFiles(
        loaded={path: binary for path, binary in binaries.items() if path in loaded},
        damaged=tuple(path for path, binary in found.items() if binary is None and path in named),
        data={path: binary for path, binary in found.items() if path not in loaded | (named - binaries.keys())},
    )


def _is_code(path: str, binary: Binary, contents: WheelContents, targets: Sequence[Target]) -> bool:
    """Whether a file is code, whatever its name: a module by its entry point, or a program that can be run."""
    if targets and binary.format not in {target.system.binaries for target in targets}:
        return False
    if is_module(binary) and _kind(binary) not in _UNLOADABLE_KINDS:
        return True
    if _kind(binary) not in _PROGRAM_KINDS:
        return False
    if _SCRIPTS.fullmatch(path):
        return True
    return path in contents.executable and not isinstance(binary, Pe)


def _alternatives(libraries: Mapping[str, Binary], own: set[str]) -> set[str]:
    """Return the libraries for other machines beside those for the target, such as a debugger's: it picks one itself.

    A module is loaded by its name, whatever is beside it.

    :param libraries: files that are named like libraries.
    :param own: the files that are for a target.
    """
    plain = {path for path, binary in libraries.items() if not is_module(binary) and not path.endswith(".pyd")}
    directories = {path.rpartition("/")[0] for path in plain & own}
    return {path for path in plain - own if path.rpartition("/")[0] in directories}


def _own_programs(binaries: Mapping[str, Binary], own: set[str]) -> set[str]:
    """Return the programs for Windows that are code, though there is no executable bit: those for the target.

    If their directory has programs for other machines too, they are launchers of which the package picks one.

    :param own: the files that are for a target.
    """
    programs = {path for path, binary in binaries.items() if isinstance(binary, Pe) and binary.kind == "EXE"}
    mixed = {path.rpartition("/")[0] for path in programs - own}
    return {path for path in programs & own if path.rpartition("/")[0] not in mixed}


def _kind(binary: Binary) -> str:
    match binary:
        case Elf() | MachO() | Pe():
            return binary.kind
        case Universal():
            return binary.slices[0].kind
    return ""


def _needed(binaries: Mapping[str, Binary], loaded: set[str], own: set[str]) -> set[str]:
    """Return the files that loaded ones need by name, and that are not among them.

    Of several DLLs of a name, Windows takes one for the process's machine.

    :param own: the files that are for a target.
    """
    names = {name.rpartition("/")[2].lower() for path in loaded for name in binaries[path].needed}
    found = {path for path in binaries if path.rpartition("/")[2].lower() in names}
    satisfied = {path.rpartition("/")[2].lower() for path in found & own}
    return {
        path
        for path in found - loaded
        if path in own or not isinstance(binaries[path], Pe) or path.rpartition("/")[2].lower() not in satisfied
    }
