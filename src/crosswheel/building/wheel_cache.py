"""The cache of built wheels: its keys, looked up before a build, and stored after it.

Three entries of the store lead to a wheel. A project's build requirements are a function of its sources. Those that
its backend adds are a function of the sources and of the exact versions of the former. The wheel is a function of both,
and of all other inputs of the backend. A fourth entry names the native libraries and tools that a build failed without.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from crosswheel.building.degraded import Degradation
from crosswheel.building.native_libraries import LibraryResolver
from crosswheel.building.outside import named_paths, outside_digests, values_naming_paths
from crosswheel.environments.packages import RequirementSource, resolve_requirements
from crosswheel.errors import CrosswheelError
from crosswheel.host.files import move_into_place, plain_name, sha256
from crosswheel.host.trees import tree_digest
from crosswheel.sealing import Network, SealRecord
from crosswheel.settings.merge import build_identifiers
from crosswheel.settings.variable_expansion import is_constant
from crosswheel.store import METADATA_FILE, Key, code_digest, read_metadata, write_metadata

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from _typeshed import DataclassInstance

    from crosswheel.building.context import BuildContext
    from crosswheel.environments.isolated import BuildEnvironment
    from crosswheel.sources.model import Source
    from crosswheel.sources.project import Project

NOT_IN_KEY: Mapping[str, str] = MappingProxyType({
    "output_directory": "where the wheel is published, not what is in it",
    "toolchain": "the key has the identity of the toolchain that was prepared",
    "toolchain_prefix": "the key has the identity of the toolchain that was prepared",
    "sdk": "part of the identity of the toolchain that was prepared",
    "target_python": "the key has the target Python's version, variables and headers",
    "constraints": "they choose the version of the source, whose hash is in the key",
    "fail_on_degraded": "the key's wheel is the same; what it lacks is stored with it",
    "build_constraints": "they choose the versions of build requirements, which are in the key",
    "isolation": "a build without isolation is never cached",
    "index": "the key has the source's hash, exact versions, and the index that they come from",
    "test": "tests run after the wheel is stored",
    "require_test": "tests run after the wheel is stored",
    "cibuildwheel_commands": "tests run after the wheel is stored",
    "test_commands": "tests run after the wheel is stored",
    "test_imports": "tests run after the wheel is stored",
    "test_requires": "tests run after the wheel is stored",
    "test_extras": "tests run after the wheel is stored",
    "test_groups": "tests run after the wheel is stored",
    "test_timeout": "tests run after the wheel is stored",
    "auto": "the libraries that it adds become part of `libraries`",
    "recipes": "the key has the options, patches and files that a recipe adds, and the keys of libraries",
    "recipe_directory": "the key has the hash of its files, as far as scripts may read them",
    "store": "where cached wheels are kept",
    "rebuild": "whether a cached wheel is used",
    "cross_env": "the key has the hashes of the archives",
    "keep": "what happens to the build directory afterwards",
    "cibuildwheel_before_build": "where commands come from that are in the key",
    "unsealed": "the key has whether programs are sealed, which the machine decides too",
})  # fmt: skip
"""Fields of the build options that are not part of a wheel's key, each with the reason. All other fields are."""
_SCRIPTS = ("prepare", "before_build", "before_backend", "after_build")
_RECIPES = "packages"
"""The directory of crosswheel's own recipes: each is in the keys of its own package only."""


def own_digest() -> str:
    """Return a digest of crosswheel's own code, as a part of keys."""
    return code_digest(without=(_RECIPES,))


_LEFT_OUT = ("build", "dist", "__pycache__")
"""Directories of a recipe that contain output, not input."""


@dataclass(frozen=True)
class BuiltWheel:
    """A wheel that has passed the audit.

    :param pure: whether it is pure Python.
    :param extra_files: files that are published with it.
    :param notes: warnings and information for the user.
    :param dependency_wheels: directories of wheels that were built for the target as build requirements; its test can
        install them.
    :param degraded: what the build has lost on the way.
    :param shareable: whether builds for other Pythons, and for other targets if it is pure, would make the same wheel.
    :param cached: whether it is from the cache.
    :param seal: how the programs of its build ran.
    :param source_tree: the source tree, if the source was checked out.
    """

    wheel: Path
    pure: bool
    extra_files: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    dependency_wheels: tuple[str, ...] = ()
    degraded: tuple[Degradation, ...] = ()
    cached: bool = False
    shareable: bool = False
    source_tree: Path | None = None
    seal: SealRecord = field(default_factory=SealRecord)


