"""Extension modules that the build has made, imported by one of its own Pythons, which cannot load them.

A program that has not written anything yet is started again with the target's Python: generators of stubs and of tables
import the module that they describe first. Otherwise the import fails as before, with a remark in the log.
"""

import os
import sys

from _crosswheel_cross_venv.callers import facts, is_native_process, started_program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

_BACKENDS = frozenset({"_in_process"})  # the program of pyproject_hooks, which runs the build backend
_HEADS = (b"\x7fELF", b"MZ", b"\0asm", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
_SUFFIXES = (".so", ".pyd")
_reported: "set[str]" = set()
_at_start: "dict[str, Any]" = {}


def remember_start() -> None:
    """Remember where this process started, and what it had written; called before any other code of a program."""
    _at_start.update(directory=os.getcwd(), written=_bytes_written())  # noqa: PTH109


def _bytes_written() -> int:
    """Return the number of bytes that this process has written to files, pipes and terminals; -1 if that is unknown."""
    try:
        with open("/proc/self/io", encoding="ascii") as stream:  # noqa: PTH123
            return next(int(line.split()[1]) for line in stream if line.startswith("wchar:"))
    except (OSError, StopIteration, ValueError):
        return -1


class TargetModuleFinder:
    """Follows Python's own finders, for modules that none of them has found."""

    def find_spec(self, name: str, path: "Sequence[str] | None" = None, _target: "Any" = None) -> None:
        """See importlib.abc.MetaPathFinder; finds nothing, but may start the program again."""
        file = _module_file(name.rpartition(".")[2], sys.path if path is None else path)
        if file is not None and file.endswith(tuple(facts()["suffixes"])):
            report_module(name, file)


def _module_file(name: str, directories: "Iterable[str]") -> "str | None":
    """Return the file of an extension module in one of the directories."""
    for directory in directories:
        try:
            names = os.listdir(directory or ".")  # noqa: PTH208
        except (OSError, TypeError):
            continue
        for file in names:
            if file.startswith(f"{name}.") and file.endswith(_SUFFIXES):
                return os.path.join(directory, file)  # noqa: PTH118
    return None


def patch_extension_loader() -> None:
    """Patch the loader of extension modules, for those whose file names do not tell the platform (PEP 384)."""
    loader = sys.modules["_frozen_importlib_external"].ExtensionFileLoader
    real = loader.create_module

    def create_module(self: "Any", spec: "Any") -> "Any":
        try:
            return real(self, spec)
        except ImportError:
            if _is_foreign(self.path):
                report_module(spec.name, self.path)
            raise

    loader.create_module = create_module


def _is_foreign(file: str) -> bool:
    """Whether a file is for another platform than this Python's."""
    try:
        with open(file, "rb") as module, open(sys.executable, "rb") as own:  # noqa: PTH123
            head, own_head = module.read(20), own.read(20)
    except OSError:
        return False
    if not head.startswith(_HEADS):
        return False
    same = head[:6] == own_head[:6] and head[18:] == own_head[18:]  # ELF: class, byte order, machine
    return not same or bool(facts()["libc"][0] == "musl")


def report_module(name: str, file: str) -> None:
    """Start the program again with the target's Python, or say that this Python cannot import the module."""
    if name in _reported or is_native_process():
        return
    _reported.add(name)
    python = facts()["target_python"]
    reason = python["reason"] or _not_repeatable()
    if not reason:
        _start_again(python["program"])
    _record_unimportable(name)
    sys.stderr.write(f"crosswheel: cannot import {name}: {file} is built for {python['target']}; {reason}\n")
    sys.stderr.flush()


def _record_unimportable(name: str) -> None:
    """Record a module that could not be imported: the project may read or discard what its programs write."""
    from _crosswheel_cross_venv.build_ext_patches import record

    record({"event": "unimportable", "name": name})


def _not_repeatable() -> str:
    """Return why the program cannot be started again, empty if it can."""
    program = started_program(sys.orig_argv)
    if program in _BACKENDS:
        return "the build backend itself runs on the build machine"
    if not any(arg == "-c" or not arg.startswith("-") for arg in sys.orig_argv[1:]):
        return "the program was read from standard input"
    if _at_start["written"] < 0 or _bytes_written() != _at_start["written"]:
        return "the program has written something before, so it cannot be started again with the target's Python"
    return ""


def _start_again(python: str) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONHOME"}
    separator = ";" if facts()["os_name"] == "nt" else ":"
    environ.update(PYTHONPATH=separator.join(_packages()), CROSSWHEEL_CROSS_VENV="")
    os.chdir(_at_start["directory"])
    os.execve(python, [python, *sys.orig_argv[1:]], environ)  # noqa: S606


def _packages() -> "list[str]":
    """Return the entries of sys.path but those of the standard library, which the target's Python has itself."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    own = os.path.join(sys.base_prefix, "lib", version)  # noqa: PTH118
    archive = os.path.join(sys.base_prefix, "lib", version.replace(".", "") + ".zip")  # noqa: PTH118
    entries = [os.path.abspath(entry) for entry in sys.path]  # noqa: PTH100
    kept = [entry for entry in entries if entry != archive and (not entry.startswith(own) or "-packages" in entry)]
    return list(dict.fromkeys(kept))
