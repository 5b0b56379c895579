"""The build matrix: what is built how often, from which source, and how errors and interrupts end it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Barrier, Event

import pytest
from fake_hosts import Shelf, fake_host
from packaging.requirements import Requirement

from crosswheel.building import matrix as module
from crosswheel.building.context import BuildConfiguration, BuildContext
from crosswheel.building.matrix import Matrix
from crosswheel.building.options import BuildOptions
from crosswheel.building.recipe_set import read_recipe_set
from crosswheel.building.results import Stage, WheelResult
from crosswheel.errors import BuildError, EnvironmentMissingError, SourceError
from crosswheel.host import Host, NullProgress
from crosswheel.sources.index_settings import IndexSettings
from crosswheel.sources.model import Source, SourceRequest
from crosswheel.store import Store
from crosswheel.targets import PythonVersion, Target, target_from_tag

CP313, CP314 = PythonVersion(13), PythonVersion(14)
RISCV64, S390X = target_from_tag("manylinux_2_31_riscv64"), target_from_tag("manylinux_2_17_s390x")
X86_64, ARM64 = target_from_tag("macosx_10_13_x86_64"), target_from_tag("macosx_11_0_arm64")
UNIVERSAL2 = target_from_tag("macosx_10_13_universal2")
ANSWER_TIME = 30.0
"""Seconds after which a test fails that would wait forever."""


@dataclass
class FakeToolchain:
    """Records for which targets it is prepared; cannot be for some."""

    unsupported: frozenset[Target] = frozenset()
    prepared: list[Target] = field(default_factory=list)

    def prepare(self, target: Target) -> object:
        self.prepared.append(target)
        if target in self.unsupported:
            raise EnvironmentMissingError(f"no compiler for {target}")
        return f"toolchain for {target}"


@dataclass
class FakeBuilds:
    """What the matrix calls: fetches and builds are recorded, and end as ``outcomes`` says.

    :param outcomes: called instead of building if there is one for a source's label, or for a target.
    """

    fetched: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    built: list[tuple[BuildContext, Source]] = field(default_factory=list)
    merged: list[tuple[BuildConfiguration, Source, Sequence[WheelResult]]] = field(default_factory=list)
    missing: frozenset[str] = frozenset()
    outcomes: dict[object, Callable[[BuildContext], None]] = field(default_factory=dict)

    def fetch(
        self, host: Host, request: SourceRequest, recipe: object, index: object, work: Path,
        constraints: Sequence[Requirement],
    ) -> Source:  # fmt: skip
        assert recipe is None
        assert work.is_dir()
        limits = tuple(map(str, constraints))
        self.fetched.append((request.text, limits))
        if request.text in self.missing:
            raise SourceError(f"no such package: {request.text}")
        return Source(f"{request.text}-1.0", work / "sdist", "00", ",".join(limits), 0)

    def build(self, context: BuildContext, source: Source) -> WheelResult:
        self.built.append((context, source))
        for key in (source.label, context.target):
            if key in self.outcomes:
                self.outcomes[key](context)
        wheel = context.options.output_directory / f"{source.label}-{context.python.abi}-{context.target}.whl"
        return WheelResult(source.label, context.target, context.python, Stage.AUDITED, wheel)

    def merge(self, configuration: BuildConfiguration, source: Source, parts: Sequence[WheelResult]) -> WheelResult:
        self.merged.append((configuration, source, parts))
        wheel = configuration.options.output_directory / f"{source.label}-{configuration.target}.whl"
        return WheelResult(source.label, configuration.target, configuration.python, Stage.AUDITED, wheel)

    def counts(self) -> Counter[tuple[str, str, str]]:
        return Counter((source.label, str(context.target), str(context.python)) for context, source in self.built)


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> FakeBuilds:
    fake = FakeBuilds()

    def target_python(host: Host, build_python: str, toolchain: str, prefix: object) -> str:
        return f"{build_python} of the {toolchain}"

    monkeypatch.setattr(module, "fetch_by_recipe", fake.fetch)
    monkeypatch.setattr(module, "build_source", fake.build)
    monkeypatch.setattr("crosswheel.building.universal2.build_universal2", fake.merge)
    monkeypatch.setattr(module, "find_build_python", lambda host, version: f"python{version}")
    monkeypatch.setattr(module, "find_target_python", target_python)
    return fake


@pytest.fixture
def make_matrix(tmp_path: Path) -> Iterator[Callable[..., Matrix]]:
    def make(requests: str, *targets: Target, pythons: Sequence[PythonVersion] = (CP313,), **fields: object) -> Matrix:
        host = fake_host(tmp_path, Shelf(tmp_path))
        defaults = {"toolchain": FakeToolchain(), "options": BuildOptions()} | fields
        return Matrix(
            host=host,
            requests=[SourceRequest.parse(text) for text in requests.split()],
            combinations=[(target, python) for target in targets for python in pythons],
            index=IndexSettings.load({}, {}),
            store=Store(tmp_path / "store", NullProgress()),
            recipes=read_recipe_set({}, None),
            **defaults,
        )  # type: ignore[arg-type]

    (tmp_path / "work").mkdir()
    return make


def test_every_request_is_built_once_for_every_configuration(builds, make_matrix, tmp_path):
    toolchain = FakeToolchain()
    matrix = make_matrix("one two one", RISCV64, S390X, pythons=(CP313, CP314), toolchain=toolchain)
    results = matrix.build(tmp_path / "work")
    order = [(str(target), str(python)) for target in (RISCV64, S390X) for python in (CP313, CP314)]
    assert [(each.source, str(each.target), str(each.python)) for each in results] == [
        (label, *pair) for label in ("one-1.0", "two-1.0", "one-1.0") for pair in order
    ]
    assert builds.counts() == {(label, *pair): 1 for label in ("one-1.0", "two-1.0") for pair in order}
    assert sorted(builds.fetched) == [("one", ()), ("two", ())]
    assert Counter(toolchain.prepared) == {RISCV64: 2, S390X: 2}


def test_builds_of_one_configuration_share_what_is_prepared_for_it(builds, make_matrix, tmp_path):
    make_matrix("one two", RISCV64, S390X).build(tmp_path / "work")
    contexts = {id(context): context for context, _ in builds.built}
    assert len(contexts) == 2
    for context in contexts.values():
        assert context.toolchain == f"toolchain for {context.target}"
        assert context.build_python == "python3.13"
        assert context.target_python == f"python3.13 of the toolchain for {context.target}"


def test_parts_of_universal2_are_shared_with_who_requests_them(builds, make_matrix, tmp_path):
    options = BuildOptions(output_directory=tmp_path / "dist", test=True)
    matrix = make_matrix("one two", ARM64, UNIVERSAL2, options=options)
    results = matrix.build(tmp_path / "work")
    assert builds.counts() == {
        (label, str(target), "3.13"): 1 for label in ("one-1.0", "two-1.0") for target in (X86_64, ARM64)
    }
    assert [(each.source, each.target) for each in results] == [
        ("one-1.0", ARM64), ("one-1.0", UNIVERSAL2), ("two-1.0", ARM64), ("two-1.0", UNIVERSAL2),
    ]  # fmt: skip
    for configuration, source, parts in builds.merged:
        assert (configuration.target, configuration.options) == (UNIVERSAL2, options)
        assert [(part.source, part.target) for part in parts] == [(source.label, X86_64), (source.label, ARM64)]
    used = {str(context.target): context.options for context, _ in builds.built}
    assert used[str(ARM64)] == options
    assert used[str(X86_64)].test is False
    assert used[str(X86_64)].output_directory.parent == tmp_path / "work"


def test_merges_never_keep_builds_from_running(builds, make_matrix, tmp_path):
    """There are more merges than threads, and each waits for two builds."""
    requests = " ".join(f"package{number}" for number in range(3 * module._PARALLEL_BUILDS))
    results = make_matrix(requests, UNIVERSAL2).build(tmp_path / "work")
    assert len(results) == len(builds.merged) == 3 * module._PARALLEL_BUILDS
    assert all(result.ok for result in results)


def test_options_and_deployment_target_of_one_combination(builds, make_matrix, tmp_path):
    def options_for(target: Target, python: PythonVersion) -> BuildOptions:
        return BuildOptions(environment={"MACOSX_DEPLOYMENT_TARGET": "12.0"} if python == CP314 else {})

    matrix = make_matrix("one", ARM64, pythons=(CP313, CP314), options_for=options_for)
    results = matrix.build(tmp_path / "work")
    assert [str(result.target) for result in results] == ["macosx_11_0_arm64", "macosx_12_0_arm64"]
    assert {str(context.python): dict(context.options.environment) for context, _ in builds.built} == {
        "3.13": {}, "3.14": {"MACOSX_DEPLOYMENT_TARGET": "12.0"},
    }  # fmt: skip


def test_a_crash_is_a_result_with_a_trace_and_takes_no_other_away(builds, make_matrix, tmp_path):
    def crash(context: BuildContext) -> None:
        raise ZeroDivisionError("at https://user:secret@example.org/simple")

    builds.outcomes[S390X] = crash
    matrix = make_matrix("one", RISCV64, S390X, ARM64)
    first, crashed, last = matrix.build(tmp_path / "work")
    assert first.ok
    assert last.ok
    assert (crashed.source, crashed.target, crashed.python, crashed.stage) == ("one", S390X, CP313, Stage.FAILED)
    assert crashed.wheel is None
    assert crashed.error.what.startswith("crosswheel itself failed: ZeroDivisionError: at https://")
    assert crashed.error.log.parent == matrix.host.logs
    trace = crashed.error.log.read_text()
    assert "Traceback" in trace
    assert "in crash" in trace
    assert "secret" not in trace


def test_a_crash_in_a_part_becomes_the_error_that_the_merge_gets(builds, make_matrix, tmp_path):
    def crash(context: BuildContext) -> None:
        raise IndexError

    builds.outcomes[X86_64] = crash
    make_matrix("one", UNIVERSAL2).build(tmp_path / "work")
    ((_, _, (intel, arm)),) = builds.merged
    assert intel.error.what.startswith("crosswheel itself failed: IndexError")
    assert arm.ok


def test_a_source_that_cannot_be_fetched_is_a_result_of_each_of_its_builds(builds, make_matrix, tmp_path):
    builds.missing = frozenset({"two"})
    results = make_matrix("one two", RISCV64, S390X).build(tmp_path / "work")
    assert [result.ok for result in results] == [True, True, False, False]
    for result, target in zip(results[2:], (RISCV64, S390X), strict=True):
        assert (result.source, result.target, result.stage) == ("two", target, Stage.FAILED)
        assert isinstance(result.error, SourceError)
        assert result.error.what == "no such package: two"
    assert {label for label, _, _ in builds.counts()} == {"one-1.0"}
    assert not list(tmp_path.glob("logs/crash-*"))


def test_a_target_that_cannot_be_prepared_is_a_result_of_each_of_its_builds(builds, make_matrix, tmp_path):
    toolchain = FakeToolchain(frozenset({S390X}))
    results = make_matrix("one two", RISCV64, S390X, toolchain=toolchain).build(tmp_path / "work")
    assert [result.ok for result in results] == [True, False, True, False]
    assert {result.error.what for result in results if result.error} == {f"no compiler for {S390X}"}
    assert toolchain.prepared.count(S390X) == 1


def test_an_error_of_a_build_is_its_result(builds, make_matrix, tmp_path):
    error = BuildError("it does not compile")

    def fail(context: BuildContext) -> None:
        raise error

    builds.outcomes["one-1.0"] = fail
    failed, other = make_matrix("one two", RISCV64).build(tmp_path / "work")
    assert (failed.error, failed.stage, other.ok) == (error, Stage.FAILED, True)


def test_constraints_apply_where_their_markers_do(builds, make_matrix, tmp_path):
    constraints = [Requirement("one<2; platform_machine == 'riscv64'"), Requirement("one<3")]
    matrix = make_matrix("one", RISCV64, S390X, ARM64, constraints=constraints)
    matrix.build(tmp_path / "work")
    assert len(builds.fetched) == 2  # the same for s390x and arm64
    origins = {context.target: source.origin for context, source in builds.built}
    assert origins[S390X] == origins[ARM64] == "one<3"
    assert origins[RISCV64].startswith("one<2")
    assert origins[RISCV64].endswith(",one<3")


@dataclass
class StoppableRunner:
    """A runner whose programs wait until it is stopped."""

    stopped: Event = field(default_factory=Event)

    def stop(self) -> None:
        self.stopped.set()


def test_an_interrupt_stops_programs_and_begins_no_more_builds(builds, make_matrix, tmp_path):
    started, running = set(), Barrier(module._PARALLEL_BUILDS)
    requests = [f"package{number}" for number in range(2 * module._PARALLEL_BUILDS)]
    runner = StoppableRunner()

    def run(label: str) -> Callable[[BuildContext], None]:
        def work(context: BuildContext) -> None:
            started.add(label)
            if label in requests[: module._PARALLEL_BUILDS]:
                running.wait(ANSWER_TIME)
            if label == requests[0]:
                raise KeyboardInterrupt
            assert runner.stopped.wait(ANSWER_TIME), "its program was not stopped"

        return work

    builds.outcomes |= {f"{label}-1.0": run(label) for label in requests}
    matrix = make_matrix(" ".join(requests), RISCV64)
    matrix = replace(matrix, host=replace(matrix.host, runner=runner))
    with pytest.raises(KeyboardInterrupt):
        matrix.build(tmp_path / "work")
    assert runner.stopped.is_set()
    assert started >= set(requests[: module._PARALLEL_BUILDS])
    # The thread of the interrupted build may have taken one more before all were cancelled.
    assert len(started) <= module._PARALLEL_BUILDS + 1


def test_a_build_that_waits_for_a_cancelled_fetch_is_no_crash(builds, make_matrix, context, tmp_path):
    def wait() -> WheelResult:
        raise CancelledError

    request, interrupted = SourceRequest.parse("one"), Event()
    result = module._catch_errors(interrupted, request, context, wait)
    assert "crosswheel itself failed" in result.error.what
    (crash,) = tmp_path.glob("**/crash-*")
    crash.unlink()
    interrupted.set()
    with pytest.raises(CancelledError):
        module._catch_errors(interrupted, request, context, wait)
    assert not list(tmp_path.glob("**/crash-*"))


def test_nothing_is_prepared_for_sources_that_do_not_exist(builds, make_matrix, tmp_path):
    toolchain = FakeToolchain()
    builds.missing = frozenset({"one", "two"})
    results = make_matrix("one two", RISCV64, UNIVERSAL2, toolchain=toolchain).build(tmp_path / "work")
    assert [result.error.what for result in results] == ["no such package: one"] * 2 + ["no such package: two"] * 2
    assert toolchain.prepared == []


def test_one_source_that_exists_is_built_beside_one_that_does_not(builds, make_matrix, tmp_path):
    builds.missing = frozenset({"one"})
    results = make_matrix("one two", RISCV64).build(tmp_path / "work")
    assert [result.stage for result in results] == [Stage.FAILED, Stage.AUDITED]
