"""Pyodide's ``meta.yaml`` as a recipe: what each key means here, and which mean nothing.

The keys and their meaning are those of pyodide-build's recipes; its documentation describes them.
"""

from __future__ import annotations

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
_PRELUDE = (
    'export PKGDIR="$RECIPE_DIRECTORY" PKG_BUILD_DIR="$SOURCE_DIRECTORY" PKG_VERSION={version} '
    'DISTDIR="$SOURCE_DIRECTORY/dist"\nmkdir -p "$DISTDIR"\n'
)
"""Variables that scripts of such recipes know."""


class PyodideExports(StringOrList):
    """``pyinit``, ``requested``, ``whole_archive``, or a list of symbols; what is exported, ``*`` for all."""

    __slots__ = ()

    @classmethod
    def read(cls, value: Any) -> PyodideExports:
        """What was written for a key of this type.

        :raises MistakeError: when it is something else.
        """
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return cls(value)
        known = {"pyinit": (), "requested": ("*",), "whole_archive": ("*",)}
        if not isinstance(value, str) or value not in known:
            raise InvalidValueError(expected=f"a list of symbols, or one of {', '.join(known)}")
        return cls(known[value])


class MetaPackage(Table, frozen=True, kw_only=True):
    """What is built."""

    name: str
    version: str
    top_level: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    disabled: bool = field(default=False, name="_disabled")
    pinned: bool = False


class MetaSource(Table, frozen=True, kw_only=True):
    """Where it is from."""

    url: str = ""
    sha256: str = ""
    extract_dir: str = field(default="", name="extract_dir")
    path: str = ""
    patches: tuple[str, ...] = ()
    extras: tuple[tuple[str, str], ...] = ()


class MetaBuild(Table, frozen=True, kw_only=True):
    """How it is built."""

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
    """What it needs."""

    run: tuple[str, ...] = ()
    host: tuple[str, ...] = ()
    build_extras: tuple[str, ...] = ()
    executable: tuple[str, ...] = ()
    constraint: tuple[str, ...] = ()


class MetaTest(Table, frozen=True, kw_only=True):
    """What is tried."""

    __test__ = False

    imports: tuple[str, ...] = ()


class MetaAbout(Table, frozen=True, kw_only=True, rename=None):
    """What is said of it."""

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
        """Whether what it builds is linked into packages."""
        return self.build.type in {"static_library", "shared_library"}


def read_meta(file: Path) -> PyodideMeta:
    """A ``meta.yaml``.

    :raises UsageError: when it is no YAML, or has unknown keys or values of the wrong type.
    :raises EnvironmentMissingError: when the library that reads YAML is missing.
    """
    meta = read_table(PyodideMeta, read_yaml(file), name="", where=file)
    source = meta.source
    if bool(source.url) == bool(source.path):
        raise UsageError("source has to have either url or path", where=file)
    if source.url and not source.sha256:
        raise UsageError("source lacks the key 'sha256', which goes with url", where=file)
    if source.path and (source.patches or source.extras):
        raise UsageError("patches and extras are for sources from a url; change those at path themselves", where=file)
    if source.url.endswith(".whl"):
        raise UsageError("its source is a finished wheel, of which there is nothing to build", where=file)
    if "$" in source.url:
        raise UsageError("its url has variables of Pyodide's own build in it", where=file, hint="write the address out")
    return meta


def package_recipe(file: Path, library: Callable[[str], str | None]) -> LoadedRecipe[PackageRecipe]:
    """What a ``meta.yaml`` says of a package, and what of it means nothing here.

    :param library: the name of the recipe of a native library, by the name that Pyodide has for it; None if it is none.
    :raises UsageError: when it is wrong, or is no package's.
    """
    meta = read_meta(file)
    if meta.build.type != "package":
        raise UsageError(
            f"{meta.package.name} is a {meta.build.type}, which is no package",
            where=file,
            hint="name a package that has it among requirements.host",
        )
    build, needs = meta.build, meta.requirements
    natives = {name: found for name in (*needs.host, *needs.run) if (found := library(name))}
    recipe = PackageRecipe(
        summary=meta.about.summary,
        homepage=meta.about.home or meta.about.PyPI,
        license=meta.about.license,
        version=meta.package.version,
        path=meta.source.path,
        source=source_archive(meta) if meta.source.url else UNSET,
        patches=tuple(Patch(file=name) for name in meta.source.patches),
        files={place: name for name, place in meta.source.extras},
        status="disabled" if meta.package.disabled else UNSET,
        reason="it is _disabled" if meta.package.disabled else UNSET,
        libraries=StringOrList(natives.values()),
        build_requires=StringOrList((*(name for name in needs.host if name not in natives), *needs.build_extras)),
        build_constraint_dependencies=StringOrList(needs.constraint),
        tools=StringOrList(needs.executable),
        config_settings=_settings(build.backend_flags),
        cflags=StringOrList((build.cflags,)),
        cxxflags=StringOrList((build.cxxflags,)),
        ldflags=StringOrList((build.ldflags,)),
        export_symbols=StringOrList(build.exports),
        prepare=build_script(meta, build.script),
        before_backend=build_script(meta, build.cross_script),
        after_build=build_script(meta, build.post),
        unvendor_tests=build.unvendor_tests,
        retain_tests=StringOrList(build.retain_test_patterns),
        test_imports=StringOrList(meta.test.imports),
        test_requires=StringOrList(name for name in needs.run if name not in natives),
    )
    return LoadedRecipe(canonicalize_name(meta.package.name), recipe, file.absolute(), tuple(_unheard(meta)))


def source_archive(meta: PyodideMeta) -> SourceArchive:
    """Where its sources are from."""
    source = meta.source
    return SourceArchive(urls=StringOrList((source.url,)), sha256=source.sha256, directory=source.extract_dir)


def build_script(meta: PyodideMeta, script: str) -> str:
    """A script, with the variables that it may use."""
    return _PRELUDE.format(version=shlex.quote(meta.package.version)) + script if script.strip() else ""


def _settings(flags: StringOrList) -> dict[str, StringOrList]:
    """Settings for the backend: words, each ``KEY=VALUE``."""
    found: dict[str, StringOrList] = {}
    for word in (word for text in flags for word in text.split()):
        key, _, value = word.partition("=")
        found[key] = StringOrList((*found.get(key, ()), value))
    return found


def _unheard(meta: PyodideMeta) -> Iterator[str]:
    """Keys that are set and not followed, or not wholly, with the reason."""
    package, build = meta.package, meta.build
    if package.top_level:
        yield "package.top-level: crosswheel index reads the names from the wheel"
    if package.tag or package.pinned:
        yield "package.tag and package.pinned are for the maintenance of Pyodide's own distribution"
    if meta.source.sha256 and meta.source.path:
        yield "source.sha256: a directory has none"
    if "*" in build.exports:
        yield "build.exports: all that modules define is exported, and no member of an archive beside what they use"
    if build.cross_build_env or build.cross_build_env_skip_install or build.cross_build_files:
        yield (
            "build.cross-build-env, build.cross-build-files: which of its files belong to the target, where others are "
            "built with it, is found by comparing wheels"
        )
    if meta.extra:
        yield f"extra: {', '.join(meta.extra)}"
