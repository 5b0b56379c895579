"""The settings: one model from which the parser, the JSON schema and the reference page are made.

What nobody has set is ``UNSET``, so that settings can be laid over others; what holds then is said by
:class:`crosswheel.building.model.BuildOptions`.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path  # the parser reads the annotations
from typing import Annotated, Literal

from msgspec import UNSET, UnsetType

from crosswheel.documents import Several, Table, about
from crosswheel.settings.fields import Pythons

Select = Annotated[
    Several,
    about(
        "Patterns (`*`, `?`, `[...]`) over names such as `cp313-manylinux_2_31_riscv64` and "
        "`cp313-linux-riscv64`: the ABI tag of the Python, then the target's platform tag or alias. The options "
        "hold where one matches."
    ),
]


def selects(patterns: Iterable[str], names: Iterable[str]) -> bool:
    """Whether a pattern matches one of a combination's names: ``cp313-manylinux_2_31_riscv64``."""
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)


class Index(Table, frozen=True, kw_only=True):
    """Where sources and build requirements come from. Everything not set here is as pip's configuration has it."""

    index_url: Annotated[str, about("The package index, instead of pip's.")] | UnsetType = UNSET
    extra_index_url: Annotated[Several, about("Further indexes.")] | UnsetType = UNSET
    find_links: Annotated[Several, about("Directories, or pages of links, that hold archives.")] | UnsetType = UNSET
    no_index: Annotated[bool, about("Use `find-links` only.", default=False)] | UnsetType = UNSET
    trusted_host: Annotated[Several, about("Hosts whose certificates are not checked.")] | UnsetType = UNSET
    cert: Annotated[Path, about("A file of certificates to trust, instead of the usual ones.")] | UnsetType = UNSET
    pre: Annotated[bool, about("Take pre-releases too.", default=False)] | UnsetType = UNSET


class Options(Table, frozen=True, kw_only=True):
    """Settings that may differ between combinations of target and Python."""

    target_python: (
        Annotated[
            Path,
            about(
                "An unpacked Python of the target. Its sysconfig data, `pyconfig.h` and `build-details.json` take the "
                "place of what crosswheel would probe."
            ),
        ]
        | UnsetType
    ) = UNSET
    config_settings: (
        Annotated[
            dict[str, Several],
            about("Settings for the build backend (PEP 517), each a string or a list of strings."),
        ]
        | UnsetType
    ) = UNSET
    environment: (
        Annotated[
            dict[str, str],
            about(
                "Environment variables for the backend. `CFLAGS` replaces the optimisation flags of Python's own "
                "build, `CPPFLAGS` adds to them."
            ),
        ]
        | UnsetType
    ) = UNSET
    build_constraints: (
        Annotated[Several, about("Files of constraints on what the package is built with; paths or URLs.")] | UnsetType
    ) = UNSET
    allow_missing_extensions: (
        Annotated[
            Several,
            about(
                "Extension modules that the sources declare and the wheel may lack, by their dotted names; `*` for any."
            ),
        ]
        | UnsetType
    ) = UNSET
    export_symbols: (
        Annotated[
            Several,
            about(
                "Symbols that modules for WebAssembly export beside their PyInit function; `*` for all. Others can "
                "then take them from there, and two modules with the same one share the first that is loaded."
            ),
        ]
        | UnsetType
    ) = UNSET
    allow_undefined: (
        Annotated[
            Several,
            about(
                "Patterns over the names of functions that modules for WebAssembly may take from nowhere. A call of "
                "such a function ends the whole interpreter."
            ),
        ]
        | UnsetType
    ) = UNSET
    mend_fortran: (
        Annotated[
            bool,
            about(
                "Where Fortran is translated to C, its subroutines are `int` functions. Make `void` functions of C "
                "that declare one, or are given to one, `int` functions too, instead of stopping the build.",
                default=False,
            ),
        ]
        | UnsetType
    ) = UNSET
    libraries: (
        Annotated[
            Several,
            about("Native libraries that it is built with, by the names of their recipes."),
        ]
        | UnsetType
    ) = UNSET
    auto: (
        Annotated[
            bool,
            about("Build with native libraries that are found missing, as far as there are recipes.", default=False),
        ]
        | UnsetType
    ) = UNSET
    build_requires: Annotated[Several, about("Build requirements beside those that the project names.")] | UnsetType = (
        UNSET
    )
    build_limits: (
        Annotated[Several, about("Limits on the versions of build requirements: `numpy<2.3`.")] | UnsetType
    ) = UNSET
    tools: (
        Annotated[Several, about("Programs of this machine that the build calls; it is refused without them.")]
        | UnsetType
    ) = UNSET
    cflags: Annotated[Several, about("Words appended to every compilation, in C and C++.")] | UnsetType = UNSET
    cxxflags: Annotated[Several, about("Words appended to every compilation in C++.")] | UnsetType = UNSET
    ldflags: Annotated[Several, about("Words appended to every link.")] | UnsetType = UNSET
    before_build: (
        Annotated[
            str,
            about("A script for `bash` that changes the sources, in their directory; compilers are this machine's."),
        ]
        | UnsetType
    ) = UNSET
    before_backend: (
        Annotated[
            str,
            about(
                "A script for `bash` that is run in the environment of the build backend, in the directory of the "
                "sources; compilers are the target's. Variables that it exports hold for the backend."
            ),
        ]
        | UnsetType
    ) = UNSET
    after_build: (
        Annotated[str, about("A script for `bash` that changes the wheel, in the directory of its unpacked files.")]
        | UnsetType
    ) = UNSET
    unvendor_tests: (
        Annotated[
            bool,
            about("Take tests out of the wheel, into an archive beside it.", default=False),
        ]
        | UnsetType
    ) = UNSET
    retain_tests: (
        Annotated[Several, about("Patterns over paths of tests that stay in the wheel all the same.")] | UnsetType
    ) = UNSET
    overlay_add: (
        Annotated[
            Several,
            about("Patterns over files of build requirements that belong to the target, beside those that are found."),
        ]
        | UnsetType
    ) = UNSET
    overlay_forbid: (
        Annotated[Several, about("Patterns over files of build requirements that do not belong to the target.")]
        | UnsetType
    ) = UNSET
    dependency_builds: (
        Annotated[
            bool,
            about(
                "Build other packages on the way where the index has no wheel of them for the target: build "
                "requirements whose headers or libraries are needed, dependencies that a test installs.",
                default=True,
            ),
        ]
        | UnsetType
    ) = UNSET
    cross_env: (
        Annotated[
            Several,
            about(
                "Cross build environments, as `crosswheel cross-env` writes them. What is in one is neither fetched "
                "nor built, and decides the version that is built with."
            ),
        ]
        | UnsetType
    ) = UNSET
    test: Annotated[bool, about("Test each wheel on its target.", default=False)] | UnsetType = UNSET
    test_command: (
        Annotated[
            Several,
            about(
                "Commands that test the installed wheel, instead of importing its modules. `{package}` stands for the "
                "directory of the unpacked sources, `{wheel}` for the wheel."
            ),
        ]
        | UnsetType
    ) = UNSET
    test_imports: (
        Annotated[Several, about("Modules that a test imports, instead of all of the wheel's.")] | UnsetType
    ) = UNSET
    test_requires: Annotated[Several, about("Requirements that the test commands need.")] | UnsetType = UNSET
    test_timeout: Annotated[float, about("Seconds that each test command may take.", above=0)] | UnsetType = UNSET


