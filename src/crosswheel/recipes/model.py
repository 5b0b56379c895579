"""The model of package recipes: the options of ``[tool.crosswheel]``, sources, patches and added files."""

from __future__ import annotations

import hashlib
from pathlib import Path  # the parser reads the annotations
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import UNSET, UnsetType, field

from crosswheel.errors import SourceError
from crosswheel.recipes.sources import SourceArchive, SourceChanges, resolve_inside
from crosswheel.settings.merge import merge_settings
from crosswheel.settings.options import Options, Select, select_matches
from crosswheel.toml_models import StringOrList, Table, doc

if TYPE_CHECKING:
    from collections.abc import Mapping


class Patch(Table, frozen=True, kw_only=True):
    """A patch of sources: a unified diff whose file names start with one extra directory, as for ``patch -p1``."""

    file: Annotated[str, doc("The path of the patch, relative to the recipe's directory.")]
    sha256: Annotated[str, doc("The SHA-256 of the patch; verified if set.")] = ""
    select: Select = StringOrList(("*",))

    def read(self, directory: Path) -> bytes:
        """Return the contents of the patch.

        :raises SourceError: if there is no such file, or its hash differs.
        """
        path = resolve_inside(directory, self.file)
        if not path.is_file():
            raise SourceError(f"there is no patch {self.file}", where=path)
        text = path.read_bytes()
        digest = hashlib.sha256(text).hexdigest()
        if self.sha256 and digest != self.sha256:
            raise SourceError(f"hash mismatch: expected sha256 {self.sha256}, got {digest}", where=path)
        return text


class RecipeOptions(Options, frozen=True, kw_only=True):
    """Options that may differ between combinations of target and Python."""

    status: (
        Annotated[
            Literal["works", "experimental", "disabled"],
            doc("Whether the package builds: for `experimental` a note is printed, for `disabled` the build fails."),
        ]
        | UnsetType
    ) = UNSET
    reason: Annotated[str, doc("Why the recipe is experimental or disabled.")] | UnsetType = UNSET

    @property
    def native_libraries(self) -> tuple[str, ...]:
        """All native libraries that the package is built with: static, shared and bundled."""
        bundled = (self.bundle or {}).values()
        return tuple(dict.fromkeys((*(self.libraries or ()), *(self.shared_libraries or ()), *bundled)))


class RecipeOverride(RecipeOptions, frozen=True, kw_only=True):
    """Options for some combinations of target and Python."""

    select: Select


class PackageRecipe(RecipeOptions, frozen=True, kw_only=True):
    """The recipe of a package. Its file is called by the package's normalized name."""

    summary: Annotated[str, doc("One line that describes the package.")] = ""
    homepage: Annotated[str, doc("The URL of the project.")] = ""
    license: Annotated[str, doc("The SPDX expression of the licence.")] = ""
    version: Annotated[str, doc("The version of `source`.")] = ""
    source: Annotated[SourceArchive, doc("Sources to use instead of the index's.")] | UnsetType = UNSET
    path: Annotated[str, doc("A directory of sources to use instead, relative to the recipe's.")] = ""
    patches: Annotated[tuple[Patch, ...], doc("Patches for the sources.")] = ()
    files: Annotated[
        dict[str, str],
        doc("Files to add to the sources: path there, and path relative to the recipe's directory."),
    ] = field(default_factory=dict)
    overrides: Annotated[
        tuple[RecipeOverride, ...],
        doc("Options for some combinations; if several match, the later one takes precedence."),
    ] = ()

    def for_build(self, names: tuple[str, ...]) -> PackageRecipe:
        """Return the recipe with the overrides that match one of a build's names."""
        recipe = self
        for override in self.overrides:
            if select_matches(override.select, names):
                recipe = merge_settings(recipe, override)
        return recipe

    def changes(self, directory: Path, names: tuple[str, ...]) -> SourceChanges:
        """Return the changes to the sources for a build.

        :param directory: the directory to which paths in the recipe are relative.
        :param names: the names of the build.
        :raises SourceError: if a file is missing, or its hash differs from the recipe's.
        """
        patches = [patch for patch in self.patches if select_matches(patch.select, names)]
        archive = self.source if isinstance(self.source, SourceArchive) else None
        return SourceChanges(
            archive.directory if archive else "",
            tuple((patch.file, patch.read(directory)) for patch in patches),
            read_files(self.files, directory),
            archive.members if archive else (),
        )


def read_files(files: Mapping[str, str], directory: Path) -> tuple[tuple[str, bytes], ...]:
    """Read the files that a recipe adds to sources.

    :param files: paths in the sources, and paths relative to the recipe's directory.
    :returns: paths in the sources, with the contents.
    :raises SourceError: if there is no such file.
    """
    return tuple((name, _content(resolve_inside(directory, file))) for name, file in files.items())


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise SourceError("there is no such file", where=path)
    return path.read_bytes()
