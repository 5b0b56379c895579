"""Settings that may differ between builds of one project: in ``[tool.crosswheel]``, in its overrides and in recipes.

The metadata of a field describes the setting everywhere: to the parser, in the JSON schema, on the reference page and,
if it has an ``option``, on the command line. Fields that are not set are ``UNSET``, so that tables can be merged;
:class:`crosswheel.building.options.BuildOptions` has the defaults.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path  # msgspec evaluates the annotations
from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, UnsetType

from crosswheel.targets.selection import matches
from crosswheel.toml_models import StringOrList, Table, doc

Select = Annotated[
    StringOrList,
    doc(
        "Patterns (`*`, `?`, `[...]`, `{a,b}`) for identifiers such as `cp313-manylinux_riscv64`; the target's "
        "platform tag or alias can stand for the platform: `cp313-manylinux_2_31_riscv64`, `cp313-linux-riscv64`. "
        "The options apply to builds that match at least one."
    ),
]


def select_matches(patterns: Sequence[str], names: Iterable[str]) -> bool:
    """Return whether a pattern matches one of a build's names, such as ``cp313-manylinux_riscv64``."""
    return any(matches(patterns, name) for name in names)


@dataclass(frozen=True)
class CliOption:
    """The command-line option of a setting. Its help is the first sentence of the setting's description.

    :param names: as click spells them: ``-t``, ``--target``; ``--auto/--no-auto`` for true and false.
    :param metavar: the value in the help; derived from the type if empty.
    :param exists: whether a path must exist.
    :param implies: a setting that is true if this option is given.
    :param old_names: former spellings, accepted for one release and hidden from the help.
    """

    names: tuple[str, ...]
    metavar: str = ""
    exists: bool = False
    implies: str = ""
    old_names: tuple[str, ...] = ()


def cli_option(
    *names: str, metavar: str = "", exists: bool = False, implies: str = "", old_names: tuple[str, ...] = ()
) -> CliOption:
    """Return a :class:`CliOption`; see there for the parameters."""
    return CliOption(names, metavar, exists, implies, old_names)


