"""The options of a build, and making them from settings and recipes."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from crosswheel.settings.model import Index
from crosswheel.settings.options import Options

if TYPE_CHECKING:
    from crosswheel.settings.model import Settings

_SELECTION_SETTINGS = frozenset({"targets", "pythons", "build", "skip", "archs", "overrides"})
"""Settings that decide what is built; they are no options."""
_FIELD_NAMES = {
    "output_dir": "output_directory",
    "test_command": "test_commands",
    "allow_missing_extensions": "allow_missing",
}
"""Settings whose option has another name."""
_SHELL_WORDS = frozenset({"cflags", "cxxflags", "ldflags"})
"""Settings that are split as a shell does."""
_REPLACING = frozenset({"test_commands", "test_imports"})
"""Lists of options that replace the recipe's; all other lists are appended to it."""


_DISABLED_BY_EITHER = frozenset({"openmp"})
"""Options that a recipe and the user can only disable."""


@dataclass(frozen=True)
class BuildOptions:
    """Everything about a build except the source, the target and the Python.

    :param output_directory: where finished wheels are written.
    :param toolchain: ``zig``, ``gcc`` or ``emcc``.
    :param toolchain_prefix: the directory of an installed gcc, clang or emsdk.
    :param sdk: Apple's SDK; required by macOS builds that use frameworks or libraries of the system.
    :param target_python: an unpacked Python of the target, used instead of a downloaded or probed one.
    :param config_settings: config settings for the build backend (PEP 517), each with one or more values.
    :param constraints: constraints files for the requested packages.
    :param build_constraints: constraints files for build requirements.
    :param isolation: whether build requirements are installed into an isolated environment.
    :param environment: variables set for the backend, for the commands before it, and for tests. For the syntax of
        values see :func:`crosswheel.settings.variable_expansion.expand_variables`.
    :param before_build: shell commands that run in the sources before each build.
    :param cibuildwheel_before_build: whether some of these, or commands in variables, are from ``[tool.cibuildwheel]``,
        written for a container.
    :param index: index settings that override those of pip's configuration, by pip's option names.
    :param test: whether to test wheels on their target.
    :param require_test: whether a test that could not run is an error.
    :param test_commands: shell commands of the test.
    :param cibuildwheel_commands: whether these are from ``[tool.cibuildwheel]``, written for a container.
    :param test_imports: modules to import instead of all modules of the wheel.
    :param test_requires: requirements installed for the test.
    :param test_extras: extras of the wheel installed for the test.
    :param test_groups: dependency groups (PEP 735) installed for the test.
    :param test_timeout: seconds for each step of the test, None for no limit.
    :param allow_missing: patterns for declared extension modules that may be missing from the wheel, ``*`` for all.
    :param export_symbols: symbols that extension modules export besides their PyInit function, ``*`` for all;
        WebAssembly only.
    :param fix_fortran_prototypes: whether to declare C functions that are Fortran subroutines as ``int`` instead of
        ``void``, in the sources.
    :param libraries: native libraries to build and link statically, by the names of their recipes.
    :param shared_libraries: native libraries to build as shared libraries that are added to the wheel.
    :param bundle: shared libraries added to the wheel at given paths: path in the wheel, name of the library.
    :param auto: whether to add the native libraries and tools that a failed build turns out to require, and build
        again; ``all`` for the libraries too that a successful build has looked for in vain.
    :param openmp: whether builds that enable OpenMP get the target's OpenMP library.
    :param fail_on_degraded: whether a build that has lost something on the way fails.
    :param build_requires: build requirements in addition to the project's.
    :param build_constraint_dependencies: constraints on the versions of build requirements.
    :param tools: programs of the build machine that the build requires; see
        :mod:`crosswheel.environments.build_tools`.
    :param cflags: arguments for every compilation; ``cxxflags`` for those of C++, ``ldflags`` for every link.
    :param prepare: a script that changes the sources.
    :param before_backend: a script that runs in the backend's environment, before the backend.
    :param after_build: a script that changes the unpacked wheel.
    :param unvendor_tests: whether tests are moved from the wheel into an archive next to it.
    :param retain_tests: patterns for tests that stay in the wheel.
    :param overlay_include: patterns for files of build requirements that are treated as target-specific, besides those
        detected.
    :param overlay_exclude: patterns for files that are not.
    :param recipes: directories of recipes, and single recipes, in addition to the default ones; None for no recipes.
    :param recipe_directory: the directory of the recipe in use; scripts find its files there.
    :param pyodide_variables: whether the recipe in use is one of Pyodide, whose scripts, flags and config settings have
        the variables of pyodide-build.
    :param store: the URL of a shared store, used in addition to the local one.
    :param rebuild: whether to build even if a cached wheel exists.
    :param allow_undefined: patterns for functions that extension modules may use although nothing provides them;
        WebAssembly only.
    :param dependency_builds: whether to build other packages that have no wheel for the target: build requirements
        with headers or libraries, and dependencies that a test installs.
    :param cross_env: exported cross build environments, which take precedence over the index and builds.
    :param keep: whether to keep the build directory.
    :param network: whether programs of the build may use the network.
    :param unsealed: whether they run unsealed, even if they could be sealed.
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
    cibuildwheel_before_build: bool = False
    index: Mapping[str, Any] = field(default_factory=dict)
    test: bool = False
    require_test: bool = False
    test_commands: tuple[str, ...] = ()
    cibuildwheel_commands: bool = False
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
    auto: bool | Literal["all"] = True
    openmp: bool = True
    fail_on_degraded: bool = False
    build_requires: tuple[str, ...] = ()
    build_constraint_dependencies: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    cflags: tuple[str, ...] = ()
    cxxflags: tuple[str, ...] = ()
    ldflags: tuple[str, ...] = ()
    prepare: str = ""
    before_backend: str = ""
    after_build: str = ""
    unvendor_tests: bool = False
    retain_tests: tuple[str, ...] = ()
    overlay_include: tuple[str, ...] = ()
    overlay_exclude: tuple[str, ...] = ()
    recipes: tuple[str, ...] | None = ()
    recipe_directory: Path | None = None
    pyodide_variables: bool = False
    store: str | None = None
    rebuild: bool = False
    allow_undefined: tuple[str, ...] = ()
    dependency_builds: bool = True
    cross_env: tuple[str, ...] = ()
    keep: bool = False
    network: bool = True
    unsealed: bool = False

    @property
    def all_shared_libraries(self) -> tuple[str, ...]:
        """Every library that is requested as a shared library."""
        return tuple(dict.fromkeys((*self.shared_libraries, *self.bundle.values())))

    @property
    def all_libraries(self) -> tuple[str, ...]:
        """Every native library that is requested, static or shared."""
        return tuple(dict.fromkeys((*self.libraries, *self.all_shared_libraries)))


def build_options(settings: Settings, **cli_options: Any) -> BuildOptions:
    """Return the options for settings.

    :param cli_options: options that have no setting: ``keep``, ``rebuild``.
    """
    values = {name: value for name, value in settings.set_fields().items() if name not in _SELECTION_SETTINGS}
    if isinstance(settings.index, Index):
        index = settings.index.set_fields().items()
        values["index"] = {key.replace("_", "-"): _without_path(value) for key, value in index}
    return BuildOptions(**{**_as_options(values), **cli_options})


def merge_recipe_options(options: BuildOptions, recipe: Options) -> BuildOptions:
    """Return the options with those of a recipe added.

    What is set in both is joined, the recipe's first, if it is a list or a table; else the recipe's is ignored.
    """
    values = _as_options(
        {name: value for name, value in recipe.set_fields().items() if name in Options.__struct_fields__}
    )
    return replace(options, **{name: _merge(name, value, getattr(options, name)) for name, value in values.items()})


def _merge(name: str, recipe_value: Any, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {**recipe_value, **value}
    if isinstance(value, tuple):
        if name in _SHELL_WORDS:  # an option and its value may be two of them
            return (*recipe_value, *value)
        return (value or recipe_value) if name in _REPLACING else tuple(dict.fromkeys((*recipe_value, *value)))
    return value and recipe_value if name in _DISABLED_BY_EITHER else value or recipe_value


def _as_options(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        _FIELD_NAMES.get(name, name): tuple(arg for text in value for arg in shlex.split(text))
        if name in _SHELL_WORDS
        else value
        for name, value in settings.items()
    }


def _without_path(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value
