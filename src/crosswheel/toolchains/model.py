"""The interface between the build pipeline and compilers: calls come in, plans of commands come out."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from crosswheel.errors import EnvironmentMissingError
from crosswheel.platforms import load, platform_of
from crosswheel.toolchains.command_line import Mode, read_command_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.sealing import Mount
    from crosswheel.targets import Target


class Tool(StrEnum):
    """The kind of tool that a wrapper stands for, independent of the name it is called by."""

    CC = "cc"
    CXX = "c++"
    CPP = "cpp"
    LD = "ld"
    AR = "ar"
    RANLIB = "ranlib"
    STRIP = "strip"
    NM = "nm"
    OBJCOPY = "objcopy"
    OBJDUMP = "objdump"
    READELF = "readelf"
    WINDRES = "windres"
    DLLTOOL = "dlltool"
    PKG_CONFIG = "pkg-config"
    PATCHELF = "patchelf"
    FORTRAN = "fortran"


@dataclass(frozen=True, slots=True)
class Call:
    """A build's call of a tool.

    :param arguments: without the program's name, and with response files (``@file``) expanded.
    :param directory: the working directory, absolute.
    """

    tool: Tool
    arguments: tuple[str, ...]
    directory: str


class LinkCheck(Protocol):
    """A condition on the output of a plan's commands, checked without starting a process."""

    def passes(self, directory: str) -> bool:
        """Return whether the condition holds; if not, the plan's last command must run, which reports the errors.

        :param directory: the working directory of the call.
        """
        ...


@dataclass(frozen=True, slots=True)
class OptionalLibrary:
    """A static library of the toolchain, linked only if an input of the link refers to one of its symbols.

    :param component: its name for :meth:`TargetToolchain.build_component`.
    :param path: the argument for it in the plan's commands, removed if it is not needed.
    :param symbols: parts of the names of its symbols.
    :param source_words: words in sources from which the compiler makes references to these.
    """

    component: str
    path: str
    symbols: tuple[str, ...]
    source_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do instead of a call.

    :param commands: run in order up to the first that fails; its exit status is the call's.
    :param output: printed to standard output (to standard error if ``status`` is not 0), for queries that are answered
        without running a program.
    :param status: the exit status if all commands succeed.
    :param notes: what was changed and why, for the log: a removed path of the build machine, a translated flag.
    :param requires: components of the toolchain that are built on first use: ``c++``.
    :param optional: libraries in the commands that few links need; see
        :func:`crosswheel.toolchains.optional_libraries.select_libraries`.
    :param check: what the last command verifies; if it passes after the other commands, the last one is skipped.
    """

    commands: tuple[tuple[str, ...], ...] = ()
    output: str = ""
    status: int = 0
    notes: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    optional: tuple[OptionalLibrary, ...] = ()
    check: LinkCheck | None = None

    def replay(self) -> str:
        """Return the commands as one shell command line that repeats them."""
        return " && ".join(shlex.join(command) for command in self.commands)


@dataclass(frozen=True, slots=True)
class FortranBuild:
    """A build that contains Fortran 77, whose C code is checked against the Fortran's prototypes.

    :param records: directory of this build for what its Fortran files define and call.
    :param tree: the source tree.
    :param fix_prototypes: whether C functions declared ``void`` are changed to return ``int`` where the Fortran
        requires it.
    """

    records: str
    tree: str
    fix_prototypes: bool = False


@dataclass(frozen=True, slots=True)
class OverlaidEnvironment:
    """A build environment, and the target's own files for packages in it.

    :param prefixes: every absolute path that leads to the environment.
    :param root: directory of the target's files, with the layout of the environment.
    :param paths: files and directories under ``root``, relative to it and to the environment alike.
    """

    prefixes: tuple[str, ...]
    root: str
    paths: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OpenMpRuntime:
    """The target's OpenMP library, which is built when the first call of a build enables OpenMP. Paths are absolute.

    :param include: the directory of ``omp.h``.
    :param shared: the shared library, for modules: all modules of a process must use one copy.
    :param static: the static library, for programs that are linked statically.
    """

    include: str
    shared: str
    static: str


@dataclass(frozen=True, slots=True)
class UserFlags:
    """Compiler arguments from the user's options or a recipe.

    :param compiling: for every compilation; ``cxx`` follows them in compilations of C++.
    :param linking: for every link.
    """

    compile_args: tuple[str, ...] = ()
    cxx_args: tuple[str, ...] = ()
    link_args: tuple[str, ...] = ()


def add_user_flags(call: Call, flags: UserFlags) -> Call:
    """Append the user's flags to a compiler call as if the build had passed them; other calls do not change."""
    if call.tool not in {Tool.CC, Tool.CXX} or flags == UserFlags():
        return call
    line = read_command_line(call.arguments)
    if line.mode is Mode.QUERY:
        return call
    links = line.mode is Mode.LINK
    args: tuple[str, ...] = ()
    if line.sources or not links:
        args += (*flags.compile_args, *(flags.cxx_args if call.tool is Tool.CXX or line.is_cxx else ()))
    if links and line.inputs:
        args += flags.link_args
    return replace(call, arguments=(*call.arguments, *args))


