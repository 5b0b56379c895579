"""What a build is asked for, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosswheel.errors import CrosswheelError
    from crosswheel.host import Host
    from crosswheel.sources.index_settings import IndexSettings
    from crosswheel.targets import PythonVersion, Target


@dataclass(frozen=True)
class BuildOptions:
    """Everything about a build but what to build, for which target and which Python.

    :param output_directory: where finished wheels go.
    :param toolchain: ``zig``, ``gcc`` or ``emcc``; ``toolchain_prefix`` is where a gcc, clang or emsdk lies.
    :param sdk: Apple's SDK, for what builds for macOS want of frameworks and libraries.
    :param target_python: an unpacked Python of the target, instead of a probed one.
    :param config_settings: for the build backend (PEP 517), each with one value or more.
    :param constraints: files of constraints on what is built; ``build_constraints`` on what it is built with.
    :param isolation: whether build requirements get an environment of their own.
    :param environment: variables set for the backend, for the commands before it and for tests, ``CPPFLAGS`` and the
        like; :func:`crosswheel.settings.variable_expansion.expand_variables` says what values may hold.
    :param before_build: commands of the shell that are run in the sources before each build.
    :param index: index settings that override those of pip's configuration, by pip's option names.
    :param test: whether to run the wheel on its target; the ``test_*`` fields say how.
    :param allow_missing: declared extension modules whose absence from the wheel is accepted, ``*`` for any.
    :param export_symbols: what modules export beside their PyInit function, ``*`` for all; WebAssembly only.
    :param allow_undefined: patterns over functions that such a module may take from nowhere.
    :param fix_fortran_prototypes: whether void functions of C that are Fortran subroutines are made int functions.
    :param libraries: native libraries that it is built with, by the names of their recipes; ``auto`` adds what builds
        are found to lack.
    :param shared_libraries: those that it is built with as shared libraries, which go with the wheel.
    :param bundle: shared libraries put into the wheel at a place of their own: path there, name of the library.
    :param build_requires: build requirements beside the project's; ``build_limits`` on the versions of all of them.
    :param tools: programs of this machine that the build calls.
    :param cflags: words for every compilation, ``cxxflags`` for those in C++, ``ldflags`` for every link.
    :param prepare: a script that changes the sources; ``before_backend`` one in the backend's environment;
        ``after_build`` one that changes the unpacked wheel.
    :param unvendor_tests: whether tests are taken out of the wheel, into an archive beside it; ``retain_tests`` are
        patterns over those that stay.
    :param overlay_add: patterns over files of build requirements that belong to the target beside those found;
        ``overlay_forbid`` over those that do not.
    :param recipes: directories of recipes beside the usual ones, and single recipes; None for no recipes at all.
    :param recipe_directory: where files of the recipe in use lie, for scripts.
    :param store: the URL of a shared store behind that of this machine.
    :param rebuild: build even what was built before from the same things.
    :param dependency_builds: whether other packages are built on the way, where the index has no wheel of them for the
        target: build requirements with headers or libraries, dependencies that a test installs.
    :param cross_env: exported overlays, which serve before anything is fetched or built.
    :param keep: keep the build directory, whatever happens.
    """

    output_directory: Path = Path("dist")
    toolchain: str = "zig"
    toolchain_prefix: Path | None = None
    sdk: Path | None = None
    target_python: Path | None = None
    config_settings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    constraints: tuple[str, ...] = ()
    build_constraints: tuple[str, ...] = ()
    isolation: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)
    before_build: tuple[str, ...] = ()
    index: Mapping[str, Any] = field(default_factory=dict)
    test: bool = False
    test_commands: tuple[str, ...] = ()
    test_imports: tuple[str, ...] = ()
    test_requires: tuple[str, ...] = ()
    test_extras: tuple[str, ...] = ()
    test_groups: tuple[str, ...] = ()
    test_timeout: float | None = None
    allow_missing: tuple[str, ...] = ()
    export_symbols: tuple[str, ...] = ()
    fix_fortran_prototypes: bool = False
    libraries: tuple[str, ...] = ()
    shared_libraries: tuple[str, ...] = ()
    bundle: Mapping[str, str] = field(default_factory=dict)
    auto: bool = False
    build_requires: tuple[str, ...] = ()
    build_limits: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    cflags: tuple[str, ...] = ()
    cxxflags: tuple[str, ...] = ()
    ldflags: tuple[str, ...] = ()
    prepare: str = ""
    before_backend: str = ""
    after_build: str = ""
    unvendor_tests: bool = False
    retain_tests: tuple[str, ...] = ()
    overlay_add: tuple[str, ...] = ()
    overlay_forbid: tuple[str, ...] = ()
    recipes: tuple[str, ...] | None = ()
    recipe_directory: Path | None = None
    store: str | None = None
    rebuild: bool = False
    allow_undefined: tuple[str, ...] = ()
    dependency_builds: bool = True
    cross_env: tuple[str, ...] = ()
    keep: bool = False

    @property
    def all_shared_libraries(self) -> tuple[str, ...]:
        """Every library that is asked for as a shared one."""
        return tuple(dict.fromkeys((*self.shared_libraries, *self.bundle.values())))

    @property
    def all_libraries(self) -> tuple[str, ...]:
        """Every native library that is asked for, in whichever way."""
        return tuple(dict.fromkeys((*self.libraries, *self.all_shared_libraries)))


@dataclass(frozen=True)
class BuildConfiguration:
    """A target and a Python that sources are built for, and how.

    :param index: where packages come from.
    """

    host: Host
    target: Target
    python: PythonVersion
    index: IndexSettings
    options: BuildOptions


class Stage(StrEnum):
    """How far a wheel came."""

    BUILT = "built"
    AUDITED = "audited"
    TESTED = "tested"
    UNTESTED = "untested"
    FAILED = "failed"


@dataclass(frozen=True)
class WheelResult:
    """What became of one source for one target and one Python.

    :param wheel: the finished wheel in the output directory; None when there is none.
    :param stage: ``audited`` when no test was asked for; ``untested`` when one was and could not be made, for
        the reason in ``remark``.
    :param seconds: wall seconds by step.
    :param libraries: native libraries that it was asked to be built with, or that were found missing.
    :param unchanged: whether it was built before from the same things, and nothing was compiled.
    :param notes: what was noticed on the way: removed paths of the build machine, unusual choices.
    """

    source: str
    target: Target
    python: PythonVersion
    stage: Stage
    wheel: Path | None = None
    remark: str = ""
    error: CrosswheelError | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    log: Path | None = None
    cached: bool = False
    libraries: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is a proven wheel."""
        return self.wheel is not None and self.error is None

    def as_json(self) -> dict[str, Any]:
        """The result in plain values, as ``--json`` prints it."""
        return {
            "source": self.source,
            "target": str(self.target),
            "python": str(self.python),
            "stage": self.stage.value,
            "wheel": str(self.wheel) if self.wheel else None,
            "remark": self.remark,
            "unchanged": self.cached,
            "libraries": list(self.libraries),
            "error": None
            if self.error is None
            else {"what": self.error.what, "where": self.error.where, "hint": self.error.hint},
            "exit_status": 0 if self.error is None else int(self.error.status),
            "seconds": {step: round(value, 3) for step, value in self.seconds.items()},
            "notes": list(self.notes),
            "log": str(self.log) if self.log else None,
        }
