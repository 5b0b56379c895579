"""Grafting shared libraries into a wheel: which ones it needs, their paths in it, and the run paths of its modules.

Libraries are placed in ``NAME.libs`` beside the packages, as auditwheel does, with a hash of their contents in the file
name, so that no other library loaded into the same process has that name. Run paths are relative, so the libraries are
found wherever the wheel is installed.
"""

from __future__ import annotations

import os.path
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from crosswheel.errors import AuditError
from crosswheel.host.files import sha256, write_atomic
from crosswheel.object_files import read_binary
from crosswheel.object_files.elf import Elf
from crosswheel.object_files.wasm import Wasm, relink
from crosswheel.wheels.archive import installed_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from crosswheel.host import Host
    from crosswheel.object_files import Binary


@dataclass(frozen=True)
class SharedLibraries:
    """The shared libraries a wheel was built with.

    :param named: files by the names under which modules need them; a file may have several names.
    :param bundled: files with a fixed path in the wheel, by that path.
    """

    named: Mapping[str, Path] = field(default_factory=dict)
    bundled: Mapping[str, Path] = field(default_factory=dict)

    def taken(self, binaries: Iterable[Binary]) -> tuple[Path, ...]:
        """Return the libraries to graft: those needed directly or indirectly, and those with fixed paths."""
        found = dict.fromkeys(self.bundled.values())
        queue = [*binaries, *filter(None, map(_read, found))]
        while queue:
            needed = [file for file in self.needed(queue.pop()).values() if file not in found]
            found |= dict.fromkeys(needed)
            queue += filter(None, map(_read, needed))
        return tuple(sorted(found))

    def needed(self, binary: Binary) -> dict[str, Path]:
        """Return the libraries that a compiled file needs, by the names it uses."""
        named = {name: self.named[name] for name in binary.needed if name in self.named}
        return {name: file for name, file in named.items() if _used(binary, file)}


def _read(file: Path) -> Binary | None:
    return read_binary(file.read_bytes())


def _used(binary: Binary, library: Path) -> bool:
    """Whether a compiled file imports a symbol of a library that it needs.

    The WebAssembly linker records every library on its command line as needed.
    """
    if not isinstance(binary, Wasm):
        return True
    exporter = _read(library)
    return exporter is None or not exporter.exported_names.isdisjoint(item.name for item in binary.imports)


def graft(
    host: Host, tree: Path, binaries: Mapping[str, Binary], libraries: SharedLibraries, package: str
) -> dict[str, bytes]:
    """Copy the shared libraries that a wheel needs into it, and set the run paths and library names of its files.

    :param tree: directory of the unpacked wheel, into which the libraries are copied.
    :param binaries: its compiled files by path.
    :param package: the project name as spelled in the wheel's file name.
    :returns: contents of new and changed files, by path.
    :raises AuditError: if a file cannot be changed.
    """
    files = libraries.taken(binaries.values())
    destinations = {file: path for path, file in libraries.bundled.items()}
    for file in files:
        destinations.setdefault(file, f"{package}.libs/{file.stem}-{sha256(file)[:8]}{file.suffix}")
    if existing := next((dest for dest in destinations.values() if (tree / dest).exists()), None):
        raise AuditError(f"cannot graft a library: the wheel already contains {existing}")
    for file, dest in destinations.items():
        (tree / dest).parent.mkdir(parents=True, exist_ok=True)
        write_atomic(tree / dest, file.read_bytes(), mode=0o755)
    grafted = {dest: found for file, dest in destinations.items() if (found := _read(file))}
    changed = {}
    for path, binary in {**binaries, **grafted}.items():
        named = [name for name in binary.needed if name in libraries.named]
        if named or path in grafted:
            needed = {name: destinations[file] for name, file in libraries.needed(binary).items()}
            existing_paths = binary.run_paths if isinstance(binary, Elf | Wasm) else ()
            run_paths = (
                *(entry for entry in existing_paths if entry.startswith("$ORIGIN")),
                *run_paths_to(path, needed.values()),
            )
            link = _Link(
                name=PurePosixPath(path).name if path in grafted else "",
                needed={name: PurePosixPath(needed[name]).name if name in needed else "" for name in named},
                run_paths=tuple(dict.fromkeys(run_paths)),
            )
            changed[path] = _RELINKERS[binary.format](host, tree / path, link)
    return changed


@dataclass(frozen=True, slots=True)
class _Link:
    """Changes to the dynamic linking information of a compiled file.

    :param name: its new soname, if it is a grafted library; else empty.
    :param needed: new names of needed libraries by old name; empty to remove one.
    :param run_paths: its new run paths.
    """

    name: str
    needed: Mapping[str, str]
    run_paths: tuple[str, ...]


def _relink_elf(host: Host, file: Path, link: _Link) -> bytes:
    options = [option for old, new in link.needed.items() for option in ("--replace-needed", old, new)]
    options += ["--set-soname", link.name] if link.name else []
    options += ["--set-rpath", ":".join(link.run_paths)] if link.run_paths else []
    outcome = host.run(host.program("patchelf") or "patchelf", *options, file, cwd=file.parent)
    if not outcome.ok:
        raise AuditError(f"patchelf cannot change {file.name}: {outcome.stderr.strip()}")
    return file.read_bytes()


def _relink_wasm(_host: Host, file: Path, link: _Link) -> bytes:
    """A WebAssembly module has no soname; its name is that of its file."""
    data = file.read_bytes()
    binary = read_binary(data)
    needed = [link.needed.get(name, name) for name in binary.needed] if binary else []
    changed = relink(data, tuple(dict.fromkeys(filter(None, needed))), link.run_paths)
    write_atomic(file, changed, mode=0o755)
    return changed


_RELINKERS: Mapping[str, Callable[[Host, Path, _Link], bytes]] = {"ELF": _relink_elf, "WebAssembly": _relink_wasm}


def run_paths_to(path: str, libraries: Iterable[str]) -> Iterator[str]:
    """Yield the run paths of libraries, relative to a file."""
    here = PurePosixPath(installed_path(path)).parent
    for directory in dict.fromkeys(PurePosixPath(installed_path(library)).parent for library in libraries):
        relative = os.path.relpath(directory, here)
        yield "$ORIGIN" if relative == "." else f"$ORIGIN/{relative}"
