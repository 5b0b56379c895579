"""Conversion of Pyodide's library recipes: a ``meta.yaml`` with the build type of a library, as a library recipe."""

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
    """Return the library recipes that a package's ``meta.yaml`` requires, from ``../NAME/meta.yaml``.

    :param file: the package's recipe; any other than a ``meta.yaml`` has none.
    :raises UsageError: if one is invalid.
    """
    if file.name != FILE:
        return {}
    loaded: dict[str, LoadedRecipe[LibraryRecipe]] = {}

    def add(meta: PyodideMeta) -> None:
        for name in (*meta.requirements.host, *meta.requirements.run):
            path = file.absolute().parent.parent / name / FILE
            if name not in loaded and path.is_file() and (other := read_meta(path)).is_library:
                loaded[name] = LoadedRecipe(name, library_recipe(other, path), path, tuple(_ignored_keys(other)))
                add(other)

    add(read_meta(file))
    return loaded


def library_recipe(meta: PyodideMeta, file: Path) -> LibraryRecipe:
    """Convert a library's ``meta.yaml``.

    :param file: its path, for messages.
    :raises UsageError: if it has no build script or no source archive.
    """
    if not meta.build.script.strip() or not meta.source.url:
        raise UsageError("a library recipe requires build.script and source.url", where=file)
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


def _ignored_keys(meta: PyodideMeta) -> Iterator[str]:
    """Yield the keys that are ignored, or followed in part, with the reason."""
    name = meta.package.name
    if meta.build.type == "shared_library":
        yield f"build.type of {name}: linked from its archives and copied into each wheel; $DISTDIR is ignored"
    if meta.source.extras:
        yield f"source.extras of {name}: supported for packages only"
    if meta.build.exports and meta.build.type == "static_library":
        yield f"build.exports of {name}: modules do not export the symbols of static libraries"
    elif set(meta.build.exports) - {"*"}:
        yield f"build.exports of {name}: all symbols that it defines are exported"
