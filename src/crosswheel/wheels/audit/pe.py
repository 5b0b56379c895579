"""Checks specific to PE files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError
from crosswheel.object_files import is_module
from crosswheel.pythons.symbols import known_names, python_exports
from crosswheel.pythons.windows import windows_exports, windows_names
from crosswheel.wheels.archive import installed_path
from crosswheel.wheels.audit.model import AuditFinding, Severity, WheelUnderAudit
from crosswheel.wheels.policies import is_windows_library

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from crosswheel.object_files.pe import Pe

_PYTHON = re.compile(r"python(3\d*)(t?)((?:_d)?)\.dll", re.IGNORECASE)
_TAGGED_SUFFIX = re.compile(
    r"(cp3\d+[mt]?|(?:pypy|pp)3\d+(?:-pp\d+)?|graalpy\d+-3\d+-native(?:-x86_64)?)-(win\w+)\.pyd"
)
"""Suffixes of CPython's modules, of PyPy's and of GraalPy's."""
_NEWEST_SUBSYSTEM = (10, 0)
_OLDEST_SUBSYSTEM = (3, 10)
_LOADABLE_SUFFIXES = (".pyd", ".dll", ".so")
_ADDS_DIRECTORY = rb"add_dll_directory|AddDllDirectory"
_LOADS_LIBRARIES = {
    ".py": re.compile(_ADDS_DIRECTORY + rb"|LoadLibrary|WinDLL|CDLL|cdll|windll|dlopen|\bPATH\b"),
    ".pyd": re.compile(_ADDS_DIRECTORY),
}
"""What loads a library or extends where they are searched. The C runtime of a module may name ``LoadLibrary``."""


