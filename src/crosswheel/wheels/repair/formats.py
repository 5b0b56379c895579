"""ELF files: no library that nobody provides, no run path to somewhere else, the C library by its proper name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from crosswheel.errors import AuditError
from crosswheel.object_files.elf import Elf
from crosswheel.targets import LinuxTarget, WindowsTarget
from crosswheel.wheels.policies import is_macos_library, is_windows_library, policy_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.object_files import Binary
    from crosswheel.targets import Target


def repair_elf(host: Host, binaries: Mapping[str, Binary], tree: Path, target: Target) -> dict[str, bytes]:
    """See :class:`crosswheel.wheels.repair.formats.Repairer`.

    Shared libraries that crosswheel made are in the wheel by now. One that needs another, which its policy does not
    allow, is refused, so that the build machine's copy is never taken for it.
    """
    if not isinstance(target, LinuxTarget):
        return {}
    policy = policy_for(str(target))
    inside = {path.rsplit("/", 1)[-1] for path in binaries}
    changed = {}
    for path, elf in binaries.items():
        if not isinstance(elf, Elf):
            continue
        strangers = [n for n in elf.needed if policy and not policy.allows_library(n) and n not in inside]
        strangers = [n for n in strangers if not n.startswith("libpython") and n != "libc.so"]
        if strangers:
            raise AuditError(
                f"{path} needs {', '.join(strangers)}, which {target} does not promise and the wheel does not carry",
                hint="link it statically, or build the library for the target first",
            )
        if patched := _patched(host, tree / path, elf, target):
            changed[path] = patched
    return changed


def _patched(host: Host, file: Path, elf: Elf, target: LinuxTarget) -> bytes | None:
    """The file with the C library's proper name and without foreign run paths; None if it is right already."""
    options: list[str] = []
    if "libc.so" in elf.needed and target.libc.name == "musl":
        options += ["--replace-needed", "libc.so", target.libc_soname]
    for library in elf.needed:
        if library.startswith("libpython"):
            options += ["--remove-needed", library]
    own = [path for path in elf.run_paths if path.startswith("$ORIGIN")]
    calls = [options]
    if len(own) != len(elf.run_paths):
        # Setting it writes over what was there. Removing it, which is all that is left to do then, would not.
        options += ["--set-rpath", ":".join(own)]
        calls += [] if own else [["--remove-rpath"]]
    if not options:
        return None
    patchelf = host.program("patchelf") or "patchelf"
    for call in calls:
        outcome = host.run(patchelf, *call, file, cwd=file.parent)
        if not outcome.ok:
            raise AuditError(f"patchelf cannot change {file.name}: {outcome.stderr.strip()}")
    return file.read_bytes()


class Repairer(Protocol):
    """Puts right what backends leave wrong in compiled files."""

    def __call__(self, host: Host, binaries: Mapping[str, Binary], tree: Path, target: Target) -> Mapping[str, bytes]:
        """The files that change, with what they hold afterwards.

        :param binaries: every compiled file of the wheel, by its path; ``tree`` is where the wheel is unpacked.
        :raises AuditError: when one cannot be put right.
        """
        ...


def reject_external_libraries(binaries: Mapping[str, Binary], target: Target, promised: Callable[[str], bool]) -> None:
    """Look at what every compiled file of a wheel needs.

    :param promised: whether the target has a library; what the wheel has itself is fine as well.
    :raises AuditError: when one needs another library.
    """
    # Windows does not tell capital letters from small ones; no other target has two libraries that differ in these.
    inside = {path.rsplit("/", 1)[-1].lower() for path in binaries}
    for path, binary in binaries.items():
        strangers = [n for n in binary.needed if not promised(n) and n.rsplit("/", 1)[-1].lower() not in inside]
        if strangers:
            raise AuditError(
                f"{path} needs {', '.join(strangers)}, which {target} does not promise and the wheel does not carry",
                hint="link it statically, or build the library for the target first",
            )


def check_macho(host: Host, binaries: Mapping[str, Binary], tree: Path, target: Target) -> dict[str, bytes]:  # noqa: ARG001
    """See :class:`crosswheel.wheels.repair.formats.Repairer`.

    Libraries are not copied in: there are none for the target but the system's. One that is neither that nor in the
    wheel is refused.
    """
    reject_external_libraries(binaries, target, is_macos_library)
    return {}


def check_pe(host: Host, binaries: Mapping[str, Binary], tree: Path, target: Target) -> dict[str, bytes]:  # noqa: ARG001
    """See :class:`crosswheel.wheels.repair.formats.Repairer`.

    DLLs are not copied in: there are none for the target but Windows' own. One that is neither that, nor Python's, nor
    in the wheel is refused.
    """
    if isinstance(target, WindowsTarget):
        reject_external_libraries(binaries, target, partial(is_windows_library, target=target))
    return {}
