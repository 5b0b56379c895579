"""Real builds: every backend, proven and run on the target, and what must be refused."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

import crosswheel
from crosswheel import BuildOptions, Stage
from crosswheel.errors import AuditError, BuildError, EnvironmentMissingError, ExitStatus, SourceError, TestError
from crosswheel.host import Host

pytestmark = pytest.mark.network


def build(source: str | Path, out: Path, target: str = "linux-riscv64", python: str = "3.13", **options: object):
    (result,) = crosswheel.build(
        [str(source)], targets=[target], pythons=[python], options=BuildOptions(output_directory=out, **options)
    )
    return result


@pytest.mark.parametrize(
    ("target", "bits", "endian"),
    [
        ("linux-riscv64", 64, "little"),
        ("linux-s390x", 64, "big"),
        ("linux-armv7l", 32, "little"),
        ("linux-i686", 32, "little"),
    ],
)
def test_a_c_extension_runs_on_its_target(packages: Path, tmp_path: Path, target: str, bits: int, endian: str) -> None:
    facts = {"bits": bits, "endian": endian, "exp": 1.0, "long": bits // 8}
    check = f'python -c "import plain; assert plain.facts(0.0) == {facts}"'
    result = build(packages / "plain", tmp_path, target, test=True, test_commands=(check,))
    assert result.error is None, result.error
    assert result.stage is Stage.TESTED
    assert result.wheel is not None
    assert result.wheel.name.startswith("plain-1.0-cp313-cp313-manylinux")


def test_a_test_that_was_passed_is_not_run_again(packages: Path, tmp_path: Path) -> None:
    passes = {"test": True, "test_commands": ('python -c "import plain"',)}
    first = build(packages / "plain", tmp_path / "dist", **passes, rebuild=True)
    assert (first.stage, "tested before" in first.remark) == (Stage.TESTED, False)
    again = build(packages / "plain", tmp_path / "dist", **passes)
    assert (again.stage, again.cached, "tested before" in again.remark) == (Stage.TESTED, True, True)
    other = build(packages / "plain", tmp_path / "dist", test=True, test_commands=('python -c "import  plain"',))
    assert (other.stage, "tested before" in other.remark) == (Stage.TESTED, False)
    anew = build(packages / "plain", tmp_path / "dist", **passes, rebuild=True)
    assert (anew.stage, "tested before" in anew.remark) == (Stage.TESTED, False)

    failing = build(packages / "plain", tmp_path / "dist", test=True, test_commands=("false",))
    assert (failing.stage, failing.cached) == (Stage.FAILED, False)
    assert isinstance(failing.error, TestError)


def test_meson_gets_its_run_checks_answered_by_the_emulator(packages: Path, tmp_path: Path) -> None:
    check = "python -c \"import mesonic; assert mesonic.facts() == (4, 4, 'arm'), mesonic.facts()\""
    result = build(packages / "mesonic", tmp_path, "linux-armv7l", test=True, test_commands=(check,))
    assert result.error is None, result.error
    assert result.stage is Stage.TESTED


def test_cmake_and_pybind11_throw_and_catch_on_the_target(packages: Path, tmp_path: Path) -> None:
    check = "python -c \"import cmakish; assert cmakish.caught('x') == 'riscv64 caught x', cmakish.caught('x')\""
    result = build(packages / "cmakish", tmp_path, test=True, test_commands=(check,))
    assert result.error is None, result.error
    assert result.stage is Stage.TESTED


def test_setup_requires_comes_from_the_isolated_environment(packages: Path, tmp_path: Path) -> None:
    result = build(packages / "legacy", tmp_path, test=True)
    assert result.error is None, result.error
    assert not list((packages / "legacy").glob("*.egg*"))


def test_a_silently_missing_extension_is_refused(packages: Path, tmp_path: Path) -> None:
    result = build(packages / "quiet", tmp_path)
    assert isinstance(result.error, AuditError)
    assert "_quiet" in str(result.error)
    assert not list(tmp_path.iterdir())


def test_a_silent_retreat_to_pure_python_is_refused(packages: Path, tmp_path: Path) -> None:
    result = build(packages / "fallback", tmp_path)
    assert isinstance(result.error, AuditError)
    assert "_fallback" in str(result.error)
    assert not list(tmp_path.iterdir())
    accepted = build(packages / "fallback", tmp_path, allow_missing=("_fallback",))
    assert accepted.error is None
    assert any("nothing compiled is in the wheel" in note for note in accepted.notes)


def test_a_missing_extension_can_be_accepted(packages: Path, tmp_path: Path) -> None:
    result = build(packages / "quiet", tmp_path, allow_missing=("_quiet",))
    assert result.error is None, result.error


def test_pure_python_passes_through_and_says_so(packages: Path, tmp_path: Path) -> None:
    result = build(packages / "pure", tmp_path)
    assert result.wheel is not None
    assert result.wheel.name == "pure-1.0-py3-none-any.whl"
    assert "pure Python" in result.remark
    assert not result.notes


def test_a_backend_without_a_wheel_is_caught(packages: Path, tmp_path: Path) -> None:
    result = build(packages / "liar", tmp_path)
    assert isinstance(result.error, BuildError)
    assert "no wheel" in result.error.what


def test_rust_gets_a_clear_not_yet(packages: Path, tmp_path: Path) -> None:
    result = build(packages / "rusty", tmp_path)
    assert isinstance(result.error, BuildError)
    assert "not supported yet" in result.error.what
    assert "maturin" in result.error.what


def test_blanks_in_the_name_of_the_temporary_directory_do_not_matter(
    packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "with a blank").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "with a blank"))
    result = build(packages / "plain", tmp_path / "out")
    assert result.wheel is not None, result.error


def test_sources_may_ask_for_more_of_the_processor_in_gccs_words(packages: Path, tmp_path: Path) -> None:
    check = "python -c 'import tuned; assert tuned.checksum(b\"123456789\") == 0xE3069283'"
    result = build(packages / "tuned", tmp_path, "linux-aarch64", test=True, test_commands=(check,))
    assert result.stage is Stage.TESTED, result.error


def test_musl_wheels_are_built_and_audited(packages: Path, tmp_path: Path) -> None:
    result = build(packages / "plain", tmp_path, "musl-aarch64", test=True)
    assert result.stage is Stage.UNTESTED
    assert result.wheel is not None
    assert "musllinux_1_2_aarch64" in result.wheel.name


def test_the_target_is_not_asked_about_the_build_machine(packages: Path, tmp_path: Path) -> None:
    result = build(packages / "plain", tmp_path, "native")
    assert result.wheel is not None, result.error
    with zipfile.ZipFile(result.wheel) as archive:
        assert all(b"/usr/include" not in archive.read(name) for name in archive.namelist())


@pytest.mark.parametrize(
    ("source", "error", "said"),
    [
        ("no-such-project-of-crosswheel-tests", SourceError, "no project"),
        ("markupsafe==99.9", SourceError, "no version"),
    ],
)
def test_sources_that_do_not_exist(source: str, error: type, said: str, tmp_path: Path) -> None:
    result = build(source, tmp_path)
    assert isinstance(result.error, error)
    assert said in result.error.what


def test_offline_says_what_is_missing(host: Host, tmp_path: Path) -> None:
    (result,) = crosswheel.build(
        ["iniconfig==1.0.0"],
        targets=["linux-riscv64"],
        pythons=["3.13"],
        options=BuildOptions(output_directory=tmp_path),
        host=replace(host, offline=True),
    )
    assert isinstance(result.error, SourceError)
    assert "--offline" in result.error.what


def test_a_python_that_is_not_here(host: Host, tmp_path: Path) -> None:
    (result,) = crosswheel.build(
        ["markupsafe==3.0.4"],
        targets=["linux-riscv64"],
        pythons=["3.15t"],
        options=BuildOptions(output_directory=tmp_path),
        host=replace(host, offline=True, environ={"PATH": "/usr/bin"}),
    )
    assert isinstance(result.error, EnvironmentMissingError)
    assert result.error.status is ExitStatus.ENVIRONMENT
    assert result.error.hint
