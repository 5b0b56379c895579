"""The settings: one model from which the parser, the JSON schema and the reference page are made.

What nobody has set is ``UNSET``, so that settings can be laid over others; what holds then is said by
:class:`crosswheel.building.options.BuildOptions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path  # the parser reads the annotations
from typing import Annotated, Literal

from msgspec import UNSET, UnsetType

from crosswheel.settings.fields import InheritRules, PythonVersions
from crosswheel.targets.selection import matches
from crosswheel.toml_models import InvalidValueError, StringOrList, Table, doc

Select = Annotated[
    StringOrList,
    doc(
        "Patterns (`*`, `?`, `[...]`, `{a,b}`) over identifiers such as `cp313-manylinux_riscv64`, and over the "
        "same with the target's platform tag or alias, `cp313-manylinux_2_31_riscv64` and `cp313-linux-riscv64`. "
        "The options hold where one matches."
    ),
]


def select_matches(patterns: Sequence[str], names: Iterable[str]) -> bool:
    """Whether a pattern matches one of a combination's names: ``cp313-manylinux_riscv64``."""
    return any(matches(patterns, name) for name in names)


class Index(Table, frozen=True, kw_only=True):
    """Where sources and build requirements come from. Everything not set here is as pip's configuration has it."""

    index_url: Annotated[str, doc("The package index, instead of pip's.")] | UnsetType = UNSET
    extra_index_url: Annotated[StringOrList, doc("Further indexes.")] | UnsetType = UNSET
    find_links: Annotated[StringOrList, doc("Directories, or pages of links, that hold archives.")] | UnsetType = UNSET
    no_index: Annotated[bool, doc("Use `find-links` only.", default=False)] | UnsetType = UNSET
    trusted_host: Annotated[StringOrList, doc("Hosts whose certificates are not checked.")] | UnsetType = UNSET
    cert: Annotated[Path, doc("A file of certificates to trust, instead of the usual ones.")] | UnsetType = UNSET
    pre: Annotated[bool, doc("Take pre-releases too.", default=False)] | UnsetType = UNSET


