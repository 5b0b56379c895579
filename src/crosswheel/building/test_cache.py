"""Tests that wheels have passed: one is not run again while all that it depends on is the same.

What an index has by now does not count: a wheel that has passed with the newest numpy of its day has passed. Other
machines are not told, since they may differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from crosswheel.building.wheel_cache import own_digest
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
    "project": "where the sources are, whose hash is in the key",
    "timeout": "a test that passed ended in time",
})  # fmt: skip
"""Fields of a test plan that are not part of the key of a result, each with the reason. All other fields are."""


@dataclass(frozen=True)
class TestResultCache:
    """Those of the wheels of one source.

    :param past: the build, with its sources, in which commands may find more than the wheel.
    """

    __test__ = False

    wheel_cache: WheelCache

    def lookup(self, wheel: Path, plan: TestPlan) -> str | None:
        """What a wheel has passed a test on, if it has."""
        if self.wheel_cache.context.options.rebuild or (key := self._key(wheel, plan)) is None:
            return None
        found = self._store.find(key)
        about = read_metadata(found) if found else None
        if about is None or about["origins"] != _origins(plan, about["installed"]):
            return None
        return str(about["interpreter"])

    def store(self, wheel: Path, plan: TestPlan, result: TestResult) -> None:
        """Keep that a wheel has passed a test, if all is known that it depended on.

        :raises StorageError: when the disk refuses.
        """
        own, key = WheelName.parse(wheel.name).name, self._key(wheel, plan)
        if key is None or own not in result.installed:
            return
        others = [name for name in result.installed if name != own]
        about = {"interpreter": result.interpreter, "installed": others, "origins": _origins(plan, others)}
        self._store.get_or_create(key, partial(write_metadata, about=about), anew=True)

    @property
    def _store(self) -> Store:
        return replace(self.wheel_cache.context.store, shared=None)

    def _key(self, wheel: Path, plan: TestPlan) -> Key | None:
        """All that is known before a test runs; None when that is not enough."""
        context, sources = self.wheel_cache.context, self.wheel_cache.sources
        emulator, support = find_runner(context.host, context.target, context.python)
        if not (support.available and all(map(is_constant, plan.environment.values()))):
            return None
        try:
            interpreter = emulator.interpreter(context.target, context.python)
        except CrosswheelError:  # the test will find that out, and say it
            return None
        return Key.create(
            "test", wheel.name.partition("-")[0],
            wheel=sha256(wheel), source=sources["source"], changes=sources["changes"],
            plan=_plan_in_key(plan),
            interpreter=[interpreter.description, interpreter.full_version, str(interpreter.executable)],
            crosswheel=own_digest(),
        )  # fmt: skip


def _plan_in_key(plan: TestPlan) -> dict[str, Any]:
    names = (field.name for field in fields(plan) if field.name not in NOT_IN_KEY)
    values = {name: getattr(plan, name) for name in names}
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in values.items()}


def _origins(plan: TestPlan, names: Collection[str]) -> list[str]:
    """Where the packages that a test needs beside the wheel come from; a directory without any of them is like none."""
    places = (Path(place) for place in plan.find_links)
    near = (archive_identities(place, names) for place in places if place.is_dir())
    return [RequirementSource(plan.install_options, plan.install_env).digest(names), *filter(None, near)]
