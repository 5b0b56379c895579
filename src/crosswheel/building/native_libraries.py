"""Native libraries of one build: which they are, how everything is told of them, what of them goes with the wheel."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from crosswheel.errors import UsageError
from crosswheel.native_libraries import LibraryBuilder, Prefix
from crosswheel.native_libraries.prefix import LICENSES, pkg_config, runtime_options
from crosswheel.object_files import read_binary
from crosswheel.object_files.ar import archive_symbols
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
    from crosswheel.sources.project import Project
    from crosswheel.store import Key
    from crosswheel.toolchains.model import CallSettings


@dataclass(frozen=True)
class NativeLibraries:
    """The native libraries of a build.

    :param prefix: all of them; None where there are none.
    :param command: the first words of a pkg-config that knows them.
    :param maps: a directory for what links say of where the parts of modules come from.
    :param symbol_prefix: what stands before C's names in the target's symbol tables.
    :param bundle: shared libraries that have places of their own in the wheel: path there, name of the library.
    """

    prefix: Prefix | None
    command: tuple[str, ...]
    maps: Path
    symbol_prefix: str = ""
    bundle: Mapping[str, str] = field(default_factory=dict)

    @property
    def directory(self) -> Path | None:
        """Where they lie, as ``/usr`` has them."""
        return self.prefix.directory if self.prefix else None

    @property
    def path(self) -> tuple[Path, ...]:
        """Directories of programs by which builds ask for them: ``xml2-config``."""
        return (self.prefix.directory / "bin",) if self.prefix else ()

    def apply_to(self, settings: CallSettings) -> CallSettings:
        """The wrappers' settings with the libraries: compilers and linkers look there last, and link what is needed."""
        if self.prefix is None:
            return settings
        given = settings.user_flags
        return replace(
            settings,
            user_flags=replace(given, linking=(*given.linking, *runtime_options(self.prefix.libraries).linking)),
            extra_compile=(*settings.extra_compile, *self.prefix.compile_options),
            extra_link=(*settings.extra_link, *self.prefix.link_options),
            archives=tuple(map(str, self.prefix.archives)),
            shared=tuple(str(each.path) for each in self.prefix.shared.values()),
            link_maps=str(self.maps),
            pkg_config=self.command,
        )

    def dist_info_files(self, wheel: str, inside: Collection[Library]) -> Mapping[str, bytes]:
        """What goes with a wheel for the libraries inside: files of its ``.dist-info`` directory.

        Texts of licences (PEP 639), and a bill of materials (PEP 770).

        :param wheel: its file name.
        """
        if not inside or self.prefix is None:
            return {}
        texts = self.prefix.directory / LICENSES
        given = {
            f"licenses/libraries/{path.relative_to(texts)}": path.read_bytes()
            for library in inside
            for path in sorted((texts / library.name).rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }
        components = [component for library in inside for component in _components(library)]
        return {**given, "sboms/crosswheel.cdx.json": bill_of_materials(wheel, components)}

    def hidden_symbols(self, inside: Iterable[Library], shown: Collection[str]) -> frozenset[str]:
        """The symbols of the libraries inside, as C names them, which no module of a wheel is to export.

        :param shown: those that are exported all the same, because a person or a recipe wants it; ``*`` for all.
        """
        if self.prefix is None or "*" in shown:
            return frozenset()
        prefix = self.symbol_prefix
        archives = (path for library in inside for path in self.prefix.archives_of(library))
        defined = (name for path in archives for name in archive_symbols(path.read_bytes()))
        return frozenset(name.removeprefix(prefix) for name in defined) - frozenset(shown)

    @property
    def bundled(self) -> SharedLibraries:
        """The libraries that go with the wheel as they are."""
        if self.prefix is None:
            return SharedLibraries()
        known = {name: shared.path for name, shared in self.prefix.shared.items()}
        links = sorted((self.prefix.directory / "lib").glob("*.so"))
        named = {link.name: link.parent / link.resolve().name for link in links} if known else {}
        return SharedLibraries(named, {path: known[name] for path, name in self.bundle.items()})

    def linked_into(self, wheel: Path) -> tuple[Library, ...]:
        """The libraries that a backend's wheel will have parts of; all, where a module's link has not told."""
        if self.prefix is None:
            return ()
        found = {name: binary for name, data in read_wheel(wheel).files.items() if (binary := read_binary(data))}
        names = {PurePosixPath(name).name for name in found}
        maps = {name: sorted(self.maps.glob(f"{name}.*.map")) for name in names}
        untold = not all(maps.values())
        taken = {archive for found in maps.values() for path in found for archive in _archives(path)}
        carried = {path.name for path in self.bundled.taken(found.values())}
        shared = {name for each in self.prefix.shared.values() if each.path.name in carried for name in each.inside}
        return tuple(
            library
            for library in self.prefix.libraries
            if untold or library.name in shared or not taken.isdisjoint(map(str, self.prefix.archives_of(library)))
        )


def check_bundle_paths(bundle: Mapping[str, str], prefix: Prefix) -> None:
    """See that shared libraries can lie where they are wanted in a wheel.

    :raises UsageError: when a place is outside of it, a library has two, or there is no such shared library.
    """
    for path, name in bundle.items():
        if path.startswith("/") or ".." in PurePosixPath(path).parts:
            raise UsageError(f"bundle has the path {path}, which is none in a wheel")
        if list(bundle.values()).count(name) > 1:
            raise UsageError(f"bundle has two places for {name}: they would be two libraries")
        if name not in prefix.shared:
            raise UsageError(f"there is nothing of {name} to lie at {path}: the target has its code itself")


def _archives(path: Path) -> frozenset[str]:
    return archives_in_map(path.read_text("utf-8", "replace"))


def _components(library: Library) -> Iterator[SbomComponent]:
    """A library, and the projects whose sources are parts of it."""
    recipe, source = library.recipe, library.recipe.source
    yield SbomComponent(library.name, recipe.version, recipe.license, recipe.homepage, source.sha256, source.urls[0])
    for part in recipe.extra_sources:
        yield SbomComponent(part.name, part.version, part.license, part.homepage, part.sha256, part.urls[0])


@dataclass(frozen=True)
class LibraryResolver:
    """Which libraries a build needs, from every place that says so."""

    context: BuildContext

    @property
    def catalogue(self) -> LibraryCatalogue:
        """The recipes of libraries."""
        return self.context.recipes.catalogue

    def requested(self, external: Iterable[str]) -> tuple[str, ...]:
        """Those that were asked for, by option, setting or recipe, and those that the project names (PEP 725)."""
        named = (self.catalogue.by_identifier(text) for text in external)
        return tuple(dict.fromkeys((*self.context.options.all_libraries, *filter(None, named))))

    def build(self, project: Project, packages: RequirementSource, root: Path) -> NativeLibraries:
        """Build what is not built yet, and lay all of it together.

        :param packages: where tools from PyPI come from.
        :param root: the directory of the build.
        :raises CrosswheelError: when one cannot be had.
        """
        context, names = self.context, self.requested(project.external)
        maps = root / "maps"
        if not names:
            return NativeLibraries(None, (), maps)
        maps.mkdir()
        prefix = self._workshop(packages).build_prefix(names, root / "libraries", context.options.all_shared_libraries)
        program = context.host.program("pkgconf")
        command = pkg_config(program, prefix.directory) if program else ()
        check_bundle_paths(context.options.bundle, prefix)
        return NativeLibraries(prefix, command, maps, context.target.system.symbol_prefix, context.options.bundle)

    def keys(self, external: Iterable[str], packages: RequirementSource) -> list[Key]:
        """What tells the libraries of a build from others.

        :raises CrosswheelError: when one cannot be had.
        """
        names, shared = self.requested(external), self.context.options.all_shared_libraries
        return [key for _, key in self._workshop(packages).keys(names, shared)]

    def _workshop(self, packages: RequirementSource) -> LibraryBuilder:
        context = self.context
        return LibraryBuilder(
            context.host, context.toolchain, self.catalogue, context.store, packages, context.options.keep
        )

    def missing_library(self, error: CrosswheelError) -> str | None:
        """The library that a build failed for want of, if there is a recipe and the build did not have it."""
        if error.missing is None:
            return None
        name = self.catalogue.provider(*error.missing)
        return None if name in self.context.options.all_libraries else name