class Options(Table, frozen=True, kw_only=True):
    """Settings that may differ between combinations of target and Python."""

    target_python: (
        Annotated[
            Path,
            doc(
                "An unpacked Python of the target. Its sysconfig data, `pyconfig.h` and `build-details.json` take the "
                "place of what crosswheel would probe."
            ),
        ]
        | UnsetType
    ) = UNSET
    config_settings: (
        Annotated[
            dict[str, StringOrList],
            doc(
                "Settings for the build backend (PEP 517), each a string or a list of strings. `{package}` stands for "
                "the directory of the sources."
            ),
        ]
        | UnsetType
    ) = UNSET
    environment: (
        Annotated[
            dict[str, str],
            doc(
                "Environment variables for the backend, the commands before it and the tests. `CFLAGS` replaces the "
                "optimisation flags of Python's own build, `CPPFLAGS` adds to them. `$NAME` and `${NAME}` stand for "
                "another variable, which has to be set, `${NAME-text}` for it or else for a text, `$(command)` for "
                "what a command prints, `$$` for a dollar."
            ),
        ]
        | UnsetType
    ) = UNSET
    before_build: (
        Annotated[
            StringOrList,
            doc(
                "Shell commands that are run in the sources before each build, in an environment that has pip, with "
                "the target's compilers at hand. `{package}` stands for the directory of the sources."
            ),
        ]
        | UnsetType
    ) = UNSET
    build_constraints: (
        Annotated[StringOrList, doc("Files of constraints on what the package is built with; paths or URLs.")]
        | UnsetType
    ) = UNSET
    allow_missing_extensions: (
        Annotated[
            StringOrList,
            doc(
                "Extension modules that the sources declare and the wheel may lack, by their dotted names; `*` for any."
            ),
        ]
        | UnsetType
    ) = UNSET
    export_symbols: (
        Annotated[
            StringOrList,
            doc(
                "Symbols that modules for WebAssembly export beside their PyInit function; `*` for all. Others can "
                "then take them from there, and two modules with the same one share the first that is loaded."
            ),
        ]
        | UnsetType
    ) = UNSET
    allow_undefined: (
        Annotated[
            StringOrList,
            doc(
                "Patterns over the names of functions that modules for WebAssembly may take from nowhere. A call of "
                "such a function ends the whole interpreter."
            ),
        ]
        | UnsetType
    ) = UNSET
    fix_fortran_prototypes: (
        Annotated[
            bool,
            doc(
                "Where Fortran is translated to C, its subroutines are `int` functions. Make `void` functions of C "
                "that declare one, or are given to one, `int` functions too, instead of stopping the build.",
                default=False,
            ),
        ]
        | UnsetType
    ) = UNSET
    libraries: (
        Annotated[
            StringOrList,
            doc("Native libraries that it is built with, by the names of their recipes."),
        ]
        | UnsetType
    ) = UNSET
    shared_libraries: (
        Annotated[
            StringOrList,
            doc(
                "Native libraries that it is built with as shared libraries: all modules of the wheel share one copy, "
                "which goes with the wheel."
            ),
        ]
        | UnsetType
    ) = UNSET
    bundle: (
        Annotated[
            dict[str, str],
            doc(
                "Shared libraries that the wheel brings at places of their own, for who opens them while the program "
                "runs: paths in the wheel, and the names of the libraries' recipes."
            ),
        ]
        | UnsetType
    ) = UNSET
    auto: (
        Annotated[
            bool,
            doc("Build with native libraries that are found missing, as far as there are recipes.", default=False),
        ]
        | UnsetType
    ) = UNSET
    build_requires: (
        Annotated[StringOrList, doc("Build requirements beside those that the project names.")] | UnsetType
    ) = UNSET
    build_limits: (
        Annotated[StringOrList, doc("Limits on the versions of build requirements: `numpy<2.3`.")] | UnsetType
    ) = UNSET
    tools: (
        Annotated[StringOrList, doc("Programs of this machine that the build calls; it is refused without them.")]
        | UnsetType
    ) = UNSET
    cflags: Annotated[StringOrList, doc("Words appended to every compilation, in C and C++.")] | UnsetType = UNSET
    cxxflags: Annotated[StringOrList, doc("Words appended to every compilation in C++.")] | UnsetType = UNSET
    ldflags: Annotated[StringOrList, doc("Words appended to every link.")] | UnsetType = UNSET
    prepare: (
        Annotated[
            str,
            doc("A script for `bash` that changes the sources, in their directory; compilers are this machine's."),
        ]
        | UnsetType
    ) = UNSET
    before_backend: (
        Annotated[
            str,
            doc(
                "A script for `bash` that is run in the environment of the build backend, in the directory of the "
                "sources; compilers are the target's. Variables that it exports hold for the backend."
            ),
        ]
        | UnsetType
    ) = UNSET
    after_build: (
        Annotated[str, doc("A script for `bash` that changes the wheel, in the directory of its unpacked files.")]
        | UnsetType
    ) = UNSET
    unvendor_tests: (
        Annotated[
            bool,
            doc("Take tests out of the wheel, into an archive beside it.", default=False),
        ]
        | UnsetType
    ) = UNSET
    retain_tests: (
        Annotated[StringOrList, doc("Patterns over paths of tests that stay in the wheel all the same.")] | UnsetType
    ) = UNSET
    overlay_add: (
        Annotated[
            StringOrList,
            doc("Patterns over files of build requirements that belong to the target, beside those that are found."),
        ]
        | UnsetType
    ) = UNSET
    overlay_forbid: (
        Annotated[StringOrList, doc("Patterns over files of build requirements that do not belong to the target.")]
        | UnsetType
    ) = UNSET
    dependency_builds: (
        Annotated[
            bool,
            doc(
                "Build other packages on the way where the index has no wheel of them for the target: build "
                "requirements whose headers or libraries are needed, dependencies that a test installs.",
                default=True,
            ),
        ]
        | UnsetType
    ) = UNSET
    cross_env: (
        Annotated[
            StringOrList,
            doc(
                "Cross build environments, as `crosswheel cross-env` writes them. What is in one is neither fetched "
                "nor built, and decides the version that is built with."
            ),
        ]
        | UnsetType
    ) = UNSET
    test: Annotated[bool, doc("Test each wheel on its target.", default=False)] | UnsetType = UNSET
    test_command: (
        Annotated[
            StringOrList,
            doc(
                "Commands that test the installed wheel, after its modules were imported. `{package}` stands for the "
                "directory of the unpacked sources, `{wheel}` for the wheel."
            ),
        ]
        | UnsetType
    ) = UNSET
    test_imports: (
        Annotated[StringOrList, doc("Modules that a test imports, instead of all of the wheel's.")] | UnsetType
    ) = UNSET
    test_requires: Annotated[StringOrList, doc("Requirements that the test commands need.")] | UnsetType = UNSET
    test_extras: (
        Annotated[StringOrList, doc("Extras of the wheel that are installed with it for its test.")] | UnsetType
    ) = UNSET
    test_groups: (
        Annotated[
            StringOrList,
            doc("Groups of `[dependency-groups]` in `pyproject.toml` (PEP 735) that the test commands need."),
        ]
        | UnsetType
    ) = UNSET
    test_timeout: Annotated[float, doc("Seconds that each test command may take.", above=0)] | UnsetType = UNSET


