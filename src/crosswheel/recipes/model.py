"""What a recipe says of a package: options as in ``[tool.crosswheel]``, and where its sources come from."""

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
    """A change to sources, as a unified diff whose file names have one directory before them."""

    file: Annotated[str, doc("Its path, from the recipe's directory.")]
    sha256: Annotated[str, doc("Its SHA-256; looked at where given.")] = ""
    select: Select = StringOrList(("*",))

    def read(self, directory: Path) -> bytes:
        """The diff.

        :raises SourceError: when there is no such file, or its hash is another.
        """
        path = resolve_inside(directory, self.file)
        if not path.is_file():
            raise SourceError(f"there is no patch {self.file}", where=path)
        text = path.read_bytes()
        found = hashlib.sha256(text).hexdigest()
        if self.sha256 and found != self.sha256:
            raise SourceError(f"hash mismatch: expected sha256 {self.sha256}, got {found}", where=path)
        return text


class RecipeOptions(Options, frozen=True, kw_only=True):
    """What may differ between combinations of target and Python."""

    status: (
        Annotated[
            Literal["works", "experimental", "disabled"],
            doc("Whether it is known to build: an `experimental` one says so, a `disabled` one is refused."),
        ]
        | UnsetType
    ) = UNSET
    reason: Annotated[str, doc("Why it is experimental or disabled.")] | UnsetType = UNSET

    @property
    def native_libraries(self) -> tuple[str, ...]:
        """The native libraries that it is built with, in whichever way."""
        bundled = (self.bundle or {}).values()
        return tuple(dict.fromkeys((*(self.libraries or ()), *(self.shared_libraries or ()), *bundled)))


class RecipeOverride(RecipeOptions, frozen=True, kw_only=True):
    """Options for some combinations of target and Python only."""

    select: Select


class PackageRecipe(RecipeOptions, frozen=True, kw_only=True):
    """What a package needs beyond its own build files. Its file has the package's normalized name."""

    summary: Annotated[str, doc("What the package is, in a line.")] = ""
    homepage: Annotated[str, doc("Where it is at home.")] = ""
    license: Annotated[str, doc("Its licence, as an SPDX expression.")] = ""
    version: Annotated[str, doc("The version that `source` holds.")] = ""
    source: Annotated[SourceArchive, doc("The sources, instead of what the index has.")] | UnsetType = UNSET
    path: Annotated[str, doc("A directory of sources instead, from the recipe's.")] = ""
    patches: Annotated[tuple[Patch, ...], doc("Changes to the sources.")] = ()
    files: Annotated[
        dict[str, str],
        doc("Files that are put into the sources: their paths there, and those from the recipe's directory."),
    ] = field(default_factory=dict)
    overrides: Annotated[
        tuple[RecipeOverride, ...],
        doc("Other options for some combinations; where several match, the later one wins."),
    ] = ()

    def for_build(self, names: tuple[str, ...]) -> PackageRecipe:
        """The recipe as it holds for a combination, by the combination's names."""
        changed = self
        for override in self.overrides:
            if select_matches(override.select, names):
                changed = merge_settings(changed, override)
        return changed

    def changes(self, directory: Path, names: tuple[str, ...]) -> SourceChanges:
        """What is made of the sources for a combination.

        :param directory: the recipe's own.
        :raises SourceError: when a file is missing, or is not what the recipe says.
        """
        patches = [patch for patch in self.patches if select_matches(patch.select, names)]
        return SourceChanges(
            self.source.directory if isinstance(self.source, SourceArchive) else "",
            tuple((patch.file, patch.read(directory)) for patch in patches),
            read_files(self.files, directory),
        )


def read_files(files: Mapping[str, str], directory: Path) -> tuple[tuple[str, bytes], ...]:
    """Files that a recipe puts into sources, by their paths there.

    :param files: their paths there, and those from the recipe's directory.
    :raises SourceError: when there is no such file.
    """
    return tuple((name, _content(resolve_inside(directory, file))) for name, file in files.items())


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise SourceError("there is no such file", where=path)
    return path.read_bytes()
