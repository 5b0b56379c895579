"""From the backend's wheel to one that carries its target's tag and what it needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crosswheel.binaries.elf import is_elf, read_elf
from crosswheel.errors import AuditError
from crosswheel.host.files import scratch
from crosswheel.wheels.archive import WheelContents, WheelName, pack, read_wheel, unpack_wheel, wheel_file
from crosswheel.wheels.policies import policy_for

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import Target


@dataclass(frozen=True, slots=True)
class Repaired:
    """A wheel with its final name and tags, not proven yet.

    :param pure: whether it holds nothing compiled and runs everywhere.
    """

    path: Path
    name: WheelName
    pure: bool


NEUTRAL = "/build"
"""What stands in text files for the directory a wheel was built in."""


def repair(
    host: Host, raw: Path, target: Target, destination: Path, epoch: int, *, build_directory: str | None = None
) -> Repaired:
    """Give a wheel its target's tag, and make its bytes depend on its contents only.

    Libraries are not copied in: there are none for the target that a wheel could need beyond those its policy
    allows. One that needs another is refused, so that the build machine's copy is never taken for it.

    :param build_directory: where it was built; generated text that names it, such as a record of the build's
        configuration, names ``/build`` instead. Compiled files are left to the audit.
    :raises AuditError: when it needs a library that nobody provides.
    """
    contents = _without_directory(read_wheel(raw), build_directory)
    native = {path: elf for path, data in contents.files.items() if is_elf(data) and (elf := read_elf(data))}
    if contents.name.is_pure and not native:
        return Repaired(pack(contents.files, {}, contents.name, destination, epoch), contents.name, pure=True)
    policy = policy_for(str(target))
    inside = {path.rsplit("/", 1)[-1] for path in native}
    for path, elf in native.items():
        strangers = [n for n in elf.needed if policy and not policy.promises(n) and n not in inside]
        strangers = [n for n in strangers if not n.startswith("libpython") and n != "libc.so"]
        if strangers:
            raise AuditError(
                f"{path} needs {', '.join(strangers)}, which {target} does not promise and the wheel does not carry",
                where=raw.name,
                hint="link it statically, or build the library for the target first",
            )
    platforms = _platforms(target)
    name = contents.name.with_platforms(platforms)
    files = dict(contents.files)
    files[f"{contents.info}/WHEEL"] = wheel_file(contents.headers("WHEEL"), name.tags(), pure=False)
    with scratch() as work:
        tree = unpack_wheel(raw, work / "tree")
        for path, elf in native.items():
            if patched := _patched(host, tree / path, elf.needed, elf.run_paths, target):
                files[path] = patched
        modes = {path: (tree / path).stat().st_mode for path in files if (tree / path).is_file()}
    return Repaired(pack(files, modes, name, destination, epoch), name, pure=False)


def _without_directory(contents: WheelContents, directory: str | None) -> WheelContents:
    if not directory:
        return contents
    old, new = directory.encode(), NEUTRAL.encode()
    files = {
        path: data.replace(old, new) if old in data and b"\0" not in data else data
        for path, data in contents.files.items()
    }
    return replace(contents, files=files)


def _platforms(target: Target) -> tuple[str, ...]:
    """The tag, and the name it had before PEP 600, for installers that know only that."""
    major, minor = target.libc_version
    legacy = target.libc.legacy.get(f"{major}.{minor}")
    return (*([f"{legacy}_{target.architecture.name}"] if legacy else []), str(target))


def _patched(
    host: Host, file: Path, needed: tuple[str, ...], run_paths: tuple[str, ...], target: Target
) -> bytes | None:
    """The file with the C library's proper name and without foreign run paths; None if it is right already."""
    patchelf = host.program("patchelf") or "patchelf"
    options: list[str] = []
    if "libc.so" in needed and target.libc.name == "musl":
        options += ["--replace-needed", "libc.so", target.libc_soname]
    for library in needed:
        if library.startswith("libpython"):
            options += ["--remove-needed", library]
    own = [path for path in run_paths if path.startswith("$ORIGIN")]
    if len(own) != len(run_paths):
        options += ["--set-rpath", ":".join(own)] if own else ["--remove-rpath"]
    if not options:
        return None
    outcome = host.run(patchelf, *options, file, cwd=file.parent)
    if not outcome.ok:
        raise AuditError(f"patchelf cannot change {file.name}: {outcome.stderr.strip()}")
    return file.read_bytes()
