"""An installed cross gcc or clang as a toolchain, and prepared for one target.

Preparing a compiler for a target queries it and links a module once; the answers are cached.
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
from crosswheel.platforms import target_as
from crosswheel.sealing import Mount
from crosswheel.sealing.system import is_always_visible
from crosswheel.targets import LinuxTarget, libcs, linux_architectures
from crosswheel.toolchains.calls import run_call
from crosswheel.toolchains.gcc.find import CompilerFacts, CompilerSearch, find_compiler, query_compiler
from crosswheel.toolchains.gcc.rules import GccFacts, plan_call
from crosswheel.toolchains.model import (
    Call,
    CallSettings,
    Plan,
    Support,
    Tool,
    prepare_target,
    unsupported_family,
)
from crosswheel.toolchains.tool_names import INSPECTORS

if TYPE_CHECKING:
    from crosswheel.host import Host
    from crosswheel.targets import Target
    from crosswheel.toolchains.gcc.find import InstalledCompiler
    from crosswheel.toolchains.model import TargetToolchain

_LAYOUT = 2
"""Increased when the content of a prepared toolchain's directory changes, so that older ones are not used."""
# Names of the tools after the prefix; gcc's own archiver reads the objects of link time optimization.
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
class GccToolchain:
    """Implements :class:`crosswheel.toolchains.model.Toolchain`.

    :param prefix: the directory of the compilers; None to search PATH.
    """

    host: Host
    prefix: Path | None = None
    _searches: dict[str, CompilerSearch] = field(default_factory=dict, compare=False, repr=False)

    name = "gcc"

    @property
    def version(self) -> str:
        """See :attr:`Toolchain.version`: the version of each target's compiler is in its identity instead."""
        return "as installed"

    def minimum_version(self, architecture: str, platform: str) -> tuple[int, int] | None:
        """See :meth:`Toolchain.minimum_version`: the version of the C library whose headers the compiler uses."""
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
        if unsupported := unsupported_family(self, target):
            return unsupported
        target = target_as(target, LinuxTarget, "the toolchain gcc")
        search = self._search(target)
        if search.installed is None:
            return Support(available=False, reason=search.problem, hint=self._hint(target))
        version = f"{search.installed.version} with {target.libc.name} {'.'.join(map(str, search.installed.libc))}"
        return Support(available=True, facts={"version": version, "program": search.installed.cc})

    def prepare(self, target: Target) -> TargetToolchain:
        """See :meth:`Toolchain.prepare`."""
        return prepare_target(self, target)

    def installed(self, target: LinuxTarget) -> InstalledCompiler:
        """Return the compiler for a target.

        :raises EnvironmentMissingError: if there is none.
        """
        search = self._search(target)
        if search.installed is None:
            raise EnvironmentMissingError(search.problem, hint=self._hint(target))
        return search.installed

    def _search(self, target: LinuxTarget) -> CompilerSearch:
        """Search the compiler for a target, once."""
        if target.alias not in self._searches:
            self._searches[target.alias] = find_compiler(self.host, target, self.prefix)
        return self._searches[target.alias]

    def _hint(self, target: LinuxTarget) -> str:
        debian = target.triple.replace("_", "-")
        has_package = target.libc.name == "glibc" and self.host.program("apt-get")
        install = f"apt-get install gcc-{debian} g++-{debian}" if has_package else f"install a {target.triple}-gcc"
        return f"{install}, or pass the directory of one with --toolchain-prefix"


def prepare_for_linux(toolchain: GccToolchain, target: Target) -> GccTargetToolchain:
    """See :class:`crosswheel.toolchains.model.PrepareTarget`."""
    target = target_as(target, LinuxTarget, "the toolchain gcc")
    return prepare_gcc(toolchain.host, toolchain.installed(target), target)


def _any_version(architecture: str, platform: str) -> LinuxTarget | None:
    """Return a target for the platform; its version is irrelevant to the search for a compiler."""
    if architecture not in linux_architectures() or platform not in libcs():
        return None
    libc = libcs()[platform]
    return LinuxTarget(linux_architectures()[architecture], libc, libc.policies[architecture][0])


