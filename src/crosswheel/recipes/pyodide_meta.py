"""Converting Pyodide's ``meta.yaml`` to a recipe. The keys are documented by pyodide-build."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any, Literal

from msgspec import UNSET, field
from packaging.utils import canonicalize_name

from crosswheel.errors import UsageError
from crosswheel.recipes.catalogue import LoadedRecipe
from crosswheel.recipes.model import PackageRecipe, Patch
from crosswheel.recipes.sources import SourceArchive
from crosswheel.toml_models import InvalidValueError, StringOrList, Table, read_table
from crosswheel.toml_models.read import read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FILE = "meta.yaml"
_PRELUDE = """\
set -u
: "${{CFLAGS=}}" "${{CXXFLAGS=}}" "${{CPPFLAGS=}}" "${{LDFLAGS=}}" "${{PKG_CONFIG_PATH=}}" "${{CMAKE_ARGS=}}"
export PKG_VERSION={version} PKG_BUILD_DIR={directory} DISTDIR={directory}/dist
mkdir -p "$DISTDIR"
"""
"""The start of every script: variables that pyodide-build sets. One that is not set ends the script."""
_PORT = re.compile(r"USE_(?P<setting>[A-Z0-9_]+)=[1-9]|--use-port=[\"']?(?P<option>\w+)")
_BUILT_PORTS = re.compile(r"\bembuilder\b(?P<words>[^\n;&|]*)")
_VARIANT = re.compile(r"-[a-z]+$")


class PyodideExports(StringOrList):
    """Exported symbols, ``*`` for all; written as ``pyinit``, ``requested``, ``whole_archive`` or a list of symbols."""

    __slots__ = ()

    @classmethod
    def read(cls, value: Any) -> PyodideExports:
        """See :meth:`crosswheel.toml_models.table.FieldType.read`.

        :raises InvalidValueError: if the value is invalid.
        """
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return cls(value)
        known = {"pyinit": (), "requested": ("*",), "whole_archive": ("*",)}
        if not isinstance(value, str) or value not in known:
            raise InvalidValueError(expected=f"a list of symbols, or one of {', '.join(known)}")
        return cls(known[value])


class MetaPackage(Table, frozen=True, kw_only=True):
    """The ``package`` table."""

    name: str
    version: str
    top_level: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    disabled: bool = field(default=False, name="_disabled")
    pinned: bool = False


class MetaSource(Table, frozen=True, kw_only=True):
    """The ``source`` table."""

    url: str = ""
    sha256: str = ""
    extract_dir: str = field(default="", name="extract_dir")
    path: str = ""
    patches: tuple[str, ...] = ()
    extras: tuple[tuple[str, str], ...] = ()


class MetaBuild(Table, frozen=True, kw_only=True):
    """The ``build`` table."""

    type: Literal["package", "static_library", "shared_library", "cpython_module"] = "package"
    script: str = ""
    cross_script: str = ""
    post: str = ""
    cflags: str = ""
    cxxflags: str = ""
    ldflags: str = ""
    backend_flags: StringOrList = StringOrList()
    exports: PyodideExports = PyodideExports()
    unvendor_tests: bool = True
    retain_test_patterns: tuple[str, ...] = field(default=(), name="_retain-test-patterns")
    vendor_sharedlib: bool = False
    cross_build_env: bool = False
    cross_build_env_skip_install: bool = False
    cross_build_files: tuple[str, ...] = ()


class MetaRequirements(Table, frozen=True, kw_only=True):
    """The ``requirements`` table."""

    run: tuple[str, ...] = ()
    host: tuple[str, ...] = ()
    build_extras: tuple[str, ...] = ()
    executable: tuple[str, ...] = ()
    constraint: tuple[str, ...] = ()


class MetaTest(Table, frozen=True, kw_only=True):
    """The ``test`` table."""

    __test__ = False

    imports: tuple[str, ...] = ()


class MetaAbout(Table, frozen=True, kw_only=True, rename=None):
    """The ``about`` table."""

    home: str = ""
    PyPI: str = ""
    summary: str = ""
    license: str = ""


class PyodideMeta(Table, frozen=True, kw_only=True):
    """A ``meta.yaml``."""

    package: MetaPackage
    source: MetaSource = MetaSource()
    build: MetaBuild = MetaBuild()
    requirements: MetaRequirements = MetaRequirements()
    test: MetaTest = MetaTest()
    about: MetaAbout = MetaAbout()
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def is_library(self) -> bool:
        """Whether it builds a library that is linked into packages."""
        return self.build.type in {"static_library", "shared_library"}


def read_meta(file: Path) -> PyodideMeta:
    """Read a ``meta.yaml``.

    :raises UsageError: if it is not valid YAML, or has unknown keys or invalid values.
    :raises EnvironmentMissingError: if PyYAML is not installed.
    """
    meta = read_table(PyodideMeta, read_yaml(file), name="", where=file)
    source = meta.source
    if bool(source.url) == bool(source.path):
        raise UsageError("source requires either url or path", where=file)
    if source.url and not source.sha256:
        raise UsageError("source lacks the key 'sha256', which url requires", where=file)
    if source.path and (source.patches or source.extras):
        raise UsageError("patches and extras require a url; change the sources at path instead", where=file)
    return meta


def check_source(meta: PyodideMeta, file: Path) -> None:
    """Check that a recipe has sources to build.

    :raises UsageError: if it has not.
    """
    if meta.source.url.endswith(".whl"):
        raise UsageError("its source is a wheel; there is nothing to build", where=file)
    if "$" in meta.source.url:
        raise UsageError(
            "its url has variables that only pyodide-build sets", where=file, hint="write the complete URL"
        )


def package_recipe(file: Path, library: Callable[[str], str | None]) -> LoadedRecipe[PackageRecipe]:
    """Convert the ``meta.yaml`` of a package to a recipe.

    :param library: returns the name of a native library's recipe for Pyodide's name, or None.
    :raises UsageError: if the file is invalid, or not for a package.
    """
    meta = read_meta(file)
    if meta.build.type != "package":
        raise UsageError(
            f"{meta.package.name} is a {meta.build.type}, which is not a package",
            where=file,
            hint="use the recipe of a package that lists it in requirements.host",
        )
    check_source(meta, file)
    build, requirements = meta.build, meta.requirements
    names = (*requirements.host, *requirements.run, *_ports(build))
    natives = {name: recipe_name for name in names if (recipe_name := library(name))}
    recipe = PackageRecipe(
        summary=meta.about.summary,
        homepage=meta.about.home or meta.about.PyPI,
        license=meta.about.license,
        version=meta.package.version,
        path=meta.source.path,
        source=source_archive(meta) if meta.source.url else UNSET,
        patches=tuple(Patch(file=name) for name in meta.source.patches),
        files={path: name for name, path in meta.source.extras},
        status="disabled" if meta.package.disabled else UNSET,
        reason="it is _disabled" if meta.package.disabled else UNSET,
        libraries=StringOrList(natives.values()),
        build_requires=StringOrList(
            (*(name for name in requirements.host if name not in natives), *requirements.build_extras)
        ),
        build_constraint_dependencies=StringOrList(requirements.constraint),
        tools=StringOrList(requirements.executable),
        config_settings=_settings(build.backend_flags),
        cflags=StringOrList((build.cflags,)),
        cxxflags=StringOrList((build.cxxflags,)),
        ldflags=StringOrList((build.ldflags,)),
        export_symbols=StringOrList(build.exports),
        before_backend=build_script(meta, f"{build.script}\n{build.cross_script}"),
        after_build=build_script(meta, build.post),
        unvendor_tests=build.unvendor_tests,
        retain_tests=StringOrList(build.retain_test_patterns),
        test_imports=StringOrList(meta.test.imports),
        test_requires=StringOrList(name for name in requirements.run if name not in natives),
    )
    return LoadedRecipe(canonicalize_name(meta.package.name), recipe, file.absolute(), tuple(_ignored_keys(meta)))


def source_archive(meta: PyodideMeta) -> SourceArchive:
    """Return the source archive."""
    source = meta.source
    return SourceArchive(urls=StringOrList((source.url,)), sha256=source.sha256, directory=source.extract_dir)


def build_script(meta: PyodideMeta, script: str, directory: str = "$SOURCE_DIRECTORY") -> str:
    """Return a script that starts by setting pyodide-build's variables; empty if the script is empty.

    :param directory: the directory of the sources, as a word of the shell.
    """
    if not script.strip():
        return ""
    prelude = _PRELUDE.format(version=shlex.quote(meta.package.version), directory=f'"{directory}"')
    return prelude + script


def _ports(build: MetaBuild) -> Iterator[str]:
    """Yield the names of Emscripten's ports that a build requests."""
    texts = (build.script, build.cross_script, build.cflags, build.cxxflags, build.ldflags)
    for text in texts:
        yield from ((match["setting"] or match["option"]).lower() for match in _PORT.finditer(text))
        for match in _BUILT_PORTS.finditer(text):
            words = (word for word in match["words"].split() if word != "build" and not word.startswith("-"))
            yield from (_VARIANT.sub("", word) for word in words)


def _settings(flags: StringOrList) -> dict[str, StringOrList]:
    """Return config settings for the backend, from ``KEY=VALUE`` arguments."""
    settings: dict[str, StringOrList] = {}
    for word in (word for text in flags for word in text.split()):
        key, _, value = word.partition("=")
        settings[key] = StringOrList((*settings.get(key, ()), value))
    return settings


def _ignored_keys(meta: PyodideMeta) -> Iterator[str]:
    """Yield the keys that are set but ignored, or not fully supported, with the reason."""
    package, build = meta.package, meta.build
    if package.top_level:
        yield "package.top-level: crosswheel index reads the names from the wheel"
    if package.tag or package.pinned:
        yield "package.tag and package.pinned are for maintainers of Pyodide's distribution"
    if meta.source.sha256 and meta.source.path:
        yield "source.sha256: a directory has no hash"
    if "*" in build.exports:
        yield "build.exports: all symbols of modules are exported, but unused members of archives are not linked"
    if build.cross_build_env or build.cross_build_env_skip_install or build.cross_build_files:
        yield (
            "build.cross-build-env, build.cross-build-files: target-specific files of build requirements are detected "
            "by comparing wheels"
        )
    if meta.extra:
        yield f"extra: {', '.join(meta.extra)}"
