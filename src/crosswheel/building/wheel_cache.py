"""What was built before from the same things: its key, looked up before a build and filled after it.

Three entries of the store lead to a wheel. What a project requires to be built is a function of its sources. What its
backend requires besides is one of that and of the exact versions of the former. The wheel is one of both, and of
everything else that reaches the backend.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from crosswheel.building.native_libraries import LibraryResolver
from crosswheel.environments.isolated import relevant_env
from crosswheel.environments.packages import RequirementSource, resolve_requirements
from crosswheel.errors import CrosswheelError
from crosswheel.host.files import move_into_place, sha256
from crosswheel.host.trees import tree_digest
from crosswheel.settings.merge import build_identifiers
from crosswheel.settings.variable_expansion import is_constant
from crosswheel.store import METADATA_FILE, Key, code_digest, read_metadata, write_metadata

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosswheel.building.pipeline import BuildContext
    from crosswheel.environments.isolated import BuildEnvironment
    from crosswheel.sources.model import Source
    from crosswheel.sources.project import Project

_OPTIONS = (
    "config_settings", "environment", "allow_missing", "export_symbols", "fix_fortran_prototypes", "allow_undefined",
    "libraries",
    "shared_libraries", "bundle",
    "build_requires", "build_limits", "cflags", "cxxflags", "ldflags", "prepare", "before_build", "before_backend",
    "after_build", "unvendor_tests", "retain_tests", "overlay_add", "overlay_forbid", "dependency_builds",
)  # fmt: skip
"""Options that decide what is built; the others say where, with what, and what happens afterwards."""
_SCRIPTS = ("prepare", "before_build", "before_backend", "after_build")
_RECIPES = "packages"
"""The directory of crosswheel's own recipes of packages: what each says is in the key of what is built by it."""


def own_digest() -> str:
    """crosswheel itself, as a part of keys."""
    return code_digest(without=(_RECIPES,))


_LEFT_OUT = ("build", "dist", "__pycache__")
"""Directories of a recipe that hold what was made of it."""


@dataclass(frozen=True)
class BuiltWheel:
    """A proven wheel.

    :param beside: files that are published with it.
    :param wheels: directories of wheels that were built on the way; they serve as dependencies when it is tested.
    :param unchanged: whether it was built before, and is from the store.
    """

    wheel: Path
    pure: bool
    extra_files: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    dependency_wheels: tuple[str, ...] = ()
    cached: bool = False