@dataclass(frozen=True)
class GccTargetToolchain:
    """Implements :class:`crosswheel.toolchains.model.TargetToolchain`.

    :param directory: the cached files for this compiler and target.
    :param queried: the answers of the compiler.
    """

    target: LinuxTarget
    installed: InstalledCompiler
    directory: Path
    queried: CompilerFacts

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

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """See :attr:`TargetToolchain.mounts`: the compiler's prefix, and names by which other directories have it."""
        prefix = Path(self.installed.cc).resolve().parents[1]
        prefixed = Path(self.installed.prefix)
        names = prefixed.parent.glob(f"{prefixed.name}*")
        return tuple(Mount(path, path) for path in (prefix, *sorted(names)) if not is_always_visible(path))

    @property
    def kernel_headers(self) -> tuple[Mount, ...]:
        """See :attr:`TargetToolchain.kernel_headers`."""
        return ()

    def plan(self, call: Call, settings: CallSettings) -> Plan:
        """See :meth:`TargetToolchain.plan`."""
        return plan_call(self.facts, call, settings)

    def build_component(self, part: str) -> None:
        """See :meth:`TargetToolchain.build_component`: no plan requires one, everything is installed."""
        raise ValueError(part)

    @cached_property
    def facts(self) -> GccFacts:
        """The facts for the rules."""
        installed, queried = self.installed, self.queried
        tools = {tool: (path,) for tool, names in _TOOLS.items() if (path := installed.tool(*names))}
        return GccFacts(
            family=installed.family,
            tools={Tool.CC: (installed.cc,), Tool.CXX: (installed.cxx,), **INSPECTORS, **tools},
            flags=baseline(self.target.architecture.name),
            c_flags=_include_flags(queried.include_dirs, "-nostdinc"),
            cxx_flags=_include_flags(queried.cxx_include_dirs, "-nostdinc", "-nostdinc++"),
            compiler_libraries=tuple(
                f"-l:lib{name}.a" for name in ("atomic", "gcc", "gcc_eh") if name in queried.archives
            ),
            cxx_problem=queried.cxx_problem,
            search_dirs=queried.search_dirs,
            libgcc=queried.libgcc,
            version_script=str(self.directory / "hidden.map"),
            multiarch=self.target.multiarch,
        )


@cache
def baseline(architecture: str) -> tuple[str, ...]:
    """Return the flags that set the baseline processor of the platform's wheels, from ``targets.toml``."""
    table = tomllib.loads(files("crosswheel.toolchains.gcc").joinpath("targets.toml").read_text("utf-8"))
    return tuple(table[architecture]["flags"])


def prepare_gcc(host: Host, installed: InstalledCompiler, target: LinuxTarget) -> GccTargetToolchain:
    """Prepare a compiler for a target; the first time, check that it works.

    :raises EnvironmentMissingError: if the compiler cannot build for the target.
    """
    programs = [path for path in (installed.cc, installed.cxx) if Path(path).is_file()]
    inputs = [repr(installed), *(f"{path} {Path(path).stat().st_mtime_ns}" for path in programs), *_tables()]
    key = sha256("\n".join(inputs).encode()).hexdigest()[:12]
    directory = host.cache / "toolchains" / f"gcc-{_LAYOUT}" / f"{target.alias}-{key}"

    def create(part: Path) -> None:
        (part / "hidden.map").write_text(_text("crosswheel.toolchains", "hidden.map"), "utf-8")
        queried = query_compiler(host, installed, baseline(target.architecture.name))
        toolchain = GccTargetToolchain(target, installed, part, queried)
        _check_link(host, toolchain, Tool.CC, "link_check.c")
        if not queried.cxx_problem:
            _check_link(host, toolchain, Tool.CXX, "link_check.cc")
        (part / "compiler.json").write_text(json.dumps(asdict(queried), indent=1), "utf-8")

    if not directory.is_dir():
        with host.progress.step(f"checking {Path(installed.cc).name} {installed.version}, once"):
            create_once(directory, create)
    stored: dict[str, Any] = json.loads((directory / "compiler.json").read_text("utf-8"))
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
    }
    return GccTargetToolchain(target, installed, directory, CompilerFacts(**fields))


def _check_link(host: Host, toolchain: GccTargetToolchain, tool: Tool, source: str) -> None:
    """Link a module and check its platform: a compiler may be for another ABI than its name says."""
    with temporary_directory() as work:
        (work / source).write_text(_text("crosswheel.toolchains.gcc", source), "utf-8")
        call = Call(tool, ("-shared", "-fPIC", "-O1", source, "-o", "link_check.so"), str(work))
        status, output = run_call(host, toolchain, call)
        if status:
            first = next((line for line in output.splitlines() if "error" in line or "cannot" in line), output[-300:])
            raise EnvironmentMissingError(
                f"{toolchain.installed.cc} cannot link a module for {toolchain.target}: {first.strip()}",
                hint="install its C and C++ libraries for the target, or use --toolchain zig",
            )
        module = read_binary((work / "link_check.so").read_bytes())
    wrong = mismatch(module, toolchain.target) if module else "not an object file"
    if wrong:
        raise EnvironmentMissingError(
            f"the output of {toolchain.installed.cc} is not for {toolchain.target}: it is {wrong}"
        )


def _tables() -> tuple[str, ...]:
    """Return the other inputs of a prepared toolchain's directory."""
    return (_text("crosswheel.toolchains", "hidden.map"), _text("crosswheel.toolchains.gcc", "targets.toml"))


def _text(package: str, name: str) -> str:
    return files(package).joinpath(name).read_text("utf-8")


def _include_flags(directories: tuple[str, ...], *before: str) -> tuple[str, ...]:
    """Return the flags to use headers from these directories only; none if there are no directories."""
    return (*before, *(arg for path in directories for arg in ("-isystem", path))) if directories else ()