class Override(Options, frozen=True, kw_only=True):
    """Options for some combinations of target and Python only."""

    select: Select
    inherit: (
        Annotated[
            InheritRules,
            doc(
                "How settings here join what held before, by their keys: `none` takes its place, `append` comes after "
                "it, `prepend` before it. Without it a table is joined key by key, anything else takes the place."
            ),
        ]
        | UnsetType
    ) = UNSET

    def __post_init__(self) -> None:
        """Refuse to join what has no parts.

        :raises MistakeError: when `inherit` has a key of a setting that is not a list or a table in this override.
        """
        values = {name.replace("_", "-"): value for name, value in self.set_fields().items()}
        for key in self.inherit or ():
            if not isinstance(values.get(key), tuple | dict) or key in {"select", "inherit"}:
                raise InvalidValueError(f"inherit has the key {key!r}, which is no list or table here")


class Settings(Options, frozen=True, kw_only=True):
    """The `[tool.crosswheel]` table."""

    targets: (
        Annotated[
            StringOrList,
            doc("Platform tags or aliases to build for; `crosswheel targets` lists them.", default="native"),
        ]
        | UnsetType
    ) = UNSET
    pythons: (
        Annotated[
            PythonVersions,
            doc(
                "Versions of CPython, such as `3.13` or `3.13t`; the one crosswheel runs on if none is given, "
                "or those a target's platform is made for."
            ),
        ]
        | UnsetType
    ) = UNSET
    build: (
        Annotated[
            StringOrList,
            doc(
                "Patterns over identifiers such as `cp313-manylinux_riscv64`, of which one must match. Where no target "
                "is named, all targets and all Pythons that the project is for are looked through."
            ),
        ]
        | UnsetType
    ) = UNSET
    skip: Annotated[StringOrList, doc("Patterns over identifiers, of which none may match.")] | UnsetType = UNSET
    archs: (
        Annotated[
            StringOrList,
            doc(
                "Architectures by cibuildwheel's names, `aarch64`, or of one platform only, `linux:aarch64`; also "
                "`auto`, `auto64`, `auto32`, `native`, `all`. Those for one platform take the place of the others for "
                "it; a platform that none is named for is not limited."
            ),
        ]
        | UnsetType
    ) = UNSET
    output_dir: Annotated[Path, doc("Where finished wheels go.", default="dist")] | UnsetType = UNSET
    toolchain: Annotated[Literal["zig", "gcc", "emcc"], doc("The compilers to use.", default="zig")] | UnsetType = UNSET
    toolchain_prefix: (
        Annotated[
            Path,
            doc(
                "Where a cross gcc or clang is installed, if its programs are not on `PATH`; for emcc the directory of "
                "its emsdk, if `EMSDK` does not name it."
            ),
        ]
        | UnsetType
    ) = UNSET
    sdk: (
        Annotated[
            Path,
            doc(
                "Apple's SDK (`MacOSX.sdk`), for builds for macOS that want frameworks or libraries of the system; the "
                "one that `SDKROOT` names if none is given."
            ),
        ]
        | UnsetType
    ) = UNSET
    isolation: (
        Annotated[bool, doc("Give build requirements an environment of their own.", default=True)] | UnsetType
    ) = UNSET
    constraints: Annotated[StringOrList, doc("Files of constraints on what is built; paths or URLs.")] | UnsetType = (
        UNSET
    )
    recipes: (
        Annotated[
            StringOrList,
            doc(
                "Directories of recipes, with `packages` and `libraries` in them, and files of single recipes; a "
                "`meta.yaml` of Pyodide is one."
            ),
        ]
        | UnsetType
    ) = UNSET
    store: (
        Annotated[
            str,
            doc(
                "A shared store behind that of this machine: a directory, or a URL that fsspec knows. "
                "`CROSSWHEEL_STORE` names one for all projects."
            ),
        ]
        | UnsetType
    ) = UNSET
    index: Annotated[Index, doc("The package indexes.")] | UnsetType = UNSET
    overrides: (
        Annotated[
            tuple[Override, ...],
            doc("Other options for some combinations; where several match, the later one wins."),
        ]
        | UnsetType
    ) = UNSET
