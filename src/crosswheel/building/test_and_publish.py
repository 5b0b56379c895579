"""Testing an audited wheel, and copying it to the output directory if the test does not fail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from crosswheel.building.results import Stage, WheelResult
from crosswheel.errors import BuildError, CrosswheelError, TestError
from crosswheel.host.files import move_into_place
from crosswheel.wheels.archive import read_wheel

if TYPE_CHECKING:
    from crosswheel.building.context import BuildConfiguration
    from crosswheel.building.target_requirements import RequirementBuilder
    from crosswheel.building.test_cache import TestResultCache
    from crosswheel.building.wheel_cache import BuiltWheel
    from crosswheel.building.workspace import Workspace
    from crosswheel.sources.model import Source
    from crosswheel.testing import TestPlan, TestResult


def test_and_publish(
    configuration: BuildConfiguration, source: Source, built: BuiltWheel, workspace: Workspace,
    requirement_builder: RequirementBuilder | None = None,
    test_cache: TestResultCache | None = None,
) -> WheelResult:  # fmt: skip
    """Test a wheel if the options request it, and copy it and its extra files to the output directory.

    :param requirement_builder: builds dependencies of the test that have no wheel for the target; None to build none.
    :param test_cache: results of earlier tests; None to run the test in any case.
    :raises BuildError: if the build has lost something and the options do not accept that; nothing is published then.
    :raises TestError: if the wheel fails on its target; nothing is published then.
    """
    options, stage = configuration.options, Stage.AUDITED
    if options.fail_on_degraded and built.degraded:
        raise _degraded_error(source, built, workspace)
    remarks = ["unchanged" if built.cached else "", "pure Python: runs everywhere" if built.pure else ""]
    if options.test:
        with workspace.clock.step("test"):
            stage, remark = _WheelTest(configuration, source, built, workspace, requirement_builder, test_cache).run()
            remarks.append(remark)
    output = options.output_directory.absolute()
    for file in built.extra_files:
        move_into_place(file, output / file.name)
    wheel = move_into_place(built.wheel, output / built.wheel.name)
    return WheelResult(
        source.label, configuration.target, configuration.python, stage, wheel, "; ".join(filter(None, remarks)),
        seconds=workspace.clock.seconds, notes=built.notes, degraded=built.degraded, log=workspace.log,
        cached=built.cached, libraries=options.all_libraries,
    )  # fmt: skip


def _degraded_error(source: Source, built: BuiltWheel, workspace: Workspace) -> BuildError:
    first, *others = built.degraded
    more = f" (and {len(others)} more)" if others else ""
    return BuildError(
        f"the build is degraded: {first.what}{more}",
        where=source.label,
        hint=first.hint or "without --fail-on-degraded the wheel is published",
        log=workspace.log if workspace.log.is_file() else None,
    )


@dataclass(frozen=True)
class _WheelTest:
    """The test of one built wheel."""

    configuration: BuildConfiguration
    source: Source
    built: BuiltWheel
    workspace: Workspace
    requirement_builder: RequirementBuilder | None
    test_cache: TestResultCache | None

    def run(self) -> tuple[Stage, str]:
        """Run the test, unless the wheel has passed it before; return the stage and a remark.

        :raises TestError: if the wheel fails on its target.
        """
        from crosswheel.testing import TestOutcome

        wheel, log, plan = self.built.wheel, self.workspace.log, self._plan()
        if self.test_cache and (interpreter := self.test_cache.lookup(wheel, plan)):
            return Stage.TESTED, f"tested before on {interpreter}"
        if self.built.cached and (plan.commands or plan.groups):
            # The cached wheel was not built in this workspace.
            plan = replace(plan, project=str(self.source.checkout(self.workspace.source_root)))
        result = self._with_dependencies(plan)
        with log.open("a", encoding="utf-8") as stream:
            stream.write(f"\n--- test: {result.outcome} ---\n{result.output}\n")
        if result.outcome is TestOutcome.FAILED:
            raise TestError(f"{wheel.name} fails on its target: {result.reason}", where=result.interpreter, log=log)
        if result.outcome is not TestOutcome.PASSED:
            return Stage.UNTESTED, result.reason
        if self.test_cache:
            self.test_cache.store(wheel, plan, result)
        return Stage.TESTED, result.interpreter

    def _plan(self) -> TestPlan:
        from crosswheel.testing import TestPlan

        options, index = self.configuration.options, self.configuration.index
        return TestPlan(
            imports=options.test_imports,
            commands=options.test_commands,
            requires=options.test_requires,
            extras=options.test_extras,
            groups=options.test_groups,
            environment=options.environment,
            timeout=options.test_timeout,
            find_links=(str(options.output_directory.absolute()), *self.built.dependency_wheels),
            install_options=index.uv_options(),
            install_env=index.uv_environ(),
            project=str(self.built.source_tree or self.workspace.source_root),
        )

    def _with_dependencies(self, plan: TestPlan) -> TestResult:
        """Test the wheel; while dependencies have no wheel for the target, build one and test again.

        Each is built at most once. If one cannot be built, the reason becomes that of the result.
        """
        from crosswheel.testing import test_wheel

        host, target, python = self.configuration.host, self.configuration.target, self.configuration.python
        while True:
            with host.progress.step("testing"):
                result = test_wheel(host, self.built.wheel, target, python, plan)
            directories = {name: self.workspace.dependencies / name for name in result.missing}
            missing = next((name for name, directory in directories.items() if not directory.exists()), None)
            if self.requirement_builder is None or missing is None or not self.configuration.options.dependency_builds:
                return result
            directories[missing].mkdir(parents=True)
            try:
                self.requirement_builder.build(self._requirement(plan, missing), directories[missing])
            except CrosswheelError as error:
                return replace(result, reason=error.what)
            plan = replace(plan, find_links=(*plan.find_links, str(directories[missing])))

    def _requirement(self, plan: TestPlan, name: str) -> Requirement:
        """Return the requirement on a dependency, combined from the wheel's metadata and the test's requirements.

        A dependency of another dependency is in neither, and is required without a version.
        """
        headers = read_wheel(self.built.wheel).headers("METADATA")
        requires_dist = [Requirement(value) for key, value in headers if key == "Requires-Dist"]
        markers = {**self.configuration.target.markers(self.configuration.python), "extra": ""}
        combined = Requirement(name)
        for requirement in (*requires_dist, *map(Requirement, plan.requires)):
            applies = requirement.marker is None or requirement.marker.evaluate(dict(markers))
            if applies and canonicalize_name(requirement.name) == canonicalize_name(name):
                combined.specifier &= requirement.specifier
        return combined
