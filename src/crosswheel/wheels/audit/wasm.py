"""Checks of WebAssembly modules, which a running program loads and whose mistakes end all of it."""

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

_OWN_TO_MODULES = ("__wasm_", "_initialize", "orig$")
"""Exports that every module has of its own."""
_OF_JAVASCRIPT = ("invoke_", "__cxa_find_matching_catch", "__resumeException")
_TAGS = {"__cpp_exception", "__c_longjmp"}


def side_module(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A module can be loaded into a running program (the tool conventions' section ``dylink.0``)."""
    for path, wasm in subject.wasm_files.items():
        if not wasm.side_module:
            yield AuditFinding("side-module", Severity.ERROR, "is a program of its own, which nothing can load", path)


def libraries(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Libraries that a module needs are in the wheel, where it looks for them, and are loaded once.

    A runtime may take two ways to one file for two files.
    """
    files = {installed_path(path): wasm for path, wasm in subject.wasm_files.items()}
    looks = {target.abi.run_paths for target in subject.targets_of(PyodideTarget)}
    lost = [(path, library) for path, wasm in files.items() for library in wasm.needed
            if "none" in looks or not search_paths(path, wasm.run_paths, library) & files.keys()]  # fmt: skip
    for path, library in lost:
        yield AuditFinding("side-libraries", Severity.ERROR, f"needs {library}, which the runtime does not find", path)
    if lost or "as-written" not in looks:
        return
    needed = {normpath(way) for path in files for way in _ways(path, files)}
    ways: dict[str, set[str]] = defaultdict(set)
    for way in (way for path in files.keys() - needed for way in _ways(path, files)):
        ways[normpath(way)].add(way)
    for place, found in sorted(ways.items()):
        if len(found) > 1:
            what = f"is reached as {' and as '.join(sorted(found))}, which this runtime takes for several libraries"
            yield AuditFinding("side-libraries", Severity.ERROR, what, place, "have all modules in one directory")


def _ways(path: str, files: Mapping[str, Wasm], users: tuple[str, ...] = ()) -> Iterator[str]:
    """The libraries that a file has loaded, directly or through others, each by the way that is taken to it.

    :param users: who has it loaded; libraries may need each other.
    """
    wasm = files[normpath(path)]
    for library in wasm.needed:
        for entry in wasm.run_paths:
            way = entry.replace("$ORIGIN", path.rpartition("/")[0] or ".", 1) + f"/{library}"
            if normpath(way) in files:
                yield way
                if way not in users:
                    yield from _ways(way, files, (*users, way))
                break


def exceptions(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Exceptions are thrown as the ABI prescribes: by WebAssembly's own instructions, or by JavaScript."""
    for target in subject.targets_of(PyodideTarget):
        for path, wasm in subject.wasm_files.items():
            used = _models(wasm)
            if used - {target.abi.exceptions}:
                what = f"throws exceptions through {' and '.join(sorted(used))}, {target} has {target.abi.exceptions}"
                yield AuditFinding("exceptions", Severity.ERROR, what, path, "build it for this ABI")


def clashes(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """No two modules export the same symbol: whichever is loaded first would serve both.

    C++ counts on that for what it may define in several places: templates, inline functions, the types of exceptions.
    """
    exporters: dict[str, list[str]] = defaultdict(list)
    for path, wasm in subject.wasm_files.items():
        if not is_module(wasm):
            continue  # a library for ctypes, which looks into it alone
        for item in wasm.exports:
            if not item.name.startswith(("PyInit", "_Z", *_OWN_TO_MODULES)):
                exporters[item.name].append(path)
    for name, paths in sorted(exporters.items()):
        if len(paths) > 1:
            yield AuditFinding(
                "clashes", Severity.ERROR, f"exports {name}, which {', '.join(paths[1:])} exports too", paths[0],
                "export entry points only, which is the default, or give the symbols different names",
            )  # fmt: skip


def one_python(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Where a platform has one version of Python only, the wheel is for that one."""
    name = subject.contents.name
    for target in subject.targets:
        served = {python.interpreter for python in target.pythons}
        wrong = [python for python in name.pythons if python.startswith("cp3") and python not in served]
        if served and wrong and "abi3" not in name.abis:
            what = f"is for {', '.join(wrong)}, and {target} has {', '.join(sorted(served))} only"
            yield AuditFinding("python-of-platform", Severity.ERROR, what)


def _models(wasm: Wasm) -> set[str]:
    """How a module throws: seen in what it imports."""
    found = set()
    for item in wasm.imports:
        if item.kind == "tag" and item.name in _TAGS:
            found.add("wasm")
        elif item.module == "env" and item.name.startswith(_OF_JAVASCRIPT):
            found.add("javascript")
    return found
