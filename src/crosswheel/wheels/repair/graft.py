"""Shared libraries that go with a wheel: which it needs, where they lie in it, and how its modules find them there.

A library lies in ``NAME.libs`` beside the packages, as auditwheel has it, under a name with the hash of its content: no
other library that is loaded into the same program is called so. Run paths are relative, so it is found wherever the
wheel is installed.
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

    :param named: files, by the names under which modules need them; one may have several.
    :param bundled: those that have a place of their own in the wheel, by their paths there.
    """

    named: Mapping[str, Path] = field(default_factory=dict)
    bundled: Mapping[str, Path] = field(default_factory=dict)

    def taken(self, binaries: Iterable[Binary]) -> tuple[Path, ...]:
        """Those that go with a wheel: what its compiled files need, what these need, and what has a place there."""
        found = dict.fromkeys(self.bundled.values())
        waiting = [*binaries, *filter(None, map(_read, found))]
        while waiting:
            fresh = [file for file in self.needed(waiting.pop()).values() if file not in found]
            found |= dict.fromkeys(fresh)
            waiting += filter(None, map(_read, fresh))
        return tuple(sorted(found))

    def needed(self, binary: Binary) -> dict[str, Path]:
        """Those of them that a compiled file needs, by their names there."""
        known = {name: self.named[name] for name in binary.needed if name in self.named}
        return {name: file for name, file in known.items() if _used(binary, file)}


def _read(file: Path) -> Binary | None:
    return read_binary(file.read_bytes())


def _used(binary: Binary, library: Path) -> bool:
    """Whether a compiled file takes something of a library it names.

    The linker for WebAssembly writes down every library that it is given.
    """
    if not isinstance(binary, Wasm):
        return True
    given = _read(library)
    return given is None or not given.exported_names.isdisjoint(item.name for item in binary.imports)


def graft(
    host: Host, tree: Path, binaries: Mapping[str, Binary], libraries: SharedLibraries, package: str
) -> dict[str, bytes]:
    """Put the shared libraries that a wheel needs into it, and tell its compiled files where they are.

    :param tree: where the wheel is unpacked; the libraries are put there, too.
    :param binaries: its compiled files by their paths.
    :param package: as the wheel's file name has it.
    :returns: files that are new or changed.
    :raises AuditError: when a file cannot be changed.
    """
    taken = libraries.taken(binaries.values())
    places = {file: path for path, file in libraries.bundled.items()}
    for file in taken:
        places.setdefault(file, f"{package}.libs/{file.stem}-{sha256(file)[:8]}{file.suffix}")
    if there := next((place for place in places.values() if (tree / place).exists()), None):
        raise AuditError(f"the wheel has a file of its own where a library is to lie: {there}")
    for file, place in places.items():
        (tree / place).parent.mkdir(parents=True, exist_ok=True)
        write_atomic(tree / place, file.read_bytes(), mode=0o755)
    brought = {place: found for file, place in places.items() if (found := _read(file))}
    changed = {}
    for path, binary in {**binaries, **brought}.items():
        known = [name for name in binary.needed if name in libraries.named]
        if known or path in brought:
            needed = {name: places[file] for name, file in libraries.needed(binary).items()}
            own = binary.run_paths if isinstance(binary, Elf | Wasm) else ()
            ways = (*(way for way in own if way.startswith("$ORIGIN")), *_run_paths(path, needed.values()))
            link = _Link(
                name=PurePosixPath(path).name if path in brought else "",
                needed={name: PurePosixPath(needed[name]).name if name in needed else "" for name in known},
                run_paths=tuple(dict.fromkeys(ways)),
            )
            changed[path] = _RELINKERS[binary.format](host, tree / path, link)
    return changed


@dataclass(frozen=True, slots=True)
class _Link:
    """What changes in a compiled file.

    :param name: its own name, where it is a library that is called otherwise now.
    :param needed: names of libraries it needs, and what they are called now; empty for one that it does not need.
    :param run_paths: where it looks for libraries.
    """

    name: str
    needed: Mapping[str, str]
    run_paths: tuple[str, ...]


def _relink_elf(host: Host, file: Path, link: _Link) -> bytes:
    options = [word for old, new in link.needed.items() for word in ("--replace-needed", old, new)]
    options += ["--set-soname", link.name] if link.name else []
    options += ["--set-rpath", ":".join(link.run_paths)] if link.run_paths else []
    outcome = host.run(host.program("patchelf") or "patchelf", *options, file, cwd=file.parent)
    if not outcome.ok:
        raise AuditError(f"patchelf cannot change {file.name}: {outcome.stderr.strip()}")
    return file.read_bytes()


def _relink_wasm(_host: Host, file: Path, link: _Link) -> bytes:
    """The name of a module is its file's."""
    data = file.read_bytes()
    binary = read_binary(data)
    needed = [link.needed.get(name, name) for name in binary.needed] if binary else []
    changed = relink(data, tuple(dict.fromkeys(filter(None, needed))), link.run_paths)
    write_atomic(file, changed, mode=0o755)
    return changed


_RELINKERS: Mapping[str, Callable[[Host, Path, _Link], bytes]] = {"ELF": _relink_elf, "WebAssembly": _relink_wasm}


def _run_paths(path: str, places: Iterable[str]) -> Iterator[str]:
    """Where libraries lie, as seen from a file."""
    here = PurePosixPath(installed_path(path)).parent
    for directory in dict.fromkeys(PurePosixPath(installed_path(place)).parent for place in places):
        way = os.path.relpath(directory, here)
        yield "$ORIGIN" if way == "." else f"$ORIGIN/{way}"
