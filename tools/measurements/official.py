"""Compare wheels built here with the official ones of the same version, which nobody here built.

For each wheel, the index's wheel of the same version, Python and architecture is fetched. Both must hold the same
extension modules, and ours must need nothing newer than the official wheel's tag allows: no symbol version, no macOS.
Modules for macOS and Windows must take the same symbols from Python too, and those for Windows need no other DLLs but
for the C runtime and the kernel. Modules for macOS must be for the same architectures and need no other library.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from unearth import PackageFinder, TargetPython
from unearth.fetchers import PyPIClient

from crosswheel.host.files import temporary_directory
from crosswheel.object_files import read_binary
from crosswheel.object_files.elf import Elf
from crosswheel.object_files.macho import MachO, Universal
from crosswheel.object_files.pe import Pe
from crosswheel.sources.index_settings import IndexSettings
from crosswheel.targets import MacosTarget, target_from_tag
from crosswheel.wheels.archive import WheelContents, WheelName, read_wheel
from crosswheel.wheels.audit.model import MODULE_SUFFIXES
from crosswheel.wheels.audit.modules import module_name
from crosswheel.wheels.policies import policy_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import Target

_CYTHON = re.compile(rb"_cython_(\d+_\d+_\d+)")
_EVERYWHERE = "/usr/lib/libSystem.B.dylib"


_RUNTIME = ("api-ms-win-crt-", "kernel32.dll", "vcruntime140")


@dataclass(frozen=True)
class Comparison:
    """What differs between our wheel and the official one."""

    ours: str
    official: str
    missing: tuple[str, ...]
    additional: tuple[str, ...]
    too_new: tuple[str, ...]
    symbols: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    explained: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """Whether they agree."""
        if not self.official:
            return "no official wheel"
        if self.missing or self.additional or self.too_new or self.symbols or self.others:
            return "differs"
        return "explained" if self.explained else "same"


def measure(host: Host, wheels: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """Yield a row for each wheel of a known target."""
    settings = IndexSettings.load(host.environ, {})
    with PyPIClient(verify=settings.cert or True, timeout=60) as client:
        finder: Any = PackageFinder(
            client, index_urls=[settings.index_url], ignore_compatibility=True, only_binary=[":all:"],  # type: ignore[arg-type]
            target_python=TargetPython(),
        )  # fmt: skip
        for wheel in wheels:
            if (row := _compared(finder, wheel)) is not None:
                print(f"{wheel.name:70} {row.verdict}", flush=True)
                yield asdict(row) | {"verdict": row.verdict}


def _compared(finder: Any, wheel: Path) -> Comparison | None:
    ours = read_wheel(wheel)
    target = next((target for tag in ours.name.platforms if (target := target_from_tag(tag))), None)
    if target is None:
        return None
    package = next(
        (found for found in finder.find_all_packages(ours.name.name, allow_yanked=True)
         if found.link.is_wheel and _same(found.link.filename, ours.name, target)), None,
    )  # fmt: skip
    if package is None:
        return Comparison(wheel.name, "", (), (), ())
    with temporary_directory() as work:
        file = work / package.link.filename
        file.write_bytes(finder.session.get(package.link.url_without_fragment).content)
        theirs = read_wheel(file)
    symbols = list(_other_symbols(ours, theirs))
    our_modules, their_modules = _modules(ours), _modules(theirs)
    return Comparison(
        wheel.name,
        package.link.filename,
        tuple(sorted(their_modules - our_modules)),
        tuple(sorted(our_modules - their_modules)),
        (*_too_new(ours, theirs.name.platforms), *_too_new_for_mac(ours, theirs.name.platforms)),
        tuple(said for said, explained in symbols if not explained),
        (
            *_other_architectures(ours, theirs),
            *_other_libraries(ours, theirs),
            *(f"needs {name}" for name in sorted(_dlls(ours) - _dlls(theirs))),
        ),
        tuple(said for said, explained in symbols if explained),
    )


def _same(filename: str, ours: WheelName, target: Target) -> bool:
    name = WheelName.parse(filename)
    platforms = [found for tag in name.platforms if (found := target_from_tag(tag))]
    fits = any(platform.alias == target.alias for platform in platforms)
    same_python = name.abis == ours.abis or ("abi3" in name.abis and "abi3" in ours.abis)
    return name.name == ours.name and name.version == ours.version and same_python and fits


def _modules(contents: WheelContents) -> frozenset[str]:
    return frozenset(
        module_name(path) for path in contents.files if path.endswith(MODULE_SUFFIXES) and ".libs/" not in path
    )


def _too_new(ours: WheelContents, platforms: Iterable[str]) -> list[str]:
    policies = [policy for tag in platforms if (policy := policy_for(tag))]
    found = []
    for path, data in ours.files.items():
        elf = read_binary(data)
        for need in elf.versions if isinstance(elf, Elf) else ():
            family = need.version.partition("_")[0]
            # A wheel with several tags keeps the promise of each, so the strictest counts.
            if any(need.version not in policy.versions.get(family, {need.version}) for policy in policies):
                found.append(f"{path}: {need.version}")
    return found


def _too_new_for_mac(ours: WheelContents, platforms: Iterable[str]) -> list[str]:
    targets = [target for tag in platforms if isinstance(target := target_from_tag(tag), MacosTarget)]
    return [
        f"{path}: macOS {part.minimum[0]}.{part.minimum[1]}"
        for path, data in ours.files.items()
        for part in _parts(data)
        for target in (one for whole in targets for one in whole.components() or (whole,))
        if part.minimum and part.architecture == target.architecture.cputype and part.minimum > target.version
    ]


def _other_symbols(ours: WheelContents, theirs: WheelContents) -> Iterator[tuple[str, bool]]:
    """The symbols of Python that only one of two modules takes, and whether there is a reason for them.

    Versions of Cython take different ones, and compilers differ in how much code they find that nothing calls.
    """
    for path in sorted(ours.files.keys() & theirs.files.keys()):
        here, there = ours.files[path], theirs.files[path]
        pairs = [(part, other) for part in _importing(here) for other in _importing(there)]
        taken = [(_taken(part), _taken(other)) for part, other in pairs if part.architecture == other.architecture]
        lost = set().union(*(part ^ other for part, other in taken))
        if lost and (versions := _by_other_cython(here, there)):
            yield f"{path} is by Cython {versions[0]}, the official one by {versions[1]}", True
        elif lost:
            less = all(part <= other for part, other in taken)
            yield f"{path}{' does without' if less else ':'} {', '.join(sorted(lost))}", less


def _by_other_cython(ours: bytes, theirs: bytes) -> tuple[str, str] | None:
    """The versions of Cython that generated two modules, where they differ: each takes other symbols of Python."""
    versions = [_CYTHON.findall(data) for data in (ours, theirs)]
    here, there = (found[0].decode().replace("_", ".") if found else "" for found in versions)
    return (here, there) if here and there and here != there else None


def _other_architectures(ours: WheelContents, theirs: WheelContents) -> Iterator[str]:
    for path in ours.files.keys() & theirs.files.keys():
        here, there = ([part.architecture for part in _parts(files[path])] for files in (ours.files, theirs.files))
        if here != there:
            yield f"{path} is for {', '.join(here)}, the official one for {', '.join(there)}"


def _other_libraries(ours: WheelContents, theirs: WheelContents) -> Iterator[str]:
    """The libraries of macOS that only ours need; those that every module needs are no difference."""
    for path in ours.files.keys() & theirs.files.keys():
        here, there = (
            {name for part in _parts(files[path]) for name in part.needed} for files in (ours.files, theirs.files)
        )
        for library in sorted(here - there - {_EVERYWHERE}):
            yield f"{path} needs {library}"


def _parts(data: bytes) -> tuple[MachO, ...]:
    binary = read_binary(data)
    return (binary,) if isinstance(binary, MachO) else binary.slices if isinstance(binary, Universal) else ()


def _importing(data: bytes) -> tuple[MachO | Pe, ...]:
    binary = read_binary(data)
    return (binary,) if isinstance(binary, Pe) else _parts(data)


def _dlls(contents: WheelContents) -> set[str]:
    """The DLLs that modules for Windows need, but for the C runtime, which compilers divide differently."""
    found = (read_binary(data) for data in contents.files.values())
    names = {name.lower() for pe in found if isinstance(pe, Pe) for name in pe.needed}
    return {name for name in names if not name.startswith(_RUNTIME)}


def _taken(part: MachO | Pe) -> set[str]:
    return {found.name for found in part.imports if found.name.startswith(("Py", "_Py"))}
