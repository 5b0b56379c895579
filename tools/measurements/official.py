"""Compare crosswheel's wheels with the official ones of the same version.

For each wheel, the index's wheel of the same version, Python and architecture is fetched. Both must contain the same
extension modules, and ours must not require a newer platform than the official wheel's tag allows: neither symbol
versions nor macOS. Modules for macOS and Windows must also import the same symbols of Python. Those for Windows must
not need other DLLs, except the C runtime and the kernel; those for macOS must be for the same architectures and need no
other library.
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
_SYSTEM_LIBRARY = "/usr/lib/libSystem.B.dylib"
_RUNTIME_DLLS = ("api-ms-win-crt-", "kernel32.dll", "vcruntime140")


@dataclass(frozen=True)
class Comparison:
    """The differences between our wheel and the official one."""

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
        """Whether they agree: ``same``, ``explained``, ``differs`` or ``no official wheel``."""
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
            if (row := _compare(finder, wheel)) is not None:
                print(f"{wheel.name:70} {row.verdict}", flush=True)
                yield asdict(row) | {"verdict": row.verdict}


def _compare(finder: Any, wheel: Path) -> Comparison | None:
    ours = read_wheel(wheel)
    target = next((target for tag in ours.name.platforms if (target := target_from_tag(tag))), None)
    if target is None:
        return None
    package = next(
        (package for package in finder.find_all_packages(ours.name.name, allow_yanked=True)
         if package.link.is_wheel and _matches(package.link.filename, ours.name, target)), None,
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
        tuple(text for text, explained in symbols if not explained),
        (
            *_other_architectures(ours, theirs),
            *_other_libraries(ours, theirs),
            *(f"needs {name}" for name in sorted(_dlls(ours) - _dlls(theirs))),
        ),
        tuple(text for text, explained in symbols if explained),
    )


def _matches(filename: str, ours: WheelName, target: Target) -> bool:
    name = WheelName.parse(filename)
    platforms = [platform for tag in name.platforms if (platform := target_from_tag(tag))]
    fits = any(platform.alias == target.alias for platform in platforms)
    same_python = name.abis == ours.abis or ("abi3" in name.abis and "abi3" in ours.abis)
    return name.name == ours.name and name.version == ours.version and same_python and fits


def _modules(contents: WheelContents) -> frozenset[str]:
    return frozenset(
        module_name(path) for path in contents.files if path.endswith(MODULE_SUFFIXES) and ".libs/" not in path
    )


def _too_new(ours: WheelContents, platforms: Iterable[str]) -> list[str]:
    policies = [policy for tag in platforms if (policy := policy_for(tag))]
    newer = []
    for path, data in ours.files.items():
        elf = read_binary(data)
        for need in elf.versions if isinstance(elf, Elf) else ():
            family = need.version.partition("_")[0]
            # A wheel with several tags must conform to all of them.
            if any(need.version not in policy.versions.get(family, {need.version}) for policy in policies):
                newer.append(f"{path}: {need.version}")
    return newer


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
    """Yield the symbols of Python that only one of two modules imports, and whether that is explained.

    Versions of Cython use different ones, and compilers differ in how much unused code they remove.
    """
    for path in sorted(ours.files.keys() & theirs.files.keys()):
        here, there = ours.files[path], theirs.files[path]
        pairs = [(part, other) for part in _importing(here) for other in _importing(there)]
        imported = [
            (_python_imports(part), _python_imports(other))
            for part, other in pairs
            if part.architecture == other.architecture
        ]
        different = set().union(*(part ^ other for part, other in imported))
        if different and (versions := _cython_versions(here, there)):
            yield f"{path} is from Cython {versions[0]}, the official one from {versions[1]}", True
        elif different:
            less = all(part <= other for part, other in imported)
            yield f"{path}{' does without' if less else ':'} {', '.join(sorted(different))}", less


def _cython_versions(ours: bytes, theirs: bytes) -> tuple[str, str] | None:
    """Return the versions of Cython that generated two modules, or None if they do not differ."""
    versions = [_CYTHON.findall(data) for data in (ours, theirs)]
    here, there = (matches[0].decode().replace("_", ".") if matches else "" for matches in versions)
    return (here, there) if here and there and here != there else None


def _other_architectures(ours: WheelContents, theirs: WheelContents) -> Iterator[str]:
    for path in ours.files.keys() & theirs.files.keys():
        here, there = ([part.architecture for part in _parts(files[path])] for files in (ours.files, theirs.files))
        if here != there:
            yield f"{path} is for {', '.join(here)}, the official one for {', '.join(there)}"


def _other_libraries(ours: WheelContents, theirs: WheelContents) -> Iterator[str]:
    """Yield the macOS libraries that only our modules need, except the one that every module needs."""
    for path in ours.files.keys() & theirs.files.keys():
        here, there = (
            {name for part in _parts(files[path]) for name in part.needed} for files in (ours.files, theirs.files)
        )
        for library in sorted(here - there - {_SYSTEM_LIBRARY}):
            yield f"{path} needs {library}"


def _parts(data: bytes) -> tuple[MachO, ...]:
    binary = read_binary(data)
    return (binary,) if isinstance(binary, MachO) else binary.slices if isinstance(binary, Universal) else ()


def _importing(data: bytes) -> tuple[MachO | Pe, ...]:
    binary = read_binary(data)
    return (binary,) if isinstance(binary, Pe) else _parts(data)


def _dlls(contents: WheelContents) -> set[str]:
    """Return the DLLs that Windows modules need, except those of the C runtime, which differ by compiler."""
    binaries = (read_binary(data) for data in contents.files.values())
    names = {name.lower() for pe in binaries if isinstance(pe, Pe) for name in pe.needed}
    return {name for name in names if not name.startswith(_RUNTIME_DLLS)}


def _python_imports(part: MachO | Pe) -> set[str]:
    return {symbol.name for symbol in part.imports if symbol.name.startswith(("Py", "_Py"))}
