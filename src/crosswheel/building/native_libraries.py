"""The native libraries of one build: finding and building them, configuring wrappers, and files for the wheel."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from crosswheel.building.openmp import LIBRARY as OPENMP_LIBRARY
from crosswheel.building.openmp import OpenMp
from crosswheel.errors import UsageError
from crosswheel.native_libraries import LibraryBuilder, Prefix
from crosswheel.native_libraries.prefix import LICENSES, pkg_config, runtime_flags
from crosswheel.object_files import read_binary
from crosswheel.object_files.ar import archive_symbols
from crosswheel.sealing.paths import PathTranslation
from crosswheel.toolchains.link import archives_in_map
from crosswheel.wheels.archive import read_wheel
from crosswheel.wheels.repair import SharedLibraries
from crosswheel.wheels.sbom import SbomComponent, bill_of_materials

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from crosswheel.building.context import BuildContext
    from crosswheel.environments.packages import RequirementSource
    from crosswheel.errors import CrosswheelError
    from crosswheel.native_libraries import LibraryCatalogue
    from crosswheel.native_libraries.recipe import Library
    from crosswheel.sealing import Sandbox
    from crosswheel.sources.project import Project
    from crosswheel.store import Key
    from crosswheel.toolchains.model import CallSettings


@dataclass(frozen=True)
class NativeLibraries:
    """The native libraries of a build.

    :param prefix: the directory that all of them are installed in; None if there are none.
    :param pkg_config: the first arguments of a pkg-config command that finds them.
    :param maps: the directory of link maps, which name the archives that each module is linked from.
    :param symbol_prefix: what precedes C names in the target's symbol tables (``_`` on macOS).
    :param bundle: shared libraries with a given path: path in the wheel, name of the library.
    :param paths: the paths of the build machine that the build, and so link maps, have elsewhere.
    :param openmp: the directory of the OpenMP library, which modules may need; None if it was not built.
    """

    prefix: Prefix | None
    pkg_config: tuple[str, ...]
    maps: Path
    symbol_prefix: str = ""
    bundle: Mapping[str, str] = field(default_factory=dict)
    paths: PathTranslation = field(default_factory=PathTranslation)
    openmp: Prefix | None = None

    @property
    def directory(self) -> Path | None:
        """The directory of the prefix, with the layout of ``/usr``."""
        return self.prefix.directory if self.prefix else None

    @property
    def path(self) -> tuple[Path, ...]:
        """Directories of configuration programs such as ``xml2-config``, for PATH."""
        return (self.prefix.directory / "bin",) if self.prefix else ()

    def apply_to(self, settings: CallSettings) -> CallSettings:
        """Return the wrappers' settings with the libraries added.

        Compilers and linkers search them last, after every directory of the build's own arguments.
        """
        if self.prefix is None:
            return settings
        flags = settings.user_flags
        return replace(
            settings,
            user_flags=replace(flags, link_args=(*flags.link_args, *runtime_flags(self.prefix.libraries).link_args)),
            extra_compile=(*settings.extra_compile, *self.prefix.compile_options),
            extra_link=(*settings.extra_link, *self.prefix.link_options),
            archives=tuple(map(str, self.prefix.archives)),
            shared=tuple(str(each.path) for each in self.prefix.shared.values()),
            link_maps=str(self.maps),
            pkg_config=self.pkg_config,
        )

    def dist_info_files(self, wheel: str, linked: Collection[Library]) -> Mapping[str, bytes]:
        """Return the files that document linked libraries in a wheel's ``.dist-info`` directory.

        These are the license texts (PEP 639), and a software bill of materials (PEP 770).

        :param wheel: the wheel's file name.
        :param linked: the libraries linked into its modules.
        """
        if not linked:
            return {}
        names = {library.name for library in linked}
        licenses = {
            f"licenses/libraries/{path.relative_to(prefix.directory / LICENSES)}": path.read_bytes()
            for prefix in self._prefixes
            for library in prefix.libraries
            if library.name in names
            for path in sorted((prefix.directory / LICENSES / library.name).rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }
        components = [component for library in linked for component in _components(library)]
        return {**licenses, "sboms/crosswheel.cdx.json": bill_of_materials(wheel, components)}

    def hidden_symbols(self, linked: Iterable[Library], exported: Collection[str]) -> frozenset[str]:
        """Return the symbols of linked libraries, by their C names, that modules of the wheel must not export.

        :param exported: symbols that options export explicitly, ``*`` for all.
        """
        if self.prefix is None or "*" in exported:
            return frozenset()
        prefix = self.symbol_prefix
        archives = (path for library in linked for path in self.prefix.archives_of(library))
        defined = (name for path in archives for name in archive_symbols(path.read_bytes()))
        return frozenset(name.removeprefix(prefix) for name in defined) - frozenset(exported)

    @property
    def bundled(self) -> SharedLibraries:
        """The shared libraries that are copied into the wheel if its modules need them."""
        files = {name: shared.path for prefix in self._prefixes for name, shared in prefix.shared.items()}
        links = [link for prefix in self._prefixes for link in sorted((prefix.directory / "lib").glob("*.so"))]
        by_name = {link.name: link.parent / link.resolve().name for link in links} if files else {}
        return SharedLibraries(by_name, {path: files[name] for path, name in self.bundle.items()})

    def linked_into(self, wheel: Path) -> tuple[Library, ...]:
        """Return the native libraries linked into the wheel's modules; all of them if a module has no link map.

        :param wheel: the backend's wheel, before it is repaired.
        """
        if not self._prefixes:
            return ()
        binaries = {name: binary for name, data in read_wheel(wheel).files.items() if (binary := read_binary(data))}
        modules = {PurePosixPath(name).name for name in binaries}
        maps = {name: sorted(self.maps.glob(f"{name}.*.map")) for name in modules}
        incomplete = not all(maps.values())
        archives = {archive for paths in maps.values() for path in paths for archive in _archives(path)}
        copied = {path.name for path in self.bundled.taken(binaries.values())}
        shared = {
            name
            for prefix in self._prefixes
            for each in prefix.shared.values()
            if each.path.name in copied
            for name in each.linked_libraries
        }
        openmp = tuple(each for each in self.openmp.libraries if each.name in shared) if self.openmp else ()
        if self.prefix is None:
            return openmp
        linked = tuple(
            library
            for library in self.prefix.libraries
            if incomplete
            or library.name in shared
            or not archives.isdisjoint(self.paths.inside(str(path)) for path in self.prefix.archives_of(library))
        )
        return (*linked, *openmp)

    @property
    def _prefixes(self) -> tuple[Prefix, ...]:
        return tuple(prefix for prefix in (self.prefix, self.openmp) if prefix is not None)

    def with_openmp(self, openmp: OpenMp, calls: str) -> NativeLibraries:
        """Return the libraries after the build, in which it may have used OpenMP.

        :param calls: the log of compiler calls.
        """
        requested = self.prefix is not None and OPENMP_LIBRARY in self.prefix.shared
        return self if requested else replace(self, openmp=openmp.used_prefix(calls))


def check_bundle_paths(bundle: Mapping[str, str], prefix: Prefix) -> None:
    """Check the paths of shared libraries in the wheel.

    :param bundle: path in the wheel, name of the library.
    :raises UsageError: if a path is not inside the wheel, a library has several paths, or it was not built as a shared
        library.
    """
    for path, name in bundle.items():
        if path.startswith("/") or ".." in PurePosixPath(path).parts:
            raise UsageError(f"the bundle path {path} is not a relative path inside the wheel")
        if list(bundle.values()).count(name) > 1:
            raise UsageError(f"bundle has several paths for {name}: a library can be in a wheel only once")
        if name not in prefix.shared:
            raise UsageError(f"there is no shared library {name} to bundle at {path}: the target provides it")


def _archives(path: Path) -> frozenset[str]:
    return archives_in_map(path.read_text("utf-8", "replace"))


def _components(library: Library) -> Iterator[SbomComponent]:
    """Yield a library, and the projects whose sources are parts of it."""
    recipe, source = library.recipe, library.recipe.source
    yield SbomComponent(library.name, recipe.version, recipe.license, recipe.homepage, source.sha256, source.urls[0])
    for part in recipe.extra_sources:
        yield SbomComponent(part.name, part.version, part.license, part.homepage, part.sha256, part.urls[0])


@dataclass(frozen=True)
class LibraryResolver:
    """Finds the native libraries that a build requires, and builds them."""

    context: BuildContext

    @property
    def catalogue(self) -> LibraryCatalogue:
        """The recipes of native libraries."""
        return self.context.recipes.catalogue

    def requested(self, external: Iterable[str]) -> tuple[str, ...]:
        """Return the libraries that options or the recipe request, and those of the project's metadata.

        :param external: the project's external dependencies (PEP 725), as DepURLs.
        """
        by_project = (self.catalogue.by_identifier(text) for text in external)
        return tuple(dict.fromkeys((*self.context.options.all_libraries, *filter(None, by_project))))

    def build(self, project: Project, packages: RequirementSource, sandbox: Sandbox) -> NativeLibraries:
        """Build the requested libraries that are not in the store, and install all of them into one prefix.

        :param packages: where build tools from PyPI are installed from.
        :param sandbox: where the programs of the build run.
        :raises CrosswheelError: if a library cannot be found or built.
        """
        context, names = self.context, self.requested(project.external)
        root = sandbox.root
        maps = root / "maps"
        if not names:
            return NativeLibraries(None, (), maps)
        maps.mkdir()
        prefix = self._builder(packages).build_prefix(names, root / "libraries", context.options.all_shared_libraries)
        program = context.host.program("pkgconf")
        args = pkg_config(program, prefix.directory) if program else ()
        check_bundle_paths(context.options.bundle, prefix)
        symbol_prefix = context.target.system.symbol_prefix
        return NativeLibraries(prefix, args, maps, symbol_prefix, context.options.bundle, sandbox.paths)

    def openmp(self, packages: RequirementSource) -> OpenMp:
        """Return the OpenMP library, which is built when the build first enables OpenMP."""
        return OpenMp(self._builder(packages), self.context.options.openmp)

    def keys(self, external: Iterable[str], packages: RequirementSource) -> list[Key]:
        """Return the store keys of the requested libraries, and of the OpenMP library, which builds may use.

        :raises CrosswheelError: if a library cannot be found.
        """
        names, shared = self.requested(external), self.context.options.all_shared_libraries
        keys = (*(key for _, key in self._builder(packages).keys(names, shared)), self.openmp(packages).key)
        return [key for key in keys if key is not None]

    def _builder(self, packages: RequirementSource) -> LibraryBuilder:
        context = self.context
        return LibraryBuilder(
            context.host,
            context.toolchain,
            self.catalogue,
            context.store,
            packages,
            context.options.keep,
            replace(context.seal, rules=()),  # the wrappers of libraries run no programs of the target
        )

    def missing_library(self, error: CrosswheelError) -> str | None:
        """Return the library whose absence caused a build to fail, if it has a recipe and was not requested yet."""
        if error.missing is None:
            return None
        name = self.catalogue.provider(*error.missing)
        return None if name in self.context.options.all_libraries else name
