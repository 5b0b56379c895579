"""The cache of passed tests: a wheel is not tested again while everything that its test depended on is the same.

Newer versions in a package index do not count: a wheel that passed with the newest numpy of that day has passed. The
results are not put into a shared store, since other machines may differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from crosswheel.building.outside import named_paths, outside_digests, values_naming_paths
from crosswheel.building.wheel_cache import fields_in_key, own_digest
from crosswheel.environments.packages import RequirementSource, archive_identities
from crosswheel.errors import CrosswheelError
from crosswheel.host.files import sha256
from crosswheel.runners import find_runner
from crosswheel.settings.variable_expansion import is_constant
from crosswheel.store import Key, read_metadata, write_metadata
from crosswheel.wheels.archive import WheelName

if TYPE_CHECKING:
    from collections.abc import Collection

    from crosswheel.building.wheel_cache import WheelCache
    from crosswheel.store import Store
    from crosswheel.testing import TestPlan, TestResult

NOT_IN_KEY: Mapping[str, str] = MappingProxyType({
    "find_links": "the result has the hashes of the archives that were used",
    "install_options": "the result has the hashes and the origin of the packages that were installed",
    "install_env": "the result has the hashes and the origin of the packages that were installed",
    "cibuildwheel_commands": "whether the commands run at all; the test has passed, so they did",
    "project": "where the sources are, whose hash is in the key",
    "timeout": "a test that passed ended in time",
})  # fmt: skip
"""Fields of a test plan that are not part of the key of a result, each with the reason. All other fields are."""


@dataclass(frozen=True)
class TestResultCache:
    """Passed tests of the wheels of one build.

    :param wheel_cache: the build; its sources are part of the key, since test commands may read them.
    """

    __test__ = False

    wheel_cache: WheelCache
    _outside: dict[tuple[str, ...], tuple[str, ...] | None] = field(default_factory=dict, repr=False, compare=False)

    def lookup(self, wheel: Path, plan: TestPlan) -> str | None:
        """Return the description of the interpreter on which a wheel passed a test, or None if it did not."""
        if self.wheel_cache.context.options.rebuild or (key := self._key(wheel, plan)) is None:
            return None
        entry = self._store.find(key)
        metadata = read_metadata(entry) if entry else None
        if metadata is None or metadata["origins"] != _origins(plan, metadata["installed"]):
            return None
        return str(metadata["interpreter"])

    def store(self, wheel: Path, plan: TestPlan, result: TestResult) -> None:
        """Store that a wheel has passed a test, unless some of the test's inputs are unknown.

        :raises StorageError: if the store cannot be written.
        """
        name, key = WheelName.parse(wheel.name).name, self._key(wheel, plan)
        if key is None or name not in result.installed:
            return
        others = [other for other in result.installed if other != name]
        metadata = {"interpreter": result.interpreter, "installed": others, "origins": _origins(plan, others)}
        self._store.get_or_create(key, partial(write_metadata, metadata=metadata), rebuild=True)

    def _outside_digests(self, plan: TestPlan) -> tuple[str, ...] | None:
        """Return the digests of what options and commands name, as they were before the test, which may write there."""
        values = (*values_naming_paths(self.wheel_cache.context.options), *plan.commands)
        if values not in self._outside:
            self._outside[values] = outside_digests(named_paths(values))
        return self._outside[values]

    @property
    def _store(self) -> Store:
        return replace(self.wheel_cache.context.store, shared=None)

    def _key(self, wheel: Path, plan: TestPlan) -> Key | None:
        """Return the key of the inputs that are known before the test runs; None if one cannot be known."""
        context, sources = self.wheel_cache.context, self.wheel_cache.sources
        outside = self._outside_digests(plan)
        runner, support = find_runner(context.host, context.target, context.python)
        constant = all(map(is_constant, plan.environment.values()))
        if not (support.available and constant and self.wheel_cache.source.complete) or outside is None:
            return None
        try:
            interpreter = runner.interpreter(context.target, context.python)
        except CrosswheelError:  # the test itself fails with this error, and reports it
            return None
        return Key.create(
            "test", wheel.name.partition("-")[0],
            wheel=sha256(wheel), source=sources["source"], changes=sources["changes"],
            plan=fields_in_key(plan, NOT_IN_KEY), outside=outside,
            interpreter=[interpreter.description, interpreter.full_version, str(interpreter.executable)],
            crosswheel=own_digest(), sealed=context.seal.support.available, network=context.seal.network,
        )  # fmt: skip


def _origins(plan: TestPlan, names: Collection[str]) -> list[str]:
    """Identify where the test's other packages come from: the index settings, and the files in local directories.

    A directory that has none of these packages is the same as no directory.
    """
    directories = (Path(directory) for directory in plan.find_links)
    local = (archive_identities(directory, names) for directory in directories if directory.is_dir())
    return [RequirementSource(plan.install_options, plan.install_env).digest(names), *filter(None, local)]
