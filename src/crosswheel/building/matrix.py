"""The build matrix: every request for every target and Python, built in parallel."""

from __future__ import annotations

import threading
import traceback
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosswheel.building.apply_recipe import apply_recipe, fetch_by_recipe
from crosswheel.building.build_source import build_source, serve_tested
from crosswheel.building.context import BuildConfiguration, BuildContext
from crosswheel.building.planning import plan_builds
from crosswheel.building.results import Stage, WheelResult, name_lasting_place
from crosswheel.building.scheduling import Lazy, Schedule
from crosswheel.building.seal import plan_seal, seal_with_tools
from crosswheel.building.sharing import reject_conflicts, serve
from crosswheel.cross_requirements import CrossEnv
from crosswheel.errors import CrosswheelError, redact_passwords
from crosswheel.host.files import write_atomic
from crosswheel.pythons import find_build_python
from crosswheel.pythons.providers import find_target_python
from crosswheel.sealing import SealRecord, SealSupport
from crosswheel.sources.constraints import applicable_constraints

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from packaging.requirements import Requirement

    from crosswheel.building.options import BuildOptions
    from crosswheel.building.recipe_set import RecipeSet
    from crosswheel.host import Host
    from crosswheel.sources.index_settings import IndexSettings
    from crosswheel.sources.model import Source, SourceRequest
    from crosswheel.store import Store
    from crosswheel.targets import PythonVersion, Target
    from crosswheel.toolchains.model import Toolchain

_PARALLEL_BUILDS = 4
"""Maximum number of builds at a time. Each uses all processors by itself; a long one at the end has them alone."""
_STOP_INTERVAL = 0.2
"""Seconds between attempts to stop the programs of interrupted builds."""


@dataclass(frozen=True)
class Matrix:
    """Every request, for every combination of a target and a Python.

    :param requests: the sources; one that is requested twice is built once.
    :param combinations: the targets and Pythons.
    :param index: settings of the package index.
    :param options: the options, unless ``options_for`` is set.
    :param store: where artifacts are cached.
    :param recipes: recipes of packages and native libraries.
    :param options_for: returns the options for one combination; None if all combinations have the same.
    :param constraints: constraints on the versions of requested packages.
    :param seal_support: whether programs of builds can be sealed.
    """

    host: Host
    toolchain: Toolchain
    requests: Sequence[SourceRequest]
    combinations: Sequence[tuple[Target, PythonVersion]]
    index: IndexSettings
    options: BuildOptions
    store: Store
    recipes: RecipeSet
    options_for: Callable[[Target, PythonVersion], BuildOptions] | None = None
    constraints: Sequence[Requirement] = ()
    seal_support: SealSupport = field(default_factory=SealSupport)

    def build(self, work: Path) -> tuple[WheelResult, ...]:
        """Build everything, in parallel.

        :param work: a directory for sources and wheels of parts; must exist until the call returns.
        :returns: one result for each request and combination, in order. A build that fails is a result with an error.
        :raises UsageError: if an environment variable requests a deployment target that does not exist.
        """
        builds, wheels = plan_builds(
            [self._configuration(target, python) for target, python in self.combinations], work
        )
        limits = [applicable_constraints(self.constraints, build.target.markers(build.python)) for build in builds]
        requests = tuple(dict.fromkeys(self.requests))
        contexts = [Lazy(partial(self._prepare, build)) for build in builds]
        interrupted = threading.Event()
        run = partial(_catch_errors, interrupted)
        with ThreadPoolExecutor(max(1, len(requests))) as fetchers, ThreadPoolExecutor(_PARALLEL_BUILDS) as builders:
            sources = {
                (request, constraints): fetchers.submit(self._fetch, request, work / f"source-{number}", constraints)
                for number, (request, constraints) in enumerate(product(requests, dict.fromkeys(limits)))
            }

            def start(request: SourceRequest, index: int, served_by: WheelResult | None) -> Future[WheelResult]:
                source = sources[request, limits[index]]
                build = partial(_build, builds[index], contexts[index], request, source, served_by)
                return builders.submit(run, request, builds[index], build)

            schedule = Schedule(builds, requests, start, limits)
            try:
                built = schedule.run()
                merged = {
                    (request, number): builders.submit(
                        run,
                        request,
                        wheel.configuration,
                        partial(
                            _merge,
                            wheel.configuration,
                            sources[request, limits[wheel.parts[0]]],
                            [built[request, part] for part in wheel.parts],
                        ),
                    )
                    for request, (number, wheel) in product(requests, enumerate(wheels))
                    if wheel.is_merged
                }
                results = {key: future.result() for key, future in merged.items()}
            except BaseException:
                interrupted.set()
                self._stop([*sources.values(), *schedule.futures.values()])
                raise
        results |= {
            (request, number): built[request, wheel.parts[0]]
            for request, (number, wheel) in product(requests, enumerate(wheels))
            if not wheel.is_merged
        }
        return reject_conflicts(
            [results[request, number] for request in self.requests for number in range(len(wheels))]
        )

    def _stop(self, futures: Sequence[Future[Any]]) -> None:
        """Cancel what has not started, and stop the programs that the other threads are waiting for."""
        for future in futures:
            future.cancel()
        while wait(futures, timeout=_STOP_INTERVAL).not_done:
            self.host.runner.stop()

    def _fetch(self, request: SourceRequest, directory: Path, constraints: Sequence[Requirement]) -> Source:
        directory.mkdir()
        return fetch_by_recipe(self.host, request, self.recipes.find(request), self.index, directory, constraints)

    def _configuration(self, target: Target, python: PythonVersion) -> BuildConfiguration:
        options = self.options_for(target, python) if self.options_for else self.options
        target = target.with_deployment_target({**self.host.environ, **options.environment})
        seal = plan_seal(self.seal_support, options)
        return BuildConfiguration(self.host, target, python, self.index, options, seal=seal)

    def _prepare(self, build: BuildConfiguration) -> BuildContext:
        """Prepare what the builds of all sources for one configuration share."""
        host, target, options = build.host, build.target, build.options
        toolchain = self.toolchain.prepare(target)
        build_python = find_build_python(host, build.python)
        target_python = find_target_python(host, build_python, toolchain, options.target_python)
        cross_envs = tuple(CrossEnv.load(self.store, Path(path), target, build.python) for path in options.cross_env)
        return BuildContext(
            host, target, build.python, build.index, options, build_python, target_python, toolchain, self.store,
            self.recipes, cross_envs, seal=seal_with_tools(build.seal, host, target, options, build_python, toolchain),
        )  # fmt: skip


