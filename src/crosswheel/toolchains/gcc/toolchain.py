"""An installed cross gcc or clang as a toolchain, and prepared for one target.

The first use of a compiler for a target queries it and links a module; the answers are cached.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host.files import create_once, temporary_directory
from crosswheel.object_files import read_binary
from crosswheel.object_files.mismatch import mismatch
from crosswheel.targets import LinuxTarget, libcs, linux_architectures
from crosswheel.toolchains.gcc.find import CompilerFacts, CompilerSearch, find_compiler, query_compiler
from crosswheel.toolchains.gcc.rules import GccFacts, plan_call
from crosswheel.toolchains.model import Call, CallSettings, Plan, Support, Tool, run_call
from crosswheel.toolchains.tool_names import INSPECTORS

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.targets import LinuxTarget, Target
    from crosswheel.toolchains.gcc.find import InstalledCompiler


@dataclass(frozen=True)
class GccToolchain:
    """Implements :class:`crosswheel.toolchains.model.Toolchain`.

    :param prefix: where the compilers lie, if not on PATH.
    """

    host: Host
    prefix: Path | None = None
    _searches: dict[str, CompilerSearch] = field(default_factory=dict, compare=False, repr=False)

    name = "gcc"

    @property
    def version(self) -> str:
        """See :attr:`Toolchain.version`: each target's compiler has its own, which is part of its kit's identity."""
        return "as installed"

    def minimum_version(self, architecture: str, platform: str) -> tuple[int, int] | None:
        """See :meth:`Toolchain.minimum_version`: the C library that the compiler's own headers are of."""
        target = _any_version(architecture, platform)
        found = self._search(target).installed if target else None
        return found.libc if found else None

    def unsupported_reason(self, architecture: str, platform: str) -> tuple[str, str]:
        """See :meth:`MinimumVersions.unsupported_reason`."""
        target = _any_version(architecture, platform)
        if target is None:
            return f"gcc does not build for {platform}", "--toolchain zig"
        return self._search(target).problem, self._hint(target)

    def support(self, target: Target) -> Support:
        """See :meth:`Toolchain.support`."""
        if not isinstance(target, LinuxTarget):
            return Support(available=False, reason=f"gcc does not build for {target.system.platform_system}")
        search = self._search(target)
        if search.installed is None:
            return Support(available=False, reason=search.problem, hint=self._hint(target))
        version = f"{search.installed.version} with {target.libc.name} {'.'.join(map(str, search.installed.libc))}"
        return Support(available=True, facts={"version": version, "program": search.installed.cc})

    def prepare(self, target: Target) -> GccTargetToolchain:
        """See :meth:`Toolchain.prepare`."""
        support = self.support(target)
        if not isinstance(target, LinuxTarget) or (found := self._search(target).installed) is None:
            raise EnvironmentMissingError(support.reason, hint=support.hint or "crosswheel targets --toolchain gcc")
        return prepare_gcc(self.host, found, target)

    def _search(self, target: LinuxTarget) -> CompilerSearch:
        """The compiler for a target, looked for once."""
        if target.alias not in self._searches:
            self._searches[target.alias] = find_compiler(self.host, target, self.prefix)
        return self._searches[target.alias]

    def _hint(self, target: LinuxTarget) -> str:
        debian = target.triple.replace("_", "-")
        has_debian_s = target.libc.name == "glibc" and self.host.program("apt-get")
        packages = f"apt-get install gcc-{debian} g++-{debian}" if has_debian_s else f"install a {target.triple}-gcc"
        return f"{packages}, or say with --toolchain-prefix where one lies"


def _any_version(architecture: str, platform: str) -> LinuxTarget | None:
    """The platform as a target, whose version does not matter for finding a compiler."""
    if architecture not in linux_architectures() or platform not in libcs():
        return None
    libc = libcs()[platform]
    return LinuxTarget(linux_architectures()[architecture], libc, libc.policies[architecture][0])


_LAYOUT = 1
"""Raised when what a kit directory holds changes, so that older ones are not used."""
# What the tools are called after the prefix; gcc's own archiver knows its objects for link time optimisation.
_TOOLS = {
    Tool.LD: ("ld", "ld.lld"),
    Tool.AR: ("gcc-ar", "ar", "llvm-ar"),
    Tool.RANLIB: ("gcc-ranlib", "ranlib", "llvm-ranlib"),
    Tool.STRIP: ("strip", "llvm-strip"),
    Tool.NM: ("gcc-nm", "nm", "llvm-nm"),
    Tool.OBJCOPY: ("objcopy", "llvm-objcopy"),
    Tool.OBJDUMP: ("objdump", "llvm-objdump"),
    Tool.READELF: ("readelf", "llvm-readelf"),
}