@dataclass(frozen=True, slots=True)
class CallSettings:
    """Facts about a build that the rules need to plan its calls. Paths are absolute.

    :param path_map: directories of the build machine and their counterparts for the target, as
        ``(prefix, replacement)``; the build Python's include directory is one.
    :param removed_paths: directories of the build machine that have no meaning for the target: ``/usr/include``.
    :param kept_paths: directories below ``removed_paths`` that belong to the build.
    :param overlays: the build environment. Files read by a compiler may come from there, the target's own first;
        libraries may not.
    :param user_flags: appended to the arguments of the build before any rule is applied.
    :param extra_compile: appended to every compilation; ``extra_link`` to every link.
    :param archives: static libraries of the target for every link; their symbols are not exported.
    :param shared: shared libraries of the target for every link of a module; those needed are added to the wheel.
    :param openmp: the target's OpenMP library; None if calls that enable OpenMP are refused.
    :param openmp_refusal: why they are refused.
    :param link_maps: directory for the linker maps that record what each module was linked from; empty for none.
    :param pkg_config: the first arguments of a pkg-config command for the target's libraries; empty if there are none.
    :param python_package: those of one that knows the target's Python, too, by the names that CPython installs; empty
        if there is no pkg-config.
    :param exports: symbols that modules export in addition to their PyInit function, ``*`` for all, where a toolchain
        limits them.
    :param allowed_undefined: patterns of function names that a module may leave undefined, where a toolchain checks
        undefined symbols; calling such a function aborts the program.
    :param fortran: what the checks of a build with translated Fortran need; None for other builds.
    """

    path_map: tuple[tuple[str, str], ...] = ()
    removed_paths: tuple[str, ...] = ()
    kept_paths: tuple[str, ...] = ()
    overlays: OverlaidEnvironment | None = None
    user_flags: UserFlags = UserFlags()
    extra_compile: tuple[str, ...] = ()
    extra_link: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    openmp: OpenMpRuntime | None = None
    openmp_refusal: str = "there is no OpenMP library for the target"
    link_maps: str = ""
    pkg_config: tuple[str, ...] = ()
    python_package: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()
    allowed_undefined: tuple[str, ...] = ()
    fortran: FortranBuild | None = None


class TargetToolchain(Protocol):
    """A toolchain prepared for one target: its files are complete on disk."""

    @property
    def target(self) -> Target:
        """The target it builds for."""
        ...

    @property
    def identity(self) -> str:
        """Its name, version and target, unique among prepared toolchains; part of cache keys."""
        ...

    @property
    def compiler_id(self) -> str:
        """``clang`` or ``gcc``: the family of its flags and messages."""
        ...

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """What its commands read besides crosswheel's cache, zig and the system: an installed compiler, an SDK."""
        ...

    @property
    def kernel_headers(self) -> tuple[Mount, ...]:
        """The target's kernel headers, in place of the build machine's: projects read those in ``/usr/include``."""
        ...

    def plan(self, call: Call, settings: CallSettings) -> Plan:
        """Return what to run instead of a call; the result depends on the arguments only."""
        ...

    def build_component(self, part: str) -> None:
        """Build a component that a plan requires; does nothing if it is built already.

        :param part: a name from :attr:`Plan.requires`.
        :raises EnvironmentMissingError: if it cannot be built.
        """
        ...


@dataclass(frozen=True, slots=True)
class Support:
    """Whether something is available on this machine.

    :param reason: why not, empty if it is available.
    :param hint: what would make it available.
    :param facts: details for ``crosswheel doctor``: the version, the program.
    """

    available: bool
    reason: str = ""
    hint: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


class Toolchain(Protocol):
    """A family of compilers that can build for some targets."""

    @property
    def name(self) -> str:
        """The value of ``--toolchain`` that selects it."""
        ...

    @property
    def version(self) -> str:
        """Its version, which is part of every cache key."""
        ...

    def minimum_version(self, architecture: str, platform: str) -> tuple[int, int] | None:
        """See :meth:`crosswheel.targets.MinimumVersions.minimum_version`."""
        ...

    def unsupported_reason(self, architecture: str, platform: str) -> tuple[str, str]:
        """See :meth:`crosswheel.targets.MinimumVersions.unsupported_reason`."""
        ...

    def support(self, target: Target) -> Support:
        """Return whether it can build for a target on this machine."""
        ...

    def prepare(self, target: Target) -> TargetToolchain:
        """Prepare it for a target; takes about a minute the first time, and is cached.

        :raises EnvironmentMissingError: if it cannot build for this target on this machine.
        """
        ...


class PrepareTarget(Protocol):
    """Prepares one toolchain for the targets of one platform family."""

    def __call__(self, toolchain: Any, target: Target) -> TargetToolchain:  # each function accepts its own toolchain
        """See :meth:`Toolchain.prepare`."""
        ...


def prepare_target(toolchain: Toolchain, target: Target) -> TargetToolchain:
    """Prepare a toolchain for a target, with the function that the target's platform family names for it.

    :raises EnvironmentMissingError: if the toolchain does not build for this family, or not for this target here.
    """
    support = toolchain.support(target)
    if not support.available:
        hint = support.hint or f"crosswheel targets --toolchain {toolchain.name}"
        raise EnvironmentMissingError(support.reason, hint=hint)
    prepare: PrepareTarget = load(platform_of(target).toolchains[toolchain.name])
    return prepare(toolchain, target)


def unsupported_family(toolchain: Toolchain, target: Target) -> Support | None:
    """Return why a toolchain does not build for a target's family; None if it does.

    :raises UnknownPlatformError: if the family is not known.
    """
    if toolchain.name in platform_of(target).toolchains:
        return None
    reason = f"{toolchain.name} does not build for {target.system.platform_system}"
    return Support(available=False, reason=reason)


def target_support(toolchain: Toolchain, target: Target) -> Support:
    """Return whether a toolchain can build for a target and, if the target has components, for each of them."""
    results = [toolchain.support(part) for part in target.components() or (target,)]
    return next((result for result in results if not result.available), results[0])