def _catch_errors(
    interrupted: threading.Event,
    request: SourceRequest,
    configuration: BuildConfiguration,
    work: Callable[[], WheelResult],
) -> WheelResult:
    """Return the result of the work, or a failed result with its error.

    Unexpected exceptions are caught too: a crash in one build must not discard the results of the others. After an
    interrupt they are not crashes: fetches are cancelled, and programs killed.
    """
    target, python, support = configuration.target, configuration.python, configuration.seal.support
    seal = SealRecord(support.available, support.reason)
    try:
        return work()
    except CrosswheelError as error:
        name_lasting_place(error, request.text)
        return WheelResult(request.text, target, python, Stage.FAILED, error=error, seal=seal)
    except Exception as error:
        if interrupted.is_set():
            raise
        log = configuration.host.logs / f"crash-{target}-{python}.txt"
        write_atomic(log, redact_passwords(traceback.format_exc()))
        crash = CrosswheelError(f"crosswheel itself failed: {type(error).__name__}: {error}", log=log)
        return WheelResult(request.text, target, python, Stage.FAILED, error=crash, seal=seal)


def _build(
    configuration: BuildConfiguration,
    context: Lazy[BuildContext],
    request: SourceRequest,
    source: Future[Source],
    served_by: WheelResult | None,
) -> WheelResult:
    """Build a source, or take the wheel that was built for another Python or target."""
    found = source.result()  # first: preparing toolchains takes minutes, which a missing source must not cost
    if served_by is None:
        return build_source(*apply_recipe(context.value(), request, found))
    if not configuration.options.test:  # nothing has to be prepared
        return serve(configuration, found, served_by)
    return serve_tested(*apply_recipe(context.value(), request, found), served_by)


def _merge(configuration: BuildConfiguration, source: Future[Source], parts: Sequence[WheelResult]) -> WheelResult:
    from crosswheel.building.universal2 import build_universal2  # only macOS targets have parts

    return build_universal2(configuration, source.result(), parts)
