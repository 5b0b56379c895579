"""Libraries among Pyodide's recipes: a ``meta.yaml`` whose type is a library's, as a recipe of a library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosswheel.errors import UsageError
from crosswheel.native_libraries.recipe import LibraryBuildSteps, LibraryRecipe, Provides
from crosswheel.recipes.catalogue import LoadedRecipe
from crosswheel.recipes.model import Patch
from crosswheel.recipes.pyodide_meta import FILE, read_meta, source_archive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from crosswheel.recipes.pyodide_meta import PyodideMeta

_LICENSES = ("LICEN[CS]E*", "COPYING*")
_PRELUDE = """\
export PKG_BUILD_DIR="$PWD" PKG_VERSION="{version}" WASM_LIBRARY_DIR="$PREFIX" DISTDIR="$PWD/dist"
mkdir -p "$PREFIX/lib" "$PREFIX/include" "$DISTDIR"
"""


def sibling_libraries(file: Path) -> Mapping[str, LoadedRecipe[LibraryRecipe]]:
    """The recipes of libraries that a package's ``meta.yaml`` needs and that lie beside it: ``../NAME/meta.yaml``.

    :raises UsageError: when one is wrong.
    """
    if file.name != FILE:
        return {}
    found: dict[str, LoadedRecipe[LibraryRecipe]] = {}

    def add(meta: PyodideMeta) -> None:
        for name in (*meta.requirements.host, *meta.requirements.run):
            place = file.absolute().parent.parent / name / FILE
            if name not in found and place.is_file() and (other := read_meta(place)).is_library:
                found[name] = LoadedRecipe(name, library_recipe(other, place), place, tuple(_unheard(other)))
                add(other)

    add(read_meta(file))
    return found


def library_recipe(meta: PyodideMeta, file: Path) -> LibraryRecipe:
    """What a ``meta.yaml`` says of a library.

    :raises UsageError: when it says nothing of how it is built, or has no archive.
    """
    if not meta.build.script.strip() or not meta.source.url:
        raise UsageError("a library's recipe has to have build.script and source.url", where=file)
    script = _PRELUDE.format(version=meta.package.version) + meta.build.script
    return LibraryRecipe(
        version=meta.package.version,
        summary=meta.about.summary,
        homepage=meta.about.home,
        license=meta.about.license,
        license_files=_LICENSES,
        source=source_archive(meta),
        provides=Provides(),
        build=LibraryBuildSteps(
            system="script",
            in_source=True,
            configure=("bash", "-ec", script.replace("{", "{{").replace("}", "}}")),
            tools=meta.requirements.executable,
        ),
        depends=tuple(name for name in meta.requirements.host),
        shared=meta.build.type == "shared_library",
        patches=tuple(Patch(file=name) for name in meta.source.patches),
    )


def _unheard(meta: PyodideMeta) -> Iterator[str]:
    """Keys that are set and not followed, or not wholly, with the reason."""
    name = meta.package.name
    if meta.build.type == "shared_library":
        yield f"build.type of {name}: it is linked of its archives and goes with each wheel; $DISTDIR is not looked at"
    if meta.source.extras:
        yield f"source.extras of {name}: only those of packages are put into the sources"
    if meta.build.exports and meta.build.type == "static_library":
        yield f"build.exports of {name}: modules keep what they take from libraries to themselves"
    elif set(meta.build.exports) - {"*"}:
        yield f"build.exports of {name}: all that it defines is exported"
