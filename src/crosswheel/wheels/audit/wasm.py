"""Checks specific to WebAssembly modules; an error in one of them crashes the whole program that loads it."""

from __future__ import annotations

from collections import defaultdict
from posixpath import normpath
from typing import TYPE_CHECKING

from crosswheel.object_files import is_module
from crosswheel.targets import PyodideTarget
from crosswheel.wheels.archive import installed_path
from crosswheel.wheels.audit.build_paths import search_paths
from crosswheel.wheels.audit.model import AuditFinding, Severity, WheelUnderAudit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crosswheel.object_files.wasm import Wasm

_MODULE_EXPORTS = ("__wasm_", "_initialize", "orig$")
"""Prefixes of exports that every module has."""
_IMPORT_MODULES = frozenset({"env", "GOT.mem", "GOT.func", "wasi_snapshot_preview1"})
"""Modules that a side module imports from (tool conventions, "WebAssembly dynamic linking"), and WASI."""
_JAVASCRIPT_EXCEPTIONS = ("invoke_", "__cxa_find_matching_catch", "__resumeException")
_TAGS = {"__cpp_exception", "__c_longjmp"}


def side_module(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A module is a side module, which a running program can load (tool conventions, section ``dylink.0``)."""
    for path, wasm in subject.wasm_files.items():
        if not wasm.side_module:
            yield AuditFinding("side-module", Severity.ERROR, "is not a side module: no dylink.0 section", path)


def runtime_abi(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A module needs nothing that Pyodide's runtime does not have: 32-bit memory, no threads, the loader's modules.

    The symbols of Python that it imports are checked by `python-names`.
    """
    for path, wasm in subject.wasm_files.items():
        if wasm.wide_memory:
            yield AuditFinding("runtime-abi", Severity.ERROR, "has a memory with 64-bit addresses", path)
        if wasm.shared_memory or "atomics" in wasm.features:
            yield AuditFinding("runtime-abi", Severity.ERROR, "is compiled for threads, which the runtime lacks", path)
        unknown = sorted({item.module for item in wasm.imports} - _IMPORT_MODULES)
        if unknown:
            what = f"imports from {', '.join(unknown)}, which the loader does not know"
            yield AuditFinding("runtime-abi", Severity.ERROR, what, path)


def libraries(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Libraries that a module needs are in the wheel and on its run path, and each is loaded once.

    A runtime may treat two paths to the same file as two files.
    """
    files = {installed_path(path): wasm for path, wasm in subject.wasm_files.items()}
    lookups = {target.abi.run_paths for target in subject.targets_of(PyodideTarget)}
    missing = [(path, library) for path, wasm in files.items() for library in wasm.needed
               if "none" in lookups or not search_paths(path, wasm.run_paths, library) & files.keys()]  # fmt: skip
    for path, library in missing:
        yield AuditFinding("side-libraries", Severity.ERROR, f"needs {library}, which the runtime does not find", path)
    if missing or "as-written" not in lookups:
        return
    needed = {normpath(spelling) for path in files for spelling in _loaded_paths(path, files)}
    spellings: dict[str, set[str]] = defaultdict(set)
    for spelling in (spelling for path in files.keys() - needed for spelling in _loaded_paths(path, files)):
        spellings[normpath(spelling)].add(spelling)
    for path, found in sorted(spellings.items()):
        if len(found) > 1:
            what = f"is reached as {' and as '.join(sorted(found))}, which this runtime loads as separate libraries"
            yield AuditFinding("side-libraries", Severity.ERROR, what, path, "move all modules into one directory")


def _loaded_paths(path: str, files: Mapping[str, Wasm], users: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the libraries that a file loads, directly or indirectly, by the path under which each is loaded.

    :param users: paths of the files that led here; libraries may need each other.
    """
    wasm = files[normpath(path)]
    for library in wasm.needed:
        for entry in wasm.run_paths:
            spelling = entry.replace("$ORIGIN", path.rpartition("/")[0] or ".", 1) + f"/{library}"
            if normpath(spelling) in files:
                yield spelling
                if spelling not in users:
                    yield from _loaded_paths(spelling, files, (*users, spelling))
                break


def exceptions(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Exceptions are implemented as the ABI prescribes: by WebAssembly instructions, or by JavaScript."""
    for target in subject.targets_of(PyodideTarget):
        for path, wasm in subject.wasm_files.items():
            used = _models(wasm)
            if used - {target.abi.exceptions}:
                what = f"uses {' and '.join(sorted(used))} exceptions, but {target} uses {target.abi.exceptions}"
                yield AuditFinding("exceptions", Severity.ERROR, what, path, "rebuild for this ABI")


def clashes(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """No two modules export the same symbol: the first one loaded would serve both.

    C++ symbols that may have several definitions are allowed: templates, inline functions, types of exceptions.
    """
    exporters: dict[str, list[str]] = defaultdict(list)
    for path, wasm in subject.wasm_files.items():
        if not is_module(wasm):
            continue  # a library for ctypes, which searches that file alone
        for item in wasm.exports:
            if not item.name.startswith(("PyInit", "_Z", *_MODULE_EXPORTS)):
                exporters[item.name].append(path)
    for name, paths in sorted(exporters.items()):
        if len(paths) > 1:
            yield AuditFinding(
                "clashes", Severity.ERROR, f"exports {name}, as does {', '.join(paths[1:])}", paths[0],
                "export only the entry points (the default), or rename the symbols",
            )  # fmt: skip


def one_python(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """On a platform with a single Python version, the wheel is for that version."""
    name = subject.contents.name
    for target in subject.targets:
        available = {python.interpreter for python in target.pythons}
        unsupported = [python for python in name.pythons if python.startswith("cp3") and python not in available]
        if available and unsupported and "abi3" not in name.abis:
            what = f"is for {', '.join(unsupported)}, but {target} has only {', '.join(sorted(available))}"
            yield AuditFinding("python-of-platform", Severity.ERROR, what)


def _models(wasm: Wasm) -> set[str]:
    """Return the exception models that a module uses, judging by its imports."""
    found = set()
    for item in wasm.imports:
        if item.kind == "tag" and item.name in _TAGS:
            found.add("wasm")
        elif item.module == "env" and item.name.startswith(_JAVASCRIPT_EXCEPTIONS):
            found.add("javascript")
    return found
