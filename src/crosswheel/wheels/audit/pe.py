"""Checks of PE files, beyond those that all formats share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.object_files import is_module
from crosswheel.pythons.windows_exports import windows_exports
from crosswheel.wheels.audit.model import AuditFinding, Severity, WheelUnderAudit
from crosswheel.wheels.policies import is_windows_library

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswheel.object_files.pe import Pe

_PYTHON = re.compile(r"python(3\d*)(t?)((?:_d)?)\.dll", re.IGNORECASE)
_TAGGED = re.compile(r"cp(3\d+t?)-(win\w+)\.pyd")
_LOADED = (".pyd", ".dll", ".so")


def file_type(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A PE file that is imported is a DLL: Windows loads nothing else into a program."""
    for path, pe in subject.pe_files.items():
        if path.endswith(_LOADED) and pe.kind != "DLL":
            yield AuditFinding("dll", Severity.ERROR, f"is {pe.kind}, which nothing can load", path)


def file_name(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A module for Windows ends in ``.pyd``, perhaps with Python and platform before: ``.cp313-win_amd64.pyd``.

    These are all that Windows' Python looks for (``_PyImport_DynLoadFiletab``): ``.abi3.pyd`` is none of them.
    """
    for path, pe in subject.pe_files.items():
        name, _, suffix = path.rsplit("/", 1)[-1].partition(".")
        if suffix != "pyd" and (is_module(pe) or suffix.endswith("pyd")) and (wrong := _suffix_wrong(suffix, subject)):
            hint = f"{name}.pyd would do" if "abi3" in subject.contents.name.abis else None
            yield AuditFinding("pyd-suffix", Severity.ERROR, wrong, path, hint)


def _suffix_wrong(suffix: str, subject: WheelUnderAudit) -> str | None:
    name = subject.contents.name
    match = _TAGGED.fullmatch(suffix)
    if match is None:
        return f"ends in .{suffix}, which Windows' Python does not look for"
    if "abi3" in name.abis:
        return "is for one version of Python only, the wheel for many"
    if f"cp{match[1]}" not in name.abis and "none" not in name.abis:
        return f"is for cp{match[1]}, the wheel for {', '.join(name.abis)}"
    if subject.targets and match[2] not in {target.tag for target in subject.targets}:
        return f"is named for {match[2]}, the target's Python looks for {subject.targets[0]}"
    return None


def python_library(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A module takes Python's symbols from the DLL of the Python that its wheel is for; with ``abi3``, ``python3.dll``.

    Another version's DLL is not there, or is a second Python in the same program; so is that of a debug build.
    """
    abis = set(subject.contents.name.abis)
    for path, pe in subject.pe_files.items():
        for library in pe.needed:
            if (match := _PYTHON.fullmatch(library)) is None:
                continue
            version, build, debug = match.groups()
            # python3.dll hands on to the DLL of whichever version is there.
            fits = version == "3" or "none" in abis or f"cp{version}{build}" in abis
            if debug or not fits:
                what = f"needs {library}, the wheel is for {', '.join(sorted(abis))}"
                yield AuditFinding("python-dll", Severity.ERROR, what, path)


def python_symbols(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """What a module takes from Python's DLL, that DLL exports: Windows would not load it otherwise."""
    for path, pe in subject.pe_files.items():
        for library in dict.fromkeys(item.library for item in pe.imports if _PYTHON.fullmatch(item.library)):
            try:
                exported = windows_exports(library.lower().removesuffix(".dll")).names
            except EnvironmentMissingError as error:
                yield AuditFinding("python-symbols", Severity.WARNING, f"not looked at: {error.what}", path)
                continue
            lost = sorted({item.name for item in pe.imports if item.library == library} - exported)
            if lost:
                what = f"takes {', '.join(lost[:5])} from {library}, which does not export that"
                yield AuditFinding("python-symbols", Severity.ERROR, what, path)


def libraries(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """DLLs that a module needs are Windows' own, come with Python, or are in the wheel (delvewheel's lists)."""
    inside = {path.rsplit("/", 1)[-1].lower() for path in subject.modules}
    for path, pe in subject.pe_files.items():
        for target in subject.windows_targets:
            for library in pe.needed:
                if library.lower() not in inside and not is_windows_library(library, target):
                    yield AuditFinding(
                        "dlls", Severity.ERROR, f"needs {library}, which {target} does not promise", path
                    )


def debug_file(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Where debug information was written is not told with a directory: it would be one of a build machine."""
    severity = Severity.ERROR if subject.expectations.strict else Severity.WARNING
    for path, pe in subject.pe_files.items():
        if "/" in pe.debug_file or "\\" in pe.debug_file:
            yield AuditFinding(
                "debug-file", severity, f"names {pe.debug_file}", path, "link with -debug:none or -pdbaltpath"
            )


def time_stamp(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """The header has no time but a hash, or nothing: two builds of the same are the same."""
    for path, pe in subject.pe_files.items():
        if subject.expectations.strict and pe.time_stamp and not pe.reproducible and _linked(pe):
            yield AuditFinding("time-stamp", Severity.ERROR, f"was linked at second {pe.time_stamp}", path, "-Brepro")


def _linked(pe: Pe) -> bool:
    return pe.kind != "OBJECT"