def file_type(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """An importable PE file is a DLL: Windows loads nothing else into a process."""
    for path, pe in subject.pe_files.items():
        if path.endswith(_LOADABLE_SUFFIXES) and pe.kind != "DLL":
            yield AuditFinding("dll", Severity.ERROR, f"is {pe.kind}, not a DLL", path)


def file_name(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """An extension module for Windows ends in ``.pyd``, or with Python and platform: ``.cp313-win_amd64.pyd``.

    Python on Windows looks for no other suffixes (``_PyImport_DynLoadFiletab``), so ``.abi3.pyd`` is never imported.
    """
    for path, pe in subject.pe_files.items():
        name, _, suffix = path.rsplit("/", 1)[-1].partition(".")
        if suffix != "pyd" and (is_module(pe) or suffix.endswith("pyd")) and (error := _suffix_error(suffix, subject)):
            hint = f"{name}.pyd is importable with any Python version" if "abi3" in subject.contents.name.abis else None
            # A package may load a library that is also a module by a loader of its own (pywin32).
            own_loader = suffix == "dll" and not subject.expectations.strict
            severity = Severity.WARNING if own_loader else Severity.ERROR
            yield AuditFinding("pyd-suffix", severity, error, path, hint)


def _suffix_error(suffix: str, subject: WheelUnderAudit) -> str | None:
    name = subject.contents.name
    match = _TAGGED_SUFFIX.fullmatch(suffix)
    if match is None:
        return f"ends in .{suffix}, which Python on Windows does not import"
    if "abi3" in name.abis:
        return "is for a single Python version, but the wheel is abi3"
    if not _is_for(match[1], name.pythons, name.abis):
        return f"is for {match[1]}, but the wheel is for {', '.join(name.abis)}"
    if subject.targets and match[2] not in {target.tag for target in subject.targets}:
        return f"is named for {match[2]}, but the target's Python expects {subject.targets[0]}"
    return None


def _is_for(interpreter: str, pythons: Collection[str], abis: Collection[str]) -> bool:
    """Whether the interpreter of a suffix is one that the wheel is for.

    The ABI of CPython up to 3.7 has the flag ``m``, which suffixes on Windows have or not.
    """
    if not interpreter.startswith("cp"):
        is_graalpy = interpreter.startswith("graalpy")
        digits = re.search(r"3\d+", interpreter.partition("-")[2] if is_graalpy else interpreter)
        return any(not python.startswith("cp") and digits and python.endswith(digits[0]) for python in pythons)
    plain = interpreter.removesuffix("m")
    return bool({plain, f"{plain}m", "none"}.intersection(abis))


def subsystem(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """The version of the subsystem in the header is one that Windows 10 loads."""
    for path, pe in subject.pe_files.items():
        if pe.kind != "OBJECT" and not _OLDEST_SUBSYSTEM <= pe.subsystem_version <= _NEWEST_SUBSYSTEM:
            version = ".".join(map(str, pe.subsystem_version))
            what = f"is for version {version} of Windows' subsystem, which Windows 10 does not load"
            yield AuditFinding("subsystem", Severity.ERROR, what, path)


def python_library(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A module imports Python's symbols from the DLL of its wheel's Python, or from ``python3.dll`` for ``abi3``.

    The DLL of another version is absent, or a second Python in the same process; likewise that of a debug build.
    """
    abis = set(subject.contents.name.abis)
    for path, pe in subject.pe_files.items():
        for library in pe.needed:
            if (match := _PYTHON.fullmatch(library)) is None:
                continue
            version, build, debug = match.groups()
            # python3.dll forwards to the DLL of the running version.
            matches = version == "3" or bool({"none", f"cp{version}{build}", f"cp{version}m"} & abis)
            if debug or not matches:
                what = f"needs {library}, but the wheel is for {', '.join(sorted(abis))}"
                yield AuditFinding("python-dll", Severity.ERROR, what, path)


def python_symbols(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Python's DLL exports every symbol that a module imports from it; Windows does not load the module otherwise."""
    for path, pe in subject.pe_files.items():
        for library in dict.fromkeys(item.library for item in pe.imports if _PYTHON.fullmatch(item.library)):
            exported = _exports_of(library)
            if exported is None:
                yield AuditFinding("python-symbols", Severity.WARNING, f"not checked: no list for {library}", path)
                continue
            undefined = sorted({item.name for item in pe.imports if item.library == library} - exported)
            if undefined:
                what = f"undefined symbols not exported by {library}: {', '.join(undefined[:5])}"
                yield AuditFinding("python-symbols", Severity.ERROR, what, path)


def _exports_of(library: str) -> frozenset[str] | None:
    """Return what a DLL of Python exports: by its own list, or that of other platforms for the version.

    Those lack names for Windows alone, of which all that any version has are taken.
    """
    name = library.lower().removesuffix(".dll")
    try:
        return windows_exports(name).names
    except EnvironmentMissingError:
        match = _PYTHON.fullmatch(library)
        common = python_exports(f"cp{match[1]}{match[2]}") if match else None
        return None if common is None else common | (windows_names() - known_names())


def libraries(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """DLLs that a module needs are part of Windows, of Python, or of the wheel (delvewheel's lists)."""
    bundled = {path.rsplit("/", 1)[-1].lower() for path in subject.modules}
    for path, pe in subject.pe_files.items():
        for target in subject.windows_targets:
            for library in pe.needed:
                if library.lower() not in bundled and not is_windows_library(library, target):
                    yield AuditFinding(
                        "dlls", Severity.ERROR, f"needs {library}, which {target} does not provide", path
                    )


def library_directories(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A DLL in the wheel is beside the modules that need it, or code in the wheel makes Windows find it.

    Python loads a module with the DLLs of its own directory, of Windows, and of directories that were added with
    ``os.add_dll_directory``. There are no run paths. A DLL that is loaded already is found by its name, so one that
    a module beside it needs is taken for found.
    """
    by_directory: dict[str, dict[str, Pe]] = {}
    for path, pe in subject.pe_files.items():
        directory, _, name = installed_path(path).rpartition("/")
        by_directory.setdefault(directory, {})[name.lower()] = pe
    bundled = {name for files in by_directory.values() for name in files}
    loaded = {name for files in by_directory.values() for name in _loaded_beside(files)}
    severity = Severity.ERROR if subject.expectations.strict else Severity.WARNING
    for path, pe in subject.pe_files.items():
        directory, _, file = installed_path(path).rpartition("/")
        beside = by_directory[directory]
        needed = {library for library in map(str.lower, pe.needed) if library in bundled - loaded - beside.keys()}
        if needed and (file.endswith(".pyd") or file.lower() in loaded) and not _loads_libraries(subject):
            names = ", ".join(sorted(needed))
            what = f"needs {names}, which the wheel contains in a directory that Windows does not search"
            yield AuditFinding(
                "dll-directory", severity, what, path, "install it beside the module, or call os.add_dll_directory"
            )


def _loaded_beside(files: Mapping[str, Pe]) -> frozenset[str]:
    """Return the files of a directory that are loaded with the modules in it, which are searched there."""
    found: set[str] = set()
    queue = [name for name in files if name.endswith(".pyd")]
    while queue:
        needed = {library.lower() for library in files[queue.pop()].needed}
        new = needed & files.keys() - found
        found |= new
        queue += new
    return frozenset(found)


def _loads_libraries(subject: WheelUnderAudit) -> bool:
    """Whether a file of the wheel loads a library or extends where they are searched, judging by names in it."""
    return any(
        pattern.search(data)
        for path, data in subject.contents.files.items()
        for suffix, pattern in _LOADS_LIBRARIES.items()
        if path.endswith(suffix)
    )


def debug_file(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """The path of the debug information has no directory, which would be one of the build machine."""
    severity = Severity.ERROR if subject.expectations.strict else Severity.WARNING
    for path, pe in subject.pe_files.items():
        if "/" in pe.debug_file or "\\" in pe.debug_file:
            yield AuditFinding(
                "debug-file",
                severity,
                f"contains the debug file path {pe.debug_file}",
                path,
                "link with -debug:none or -pdbaltpath",
            )


def time_stamp(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """The time stamp in the header is a hash or zero, so that builds are reproducible."""
    for path, pe in subject.pe_files.items():
        if subject.expectations.strict and pe.time_stamp and not pe.reproducible and _linked(pe):
            yield AuditFinding(
                "time-stamp", Severity.ERROR, f"has the link time stamp {pe.time_stamp}", path, "link with -Brepro"
            )


def _linked(pe: Pe) -> bool:
    return pe.kind != "OBJECT"
