"""Wheels that serve several Pythons or targets, and builds that write the same file."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread

import pytest

from crosswheel.building.context import BuildConfiguration, BuildContext
from crosswheel.building.options import BuildOptions
from crosswheel.building.results import Stage, WheelResult
from crosswheel.building.scheduling import Lazy, Schedule
from crosswheel.building.sharing import has_native_code, reject_conflicts, serve, serves
from crosswheel.errors import BuildError, TestError
from crosswheel.sealing import SealRecord
from crosswheel.sources.model import SourceRequest
from crosswheel.sources.project import read_project
from crosswheel.targets import PythonVersion, target_from_tag
from crosswheel.wheels.archive import WheelName, pack_wheel

RISCV64, S390X = target_from_tag("manylinux_2_31_riscv64"), target_from_tag("manylinux_2_17_s390x")
REQUEST = SourceRequest.parse("demo")


@pytest.fixture
def configuration(context: BuildContext) -> BuildConfiguration:
    return BuildConfiguration(context.host, RISCV64, PythonVersion(13), context.index, BuildOptions())


def result(tags: str, configuration: BuildConfiguration, **fields: object) -> WheelResult:
    values = {"wheel": Path(f"dist/demo-1-{tags}.whl"), "shareable": True, "digest": "00"} | fields
    return WheelResult("demo-1", configuration.target, configuration.python, Stage.TESTED, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tags", "served"),
    [
        ("py3-none-any", "3.11 3.13t 3.14 s390x"),
        ("cp311-abi3-manylinux_2_31_riscv64", "3.11 3.14"),
        ("cp313-abi3-manylinux_2_31_riscv64", "3.14"),
        ("py3-none-manylinux_2_31_riscv64", "3.11 3.13t 3.14"),
        ("cp313-cp313-manylinux_2_31_riscv64", ""),
    ],
)
def test_a_wheel_serves_what_its_tags_include(configuration, tags, served):
    others = {text: replace(configuration, python=PythonVersion.parse(text)) for text in ("3.11", "3.13t", "3.14")}
    others["s390x"] = replace(configuration, target=S390X)
    done = result(tags, configuration)
    assert " ".join(name for name, other in others.items() if serves(done, configuration, other)) == served
    assert not any(serves(replace(done, shareable=False), configuration, other) for other in others.values())
    assert not any(serves(replace(done, wheel=None), configuration, other) for other in others.values())


def test_a_wheel_serves_builds_with_the_same_options_but_those_of_tests(configuration):
    done = result("py3-none-any", configuration)
    options = {
        "test": True, "test_commands": ("x",), "output_directory": Path("other"), "cflags": ("-O3",),
    }  # fmt: skip
    found = {
        name: serves(done, configuration, replace(configuration, options=BuildOptions(**{name: value})))
        for name, value in options.items()
    }
    assert found == {"test": True, "test_commands": True, "output_directory": True, "cflags": False}


@pytest.mark.parametrize(
    ("files", "native"),
    [
        ({"pyproject.toml": "[build-system]\nrequires = ['flit_core']\n", "x.py": ""}, False),
        ({"setup.py": "from setuptools import setup; setup()", "x.py": ""}, False),
        ({"setup.py": "setup(ext_modules=[])"}, True),
        ({"setup.py": "", "src/x/fast.c": ""}, True),
        ({"setup.py": "", "fast.PYX": ""}, True),
        ({"pyproject.toml": "[build-system]\nrequires = ['hatchling', 'hatch-mypyc']\n"}, True),
        ({"pyproject.toml": "[build-system]\nrequires = ['meson-python']\n"}, True),
    ],
)
def test_a_project_may_have_compiled_modules_elsewhere(tmp_path, files, native):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert has_native_code(tmp_path, read_project(tmp_path)) is native


def test_a_served_wheel_is_published_for_its_own_configuration(configuration, source, tmp_path):
    files = {"demo.py": b"", "demo-1.dist-info/METADATA": b"Metadata-Version: 2.1\nName: demo\nVersion: 1\n",
             "demo-1.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\n"}  # fmt: skip
    wheel = pack_wheel(files, {}, WheelName.parse("demo-1-py3-none-any.whl"), tmp_path, 1 << 30)
    options = BuildOptions(output_directory=tmp_path / "other")
    done = result("py3-none-any", configuration, wheel=wheel, libraries=("zlib",), seal=SealRecord(sealed=True))
    served = serve(replace(configuration, options=options, target=S390X), source, done)
    assert (served.target, served.stage, served.error) == (S390X, Stage.AUDITED, None)
    assert served.wheel == tmp_path / "other" / wheel.name
    assert served.wheel.read_bytes() == wheel.read_bytes()
    assert served.remark.startswith("served by demo-1-py3-none-any.whl")
    assert (served.shared_wheel, served.libraries, served.seal.sealed) == (wheel, ("zlib",), True)


def test_wheels_of_one_name_that_differ_are_errors_that_name_both(configuration, tmp_path):
    wheel = tmp_path / "demo-1-py3-none-any.whl"
    wheel.touch()
    one = result("py3-none-any", configuration, wheel=wheel)
    other = replace(one, source="other", digest="11")
    apart = result("py3-none-any", configuration)
    found = reject_conflicts([one, apart, other])
    assert found[1] == apart
    assert not wheel.exists()
    for each in (found[0], found[2]):
        assert (each.stage, each.wheel) == (Stage.FAILED, None)
        assert isinstance(each.error, BuildError)
        assert "demo-1 for manylinux_2_31_riscv64, Python 3.13, and other for" in each.error.what
    assert reject_conflicts([one, one, apart]) == (one, one, apart)


def test_a_wheel_that_fails_for_one_of_those_that_it_serves_is_not_published(configuration, tmp_path):
    wheel = tmp_path / "demo-1-py3-none-any.whl"
    wheel.touch()
    one = result("py3-none-any", configuration, wheel=wheel)
    failed = replace(one, wheel=None, python=PythonVersion(14), error=TestError("it crashes"), shared_wheel=wheel)
    first, second = reject_conflicts([one, failed])
    assert not wheel.exists()
    assert second == failed
    assert first.wheel is None
    assert str(first.error).startswith(
        "demo-1-py3-none-any.whl is not published, since it fails for manylinux_2_31_riscv64, Python 3.14"
    )


# The order


class FakeBuilds:
    """Builds that end at once, with wheels of the tags for their targets."""

    def __init__(self, builds: list[BuildConfiguration], tags: dict[str, str]) -> None:
        self.builds = builds
        self.tags = tags
        self.started: list[str] = []

    def start(self, _request: SourceRequest, index: int, served_by: WheelResult | None) -> Future[WheelResult]:
        build = self.builds[index]
        label = f"{build.target.architecture.name}-{build.python}"
        self.started.append(label if served_by is None else f"({label})")
        tags = self.tags[build.target.architecture.name].format(python=build.python.interpreter, target=build.target)
        future: Future[WheelResult] = Future()
        future.set_result(served_by or result(tags, build, shareable="cp" not in tags or "abi3" in tags))
        return future


@pytest.mark.parametrize(
    ("riscv64", "s390x", "order"),
    [
        ("py3-none-any", "", "riscv64-3.12 (riscv64-3.13) (s390x-3.13) (s390x-3.12)"),
        ("cp310-abi3-{target}", "cp310-abi3-{target}", "riscv64-3.12 (riscv64-3.13) s390x-3.12 (s390x-3.13)"),
        ("{python}-abi3-{target}", "{python}-{python}-{target}", "riscv64-3.12 (riscv64-3.13) s390x-3.12 s390x-3.13"),
        ("{python}-{python}-{target}", "cp310-abi3-{target}", "riscv64-3.12 riscv64-3.13 s390x-3.13 s390x-3.12"),
    ],
)
def test_the_first_build_tells_whether_the_others_are_needed(configuration, riscv64, s390x, order):
    builds = [
        replace(configuration, target=target, python=PythonVersion(minor))
        for target in (RISCV64, S390X)
        for minor in (13, 12)
    ]
    fake = FakeBuilds(builds, {"riscv64": riscv64, "s390x": s390x})
    done = Schedule(builds, [REQUEST], fake.start, [()] * len(builds)).run()
    assert " ".join(fake.started) == order
    assert set(done) == {(REQUEST, index) for index in range(4)}


def test_a_wheel_serves_no_build_of_another_source(configuration):
    """Constraints with markers may select another version for another target."""
    builds = [replace(configuration, target=target) for target in (RISCV64, S390X)]
    fake = FakeBuilds(builds, {"riscv64": "py3-none-any", "s390x": "py3-none-any"})
    Schedule(builds, [REQUEST], fake.start, [("one<2",), ()]).run()
    assert fake.started == ["riscv64-3.13", "s390x-3.13"]


def test_the_first_builds_of_all_sources_start_before_others(configuration):
    builds = [configuration, replace(configuration, python=PythonVersion(14))]
    fake = FakeBuilds(builds, {"riscv64": "{python}-{python}-{target}"})
    Schedule(builds, [REQUEST, SourceRequest.parse("other")], fake.start, [()] * len(builds)).run()
    assert fake.started == ["riscv64-3.13", "riscv64-3.13", "riscv64-3.14", "riscv64-3.14"]


def test_a_lazy_value_is_made_once_by_one_of_its_threads():
    made, found, barrier = [], [], Barrier(4)
    lazy = Lazy(lambda: made.append(1) or len(made))

    def use() -> None:
        barrier.wait(30)
        found.append(lazy.value())

    threads = [Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (made, found) == ([1], [1, 1, 1, 1])


def test_an_error_of_a_lazy_value_is_raised_by_every_use():
    made = []

    def fail() -> None:
        made.append(1)
        raise BuildError("no compiler")

    lazy = Lazy(fail)
    for _ in range(2):
        with pytest.raises(BuildError, match="no compiler"):
            lazy.value()
    assert made == [1]
