"""Native libraries of one build: which they are, how everything is told of them, what of them is in the wheel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from crosswheel.binaries import read_binary
from crosswheel.libraries import Prefix, Workshop
from crosswheel.libraries.prefix import LICENSES, pkg_config, runtime
from crosswheel.toolchains.links import archives_in
from crosswheel.wheels.archive import read_wheel
from crosswheel.wheels.sbom import Component, bill_of_materials

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from crosswheel.building.pipeline import Ground
    from crosswheel.environments.packages import Packages
    from crosswheel.errors import CrosswheelError
    from crosswheel.libraries import Catalogue
    from crosswheel.libraries.model import Library
    from crosswheel.sources.project import Project
    from crosswheel.store import Key
    from crosswheel.toolchains.model import CallSettings


@dataclass(frozen=True)
class Native:
    """The native libraries of a build.

    :param prefix: all of them; None where there are none.
    :param command: the first words of a pkg-config that knows them.
    :param maps: a directory for what links say of where the parts of modules come from.
    """

    prefix: Prefix | None
    command: tuple[str, ...]
    maps: Path

    @property
    def directory(self) -> Path | None:
        """Where they lie, as ``/usr`` has them."""
        return self.prefix.directory if self.prefix else None

    @property
    def path(self) -> tuple[Path, ...]:
        """Directories of programs by which builds ask for them: ``xml2-config``."""
        return (self.prefix.directory / "bin",) if self.prefix else ()

    def told(self, settings: CallSettings) -> CallSettings:
        """The wrappers' settings with the libraries: compilers and linkers look there last, and link what is needed."""
        if self.prefix is None:
            return settings
        directory, given = self.prefix.directory, settings.given
        return replace(
            settings,
            given=replace(given, linking=(*given.linking, *runtime(self.prefix.libraries).linking)),
            extra_compile=(*settings.extra_compile, f"-I{directory / 'include'}"),
            extra_link=(*settings.extra_link, f"-L{directory / 'lib'}"),
            archives=tuple(map(str, self.prefix.archives)),
            maps=str(self.maps),
            pkg_config=self.command,
        )

    def accompanying(self, wheel: Path) -> Mapping[str, bytes]:
        """What goes with a wheel for the libraries inside: files of its ``.dist-info`` directory.

        Texts of licences (PEP 639), and a bill of materials (PEP 770).
        """
        inside = tuple(self._inside(wheel))
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
        return {**given, "sboms/crosswheel.cdx.json": bill_of_materials(wheel.name, components)}

    def _inside(self, wheel: Path) -> Iterator[Library]:
        """The libraries that modules of a wheel have parts of; all, where a module's link has not told."""
        if self.prefix is None:
            return
        names = {PurePosixPath(name).name for name, data in read_wheel(wheel).files.items() if read_binary(data)}
        maps = {name: sorted(self.maps.glob(f"{name}.*.map")) for name in names}
        taken = {archive for found in maps.values() for path in found for archive in _archives(path)}
        for library in self.prefix.libraries:
            if not all(maps.values()) or not taken.isdisjoint(map(str, self.prefix.of(library))):
                yield library


def _archives(path: Path) -> frozenset[str]:
    return archives_in(path.read_text("utf-8", "replace"))


def _components(library: Library) -> Iterator[Component]:
    """A library, and the projects whose sources are parts of it."""
    recipe, source = library.recipe, library.recipe.source
    yield Component(library.name, recipe.version, recipe.license, recipe.homepage, source.sha256, source.urls[0])
    for part in recipe.parts:
        yield Component(part.name, part.version, part.license, part.homepage, part.sha256, part.urls[0])


@dataclass(frozen=True)
class Wanted:
    """Which libraries a build needs, from every place that says so."""

    ground: Ground

    @property
    def catalogue(self) -> Catalogue:
        """The recipes of libraries."""
        return self.ground.cookbook.catalogue

    def names(self, external: Iterable[str]) -> tuple[str, ...]:
        """Those that were asked for, by option, setting or recipe, and those that the project names (PEP 725)."""
        named = (self.catalogue.identified(text) for text in external)
        return tuple(dict.fromkeys((*self.ground.options.libraries, *filter(None, named))))

    def provide(self, project: Project, packages: Packages, root: Path) -> Native:
        """Build what is not built yet, and lay all of it together.

        :param packages: where tools from PyPI come from.
        :param root: the directory of the build.
        :raises CrosswheelError: when one cannot be had.
        """
        ground, names = self.ground, self.names(project.external)
        maps = root / "maps"
        if not names:
            return Native(None, (), maps)
        maps.mkdir()
        prefix = self._workshop(packages).provide(names, root / "libraries")
        program = ground.host.program("pkgconf")
        return Native(prefix, pkg_config(program, prefix.directory) if program else (), maps)

    def keys(self, external: Iterable[str], packages: Packages) -> list[Key]:
        """What tells the libraries of a build from others.

        :raises CrosswheelError: when one cannot be had.
        """
        return [key for _, key in self._workshop(packages).keys(self.names(external))]

    def _workshop(self, packages: Packages) -> Workshop:
        ground = self.ground
        return Workshop(ground.host, ground.kit, self.catalogue, ground.store, packages)

    def lacking(self, error: CrosswheelError) -> str | None:
        """The library that a build failed for want of, if there is a recipe and the build did not have it."""
        if error.missing is None:
            return None
        name = self.catalogue.provider(*error.missing)
        return None if name in self.ground.options.libraries else name
