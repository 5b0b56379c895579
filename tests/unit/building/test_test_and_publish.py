"""Testing built wheels and publishing them: what is tested how, and what gets into the output directory when."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from fake_hosts import Shelf, fake_host, tarball
from packaging.requirements import Requirement

from crosswheel.building.context import BuildContext
from crosswheel.building.degraded import Degradation, Loss
from crosswheel.building.results import Stage, WheelResult
from crosswheel.building.test_and_publish import test_and_publish as publish
from crosswheel.building.wheel_cache import BuiltWheel
from crosswheel.building.workspace import Stopwatch, Workspace
from crosswheel.cli.progress import LineProgress
from crosswheel.errors import BuildError, ExitStatus, TestError, UntestedError
from crosswheel.sealing import Sandbox, Seal
from crosswheel.sources.index_settings import IndexSettings
from crosswheel.sources.model import Source
from crosswheel.targets import PythonVersion
from crosswheel.testing import TestOutcome, TestPlan, TestResult
from crosswheel.wheels.archive import WheelName, pack_wheel

NAME = "demo-1.0-cp313-cp313-manylinux_2_31_riscv64.whl"
METADATA = """Metadata-Version: 2.1
Name: demo
Version: 1.0
Requires-Dist: numpy>=2.0
Requires-Dist: pandas<2; platform_machine == 'x86_64'
Requires-Dist: pandas>=2; platform_machine == 'riscv64'
Requires-Dist: pytest>=9; extra == 'test'
"""
PASSED = TestResult(TestOutcome.PASSED, interpreter="CPython 3.13.5 for riscv64", output="3 passed")


@dataclass
class FakeTests:
    """Tests that end as they are listed; the last of the results is that of all further tests."""

    results: list[TestResult]
    plans: list[TestPlan] = field(default_factory=list)
    wheels: list[Path] = field(default_factory=list)
    pythons: list[PythonVersion] = field(default_factory=list)

    def run(
        self, host: object, wheel: Path, target: object, python: PythonVersion, plan: TestPlan, seal: Seal
    ) -> TestResult:
        assert any(mount.writable for mount in seal.mounts)  # the sources
        assert wheel.is_file()
        self.pythons.append(python)
        self.wheels.append(wheel)
        self.plans.append(plan)
        return self.results[min(len(self.plans), len(self.results)) - 1]


@dataclass
class FakeRequirementBuilder:
    """Writes an empty wheel for a requirement; cannot build those with a name in ``broken``."""

    broken: frozenset[str] = frozenset()
    requirements: list[str] = field(default_factory=list)

    def build(self, requirement: Requirement, directory: Path, *, reason: str = "") -> Path:
        self.requirements.append(str(requirement))
        if requirement.name in self.broken:
            raise BuildError(f"{requirement.name} cannot be built")
        wheel = directory / f"{requirement.name}.whl"
        wheel.touch()
        return wheel


@dataclass
class FakeTestCache:
    known: str | None = None
    looked_up: list[tuple[Path, TestPlan]] = field(default_factory=list)
    stored: list[tuple[Path, TestPlan, TestResult]] = field(default_factory=list)

    def lookup(self, wheel: Path, plan: TestPlan) -> str | None:
        self.looked_up.append((wheel, plan))
        return self.known

    def store(self, wheel: Path, plan: TestPlan, result: TestResult) -> None:
        assert wheel.is_file()
        self.stored.append((wheel, plan, result))


@pytest.fixture
def tests(monkeypatch: pytest.MonkeyPatch) -> FakeTests:
    fake = FakeTests([PASSED])
    monkeypatch.setattr("crosswheel.testing.test_wheel", fake.run)
    return fake


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(
        tmp_path / "build",
        tmp_path / "build.log",
        tmp_path / "calls.log",
        Stopwatch(),
        Sandbox(fake_host(tmp_path, Shelf(tmp_path)), tmp_path),
    )
    workspace.finished.mkdir(parents=True)
    return workspace


@pytest.fixture
def built(workspace: Workspace) -> BuiltWheel:
    files = {
        "demo.py": b"",
        "demo-1.0.dist-info/METADATA": METADATA.encode(),
        "demo-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: false\n",
    }
    wheel = pack_wheel(files, {}, WheelName.parse(NAME), workspace.finished, 1 << 30)
    return BuiltWheel(wheel, pure=False, source_tree=workspace.source_root / "demo-1.0")


@pytest.fixture
def run(
    context: BuildContext, source: Source, built: BuiltWheel, workspace: Workspace, tests: FakeTests, tmp_path: Path
) -> Callable[..., WheelResult]:
    """Test and publish a wheel with some options, by default with a test."""

    def run(
        wheel: BuiltWheel = built, requirement_builder: object = None, test_cache: object = None,
        configuration: dict[str, object] | None = None, **options: object,
    ) -> WheelResult:  # fmt: skip
        options = {"output_directory": tmp_path / "dist", "test": True, **options}
        configured = replace(context, options=replace(context.options, **options), **configuration or {})
        return publish(configured, source, wheel, workspace, requirement_builder, test_cache)  # type: ignore[arg-type]

    return run


def published(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.glob("dist/*"))


def missing(*names: str) -> TestResult:
    return TestResult(TestOutcome.UNTESTED, reason=f"no wheel of {names[0]}", missing=names)


def test_without_a_test_a_wheel_is_published_as_audited(run, tests, workspace, tmp_path):
    result = run(test=False, libraries=("zlib",))
    assert (result.stage, result.wheel, result.remark) == (Stage.AUDITED, tmp_path / "dist" / NAME, "")
    assert (result.source, result.log, result.libraries) == ("demo-1.0", workspace.log, ("zlib",))
    assert tests.plans == []
    assert "test" not in result.seconds
    assert published(tmp_path) == [NAME]


def test_what_a_build_has_lost_is_in_the_result(run, built, tmp_path):
    lost = Degradation(Loss.LIBRARY, "zlib", "the build looked for zlib in vain", "--library zlib")
    result = run(replace(built, degraded=(lost,)))
    assert (result.stage, result.degraded) == (Stage.TESTED, (lost,))
    assert result.as_json()["degraded"] == [
        {"kind": "library", "name": "zlib", "what": "the build looked for zlib in vain", "hint": "--library zlib"}
    ]


def test_a_degraded_build_can_be_an_error(run, built, tests, tmp_path):
    lost = Degradation(Loss.FEATURE, "OpenMP", "OpenMP was asked for and refused")
    with pytest.raises(BuildError, match=r"degraded: OpenMP was asked for and refused \(and 1 more\)") as caught:
        run(replace(built, degraded=(lost, lost)), fail_on_degraded=True)
    assert "--fail-on-degraded" in str(caught.value.hint)
    assert published(tmp_path) == tests.plans == []
    assert run(fail_on_degraded=True).ok


def test_a_wheel_that_passes_is_published_as_tested(run, tests, built, workspace, tmp_path):
    result = run()
    assert (result.stage, result.remark) == (Stage.TESTED, "CPython 3.13.5 for riscv64")
    assert tests.wheels == [built.wheel]
    assert "--- test: passed ---\n3 passed" in workspace.log.read_text()
    assert "test" in result.seconds
    assert published(tmp_path) == [NAME]


def test_a_wheel_that_could_not_be_tested_is_published_with_the_reason(run, tests, tmp_path):
    tests.results = [TestResult(TestOutcome.UNTESTED, reason="no qemu")]
    result = run()
    assert (result.stage, result.remark) == (Stage.UNTESTED, "no qemu")
    assert result.ok
    assert published(tmp_path) == [NAME]


@pytest.mark.parametrize(
    ("untested", "options", "status"),
    [
        (TestResult(TestOutcome.UNTESTED, "no qemu"), {}, ExitStatus.OK),
        (TestResult(TestOutcome.UNTESTED, "no qemu"), {"test_commands": ("pytest",)}, ExitStatus.UNTESTED),
        (TestResult(TestOutcome.UNTESTED, "no answer", unavailable=True), {}, ExitStatus.UNTESTED),
        (PASSED, {"test_commands": ("pytest",), "require_test": True}, ExitStatus.OK),
    ],
)
def test_an_untested_wheel_has_a_status_of_its_own_if_the_user_relies_on_the_test(
    run, tests, tmp_path, untested, options, status
):
    tests.results = [untested]
    result = run(**options)
    assert (result.status, result.error) == (status, None)
    assert result.as_json()["exit_status"] == int(status)
    assert published(tmp_path) == [NAME]


def test_a_required_test_that_could_not_run_is_an_error_and_nothing_is_published(run, tests, workspace, tmp_path):
    tests.results = [TestResult(TestOutcome.UNTESTED, "no qemu")]
    with pytest.raises(UntestedError, match=f"{NAME} cannot be tested: no qemu") as caught:
        run(require_test=True)
    assert (caught.value.status, caught.value.log) == (ExitStatus.UNTESTED, workspace.log)
    assert published(tmp_path) == []


def test_the_step_of_a_failed_test_does_not_end_as_done(run, tests, context, source, built, workspace, tmp_path):
    tests.results = [TestResult(TestOutcome.FAILED, "import of demo failed")]
    stream = io.StringIO()
    host = replace(context.host, progress=LineProgress(stream))
    options = replace(context.options, test=True, output_directory=tmp_path / "dist")
    with pytest.raises(TestError):
        publish(replace(context, host=host, options=options), source, built, workspace)
    assert [line.partition(" (")[0] for line in stream.getvalue().splitlines()] == ["testing ...", "failed: testing"]


@pytest.mark.parametrize(("python", "tested"), [("3.13", "3.13"), ("3.11", "3.14")])
def test_a_wheel_for_several_pythons_is_tested_with_one_that_is_there(
    run, tests, context, built, workspace, tmp_path, python, tested
):
    """Debian has Python 3.13 and 3.14 for riscv64."""
    name = WheelName.parse("demo-1.0-cp36-abi3-manylinux_2_31_riscv64.whl")
    wheel = built.wheel.rename(built.wheel.with_name(str(name)))
    run(replace(built, wheel=wheel), configuration={"python": PythonVersion.parse(python)})
    assert [str(version) for version in tests.pythons] == [tested]


def test_nothing_is_published_of_a_wheel_that_fails(run, tests, built, workspace, tmp_path):
    tests.results = [TestResult(TestOutcome.FAILED, "import of demo failed", "CPython 3.13.5", "a traceback")]
    extra = workspace.finished / "demo-1.0-tests.tar.gz"
    extra.touch()
    with pytest.raises(TestError) as caught:
        run(replace(built, extra_files=(extra,)))
    error = caught.value
    assert error.what == f"{NAME} fails on its target: import of demo failed"
    assert (error.where, error.log) == ("CPython 3.13.5", workspace.log)
    assert "--- test: failed ---\na traceback" in workspace.log.read_text()
    assert published(tmp_path) == []


def test_extra_files_and_remarks_go_with_the_wheel(run, built, workspace, tmp_path):
    extra = workspace.finished / "demo-1.0-tests.tar.gz"
    extra.write_bytes(b"tests")
    result = run(replace(built, pure=True, cached=True, extra_files=(extra,), notes=("a note",)), test=False)
    assert published(tmp_path) == sorted([extra.name, NAME])
    assert (tmp_path / "dist" / extra.name).read_bytes() == b"tests"
    assert result.remark == "unchanged; pure Python: runs everywhere"
    assert (result.notes, result.cached) == (("a note",), True)


def test_the_test_is_planned_by_the_options(run, tests, built, context, tmp_path):
    run(
        replace(built, dependency_wheels=("/store/numpy",)),
        test_imports=("demo.api",),
        test_commands=("pytest {package}",),
        test_requires=("pytest",),
        test_extras=("all",),
        test_groups=("dev",),
        test_timeout=5.0,
        environment={"A": "1"},
    )
    assert tests.plans == [
        TestPlan(
            imports=("demo.api",), commands=("pytest {package}",), requires=("pytest",), extras=("all",),
            groups=("dev",), environment={"A": "1"}, timeout=5.0,
            find_links=(str(tmp_path / "dist"), "/store/numpy"),
            install_options=context.index.uv_options(), install_env=context.index.uv_environ(),
            project=str(built.source_tree),
        )
    ]  # fmt: skip


def test_tests_install_from_the_index_of_the_build(run, context, tests, source, built, workspace, tmp_path):
    index = IndexSettings.load({"PIP_INDEX_URL": "https://example.org/simple/"}, {})
    options = replace(context.options, test=True, output_directory=tmp_path / "dist")
    publish(replace(context, index=index, options=options), source, built, workspace)
    assert tests.plans[0].install_env == index.uv_environ() != context.index.uv_environ()


@pytest.mark.parametrize(
    ("options", "unpacked"),
    [({"test_commands": ("pytest",)}, True), ({"test_groups": ("dev",)}, True), ({"test_imports": ("demo",)}, False)],
)
def test_the_sources_of_a_cached_wheel_are_unpacked_where_the_test_uses_them(
    run, tests, built, source, workspace, options, unpacked
):
    source.path.write_bytes(tarball({"demo-1.0/tests/test_demo.py": b""}))
    run(replace(built, cached=True, source_tree=None), **options)
    tree = workspace.source_root / "demo-1.0"
    assert (tree / "tests/test_demo.py").is_file() is unpacked
    assert (tests.plans[0].project == str(tree)) is unpacked


# Dependencies without a wheel for the target


def test_missing_dependencies_are_built_until_none_is_missing(run, tests, workspace, tmp_path):
    tests.results = [missing("numpy", "pandas"), missing("pandas"), missing("pandas", "zlib-ng"), PASSED]
    builder = FakeRequirementBuilder()
    result = run(requirement_builder=builder)
    assert result.stage is Stage.TESTED
    assert builder.requirements == ["numpy>=2.0", "pandas>=2", "zlib-ng"]
    links = [str(workspace.dependencies / name) for name in ("numpy", "pandas", "zlib-ng")]
    assert [plan.find_links for plan in tests.plans] == [
        (str(tmp_path / "dist"), *links[:count]) for count in range(4)
    ]  # fmt: skip
    assert published(tmp_path) == [NAME]  # dependencies are not


def test_a_dependency_is_required_as_the_wheel_and_the_test_do(run, tests):
    tests.results = [missing("numpy", "pytest"), missing("pytest"), PASSED]
    builder = FakeRequirementBuilder()
    run(requirement_builder=builder, test_requires=("NumPy<3", "pytest==8.*", "other; python_version < '3'"))
    assert [Requirement(text).specifier for text in builder.requirements] == [
        Requirement("numpy>=2.0,<3").specifier,
        Requirement("pytest==8.*").specifier,  # the extra that wants another is not installed
    ]


def test_a_dependency_that_stays_missing_is_built_once(run, tests):
    tests.results = [missing("numpy")]
    builder = FakeRequirementBuilder()
    result = run(requirement_builder=builder)
    assert builder.requirements == ["numpy>=2.0"]
    assert len(tests.plans) == 2
    assert (result.stage, result.remark) == (Stage.UNTESTED, "no wheel of numpy")


def test_a_dependency_that_cannot_be_built_is_the_reason(run, tests, tmp_path):
    tests.results = [missing("numpy", "pandas")]
    builder = FakeRequirementBuilder(frozenset({"numpy"}))
    result = run(requirement_builder=builder)
    assert (result.stage, result.remark) == (Stage.UNTESTED, "numpy cannot be built")
    assert builder.requirements == ["numpy>=2.0"]
    assert len(tests.plans) == 1
    assert published(tmp_path) == [NAME]


def test_no_dependency_is_built_if_that_is_switched_off_or_impossible(run, tests, workspace, tmp_path):
    tests.results = [missing("numpy")]
    builder = FakeRequirementBuilder()
    first = run(requirement_builder=builder, dependency_builds=False)
    assert (first.stage, first.remark, builder.requirements) == (Stage.UNTESTED, "no wheel of numpy", [])
    assert run(requirement_builder=None).remark == "no wheel of numpy"
    assert len(tests.plans) == 2
    assert not workspace.dependencies.exists()


# Dependencies that the runner cannot run


UNRUNNABLE = TestResult(
    TestOutcome.UNTESTED, "its dependency numpy 2.5.5 cannot run", "CPython 3.13.2 under wine",
    unrunnable=("numpy==2.5.5",),
)  # fmt: skip


def test_a_dependency_that_the_runner_cannot_run_is_built_and_used_instead(run, tests, workspace):
    tests.results = [UNRUNNABLE, missing("pandas"), PASSED]
    builder = FakeRequirementBuilder()
    result = run(requirement_builder=builder, test_requires=("pytest",))
    assert builder.requirements == ["numpy==2.5.5", "pandas>=2"]
    wheel = str(workspace.dependencies / "unrunnable" / "numpy==2.5.5" / "numpy.whl")
    assert [plan.requires for plan in tests.plans] == [("pytest",), ("pytest", wheel), ("pytest", wheel)]
    assert (result.stage, result.remark) == (Stage.TESTED, f"{PASSED.interpreter}, with numpy==2.5.5 built for it")


def test_a_dependency_that_still_does_not_run_is_built_once(run, tests):
    tests.results = [UNRUNNABLE]
    builder = FakeRequirementBuilder()
    result = run(requirement_builder=builder)
    assert (builder.requirements, len(tests.plans)) == (["numpy==2.5.5"], 2)
    assert (result.stage, result.remark) == (Stage.UNTESTED, UNRUNNABLE.reason)


def test_the_result_says_which_dependency_does_not_run_and_why_it_is_not_built(run, tests):
    tests.results = [UNRUNNABLE]
    broken = run(requirement_builder=FakeRequirementBuilder(frozenset({"numpy"})))
    assert (broken.stage, broken.remark) == (Stage.UNTESTED, f"{UNRUNNABLE.reason}; numpy cannot be built")
    builder = FakeRequirementBuilder()
    assert run(requirement_builder=builder, dependency_builds=False).remark == UNRUNNABLE.reason
    assert builder.requirements == []


# Results of earlier tests


def test_a_test_that_was_passed_is_not_run_again(run, tests, built, tmp_path):
    cache = FakeTestCache("CPython 3.13.5")
    result = run(test_cache=cache, test_commands=("pytest",))
    assert (result.stage, result.remark) == (Stage.TESTED, "tested before on CPython 3.13.5")
    assert tests.plans == []
    ((wheel, plan),) = cache.looked_up
    assert (wheel, plan.commands) == (built.wheel, ("pytest",))
    assert cache.stored == []
    assert published(tmp_path) == [NAME]


def test_a_passed_test_is_remembered(run, tests, built):
    cache = FakeTestCache()
    run(test_cache=cache, test_imports=("demo",))
    ((wheel, plan, result),) = cache.stored
    assert (wheel, plan.imports, result) == (built.wheel, ("demo",), PASSED)


def test_a_test_that_passed_with_built_dependencies_is_remembered_by_its_own_plan(run, tests, tmp_path):
    """The directories of dependencies are others the next time."""
    tests.results = [missing("numpy"), PASSED]
    cache = FakeTestCache()
    run(requirement_builder=FakeRequirementBuilder(), test_cache=cache)
    ((_, plan, _),) = cache.stored
    assert plan == cache.looked_up[0][1]


@pytest.mark.parametrize("outcome", [TestOutcome.UNTESTED, TestOutcome.FAILED])
def test_nothing_else_is_remembered(run, tests, outcome):
    tests.results = [TestResult(outcome, reason="none")]
    cache = FakeTestCache()
    if outcome is TestOutcome.FAILED:
        with pytest.raises(TestError):
            run(test_cache=cache)
    else:
        run(test_cache=cache)
    assert cache.stored == []
