"""Several sources, targets and Pythons in one command: what they share is prepared once, the rest runs side by side."""

from __future__ import annotations

import traceback
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosswheel.building.options_model import BuildConfiguration, BuildOptions, Stage, WheelResult
from crosswheel.building.pipeline import BuildContext, build_source
from crosswheel.building.planning import plan_builds
from crosswheel.building.recipe_set import RecipeSet, apply_recipe, fetch_by_recipe
from crosswheel.cross_requirements import CrossEnv
from crosswheel.errors import CrosswheelError, redact_passwords
from crosswheel.host.files import write_atomic
from crosswheel.pythons import find_build_python
from crosswheel.pythons.providers import find_provider
from crosswheel.sources.constraints import applicable_constraints

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from packaging.requirements import Requirement

    from crosswheel.building.planning import PlannedWheel
    from crosswheel.host import Host
    from crosswheel.sources.index_settings import IndexSettings
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
    cookbook: RecipeSet
    options_for: Callable[[Target, PythonVersion], BuildOptions] | None = None
    constraints: Sequence[Requirement] = ()

    def build(self, work: Path) -> tuple[WheelResult, ...]:
        """Build all of it; failures are results too.

        What several combinations are made of is built once, if it is built in the same way for all of them.

        :param work: a directory for sources and wheels of parts, which lives as long as the call.
        :raises UsageError: when a variable of the environment asks for a target that there is not.
        """
        single, asked = plan_builds([self._combination(target, version) for target, version in self.combinations], work)
        limits = [applicable_constraints(self.constraints, one.target.markers(one.python)) for one in single]
        requests = tuple(dict.fromkeys(self.requests))
        with ThreadPoolExecutor(max(1, len(requests))) as fetching, ThreadPoolExecutor(_AT_ONCE) as building:
            sources = {
                (request, held): fetching.submit(self._fetch, request, work / f"source-{number}", held)
                for number, (request, held) in enumerate(product(requests, dict.fromkeys(limits)))
            }
            grounds = [building.submit(self._ground, one) for one in single]
            built = {
                (request, at): building.submit(
                    self._one, request, one, partial(_build, grounds[at], request, sources[request, limits[at]])
                )
                for request in requests
                for at, one in enumerate(single)
            }

            def merged(request: SourceRequest, made: PlannedWheel) -> Future[WheelResult]:
                source = sources[request, limits[made.parts[0]]]
                parts = [built[request, part] for part in made.parts]
                return building.submit(
                    self._one, request, made.combination, partial(_join, made.combination, source, parts)
                )

            # Those that wait for others come after them, or there would be nobody left to build these.
            results = {
                (request, at): merged(request, made) if made.is_merged else built[request, made.parts[0]]
                for request in requests
                for at, made in enumerate(asked)
            }
            try:
                return tuple(results[request, at].result() for request in self.requests for at in range(len(asked)))
            except BaseException:
                self._give_up([*sources.values(), *grounds, *built.values(), *results.values()])
                raise

    def _give_up(self, futures: Sequence[Future[Any]]) -> None:
        """Interrupted: begin nothing more, and end what runs, for the threads wait for their programs."""
        for future in futures:
            future.cancel()
        while wait(futures, timeout=_PATIENCE).not_done:
            self.host.runner.stop()

    def _fetch(self, request: SourceRequest, place: Path, constraints: Sequence[Requirement]) -> Source:
        place.mkdir()
        return fetch_by_recipe(self.host, request, self.cookbook.find(request), self.index, place, constraints)

    def _combination(self, target: Target, version: PythonVersion) -> BuildConfiguration:
        options = self.options_for(target, version) if self.options_for else self.options
        chosen = target.with_deployment_target({**self.host.environ, **options.environment})
        return BuildConfiguration(self.host, chosen, version, self.index, options)

    def _ground(self, combination: BuildConfiguration) -> BuildContext:
        host, target, options = combination.host, combination.target, combination.options
        kit = self.toolchain.prepare(target)
        build_python = find_build_python(host, combination.python)
        python = find_provider(host, target, options.target_python).target_python(target, build_python, kit)
        envs = tuple(CrossEnv.load(self.store, Path(at), target, combination.python) for at in options.cross_env)
        return BuildContext(
            host, target, combination.python, combination.index, options, build_python, python, kit, self.store,
            self.cookbook, envs,
        )  # fmt: skip

    def _one(
        self, request: SourceRequest, combination: BuildConfiguration, work: Callable[[], WheelResult]
    ) -> WheelResult:
        target, version = combination.target, combination.python
        try:
            return work()
        except CrosswheelError as error:
            return WheelResult(request.text, target, version, Stage.FAILED, error=error)
        except Exception as error:  # one build's mishap must not take the others' results away
            trace = write_atomic(
                self.host.logs / f"crash-{target}-{version}.txt", redact_passwords(traceback.format_exc())
            )
            failed = CrosswheelError(f"crosswheel itself failed: {type(error).__name__}: {error}", log=trace)
            return WheelResult(request.text, target, version, Stage.FAILED, error=failed)


def _build(context: Future[BuildContext], request: SourceRequest, source: Future[Source]) -> WheelResult:
    return build_source(*apply_recipe(context.result(), request, source.result()))


def _join(combination: BuildConfiguration, source: Future[Source], parts: Sequence[Future[WheelResult]]) -> WheelResult:
    from crosswheel.building.universal2 import build_universal2

    return build_universal2(combination, source.result(), [part.result() for part in parts])