class Override(Options, frozen=True, kw_only=True):
    """Options for some combinations of target and Python only."""

    select: Select


class Settings(Options, frozen=True, kw_only=True):
    """The `[tool.crosswheel]` table."""

    targets: (
        Annotated[
            Several,
            about("Platform tags or aliases to build for; `crosswheel targets` lists them.", default="native"),
        ]
        | UnsetType
    ) = UNSET
    pythons: (
        Annotated[
            Pythons,
            about(
                "Versions of CPython, such as `3.13` or `3.13t`; the one crosswheel runs on if none is given, "
                "or those a target's platform is made for."
            ),
        ]
        | UnsetType
    ) = UNSET
    output_dir: Annotated[Path, about("Where finished wheels go.", default="dist")] | UnsetType = UNSET
    toolchain: Annotated[Literal["zig", "gcc", "emcc"], about("The compilers to use.", default="zig")] | UnsetType = (
        UNSET
    )
    toolchain_prefix: (
        Annotated[
            Path,
            about(
                "Where a cross gcc or clang is installed, if its programs are not on `PATH`; for emcc the directory of "
                "its emsdk, if `EMSDK` does not name it."
            ),
        ]
        | UnsetType
    ) = UNSET
    isolation: (
        Annotated[bool, about("Give build requirements an environment of their own.", default=True)] | UnsetType
    ) = UNSET
    constraints: Annotated[Several, about("Files of constraints on what is built; paths or URLs.")] | UnsetType = UNSET
    recipes: (
        Annotated[
            Several,
            about(
                "Directories of recipes, with `packages` and `libraries` in them, and files of single recipes; a "
                "`meta.yaml` of Pyodide is one."
            ),
        ]
        | UnsetType
    ) = UNSET
    store: (
        Annotated[
            str,
            about(
                "A shared store behind that of this machine: a directory, or a URL that fsspec knows. "
                "`CROSSWHEEL_STORE` names one for all projects."
            ),
        ]
        | UnsetType
    ) = UNSET
    index: Annotated[Index, about("The package indexes.")] | UnsetType = UNSET
    overrides: (
        Annotated[
            tuple[Override, ...],
            about("Other options for some combinations; where several match, the later one wins."),
        ]
        | UnsetType
    ) = UNSET