class Options(Table, frozen=True, kw_only=True):
    """Settings that may differ between combinations of target and Python."""

    old_keys: ClassVar[Mapping[str, str]] = {
        "build-limits": "build-constraint-dependencies",
        "mend-fortran": "fix-fortran-prototypes",
        "overlay-add": "overlay-include",
        "overlay-forbid": "overlay-exclude",
    }

    target_python: (
        Annotated[
            Path,
            doc(
                "Unpacked Python of the target, used instead of a downloaded or probed one. Its sysconfig data, "
                "`pyconfig.h` and `build-details.json` describe the target.",
                option=cli_option("--target-python", exists=True),
            ),
        ]
        | UnsetType
    ) = UNSET
    config_settings: (
        Annotated[
            dict[str, StringOrList],
            doc(
                "Config settings for the build backend (PEP 517). Each value is a string or a list of strings; "
                "`{package}` stands for the source directory.",
                option=cli_option("-C", "--config-setting", metavar="KEY=VALUE"),
            ),
        ]
        | UnsetType
    ) = UNSET
    environment: (
        Annotated[
            dict[str, str],
            doc(
                "Environment variables for the build backend, the commands before it and the tests. `CFLAGS` replaces "
                "the optimisation flags of Python's own build, `CPPFLAGS` is added to them. Values in files are "
                "expanded: `$NAME` and `${NAME}` to another variable, which must be set, `${NAME-text}` to it or else "
                "to the text, `$(command)` to the output of a command, `$$` to a dollar sign.",
                option=cli_option("--env", metavar="NAME=VALUE"),
            ),
        ]
        | UnsetType
    ) = UNSET
    before_build: (
        Annotated[
            StringOrList,
            doc(
                "Shell commands to run in the source directory before each build. They run in an environment with pip "
                "and the target's compilers; `{package}` stands for the source directory.",
                option=cli_option("--before-build", metavar="COMMAND"),
            ),
        ]
        | UnsetType
    ) = UNSET
    build_constraints: (
        Annotated[
            StringOrList,
            doc(
                "Constraints files for build requirements; paths or URLs.",
                option=cli_option("-b", "--build-constraint", metavar="FILE"),
            ),
        ]
        | UnsetType
    ) = UNSET
    allow_missing_extensions: (
        Annotated[
            StringOrList,
            doc(
                "Declared extension modules that may be missing from the wheel, by dotted name; `*` for all.",
                option=cli_option("--allow-missing", metavar="MODULE"),
            ),
        ]
        | UnsetType
    ) = UNSET
    export_symbols: (
        Annotated[
            StringOrList,
            doc(
                "Symbols that WebAssembly modules export besides their PyInit function; `*` for all. Other modules can "
                "then import them, and modules that define the same symbol share that of the first one loaded.",
                option=cli_option("--export-symbol", metavar="NAME"),
            ),
        ]
        | UnsetType
    ) = UNSET
    allow_undefined: (
        Annotated[
            StringOrList,
            doc(
                "Patterns for functions that WebAssembly modules may use although nothing provides them. Calling one "
                "aborts the interpreter.",
                option=cli_option("--allow-undefined", metavar="PATTERN"),
            ),
        ]
        | UnsetType
    ) = UNSET
    fix_fortran_prototypes: (
        Annotated[
            bool,
            doc(
                "Declare C functions that are Fortran subroutines as `int` instead of `void`. Fortran is translated to "
                "C, where subroutines are `int` functions; otherwise declaring one as `void`, or passing a `void` "
                "function for one, is an error.",
                default=False,
                option=cli_option(
                    "--fix-fortran-prototypes/--no-fix-fortran-prototypes",
                    old_names=("--mend-fortran/--no-mend-fortran",),
                ),
            ),
        ]
        | UnsetType
    ) = UNSET
    libraries: (
        Annotated[
            StringOrList,
            doc(
                "Native libraries to build for the target and link with, by the names of their recipes.",
                option=cli_option("--library", metavar="NAME"),
            ),
        ]
        | UnsetType
    ) = UNSET
    shared_libraries: (
        Annotated[
            StringOrList,
            doc(
                "Native libraries to build as shared libraries and add to the wheel. All modules of the wheel share "
                "one copy.",
                option=cli_option("--shared-library", metavar="NAME"),
            ),
        ]
        | UnsetType
    ) = UNSET
    bundle: (
        Annotated[
            dict[str, str],
            doc(
                "Shared libraries to add to the wheel at given paths, for packages that open them at run time: the "
                "path in the wheel, and the name of the library's recipe."
            ),
        ]
        | UnsetType
    ) = UNSET
    auto: (
        Annotated[
            bool | Literal["all"],
            doc(
                "Add native libraries that a build fails without, if there are recipes for them; `all` adds those too "
                "that it looks for in vain and goes on without.",
                default=True,
                option=cli_option("--auto", "--no-auto", metavar="[=all]"),
            ),
        ]
        | UnsetType
    ) = UNSET
    openmp: (
        Annotated[
            bool,
            doc(
                "Accept `-fopenmp`: the target's OpenMP library is built when a build first uses it, and added to the "
                "wheel. Linux only; elsewhere, and if false, compilers refuse the option.",
                default=True,
                option=cli_option("--openmp/--no-openmp"),
            ),
        ]
        | UnsetType
    ) = UNSET
    fail_on_degraded: (
        Annotated[
            bool,
            doc(
                "Fail if a build succeeds but has lost something on the way: an optional feature, library, extension "
                "module or program.",
                default=False,
                option=cli_option("--fail-on-degraded"),
            ),
        ]
        | UnsetType
    ) = UNSET
    build_requires: Annotated[StringOrList, doc("Build requirements in addition to the project's.")] | UnsetType = UNSET
    build_constraint_dependencies: (
        Annotated[StringOrList, doc("Constraints on the versions of build requirements: `numpy<2.3`.")] | UnsetType
    ) = UNSET
    tools: (
        Annotated[StringOrList, doc("Programs of the build machine that the build runs; crosswheel installs many.")]
        | UnsetType
    ) = UNSET
    cflags: Annotated[StringOrList, doc("Arguments appended to every C and C++ compilation.")] | UnsetType = UNSET
    cxxflags: Annotated[StringOrList, doc("Arguments appended to every C++ compilation.")] | UnsetType = UNSET
    ldflags: Annotated[StringOrList, doc("Arguments appended to every link.")] | UnsetType = UNSET
    prepare: (
        Annotated[
            str,
            doc(
                "A `bash` script that changes the sources. Runs in their directory with the build machine's compilers."
            ),
        ]
        | UnsetType
    ) = UNSET
    before_backend: (
        Annotated[
            str,
            doc(
                "A `bash` script to run before the build backend, in its environment. Runs in the source directory, "
                "with the target's compilers; variables that it exports are set for the backend."
            ),
        ]
        | UnsetType
    ) = UNSET
    after_build: (
        Annotated[str, doc("A `bash` script that changes the wheel. Runs in the directory of its unpacked files.")]
        | UnsetType
    ) = UNSET
    unvendor_tests: (
        Annotated[bool, doc("Move tests from the wheel into an archive next to it.", default=False)] | UnsetType
    ) = UNSET
    retain_tests: Annotated[StringOrList, doc("Patterns for paths of tests that stay in the wheel.")] | UnsetType = (
        UNSET
    )
    overlay_include: (
        Annotated[
            StringOrList,
            doc("Patterns for files of build requirements to treat as target-specific, besides those detected."),
        ]
        | UnsetType
    ) = UNSET
    overlay_exclude: (
        Annotated[StringOrList, doc("Patterns for files of build requirements that are not target-specific.")]
        | UnsetType
    ) = UNSET
    dependency_builds: (
        Annotated[
            bool,
            doc(
                "Build other packages that have no wheel for the target: build requirements with headers or libraries, "
                "and dependencies that a test installs.",
                default=True,
                option=cli_option("--dependency-builds/--no-dependency-builds"),
            ),
        ]
        | UnsetType
    ) = UNSET
    network: (
        Annotated[
            bool,
            doc(
                "Let programs of builds use the network. Without it they run in a network namespace of their own, for "
                "which builds must be sealed. Downloads by crosswheel are not affected.",
                default=True,
                option=cli_option("--network/--no-network"),
            ),
        ]
        | UnsetType
    ) = UNSET
    cross_env: (
        Annotated[
            StringOrList,
            doc(
                "Cross build environments, as written by `crosswheel cross-env`. Packages in them are neither "
                "downloaded nor built; their version is the one that is used.",
                option=cli_option("--cross-env", metavar="FILE"),
            ),
        ]
        | UnsetType
    ) = UNSET
    test: (
        Annotated[bool, doc("Test each wheel on its target.", default=False, option=cli_option("--test/--no-test"))]
        | UnsetType
    ) = UNSET
    require_test: (
        Annotated[
            bool,
            doc(
                "Fail if a test could not run, instead of publishing the wheel as `untested`.",
                default=False,
                option=cli_option("--require-test/--no-require-test", implies="test"),
            ),
        ]
        | UnsetType
    ) = UNSET
    test_command: (
        Annotated[
            StringOrList,
            doc(
                "Shell commands that test the installed wheel, after its modules were imported. `{package}` stands for "
                "the directory of the unpacked sources, `{wheel}` for the wheel.",
                option=cli_option("--test-command", metavar="COMMAND", implies="test"),
            ),
        ]
        | UnsetType
    ) = UNSET
    test_imports: (
        Annotated[StringOrList, doc("Modules that a test imports instead of all modules of the wheel.")] | UnsetType
    ) = UNSET
    test_requires: (
        Annotated[
            StringOrList,
            doc(
                "Requirements of the test commands.",
                option=cli_option("--test-requires", metavar="REQUIREMENT", implies="test"),
            ),
        ]
        | UnsetType
    ) = UNSET
    test_extras: (
        Annotated[
            StringOrList,
            doc(
                "Extras of the wheel to install for the test.",
                option=cli_option("--test-extras", metavar="EXTRA", implies="test"),
            ),
        ]
        | UnsetType
    ) = UNSET
    test_groups: (
        Annotated[
            StringOrList,
            doc(
                "Dependency groups (PEP 735) to install for the test, from `pyproject.toml`.",
                option=cli_option("--test-groups", metavar="GROUP", implies="test"),
            ),
        ]
        | UnsetType
    ) = UNSET
    test_timeout: (
        Annotated[
            float,
            doc(
                "Timeout of each step of a test, in seconds.",
                above=0,
                option=cli_option("--test-timeout", metavar="SECONDS"),
            ),
        ]
        | UnsetType
    ) = UNSET
