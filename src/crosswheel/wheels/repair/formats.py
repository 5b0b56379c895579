"""Repair by object file format: ELF files are patched; for Mach-O and PE external libraries are only rejected."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from crosswheel.errors import AuditError
from crosswheel.object_files.elf import Elf
from crosswheel.object_files.wasm import Wasm, relink
from crosswheel.platforms import target_as
from crosswheel.targets import LinuxTarget, MacosTarget, PyodideTarget, WindowsTarget
from crosswheel.wheels.archive import installed_path
from crosswheel.wheels.audit.build_paths import search_paths
from crosswheel.wheels.policies import is_macos_library, is_windows_library, policy_for
from crosswheel.wheels.repair.graft import run_paths_to

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.object_files import Binary
    from crosswheel.targets import Target


def repair_elf(host: Host, binaries: Mapping[str, Binary], tree: Path, target: Target) -> dict[str, bytes]:
    """Set run paths and library names of ELF files; see :class:`Repairer`.

    Shared libraries that crosswheel built are already in the wheel. A library outside the wheel that the policy does
    not allow is rejected, so that the build machine's copy is never used.
    """
    target = target_as(target, LinuxTarget, "the repair of ELF files")
    policy = policy_for(str(target))
    bundled = {path.rsplit("/", 1)[-1] for path in binaries}
    changed = {}
    for path, elf in binaries.items():
        if not isinstance(elf, Elf):
            continue
        external = [n for n in elf.needed if policy and not policy.allows_library(n) and n not in bundled]
        external = [n for n in external if not n.startswith("libpython") and n != "libc.so"]
        if external:
            raise AuditError(
                f"{path} needs {', '.join(external)}, which {target} does not provide and the wheel does not contain",
                hint="link it statically, or build it for the target first",
            )
        if patched := _patched(host, tree / path, elf, target):
            changed[path] = patched
    return changed


def _patched(host: Host, file: Path, elf: Elf, target: LinuxTarget) -> bytes | None:
    """Return the file with the libc's soname and without absolute run paths; None if nothing needs to change."""
    options: list[str] = []
    if "libc.so" in elf.needed and target.libc.name == "musl":
        options += ["--replace-needed", "libc.so", target.libc_soname]
    for library in elf.needed:
        if library.startswith("libpython"):
            options += ["--remove-needed", library]
    relative = [path for path in elf.run_paths if path.startswith("$ORIGIN")]
    calls = [options]
    if len(relative) != len(elf.run_paths):
        # --set-rpath overwrites the old string in the file, which --remove-rpath alone would leave there.
        options += ["--set-rpath", ":".join(relative)]
        calls += [] if relative else [["--remove-rpath"]]
    if not options:
        return None
    patchelf = host.program("patchelf") or "patchelf"
    for call in calls:
        outcome = host.run(patchelf, *call, file, cwd=file.parent)
        if not outcome.ok:
            raise AuditError(f"patchelf cannot change {file.name}: {outcome.stderr.strip()}")
    return file.read_bytes()


class Repairer(Protocol):
    """Repairs the compiled files of a wheel, for one object file format."""

    def __call__(self, host: Host, binaries: Mapping[str, Binary], tree: Path, target: Target) -> Mapping[str, bytes]:
        """Return the new contents of the files that change, by path.

        :param binaries: all compiled files of the wheel by path; ``tree`` is where the wheel is unpacked.
        :raises AuditError: if a file cannot be repaired.
        """
        ...


def reject_external_libraries(binaries: Mapping[str, Binary], target: Target, provided: Callable[[str], bool]) -> None:
    """Reject libraries that neither the target nor the wheel provides, so that the build machine's are not used.

    :param provided: whether the target provides a library.
    :raises AuditError: if a compiled file needs another library.
    """
    # Windows' file names are case-insensitive; on other targets no two libraries differ in case only.
    bundled = {path.rsplit("/", 1)[-1].lower() for path in binaries}
    for path, binary in binaries.items():
        external = [n for n in binary.needed if not provided(n) and n.rsplit("/", 1)[-1].lower() not in bundled]
        if external:
            raise AuditError(
                f"{path} needs {', '.join(external)}, which {target} does not provide and the wheel does not contain",
                hint="link it statically, or build it for the target first",
            )


def check_macho(host: Host, binaries: Mapping[str, Binary], tree: Path, target: Target) -> dict[str, bytes]:  # noqa: ARG001
    """Reject external libraries; see :class:`Repairer`.

    Mach-O files are not changed, since that would invalidate their signatures. Libraries are not grafted: only the
    system's exist for the target.
    """
    target = target_as(target, MacosTarget, "the repair of Mach-O files")
    reject_external_libraries(binaries, target, is_macos_library)
    return {}


def check_pe(host: Host, binaries: Mapping[str, Binary], tree: Path, target: Target) -> dict[str, bytes]:  # noqa: ARG001
    """Reject external libraries; see :class:`Repairer`.

    PE files are not changed: the linker leaves neither paths nor time stamps. DLLs are not grafted: only those of
    Windows and Python exist for the target.
    """
    target = target_as(target, WindowsTarget, "the repair of PE files")
    reject_external_libraries(binaries, target, partial(is_windows_library, target=target))
    return {}


def repair_wasm(host: Host, binaries: Mapping[str, Binary], tree: Path, target: Target) -> dict[str, bytes]:  # noqa: ARG001
    """Set the run paths of modules that need a library of the project itself; see :class:`Repairer`.

    Build backends do that for ELF files. Links have removed the run paths of the build directory.
    """
    target_as(target, PyodideTarget, "the repair of WebAssembly files")
    by_name: dict[str, list[str]] = {}
    for path in binaries:
        by_name.setdefault(path.rsplit("/", 1)[-1], []).append(path)
    changed = {}
    for path, wasm in binaries.items():
        if not isinstance(wasm, Wasm):
            continue
        found = _found_libraries(installed_path(path), wasm, frozenset(map(installed_path, binaries)))
        missing = [name for name in wasm.needed if name not in found and len(by_name.get(name, ())) == 1]
        if missing:
            run_paths = (*wasm.run_paths, *run_paths_to(path, [by_name[name][0] for name in missing]))
            changed[path] = relink((tree / path).read_bytes(), wasm.needed, tuple(dict.fromkeys(run_paths)))
    return changed


def _found_libraries(path: str, wasm: Wasm, files: Collection[str]) -> frozenset[str]:
    """Return the needed libraries that a module finds on its run paths.

    :param files: paths of the wheel's compiled files, relative to site-packages.
    """
    return frozenset(name for name in wasm.needed if search_paths(path, wasm.run_paths, name) & set(files))
