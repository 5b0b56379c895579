"""The seam between the pipeline and compilers: calls come in, plans of commands go out."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from crosswheel.errors import EnvironmentMissingError
from crosswheel.platforms import load, platform_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.host import Host
    from crosswheel.targets import Target


class Tool(StrEnum):
    """What a wrapper stands for, whatever name it was called by."""

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
    FORTRAN = "fortran"


@dataclass(frozen=True, slots=True)
class Call:
    """A tool as a build called it.

    :param arguments: without the program's own name, and with response files (``@file``) already read.
    :param directory: the directory it was called in, absolute.
    """

    tool: Tool
    arguments: tuple[str, ...]
    directory: str


class LinkCheck(Protocol):
    """Something that has to be true of what the commands of a plan made."""

    def passes(self, directory: str) -> bool:
        """Whether it is seen to be true; if not, the plan's last command has to run, which says what is wrong.

        :param directory: the one the call was made in.
        """
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do instead of a call.

    :param commands: run one after the other, until one fails; its exit status is the call's.
    :param output: printed to standard output, for queries that are answered without running anything.
    :param notes: what was changed and why, for the log: a removed path of the build machine, a translated
        flag.
    :param needs: parts of the kit that are made only when a call needs them: ``c++``.
    :param proof: what the last command proves; where it holds when the others are through, that one can be left out.
    """

    commands: tuple[tuple[str, ...], ...] = ()
    output: str = ""
    status: int = 0
    notes: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    check: LinkCheck | None = None

    def replay(self) -> str:
        """The commands as a person can paste them into a shell."""
        return " && ".join(shlex.join(command) for command in self.commands)


@dataclass(frozen=True, slots=True)
class FortranBuild:
    """A build with Fortran 77 in it, whose C is checked against that.

    :param records: a directory of the build's own, for what is known of its Fortran.
    :param tree: its sources.
    :param mend: whether void functions of C that have to be int functions are made such.
    """

    records: str
    tree: str
    fix_prototypes: bool = False


@dataclass(frozen=True, slots=True)
class OverlaidEnvironment:
    """A build environment, and what the target has of its own for packages in it.

    :param prefixes: the environment, by every absolute path that leads there.
    :param root: what belongs to the target, laid out as the environment is.
    :param paths: files and directories that are there, relative to either.
    """

    prefixes: tuple[str, ...]
    root: str
    paths: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class UserFlags:
    """Words that a person or a recipe gives compilers.

    :param compiling: for every compilation, ``cxx`` after them for those in C++, ``linking`` for every link.
    """

    compiling: tuple[str, ...] = ()
    cxx: tuple[str, ...] = ()
    linking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CallSettings:
    """What rules must know of the build around a call.

    :param mapped: directories of the build machine and what stands for them on the target, as
        ``(prefix, replacement)``; the build Python's include directory is one.
    :param removed: directories of the build machine that mean nothing on the target: ``/usr/include``.
    :param kept: directories under ``removed`` that are the build's own all the same.
    :param overlaid: the build environment, of which only what a compiler reads may be used, and the target's own first.
    :param given: what is put behind a build's own words, before any rule looks at them.
    :param extra_compile: appended to every compilation; ``extra_link`` to every link.
    :param archives: static libraries of the target that every module may take from, and that it keeps to itself.
    :param shared: shared libraries of the target that modules may need; they go with the wheel.
    :param maps: a directory for what each link says of where its parts come from; empty where nobody asks.
    :param pkg_config: the first words of the command that knows the target's libraries; empty if there are none.
    :param exports: symbols that modules export beside their PyInit function, ``*`` for all, where a toolchain limits
        them.
    :param missing: patterns over the names of functions that a module may take from nowhere, where a toolchain proves
        that it takes none: calling one ends the program.
    :param fortran: what checks need where a build has Fortran that is translated to C.
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
    link_maps: str = ""
    pkg_config: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()
    allowed_undefined: tuple[str, ...] = ()
    fortran: FortranBuild | None = None


class TargetToolchain(Protocol):
    """A toolchain made ready for one target: everything it needs lies on the disk."""

    @property
    def target(self) -> Target:
        """The target it is for."""
        ...

    @property
    def identity(self) -> str:
        """What tells it from every other kit in a cache key: its name, version and target."""
        ...

    @property
    def compiler_id(self) -> str:
        """``clang`` or ``gcc``: which family's flags and messages it has."""
        ...

    def plan(self, call: Call, settings: CallSettings) -> Plan:
        """What to run instead of a call; a pure function of its arguments."""
        ...

    def build_component(self, part: str) -> None:
        """Make a part of the kit that plans need, once; a moment if it is there already.

        :raises EnvironmentMissingError: when it cannot be made.
        """
        ...


@dataclass(frozen=True, slots=True)
class Support:
    """Whether something can be had here: ``reason`` says why not, ``hint`` what would change that."""

    available: bool
    reason: str = ""
    hint: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


class Toolchain(Protocol):
    """A family of compilers that can build for some targets."""

    @property
    def name(self) -> str:
        """What ``--toolchain`` calls it."""
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
        """Whether it can build for a target on this machine."""
        ...

    def prepare(self, target: Target) -> TargetToolchain:
        """Make it ready for a target, once; takes a minute the first time, a moment afterwards.

        :raises EnvironmentMissingError: when it cannot build for this target here.
        """
        ...


class PrepareTarget(Protocol):
    """Makes one toolchain ready for targets of one family."""

    def __call__(self, toolchain: Any, target: Target) -> TargetToolchain:  # each its own toolchain
        """See :meth:`Toolchain.prepare`."""
        ...


def prepare_target(toolchain: Toolchain, target: Target) -> TargetToolchain:
    """Make a toolchain ready for a target, by what the target's family names for it.

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


def supported(toolchain: Toolchain, target: Target) -> Support:
    """Whether a toolchain can build for a target, or for everything that one is made of."""
    answers = [toolchain.support(part) for part in target.components() or (target,)]
    return next((answer for answer in answers if not answer.available), answers[0])


def run_call(host: Host, kit: TargetToolchain, call: Call, settings: CallSettings | None = None) -> tuple[int, str]:
    """Run a call from inside crosswheel; its status and everything it printed."""
    plan = kit.plan(call, settings or CallSettings())
    for part in plan.requires:
        kit.build_component(part)
    said = [plan.output]
    for command in plan.commands:
        outcome = host.run(*command, cwd=Path(call.directory))
        said += [outcome.stdout, outcome.stderr]
        if not outcome.ok:
            return outcome.status, "".join(said)
    return plan.status, "".join(said)
