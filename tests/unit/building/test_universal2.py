"""Universal2 wheels: what comes of the results of their parts. Merging and auditing are the real ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fake_hosts import Shelf, fake_host, tarball
from macho_files import X86_64, macho

from crosswheel.building import universal2 as module
from crosswheel.building.context import BuildConfiguration
from crosswheel.building.options import BuildOptions
from crosswheel.building.results import Stage, WheelResult
from crosswheel.building.universal2 import build_universal2
from crosswheel.errors import AuditError, BuildError, TestError
from crosswheel.sources.index_settings import IndexSettings
from crosswheel.sources.model import Source
from crosswheel.targets import PythonVersion, target_from_tag
from crosswheel.testing import TestOutcome, TestPlan, TestResult
from crosswheel.wheels.archive import WheelName, pack_wheel, read_wheel

CP313 = PythonVersion(13)
UNIVERSAL2, INTEL, ARM = map(target_from_tag, ("macosx_10_13_universal2", "macosx_10_13_x86_64", "macosx_11_0_arm64"))
INFO = "demo-1.0.dist-info"
MODULE = "demo/_core.cpython-313-darwin.so"
MERGED = "demo-1.0-cp313-cp313-macosx_10_13_universal2.whl"


@pytest.fixture
def configuration(tmp_path: Path) -> BuildConfiguration:
    host = fake_host(tmp_path, Shelf(tmp_path))
    options = BuildOptions(output_directory=tmp_path / "dist")
    return BuildConfiguration(host, UNIVERSAL2, CP313, IndexSettings.load({}, {}), options)


@pytest.fixture
def source(source: Source) -> Source:
    source.path.write_bytes(tarball({"demo-1.0/tests/test_demo.py": b""}))
    return source


@pytest.fixture
def make_part(tmp_path: Path) -> Callable[..., WheelResult]:
    def make(tag: str, files: dict[str, bytes] | None = None, **fields: object) -> WheelResult:
        minimum = tuple(map(int, tag.split("_")[1:3]))
        machine = {"cputype": X86_64, "signed": False} if tag.endswith("x86_64") else {}
        name = WheelName.parse(f"demo-1.0-cp313-cp313-{tag}.whl")
        contents = {
            MODULE: macho(exports=("PyInit__core",), minimum=minimum, **machine),
            "demo/__init__.py": b"",
            f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
            f"{INFO}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {name.tags()[0]}\n".encode(),
            **(files or {}),
        }
        wheel = pack_wheel(contents, {MODULE: 0o755}, name, tmp_path, 1 << 30)
        return WheelResult("demo-1.0", target_from_tag(tag), CP313, Stage.AUDITED, wheel, **fields)

    return make


def test_the_wheels_are_merged_audited_and_published(configuration, source, make_part, tmp_path):
    parts = [make_part("macosx_10_13_x86_64"), make_part("macosx_11_0_arm64")]
    result = build_universal2(configuration, source, parts)
    assert result.error is None
    assert (result.target, result.stage, result.wheel) == (UNIVERSAL2, Stage.AUDITED, tmp_path / "dist" / MERGED)
    merged, intel = read_wheel(result.wheel), read_wheel(parts[0].wheel)
    assert merged.files["demo/__init__.py"] == intel.files["demo/__init__.py"]
    assert intel.files[MODULE] in merged.files[MODULE]
    assert read_wheel(parts[1].wheel).files[MODULE] in merged.files[MODULE]
    assert str(parts[0].wheel) in result.log.read_text()


def test_times_are_added_and_notes_are_those_of_the_parts(configuration, source, make_part):
    parts = [
        make_part("macosx_10_13_x86_64", seconds={"build": 40.0, "audit": 100.0}, notes=("both", "intel")),
        make_part("macosx_11_0_arm64", seconds={"build": 2.0}, notes=("both", "arm")),
    ]
    result = build_universal2(configuration, source, parts)
    assert result.seconds["build"] == 42.0
    assert result.seconds["audit"] > 100.0
    assert set(result.seconds) == {"build", "merge", "audit"}
    assert result.notes == ("both", "intel", "arm")


@pytest.mark.parametrize("failed", [0, 1])
def test_a_part_that_failed_is_why_there_is_no_wheel(configuration, source, make_part, monkeypatch, tmp_path, failed):
    monkeypatch.setattr(module, "merge_wheels", None)
    error = BuildError("it does not compile")
    parts = [make_part("macosx_10_13_x86_64"), make_part("macosx_11_0_arm64")]
    log = tmp_path / "part.log"
    parts[failed] = replace(parts[failed], stage=Stage.FAILED, wheel=None, error=error, notes=("of it",), log=log)
    result = build_universal2(configuration, source, parts)
    assert (result.stage, result.error, result.wheel) == (Stage.FAILED, error, None)
    assert (result.source, result.target, result.python) == ("demo-1.0", UNIVERSAL2, CP313)
    assert result.remark == f"there is no wheel for {(INTEL, ARM)[failed]}"
    assert (result.notes, result.log) == (("of it",), log)
    assert not (tmp_path / "dist").exists()


def test_wheels_that_differ_are_an_error_and_not_published(configuration, source, make_part, tmp_path):
    parts = [
        make_part("macosx_10_13_x86_64", {"demo/a.py": b"1\n"}),
        make_part("macosx_11_0_arm64", {"demo/a.py": b"2\n"}),
    ]
    result = build_universal2(configuration, source, parts)
    assert (result.stage, result.wheel) == (Stage.FAILED, None)
    assert isinstance(result.error, AuditError)
    assert "demo/a.py differs between the wheels" in result.error.what
    assert result.error.log == result.log
    assert not (tmp_path / "dist").exists()


def test_a_merged_wheel_that_fails_the_audit_is_not_published(configuration, source, make_part, tmp_path):
    damaged = {f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: another\nVersion: 1.0\n"}
    parts = [make_part("macosx_10_13_x86_64", damaged), make_part("macosx_11_0_arm64", damaged)]
    result = build_universal2(configuration, source, parts)
    assert isinstance(result.error, AuditError)
    assert result.error.what.startswith(f"{MERGED} failed the audit: ")
    assert not (tmp_path / "dist").exists()


def test_the_audit_is_the_strict_one(configuration, source, make_part, monkeypatch):
    expectations = []
    audit = module.audit_built_wheel
    monkeypatch.setattr(module, "audit_built_wheel", lambda *given: expectations.append(given[1]) or audit(*given))
    build_universal2(configuration, source, [make_part("macosx_10_13_x86_64"), make_part("macosx_11_0_arm64")])
    assert [each.strict for each in expectations] == [True]


@pytest.mark.parametrize("outcome", TestOutcome)
def test_the_merged_wheel_is_tested_with_the_sources(configuration, source, make_part, monkeypatch, tmp_path, outcome):
    tested: list[tuple[str, TestPlan]] = []

    def run(host: object, wheel: Path, target: object, python: object, plan: TestPlan, seal: object) -> TestResult:
        assert (target, python) == (UNIVERSAL2, CP313)
        assert (Path(plan.project) / "tests/test_demo.py").is_file()
        tested.append((wheel.name, plan))
        return TestResult(outcome, reason="a reason", interpreter="CPython on a Mac")

    monkeypatch.setattr("crosswheel.testing.test_wheel", run)
    options = replace(configuration.options, test=True, test_commands=("pytest {package}",))
    parts = [make_part("macosx_10_13_x86_64"), make_part("macosx_11_0_arm64")]
    result = build_universal2(replace(configuration, options=options), source, parts)
    ((name, plan),) = tested
    assert (name, plan.commands) == (MERGED, ("pytest {package}",))
    stage, remark = {
        TestOutcome.PASSED: (Stage.TESTED, "CPython on a Mac"),
        TestOutcome.UNTESTED: (Stage.UNTESTED, "a reason"),
        TestOutcome.FAILED: (Stage.FAILED, ""),
    }[outcome]
    assert (result.stage, result.remark) == (stage, remark)
    assert isinstance(result.error, TestError) is (outcome is TestOutcome.FAILED)
    assert (tmp_path / "dist" / MERGED).exists() is (outcome is not TestOutcome.FAILED)