@dataclass(frozen=True)
class GccTargetToolchain:
    """Implements :class:`crosswheel.toolchains.model.TargetToolchain`."""

    target: LinuxTarget
    installed: InstalledCompiler
    directory: Path
    found: CompilerFacts

    @property
    def identity(self) -> str:
        """See :attr:`TargetToolchain.identity`."""
        installed = self.installed
        libc = ".".join(map(str, installed.libc))
        return f"{installed.family}-{installed.version}-{_LAYOUT}-{libc}-{self.directory.name}-{self.target}"

    @property
    def compiler_id(self) -> str:
        """See :attr:`TargetToolchain.compiler_id`."""
        return self.installed.family

    def plan(self, call: Call, settings: CallSettings) -> Plan:
        """See :meth:`TargetToolchain.plan`."""
        return plan_call(self.facts, call, settings)

    def build_component(self, part: str) -> None:
        """See :meth:`TargetToolchain.build_component`; there are no parts: what is installed is all there is."""
        raise ValueError(part)

    @cached_property
    def facts(self) -> GccFacts:
        """What the rules need to know."""
        installed, found = self.installed, self.found
        tools = {tool: (path,) for tool, names in _TOOLS.items() if (path := installed.tool(*names))}
        return GccFacts(
            family=installed.family,
            tools={Tool.CC: (installed.cc,), Tool.CXX: (installed.cxx,), **INSPECTORS, **tools},
            flags=baseline(self.target.architecture.name),
            c_flags=_system(found.includes, "-nostdinc"),
            cxx_flags=_system(found.cxx_includes, "-nostdinc", "-nostdinc++"),
            helpers=tuple(f"-l:lib{name}.a" for name in ("atomic", "gcc", "gcc_eh") if name in found.static),
            no_cxx=found.no_cxx,
            search_dirs=found.search_dirs,
            libgcc=found.libgcc,
            hidden=str(self.directory / "hidden.map"),
            multiarch=self.target.multiarch,
        )


@cache
def baseline(architecture: str) -> tuple[str, ...]:
    """What makes a compiler's baseline that of the platform's wheels; ``targets.toml`` by architecture."""
    table = tomllib.loads(files("crosswheel.toolchains.gcc").joinpath("targets.toml").read_text("utf-8"))
    return tuple(table[architecture]["flags"])


def prepare_gcc(host: Host, installed: InstalledCompiler, target: LinuxTarget) -> GccTargetToolchain:
    """The kit of a compiler for a target, proven to work if it was not before.

    :raises EnvironmentMissingError: when the compiler cannot build for the target.
    """
    programs = [path for path in (installed.cc, installed.cxx) if Path(path).is_file()]
    known = [repr(installed), *(f"{path} {Path(path).stat().st_mtime_ns}" for path in programs), *_tables()]
    key = sha256("\n".join(known).encode()).hexdigest()[:12]
    place = host.cache / "toolchains" / f"gcc-{_LAYOUT}" / f"{target.alias}-{key}"

    def make(part: Path) -> None:
        (part / "hidden.map").write_text(_text("crosswheel.toolchains", "hidden.map"), "utf-8")
        found = query_compiler(host, installed, baseline(target.architecture.name))
        kit = GccTargetToolchain(target, installed, part, found)
        _prove(host, kit, Tool.CC, "link_check.c")
        if not found.no_cxx:
            _prove(host, kit, Tool.CXX, "link_check.cc")
        (part / "kit.json").write_text(json.dumps(asdict(found), indent=1), "utf-8")

    if not place.is_dir():
        with host.progress.step(f"trying {Path(installed.cc).name} {installed.version}, once"):
            create_once(place, make)
    kept: dict[str, Any] = json.loads((place / "kit.json").read_text("utf-8"))
    found: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()}
    return GccTargetToolchain(target, installed, place, CompilerFacts(**found))


def _prove(host: Host, kit: GccTargetToolchain, tool: Tool, source: str) -> None:
    """Link a module with the kit and look at it: a compiler may be for another ABI than its name says."""
    with temporary_directory() as work:
        (work / source).write_text(_text("crosswheel.toolchains.gcc", source), "utf-8")
        call = Call(tool, ("-shared", "-fPIC", "-O1", source, "-o", "link_check.so"), str(work))
        status, said = run_call(host, kit, call)
        if status:
            first = next((line for line in said.splitlines() if "error" in line or "cannot" in line), said[-300:])
            raise EnvironmentMissingError(
                f"{kit.installed.cc} cannot link a module for {kit.target}: {first.strip()}",
                hint="install its C and C++ libraries for the target, or use --toolchain zig",
            )
        made = read_binary((work / "link_check.so").read_bytes())
    wrong = mismatch(made, kit.target) if made else "not a compiled file"
    if wrong:
        raise EnvironmentMissingError(f"what {kit.installed.cc} links is not for {kit.target} but {wrong}")


def _tables() -> tuple[str, ...]:
    """What a kit directory depends on beside the compiler."""
    return (_text("crosswheel.toolchains", "hidden.map"), _text("crosswheel.toolchains.gcc", "targets.toml"))


def _text(package: str, name: str) -> str:
    return files(package).joinpath(name).read_text("utf-8")


def _system(directories: tuple[str, ...], *before: str) -> tuple[str, ...]:
    """Headers from these directories only; nothing if there are none to choose."""
    return (*before, *(word for path in directories for word in ("-isystem", path))) if directories else ()