@dataclass(frozen=True)
class WheelCache:
    """What there is in the store of one build.

    :param packages: where its build requirements come from.
    """

    context: BuildContext
    source: Source
    packages: RequirementSource

    def lookup(self, log: Path) -> BuiltWheel | None:
        """What was built from the same things, if it was."""
        options = self.context.options
        if options.rebuild or not self._repeatable:
            return None
        try:
            known = self._read(self._project_key())
            if known is None:
                return None
            asked = self._read(self._asked_key(self._pins(known["requires"], log)))
            if asked is None:
                return None
            pins = self._pins((*known["requires"], *asked["requires"]), log)
            return self._found(self._wheel_key(pins, known["external"]))
        except CrosswheelError:  # the build itself will find that out, and say it better
            return None

    def store(self, project: Project, first: BuildEnvironment, last: BuildEnvironment, made: BuiltWheel) -> None:
        """Keep a wheel that was just proven, unless what it was built with is more than names and versions.

        :param first: the environment with what the project names, ``last`` the one with what its backend asks for too.
        :raises StorageError: when the disk refuses.
        """
        if not self._repeatable or any(" @ " in pin for pin in last.pins):
            return
        store = self.context.store
        asked = [text for text in last.requirements if text not in first.requirements]
        keys = [store.key_at(Path(place)) for place in made.dependency_wheels]
        about = {"pure": made.pure, "notes": made.notes, "wheels": [(key.kind, key.name, key.digest) for key in keys]}

        def fill(place: Path) -> None:
            for file in (made.wheel, *made.extra_files):
                move_into_place(file, place / file.name)
            write_metadata(place, about)

        entries = (
            (
                self._project_key(),
                partial(write_metadata, about={"requires": first.requirements, "external": project.external}),
            ),
            (self._asked_key(first.pins), partial(write_metadata, about={"requires": asked})),
            (self._wheel_key(last.pins, project.external), fill),
        )
        for key, make in entries:
            store.get_or_create(key, make, anew=self.context.options.rebuild)

    @property
    def _repeatable(self) -> bool:
        """Whether everything that decides what is built is known before."""
        options = self.context.options
        return options.isolation and all(map(is_constant, options.environment.values()))

    def _found(self, key: Key) -> BuiltWheel | None:
        store = self.context.store
        directory = store.find(key)
        if directory is None:
            return None
        about = read_metadata(directory)
        needed = [store.find(Key(kind, name, {}, digest)) for kind, name, digest in about["wheels"]]
        if None in needed:
            return None
        (wheel,) = directory.glob("*.whl")
        beside = tuple(file for file in sorted(directory.iterdir()) if file not in {wheel, directory / METADATA_FILE})
        return BuiltWheel(wheel, about["pure"], beside, tuple(about["notes"]), tuple(map(str, needed)), cached=True)

    def store_missing_library(self, library: str) -> None:
        """Keep that a build failed for want of a library.

        :raises StorageError: when the disk refuses.
        """
        self.context.store.get_or_create(self._missing_key(), partial(write_metadata, about={"library": library}))

    def lookup_missing_library(self) -> str | None:
        """The library for want of which the same build failed before."""
        if self.context.options.rebuild:
            return None
        known = self._read(self._missing_key())
        return known["library"] if known else None

    def _read(self, key: Key) -> dict[str, Any] | None:
        directory = self.context.store.find(key)
        return None if directory is None else read_metadata(directory)

    def _missing_key(self) -> Key:
        return self._key("missing", **self._everything)

    def _pins(self, requirements: Sequence[str], log: Path) -> tuple[str, ...]:
        return resolve_requirements(self.context.host, self.context.build_python, requirements, self.packages, log)

    def _project_key(self) -> Key:
        return self._key("project", **self.sources)

    def _asked_key(self, pins: Sequence[str]) -> Key:
        return self._key("requirements", **self._everything, **self._with(pins))

    def _wheel_key(self, pins: Sequence[str], external: Sequence[str]) -> Key:
        libraries = LibraryResolver(self.context).keys(external, self.packages)
        combination = build_identifiers(self.context.target, self.context.python)
        # Of what is built with, the target's side may be built by a recipe too.
        names = sorted(pin.partition("==")[0] for pin in pins)
        recipes = {name: told for name in names if (told := self.context.recipes.identity(name, combination))}
        return self._key("wheel", **self._everything, **self._with(pins), native=libraries, recipes=recipes)

    def _with(self, pins: Sequence[str]) -> dict[str, Any]:
        """What is built with."""
        names = {canonicalize_name(Requirement(pin).name) for pin in pins}
        return {"pins": sorted(pins), "packages": self.packages.digest(names)}

    def _key(self, kind: str, **inputs: Any) -> Key:
        return Key.create(kind, _plain_name(self.source.label), layout=_LAYOUT, **inputs)

    @cached_property
    def sources(self) -> dict[str, Any]:
        """What is built, and what is done to it; plain values, found out once."""
        options = self.context.options
        scripts = [getattr(options, name) for name in _SCRIPTS]
        recipe = options.recipe_directory
        return {
            "source": self.source.identity(),
            "changes": self.source.changes.identity(),
            "scripts": scripts,
            "recipe": tree_digest(recipe, _LEFT_OUT) if recipe and any(scripts) else "",
            "build_requires": list(options.build_requires),
        }

    @cached_property
    def _everything(self) -> dict[str, Any]:
        context = self.context
        python = json.dumps(dict(context.target_python.config_vars), sort_keys=True).replace(
            str(context.host.cache), ""
        )
        return {
            **self.sources,
            "crosswheel": own_digest(),
            "epoch": self.source.epoch,
            "target": str(context.target),
            "toolchain": context.toolchain.identity,
            "python": [context.build_python.full_version, context.target_python.full_version],
            "config_vars": hashlib.sha256(python.encode()).hexdigest(),
            "pyconfig": sha256(context.target_python.include / "pyconfig.h"),
            "options": {name: _jsonable(getattr(context.options, name)) for name in _OPTIONS},
            "cross_env": [sha256(env.archive) for env in context.cross_envs],
            "variables": relevant_env(context.host.environ),
        }


_LAYOUT = 2
"""Changes with what is kept about wheels: another crosswheel may have filled the store."""


def _jsonable(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def _plain_name(label: str) -> str:
    plain = "".join(letter if letter.isalnum() or letter in "._+-" else "-" for letter in label)
    return plain.strip("-._+") or "project"
