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

from crosswheel.building.native_libraries import Wanted
from crosswheel.environments.packages import Packages, resolve
from crosswheel.environments.variables import deciding
from crosswheel.errors import CrosswheelError
from crosswheel.host.files import publish, sha256
from crosswheel.host.trees import tree_digest
from crosswheel.settings.merge import identifiers
from crosswheel.settings.variable_expansion import stands_alone
from crosswheel.store import ABOUT, Key, code_digest, read_about, write_about

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosswheel.building.pipeline import Ground
    from crosswheel.environments.isolated import BuildEnvironment
    from crosswheel.sources.model import Source
    from crosswheel.sources.project import Project

_OPTIONS = (
    "config_settings", "environment", "allow_missing", "export_symbols", "mend_fortran", "allow_undefined", "libraries",
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
class Made:
    """A proven wheel.

    :param beside: files that are published with it.
    :param wheels: directories of wheels that were built on the way; they serve as dependencies when it is tested.
    :param unchanged: whether it was built before, and is from the store.
    """

    wheel: Path
    pure: bool
    beside: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    wheels: tuple[str, ...] = ()
    unchanged: bool = False


@dataclass(frozen=True)
class Past:
    """What there is in the store of one build.

    :param packages: where its build requirements come from.
    """

    ground: Ground
    source: Source
    packages: Packages

    def find(self, log: Path) -> Made | None:
        """What was built from the same things, if it was."""
        options = self.ground.options
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

    def keep(self, project: Project, first: BuildEnvironment, last: BuildEnvironment, made: Made) -> None:
        """Keep a wheel that was just proven, unless what it was built with is more than names and versions.

        :param first: the environment with what the project names, ``last`` the one with what its backend asks for too.
        :raises StorageError: when the disk refuses.
        """
        if not self._repeatable or any(" @ " in pin for pin in last.pins):
            return
        store = self.ground.store
        asked = [text for text in last.requirements if text not in first.requirements]
        keys = [store.key_at(Path(place)) for place in made.wheels]
        about = {"pure": made.pure, "notes": made.notes, "wheels": [(key.kind, key.name, key.digest) for key in keys]}

        def fill(place: Path) -> None:
            for file in (made.wheel, *made.beside):
                publish(file, place / file.name)
            write_about(place, about)

        entries = (
            (
                self._project_key(),
                partial(write_about, about={"requires": first.requirements, "external": project.external}),
            ),
            (self._asked_key(first.pins), partial(write_about, about={"requires": asked})),
            (self._wheel_key(last.pins, project.external), fill),
        )
        for key, make in entries:
            store.provide(key, make, anew=self.ground.options.rebuild)

    @property
    def _repeatable(self) -> bool:
        """Whether everything that decides what is built is known before."""
        options = self.ground.options
        return options.isolation and all(map(stands_alone, options.environment.values()))

    def _found(self, key: Key) -> Made | None:
        store = self.ground.store
        directory = store.find(key)
        if directory is None:
            return None
        about = read_about(directory)
        needed = [store.find(Key(kind, name, {}, digest)) for kind, name, digest in about["wheels"]]
        if None in needed:
            return None
        (wheel,) = directory.glob("*.whl")
        beside = tuple(file for file in sorted(directory.iterdir()) if file not in {wheel, directory / ABOUT})
        return Made(wheel, about["pure"], beside, tuple(about["notes"]), tuple(map(str, needed)), unchanged=True)

    def remember(self, library: str) -> None:
        """Keep that a build failed for want of a library.

        :raises StorageError: when the disk refuses.
        """
        self.ground.store.provide(self._missing_key(), partial(write_about, about={"library": library}))

    def recall(self) -> str | None:
        """The library for want of which the same build failed before."""
        if self.ground.options.rebuild:
            return None
        known = self._read(self._missing_key())
        return known["library"] if known else None

    def _read(self, key: Key) -> dict[str, Any] | None:
        directory = self.ground.store.find(key)
        return None if directory is None else read_about(directory)

    def _missing_key(self) -> Key:
        return self._key("missing", **self._everything)

    def _pins(self, requirements: Sequence[str], log: Path) -> tuple[str, ...]:
        return resolve(self.ground.host, self.ground.build_python, requirements, self.packages, log)

    def _project_key(self) -> Key:
        return self._key("project", **self.sources)

    def _asked_key(self, pins: Sequence[str]) -> Key:
        return self._key("requirements", **self._everything, **self._with(pins))

    def _wheel_key(self, pins: Sequence[str], external: Sequence[str]) -> Key:
        libraries = Wanted(self.ground).keys(external, self.packages)
        combination = identifiers(self.ground.target, self.ground.version)
        # Of what is built with, the target's side may be built by a recipe too.
        names = sorted(pin.partition("==")[0] for pin in pins)
        recipes = {name: told for name in names if (told := self.ground.cookbook.identity(name, combination))}
        return self._key("wheel", **self._everything, **self._with(pins), native=libraries, recipes=recipes)

    def _with(self, pins: Sequence[str]) -> dict[str, Any]:
        """What is built with."""
        names = {canonicalize_name(Requirement(pin).name) for pin in pins}
        return {"pins": sorted(pins), "packages": self.packages.digest(names)}

    def _key(self, kind: str, **inputs: Any) -> Key:
        return Key.of(kind, _plain_name(self.source.label), layout=_LAYOUT, **inputs)

    @cached_property
    def sources(self) -> dict[str, Any]:
        """What is built, and what is done to it; plain values, found out once."""
        options = self.ground.options
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
        ground = self.ground
        python = json.dumps(dict(ground.target_python.config_vars), sort_keys=True).replace(str(ground.host.cache), "")
        return {
            **self.sources,
            "crosswheel": own_digest(),
            "epoch": self.source.epoch,
            "target": str(ground.target),
            "toolchain": ground.kit.identity,
            "python": [ground.build_python.full_version, ground.target_python.full_version],
            "config_vars": hashlib.sha256(python.encode()).hexdigest(),
            "pyconfig": sha256(ground.target_python.include / "pyconfig.h"),
            "options": {name: _jsonable(getattr(ground.options, name)) for name in _OPTIONS},
            "cross_env": [sha256(env.archive) for env in ground.cross_envs],
            "variables": deciding(ground.host.environ),
        }


_LAYOUT = 2
"""Changes with what is kept about wheels: another crosswheel may have filled the store."""


def _jsonable(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def _plain_name(label: str) -> str:
    plain = "".join(letter if letter.isalnum() or letter in "._+-" else "-" for letter in label)
    return plain.strip("-._+") or "project"
