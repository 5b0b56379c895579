import json
from pathlib import Path

import pytest

from crosswheel.doctor import CheckItem, ItemState, TargetSurvey
from crosswheel.targets import PythonVersion, target_from_tag
from crosswheel.testing import TestOutcome, TestResult
from crosswheel.toolchains.model import Support
from crosswheel.wheels.audit import AuditFinding, AuditReport, Severity


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "x-1-cp313-cp313-manylinux_2_31_riscv64.whl"
    path.touch()
    return path


def test_audit_lists_findings_and_ends_with_6(run, services, wheel):
    findings = (
        AuditFinding("machine", Severity.ERROR, "is for x86_64", "x/_c.so"),
        AuditFinding("objects", Severity.WARNING, "is big", "x/_d.so"),
    )
    services.answers["audit"] = (AuditReport(wheel, findings),)
    status, out, _ = run("audit", str(wheel), "--strict")
    assert status == 6
    assert services.asked["audit"] == [(((wheel,),), {"strict": True})]
    assert out.splitlines()[1].rstrip().split(maxsplit=4) == [
        wheel.name,
        "error",
        "machine",
        "x/_c.so",
        "is for x86_64",
    ]
    assert out.splitlines()[2].rstrip().split(maxsplit=4) == [wheel.name, "warning", "objects", "x/_d.so", "is big"]


def test_warnings_alone_do_not_fail_an_audit(run, services, wheel):
    services.answers["audit"] = (AuditReport(wheel, (AuditFinding("objects", Severity.WARNING, "is big"),)),)
    assert run("audit", str(wheel))[0] == 0


def test_a_wheel_without_findings_is_ok(run, services, wheel):
    services.answers["audit"] = (AuditReport(wheel),)
    status, out, _ = run("audit", str(wheel))
    assert status == 0
    assert out.splitlines()[1].split() == [wheel.name, "ok"]


def test_audit_as_json(run, services, wheel):
    services.answers["audit"] = (AuditReport(wheel, (AuditFinding("record", Severity.ERROR, "is wrong"),)),)
    status, out, _ = run("audit", "--json", str(wheel))
    document = json.loads(out)
    assert document["exit_status"] == status == 6
    assert document["reports"][0]["findings"][0]["check"] == "record"


@pytest.mark.parametrize("command", ["audit", "test"])
def test_a_wheel_that_is_not_there_is_a_mistake(run, services, command):
    status, _, err = run(command, "nowhere.whl")
    assert status == 2
    assert "nowhere.whl" in err
    assert services.asked == {}


def test_test_passes_everything_on(run, services, wheel, tmp_path):
    services.answers["test"] = (TestResult(TestOutcome.PASSED, interpreter="CPython 3.13.5 for riscv64 under qemu"),)
    status, out, _ = run(
        "test", str(wheel), "--command", "pytest {package}", "--unsealed", "--requires", "pytest", "-p", "3.13",
        "--extras", "fast", "--groups", "test", "--package", str(tmp_path), "--timeout", "5",
        "-f", "wheels", "--offline", "--no-network",
    )  # fmt: skip
    assert status == 0
    ((words, named),) = services.asked["test"]
    assert words == ((wheel,),)
    host = named.pop("host")
    assert host.offline
    assert named == {
        "commands": ("pytest {package}",),
        "requires": ("pytest",),
        "extras": ("fast",),
        "groups": ("test",),
        "python": "3.13",
        "project": tmp_path,
        "timeout": 5.0,
        "network": False,
        "unsealed": True,
        "index": {"find-links": ("wheels",)},
    }
    assert "passed" in out
    assert "under qemu" in out


def test_a_failed_test_shows_what_was_said_and_ends_with_7(run, services, wheel):
    services.answers["test"] = (TestResult(TestOutcome.FAILED, "cannot import x", output="Illegal instruction"),)
    status, out, err = run("test", str(wheel))
    assert status == 7
    assert "cannot import x" in out
    assert "Illegal instruction" in err


@pytest.mark.parametrize(
    ("words", "unavailable", "status"),
    [((), False, 0), (("--command", "pytest"), False, 9), (("--require-test",), False, 9), ((), True, 9)],
)
def test_a_test_that_did_not_run_has_a_status_of_its_own(run, services, wheel, words, unavailable, status):
    result = TestResult(TestOutcome.UNTESTED, "no Python there", unavailable=unavailable)
    services.answers["test"] = (result,)
    assert run("test", str(wheel), *words)[0] == status
    services.answers["test"] = (result, TestResult(TestOutcome.FAILED, "cannot import x"))
    assert run("test", str(wheel), str(wheel), *words)[0] == 7


