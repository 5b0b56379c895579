"""Several sources, targets and Pythons in one command: what they share is prepared once, the rest runs side by side."""

from __future__ import annotations

import traceback
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosswheel.building.cookbook import Cookbook, fetch_source, follow
from crosswheel.building.model import BuildOptions, Stage, WheelResult
from crosswheel.building.pipeline import Ground, build_source
from crosswheel.errors import CrosswheelError, without_passwords
from crosswheel.host.files import write_atomic
from crosswheel.overlays import CrossEnv
from crosswheel.pythons import find_build_python
from crosswheel.pythons.catalogue import find_provider
from crosswheel.sources.constraints import applicable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from packaging.requirements import Requirement

    from crosswheel.host import Host
    from crosswheel.sources.index import IndexSettings
    from crosswheel.sources.model import Source, SourceRequest
    from crosswheel.store import Store
    from crosswheel.targets import PythonVersion, Target
    from crosswheel.toolchains.model import Toolchain

_AT_ONCE = 4
"""Builds that run side by side at most. Each uses all processors by itself: the long one at the end has them alone."""
_PATIENCE = 0.2
"""Seconds between two looks at whether interrupted builds have ended."""


@dataclass(frozen=True)
class Matrix:
    """What is to be built: every request for every combination of a target and a Python."""

    host: Host
    toolchain: Toolchain
    requests: Sequence[SourceRequest]
    combinations: Sequence[tuple[Target, PythonVersion]]
    index: IndexSettings
    options: BuildOptions
    store: Store
    cookbook: Cookbook
    options_for: Callable[[Target, PythonVersion], BuildOptions] | None = None
    constraints: Sequence[Requirement] = ()

    def build(self, work: Path) -> tuple[WheelResult, ...]:
        """Build all of it; failures are results too.

        :param work: a directory for sources, which lives as long as the call.
        """
        with ThreadPoolExecutor(max(1, len(self.requests))) as fetching, ThreadPoolExecutor(_AT_ONCE) as building:
            limits = {place: applicable(self.constraints, place[0].markers(place[1])) for place in self.combinations}
            sources = {
                (request, held): fetching.submit(self._fetch, request, work / f"source-{number}", held)
                for number, (request, held) in enumerate(
                    product(dict.fromkeys(self.requests), dict.fromkeys(limits.values()))
                )
            }
            grounds = {
                (target, version): building.submit(self._ground, target, version)
                for target, version in self.combinations
            }
            futures = [
                building.submit(self._one, request, sources[request, limits[place]], place[0], place[1], grounds[place])
                for request in self.requests
                for place in self.combinations
            ]
            try:
                return tuple(future.result() for future in futures)
            except BaseException:
                self._give_up([*sources.values(), *grounds.values(), *futures])
                raise

    def _give_up(self, futures: Sequence[Future[Any]]) -> None:
        """Interrupted: begin nothing more, and end what runs, for the threads wait for their programs."""
        for future in futures:
            future.cancel()
        while wait(futures, timeout=_PATIENCE).not_done:
            self.host.runner.stop()

    def _fetch(self, request: SourceRequest, place: Path, constraints: Sequence[Requirement]) -> Source:
        place.mkdir()
        return fetch_source(self.host, request, self.cookbook.of(request), self.index, place, constraints)

    def _ground(self, target: Target, version: PythonVersion) -> Ground:
        host = self.host
        kit = self.toolchain.prepare(target)
        build_python = find_build_python(host, version)
        options = self.options_for(target, version) if self.options_for else self.options
        provider = find_provider(host, target, options.target_python)
        python = provider.provide(target, build_python, kit)
        envs = tuple(CrossEnv.open(self.store, Path(place), target, version) for place in options.cross_env)
        return Ground(
            host, target, version, build_python, python, kit, self.index, options, self.store, self.cookbook, envs
        )

    def _one(
        self, request: SourceRequest, source: Future[Source], target: Target, version: PythonVersion,
        ground: Future[Ground],
    ) -> WheelResult:  # fmt: skip
        try:
            return build_source(*follow(ground.result(), request, source.result()))
        except CrosswheelError as error:
            return WheelResult(request.text, target, version, Stage.FAILED, error=error)
        except Exception as error:  # one build's mishap must not take the others' results away
            trace = write_atomic(
                self.host.logs / f"crash-{target}-{version}.txt", without_passwords(traceback.format_exc())
            )
            failed = CrosswheelError(f"crosswheel itself failed: {type(error).__name__}: {error}", log=trace)
            return WheelResult(request.text, target, version, Stage.FAILED, error=failed)
