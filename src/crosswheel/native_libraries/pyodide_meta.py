"""Conversion of Pyodide's library recipes: a ``meta.yaml`` with the build type of a library, as a library recipe."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crosswheel.errors import UsageError
from crosswheel.native_libraries.recipe import LibraryBuildSteps, LibraryRecipe, Provides
from crosswheel.recipes.catalogue import LoadedRecipe
from crosswheel.recipes.model import Patch
from crosswheel.recipes.pyodide_meta import FILE, build_script, check_source, read_meta, source_archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from crosswheel.recipes.pyodide_meta import PyodideMeta

_LICENSES = ("LICEN[CS]E*", "COPYING*")
_LIBRARY = re.compile(r"\btype:\s*[\"']?(?:static|shared)_library\b")
_BEFORE = """\
mkdir -p "$WASM_LIBRARY_DIR"
cp -rs {libraries}/. "$WASM_LIBRARY_DIR"
"""
"""Pyodide's build installs all libraries into one directory: scripts find there what the library depends on."""
_AFTER = """
find "$WASM_LIBRARY_DIR" -type l -lname '{libraries}/*' -delete
"""


def sibling_libraries(file: Path, own: Callable[[str], str | None]) -> Mapping[str, LoadedRecipe[LibraryRecipe]]:
    """Return the library recipes that a package's ``meta.yaml`` requires, from ``../NAME/meta.yaml``.

    :param file: the package's recipe; any other than a ``meta.yaml`` has none.
    :param own: returns the name of the recipe that provides a library where there is none beside the package's.
    :raises UsageError: if one is invalid.
    """
    if file.name != FILE:
        return {}
    loaded: dict[str, LoadedRecipe[LibraryRecipe]] = {}

    def add(meta: PyodideMeta) -> None:
        for name in (*meta.requirements.host, *meta.requirements.run):
            path = file.absolute().parent.parent / name / FILE
            if name not in loaded and path.is_file() and (other := read_meta(path)).is_library:
                loaded[name] = load_library(other, path, own)
                add(other)

    add(read_meta(file))
    return loaded


def tree_libraries(
    files: Iterable[Path], own: Callable[[str], str | None]
) -> Mapping[str, LoadedRecipe[LibraryRecipe]]:
    """Return the library recipes among many ``meta.yaml``, by the names of their directories.

    :param own: see :func:`sibling_libraries`.
    :raises UsageError: if one is invalid.
    """
    libraries = (file for file in files if _LIBRARY.search(file.read_text("utf-8", "replace")))
    return {file.parent.name: load_library(read_meta(file), file, own) for file in libraries}


def load_library(meta: PyodideMeta, file: Path, own: Callable[[str], str | None]) -> LoadedRecipe[LibraryRecipe]:
    """Convert a library's ``meta.yaml``; see :func:`sibling_libraries`.

    :raises UsageError: if it has no build script or no source archive.
    """

    def resolve(name: str) -> str | None:
        return name if is_library(file.parent.parent / name / FILE) else own(name)

    return LoadedRecipe(file.parent.name, library_recipe(meta, file, resolve), file, tuple(_ignored_keys(meta)))


def is_library(file: Path) -> bool:
    """Return whether a file exists and is the recipe of a library."""
    return file.is_file() and _LIBRARY.search(file.read_text("utf-8", "replace")) is not None


def library_recipe(meta: PyodideMeta, file: Path, resolve: Callable[[str], str | None]) -> LibraryRecipe:
    """Convert a library's ``meta.yaml``.

    :param file: its path, for messages.
    :param resolve: returns the name of the recipe of a library that it requires, or None if it is not one.
    :raises UsageError: if it has no build script or no source archive.
    """
    if not meta.build.script.strip() or not meta.source.url:
        raise UsageError("a library recipe requires build.script and source.url", where=file)
    check_source(meta, file)
    script = build_script(meta, meta.build.script, "$PWD").replace("{", "{{").replace("}", "}}")
    return LibraryRecipe(
        version=meta.package.version,
        summary=meta.about.summary,
        homepage=meta.about.home,
        license=meta.about.license,
        license_files=_LICENSES,
        source=source_archive(meta),
        provides=Provides(),
        build=LibraryBuildSteps(
            system="pyodide",
            in_source=True,
            configure=("bash", "-ec", f"{_BEFORE}{script}{_AFTER}"),
            tools=meta.requirements.executable,
        ),
        depends=tuple(dict.fromkeys(library for name in meta.requirements.host if (library := resolve(name)))),
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