@dataclass(frozen=True)
class WheelCache:
    """The cache entries of one build.

    :param packages: where its build requirements are installed from.
    """

    context: BuildContext
    source: Source
    packages: RequirementSource

    def lookup(self, log: Path) -> BuiltWheel | None:
        """Return the wheel that was built from the same inputs, if there is one.

        :param log: the file that the output of resolving requirements is appended to.
        """
        options = self.context.options
        if options.rebuild or not self._repeatable:
            return None
        try:
            project = self._read(self._project_key())
            if project is None:
                return None
            backend = self._read(self._backend_key(self._pins(project["requires"], log)))
            if backend is None:
                return None
            pins = self._pins((*project["requires"], *backend["requires"]), log)
            return self._read_wheel(self._wheel_key(pins, project["external"]))
        except CrosswheelError:  # the build itself fails with it too, and reports it better
            return None

    def store(
        self, project: Project, base_environment: BuildEnvironment, environment: BuildEnvironment, built: BuiltWheel
    ) -> None:
        """Store a wheel, unless a build requirement was installed from a URL, whose content may change.

        :param base_environment: the environment with the project's build requirements.
        :param environment: the one with the requirements that the backend adds, too.
        :raises StorageError: if the store cannot be written.
        """
        if not self._repeatable or any(" @ " in pin for pin in environment.pins) or self.source.has_changed:
            return
        store = self.context.store
        backend_requires = [text for text in environment.requirements if text not in base_environment.requirements]
        keys = [store.key_at(Path(directory)) for directory in built.dependency_wheels]
        metadata = {
            "pure": built.pure,
            "shareable": built.shareable,
            "notes": built.notes,
            "seal": asdict(built.seal),
            "degraded": [each.as_json() for each in built.degraded],
            "wheels": [(key.kind, key.name, key.digest) for key in keys],
        }

        def fill(entry: Path) -> None:
            for file in (built.wheel, *built.extra_files):
                move_into_place(file, entry / file.name)
            write_metadata(entry, metadata)

        entries = (
            (
                self._project_key(),
                partial(
                    write_metadata, metadata={"requires": base_environment.requirements, "external": project.external}
                ),
            ),
            (
                self._backend_key(base_environment.pins),
                partial(write_metadata, metadata={"requires": backend_requires}),
            ),
            (self._wheel_key(environment.pins, project.external), fill),
        )
        for key, make in entries:
            store.get_or_create(key, make, rebuild=self.context.options.rebuild)

    @property
    def _repeatable(self) -> bool:
        """Whether all inputs of the build can be known before it."""
        options = self.context.options
        constant = all(map(is_constant, options.environment.values()))
        return options.isolation and constant and self.source.complete and self.outside is not None

    def _read_wheel(self, key: Key) -> BuiltWheel | None:
        store = self.context.store
        directory = store.find(key)
        if directory is None:
            return None
        metadata = read_metadata(directory)
        dependencies = [store.find(Key(kind, name, {}, digest)) for kind, name, digest in metadata["wheels"]]
        if None in dependencies:
            return None
        (wheel,) = directory.glob("*.whl")
        extra_files = tuple(
            file for file in sorted(directory.iterdir()) if file not in {wheel, directory / METADATA_FILE}
        )
        return BuiltWheel(
            wheel,
            metadata["pure"],
            extra_files,
            tuple(metadata["notes"]),
            tuple(map(str, dependencies)),
            tuple(map(Degradation.from_json, metadata["degraded"])),
            cached=True,
            seal=SealRecord(**{**metadata["seal"], "network": Network(metadata["seal"]["network"])}),
            shareable=metadata["shareable"],
        )

    def store_missing(self, libraries: Sequence[str], tools: Sequence[str]) -> None:
        """Store that the build must be repeated with native libraries and tools.

        :raises StorageError: if the store cannot be written.
        """
        metadata = {"libraries": list(libraries), "tools": list(tools)}
        self.context.store.get_or_create(self._missing_key(), partial(write_metadata, metadata=metadata))

    def lookup_missing(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the native libraries and the tools that were missing when the same build ran before, if any."""
        metadata = None if self.context.options.rebuild else self._read(self._missing_key())
        return (tuple(metadata["libraries"]), tuple(metadata["tools"])) if metadata else ((), ())

    def _read(self, key: Key) -> dict[str, Any] | None:
        directory = self.context.store.find(key)
        return None if directory is None else read_metadata(directory)

    def _missing_key(self) -> Key:
        return self._key("missing", **self._common_inputs, every=self.context.options.auto == "all")

    def _pins(self, requirements: Sequence[str], log: Path) -> tuple[str, ...]:
        return resolve_requirements(self.context.host, self.context.build_python, requirements, self.packages, log)

    def _project_key(self) -> Key:
        return self._key("project", **self._common_inputs)

    def _backend_key(self, pins: Sequence[str]) -> Key:
        return self._key("requirements", **self._common_inputs, **self._package_inputs(pins))

    def _wheel_key(self, pins: Sequence[str], external: Sequence[str]) -> Key:
        libraries = LibraryResolver(self.context).keys(external, self.packages)
        identifiers = build_identifiers(self.context.target, self.context.python)
        # The target's wheels of build requirements may be built by recipes, too.
        names = sorted(pin.partition("==")[0] for pin in pins)
        recipes = {name: identity for name in names if (identity := self.context.recipes.identity(name, identifiers))}
        return self._key(
            "wheel", **self._common_inputs, **self._package_inputs(pins), native=libraries, recipes=recipes
        )

    def _package_inputs(self, pins: Sequence[str]) -> dict[str, Any]:
        """Return the parts of keys for the packages that are built with."""
        names = {canonicalize_name(Requirement(pin).name) for pin in pins}
        return {"pins": sorted(pins), "packages": self.packages.digest(names)}

    def _key(self, kind: str, **inputs: Any) -> Key:
        return Key.create(kind, _plain_name(self.source.label), layout=_LAYOUT, **inputs)

    @cached_property
    def sources(self) -> dict[str, Any]:
        """The parts of keys for the source and the scripts that change it, as JSON values."""
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
    def outside(self) -> tuple[str, ...] | None:
        """Digests of the files and directories that the options name; None if they cannot be read as a whole."""
        return outside_digests(named_paths(values_naming_paths(self.context.options)))

    @cached_property
    def _common_inputs(self) -> dict[str, Any]:
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
            "headers": tree_digest(context.target_python.include, ()),
            "options": fields_in_key(context.options, NOT_IN_KEY),
            "cross_env": [sha256(env.archive) for env in context.cross_envs],
            "sealed": context.seal.support.available,
            "outside": self.outside,
        }


def fields_in_key(value: DataclassInstance, excluded: Collection[str]) -> dict[str, Any]:
    """Return the fields of a dataclass as inputs of a key: all of them, new ones too, but those excluded by name.

    Inputs of keys are stored with artifacts, also in shared stores: of values that may be secret only hashes are kept.
    """
    values = {field.name: getattr(value, field.name) for field in fields(value) if field.name not in excluded}
    return {
        name: _hashed(each) if name in _MAY_BE_SECRET else dict(each) if isinstance(each, Mapping) else each
        for name, each in values.items()
    }


_MAY_BE_SECRET = frozenset({"config_settings", "environment", "index"})
"""Options whose values may be passwords or tokens."""


def _hashed(value: Any) -> Any:
    """Return a value with its texts replaced by their hashes; names of variables and settings are kept."""
    if isinstance(value, Mapping):
        return {name: _hashed(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_hashed(each) for each in value]
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest() if isinstance(value, str) else value


_LAYOUT = 5
"""Changes with the metadata of wheels: another version of crosswheel may have written the entry."""


def _plain_name(label: str) -> str:
    return plain_name(label).lstrip("-._+") or "project"
