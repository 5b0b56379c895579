"""Testing an audited wheel, and copying it to the output directory if the test does not fail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from crosswheel.building.results import Stage, WheelResult
from crosswheel.building.seal import named_directories
from crosswheel.errors import BuildError, CrosswheelError, TestError, UntestedError
from crosswheel.host.files import move_into_place, sha256
from crosswheel.runners.select import can_test
from crosswheel.sealing import Mount, Seal, SealRecord
from crosswheel.wheels.archive import WheelName, read_wheel

if TYPE_CHECKING:
    from crosswheel.building.context import BuildConfiguration
    from crosswheel.building.target_requirements import RequirementBuilder
    from crosswheel.building.test_cache import TestResultCache
    from crosswheel.building.wheel_cache import BuiltWheel
    from crosswheel.building.workspace import Workspace
    from crosswheel.sources.model import Source
    from crosswheel.targets import PythonVersion
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
    options, tested = configuration.options, _Tested(Stage.AUDITED, "")
    if options.fail_on_degraded and built.degraded:
        raise _degraded_error(source, built, workspace)
    remarks = ["unchanged" if built.cached else "", "pure Python: runs everywhere" if built.pure else ""]
    if options.test:
        with workspace.clock.step("test"):
            tested = _WheelTest(configuration, source, built, workspace, requirement_builder, test_cache).run()
            remarks.append(tested.remark)
    output = options.output_directory.absolute()
    for file in built.extra_files:
        move_into_place(file, output / file.name)
    wheel = move_into_place(built.wheel, output / built.wheel.name)
    return WheelResult(
        source.label, configuration.target, configuration.python, tested.stage, wheel, "; ".join(filter(None, remarks)),
        seconds=workspace.clock.seconds, notes=built.notes, degraded=built.degraded, log=workspace.log,
        cached=built.cached, lacks_test=tested.lacks_test, shareable=built.shareable, digest=sha256(wheel),
        libraries=options.all_libraries, seal=built.seal, test_seal=tested.seal,
    )  # fmt: skip


class _Tested(NamedTuple):
    """The stage that a wheel reached in its test, a remark, and fields of :class:`WheelResult`."""

    stage: Stage
    remark: str
    lacks_test: bool = False
    seal: SealRecord | None = None


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

    def run(self) -> _Tested:
        """Run the test, unless the wheel has passed it before.

        :raises TestError: if the wheel fails on its target.
        :raises UntestedError: if the test could not run, and the options require it.
        """
        from crosswheel.testing import TestOutcome

        wheel, log, plan = self.built.wheel, self.workspace.log, self._plan()
        if self.test_cache and (interpreter := self.test_cache.lookup(wheel, plan)):
            return _Tested(Stage.TESTED, f"tested before on {interpreter}")
        if self.built.source_tree is None and (plan.commands or plan.groups):
            # The wheel was not built in this workspace.
            plan = replace(plan, project=str(self.source.checkout(self.workspace.source_root)))
        result = self._with_dependencies(plan)
        if result.outcome is not TestOutcome.PASSED:
            if self.configuration.options.require_test:
                hint = result.hint or "--no-require-test publishes the wheel without a test"
                raise UntestedError(f"{wheel.name} cannot be tested: {result.reason}", hint=hint, log=log)
            return _Tested(Stage.UNTESTED, result.reason, result.lacks_test(bool(plan.commands)), result.seal)
        if self.test_cache:
            self.test_cache.store(wheel, plan, result)
        return _Tested(Stage.TESTED, result.interpreter, seal=result.seal)

    def _test(self, plan: TestPlan) -> TestResult:
        """Test the wheel once, and append the output to the log.

        :raises TestError: if the wheel fails on its target.
        """
        from crosswheel.testing import TestOutcome, test_wheel

        configuration, wheel, log = self.configuration, self.built.wheel, self.workspace.log
        with configuration.host.progress.step("testing"):
            result = test_wheel(configuration.host, wheel, configuration.target, self._python(), plan, self._seal())
            with log.open("a", encoding="utf-8") as stream:
                stream.write(f"\n--- test: {result.outcome} ---\n{result.output}\n")
            if result.outcome is TestOutcome.FAILED:
                what = f"{wheel.name} fails on its target: {result.reason}"
                raise TestError(what, where=result.interpreter, hint=result.hint, log=log)
        return result

    def _seal(self) -> Seal:
        """Return how the tested programs run: they see the sources, and what variables of the options name."""
        seal, sources = self.configuration.seal, self.workspace.source_root
        mounts = (Mount(sources, sources, writable=True), *named_directories(self.configuration.options))
        return Seal(seal.support, mounts, seal.network)

    def _python(self) -> PythonVersion:
        """Return the Python to test with: for wheels that work with several, one that this machine has."""
        from crosswheel.testing.choose_python import python_for_wheel, supports_python

        host, target, python = self.configuration.host, self.configuration.target, self.configuration.python
        name = WheelName.parse(self.built.wheel.name)
        if can_test(host, target, python) or not supports_python(name, python):
            return python
        return python_for_wheel(host, name, target)

    def _plan(self) -> TestPlan:
        from crosswheel.testing import TestPlan

        options, index = self.configuration.options, self.configuration.index
        return TestPlan(
            imports=options.test_imports,
            commands=options.test_commands,
            cibuildwheel_commands=options.cibuildwheel_commands and not options.unsealed,
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

        Parts of the standard library that the target's Python keeps apart are built, too, and dependencies whose wheels
        the runner cannot run. Each is built at most once. If one cannot be built, that is the reason of the result.
        """
        parts: dict[str, str] = {}
        replaced: dict[str, str] = {}
        while True:
            result = self._test(replace(plan, requires=(*plan.requires, *parts.values(), *replaced.values())))
            if new := [name for name in result.stdlib_parts if name not in parts]:
                try:
                    parts |= {name: self._stdlib_part(name) for name in new}
                except CrosswheelError as error:
                    return replace(result, reason=f"{result.reason}; {error.what}", unavailable=True, hint=error.hint)
                continue
            if self._may_build and (new := [each for each in result.unrunnable if each not in replaced]):
                try:
                    replaced |= {each: self._replacement(each, result.interpreter) for each in new}
                except CrosswheelError as error:
                    return replace(result, reason=f"{result.reason}; {error.what}", hint=error.hint)
                continue
            directories = {name: self.workspace.dependencies / name for name in result.missing}
            missing = next((name for name, directory in directories.items() if not directory.exists()), None)
            if self.requirement_builder is None or missing is None or not self._may_build:
                note = f", with {' and '.join(replaced)} built for it" if replaced else ""
                return replace(result, interpreter=f"{result.interpreter}{note}")
            directories[missing].mkdir(parents=True)
            try:
                self.requirement_builder.build(self._requirement(plan, missing), directories[missing])
            except CrosswheelError as error:
                return replace(result, reason=error.what)
            plan = replace(plan, find_links=(*plan.find_links, str(directories[missing])))

    @property
    def _may_build(self) -> bool:
        return self.requirement_builder is not None and self.configuration.options.dependency_builds

    def _replacement(self, requirement: str, interpreter: str) -> str:
        """Build a dependency whose wheel the runner cannot run, and return the path of the wheel."""
        assert self.requirement_builder is not None
        directory = self.workspace.dependencies / "unrunnable" / requirement
        directory.mkdir(parents=True)
        reason = f"cannot run on {interpreter}"
        return str(self.requirement_builder.build(Requirement(requirement), directory, reason=reason))

    def _stdlib_part(self, name: str) -> str:
        """Build the wheel of a part of the standard library, and return its path."""
        if self.requirement_builder is None or not self._may_build:
            raise BuildError("it is not built", hint="--dependency-builds builds what a test requires")
        directory = self.workspace.dependencies / "stdlib" / name
        return str(self.requirement_builder.build_stdlib_part(name, directory))

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
