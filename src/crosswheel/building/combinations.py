"""The combinations of targets and Pythons to build for, and the Python to build for by default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswheel.errors import UsageError
from crosswheel.host.machine import architecture, native_alias, running_python
from crosswheel.pythons.discovery import supported_versions
from crosswheel.targets import PythonVersion, all_targets, find_target
from crosswheel.targets.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crosswheel.targets import Target
    from crosswheel.toolchains.model import Toolchain


def find_combinations(
    targets: Sequence[str],
    pythons: Sequence[str],
    toolchain: Toolchain,
    selection: Selection | None = None,
    is_installed: Callable[[PythonVersion], bool] = lambda _: True,
    is_testable: Callable[[Target, PythonVersion], bool] = lambda *_: True,
) -> tuple[tuple[Target, PythonVersion], ...]:
    """Return the selected combinations of the targets and the Pythons that they support.

    :param targets: platform tags or aliases; empty for every target that the toolchain supports.
    :param pythons: versions; empty for the default (see :class:`_Defaults`), or for all if the selection names builds.
    :param is_installed: whether the build machine has a Python of a version.
    :param is_testable: whether it can run a target's Python of a version.
    :raises UsageError: if a target or a Python does not exist, a target supports none of the Pythons, or nothing is
        selected.
    """
    selection = selection or Selection()
    versions = [PythonVersion.parse(text) for text in pythons]
    if selection.names_builds and not versions:
        versions = list(supported_versions())
    defaults = _Defaults(toolchain, selection, is_installed, is_testable)
    combinations: dict[tuple[Target, PythonVersion], None] = {}
    for spec in targets:
        combinations |= dict.fromkeys(
            _supported_combinations(spec, versions, toolchain) if versions else [defaults.combination(spec)]
        )
    for target in () if targets else all_targets(toolchain):
        combinations |= dict.fromkeys(
            (target, version) for version in versions or (defaults.python(target),) if target.supports_python(version)
        )
    return selection.select_from(tuple(combinations), machine=architecture())


def _supported_combinations(
    spec: str, versions: Sequence[PythonVersion], toolchain: Toolchain
) -> list[tuple[Target, PythonVersion]]:
    """Combine a target with those of the Pythons that it supports; an alias may have another target for each."""
    combinations, errors = [], []
    for version in versions:
        try:
            target = find_target(spec, toolchain, native=native_alias(), python=version)
        except UsageError as error:
            errors.append(error)
            continue
        if target.supports_python(version):
            combinations.append((target, version))
        else:
            hint = f"supported by it: {', '.join(map(str, target.pythons))}"
            errors.append(UsageError(f"{target} does not support Python {version}", hint=hint))
    if not combinations:
        raise errors[0]
    return combinations


@dataclass(frozen=True)
class _Defaults:
    """The Python to build for if the user names none.

    Of those that the build machine has, the target supports and ``requires-python`` allows, the first that it can also
    run for the target, so that the wheel can be tested; else the first. The one crosswheel runs on is before others,
    newer ones are before older ones.
    """

    toolchain: Toolchain
    selection: Selection
    is_installed: Callable[[PythonVersion], bool]
    is_testable: Callable[[Target, PythonVersion], bool]

    def combination(self, spec: str) -> tuple[Target, PythonVersion]:
        """Return the target of a name, and the default Python; an alias may have another target for each Python."""
        newest = find_target(spec, self.toolchain, native=native_alias())
        return self._first(lambda version: self._target(spec, version), newest)

    def python(self, target: Target) -> PythonVersion:
        """Return the default Python of a target."""
        return self._first(lambda version: target if target.supports_python(version) else None, target)[1]

    def _first(
        self, target_for: Callable[[PythonVersion], Target | None], fallback: Target
    ) -> tuple[Target, PythonVersion]:
        pairs = [
            (target, version)
            for version in self._candidates()
            if self.selection.allows_python(version) and (target := target_for(version))
        ]
        found = next((pair for pair in pairs if self.is_testable(*pair)), pairs[0] if pairs else None)
        if found is not None:
            return found
        offered = fallback.pythons or [version for version in supported_versions() if not version.freethreaded]
        allowed = [version for version in offered if self.selection.allows_python(version)]
        return fallback, (allowed or offered)[-1]

    def _candidates(self) -> Iterator[PythonVersion]:
        running = PythonVersion.parse(running_python())
        yield running
        for version in reversed(supported_versions()):
            if version != running and not version.freethreaded and self.is_installed(version):
                yield version

    def _target(self, spec: str, version: PythonVersion) -> Target | None:
        try:
            target = find_target(spec, self.toolchain, native=native_alias(), python=version)
        except UsageError:  # the alias has no target for this Python
            return None
        return target if target.supports_python(version) else None