def test_what_could_not_be_tested_is_not_called_passed(run, services, wheel):
    services.answers["test"] = (TestResult(TestOutcome.UNTESTED, "no Python there"),)
    status, out, _ = run("test", str(wheel), "--json")
    assert status == 0
    seal = {"sealed": False, "unsealed_reason": "", "network": "unknown"}
    test = {"outcome": "untested", "reason": "no Python there", "interpreter": "", "seconds": 0.0}
    assert json.loads(out)["results"] == [{"wheel": str(wheel), **test, **seal}]


SURVEYS = (
    TargetSurvey(
        target_from_tag("manylinux_2_31_riscv64"), "zig 1.0", Support(available=True), {PythonVersion(13): "qemu"}
    ),
    TargetSurvey(
        target_from_tag("musllinux_1_2_s390x"), "zig 1.0", Support(available=False, reason="no stubs"), {}, "no root"
    ),
)


def test_targets_are_listed_with_what_can_be_done(run, services):
    services.answers["survey"] = SURVEYS
    status, out, _ = run("targets", "--toolchain", "gcc")
    assert status == 0
    assert services.asked["survey"][0][0][1:] == ("gcc", None)
    _, first, second = out.splitlines()
    assert first.split() == ["linux-riscv64", "manylinux_2_31_riscv64", "zig", "1.0", "3.13", "(qemu)"]
    assert second.split() == ["musl-s390x", "musllinux_1_2_s390x", "no:", "no", "stubs", "no:", "no", "root"]


def test_targets_as_json(run, services):
    services.answers["survey"] = SURVEYS
    rows = json.loads(run("targets", "--json")[1])["targets"]
    assert rows[0]["test"] == {"3.13": "qemu"}
    assert rows[1]["build"] == {"available": False, "reason": "no stubs", "hint": ""}
    assert rows[1]["untested"] == "no root"


@pytest.mark.parametrize(("state", "expected"), [(ItemState.OPTIONAL, 0), (ItemState.MISSING, 4)])
def test_doctor_fails_only_for_what_every_build_needs(run, services, state, expected):
    services.answers["examine"] = (CheckItem("zig", ItemState.OK, "1.0"), CheckItem("uv", state, "", "pip install uv"))
    status, out, _ = run("doctor")
    assert status == expected
    assert "pip install uv" in out
    document = json.loads(run("doctor", "--json")[1])
    assert document["exit_status"] == expected
    assert document["items"][1] == {"name": "uv", "state": state.value, "detail": "", "hint": "pip install uv"}


def test_config_shows_what_a_project_sets(run, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.crosswheel]\ntargets = 'native'\noutput-dir = 'out'\n")
    status, out, _ = run("config", "show", str(tmp_path))
    assert status == 0
    assert json.loads(out) == {"targets": ["native"], "output-dir": str(tmp_path / "out")}


def test_config_tells_whose_setting_is_whose(run, tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        "[tool.crosswheel]\ntargets = 'native'\n"
        "[tool.cibuildwheel]\nbuild = 'cp313-*'\ntest-command = 'pytest'\nenable = 'pypy'\n"
    )
    status, out, err = run("config", "show", str(tmp_path))
    assert status == 0
    assert json.loads(out) == {
        "crosswheel": {"targets": ["native"]},
        "cibuildwheel": {"build": ["cp313-*"], "test-command": ["pytest"], "test": True},
    }
    assert "note: enable of [tool.cibuildwheel] is not used" in err


def test_config_refuses_mistakes(run, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.crosswheel]\ntarget = 'native'\n")
    status, _, err = run("config", "show", str(tmp_path))
    assert status == 2
    assert "did you mean 'targets'?" in err


def test_config_checks_the_names_of_targets(run, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.crosswheel]\ntargets = ['linux-riscv64', 'windows-x64']\n")
    status, _, err = run("config", "show", str(tmp_path))
    assert status == 2
    for part in ("unknown target 'windows-x64'", f"where: {tmp_path / 'pyproject.toml'}", "did you mean 'win-amd64'?"):
        assert part in err


def test_config_prints_the_schema(run):
    assert json.loads(run("config", "schema")[1])["title"] == "tool.crosswheel"


def test_a_wheel_may_be_named_relatively(run, services, wheel, monkeypatch):
    monkeypatch.chdir(wheel.parent)
    services.answers["audit"] = (AuditReport(Path(wheel.name)),)
    assert run("audit", wheel.name)[0] == 0


def test_merge_says_where_the_wheel_is(run, services, wheel, tmp_path):
    services.answers["merge"] = tmp_path / "both.whl"
    status, out, _ = run("merge", str(wheel), str(wheel), "-o", str(tmp_path))
    assert (status, out) == (0, f"{tmp_path / 'both.whl'}\n")
    assert services.asked["merge"] == [((wheel, wheel, tmp_path), {})]
    status, out, _ = run("merge", str(wheel), str(wheel), "--json")
    assert json.loads(out) == {"exit_status": 0, "wheel": str(tmp_path / "both.whl")}
