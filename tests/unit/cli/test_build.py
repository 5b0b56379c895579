import json
from dataclasses import replace
from pathlib import Path

import pytest

from crosswheel.building.options import BuildOptions
from crosswheel.building.results import Stage, WheelResult
from crosswheel.errors import BuildError, EnvironmentMissingError, TestError
from crosswheel.targets import PythonVersion, target_from_tag
from crosswheel.targets.selection import Selection

BEFORE_ALL = (
    "before-all of [tool.cibuildwheel] is not used: the machine's libraries are not used for the target; build those "
    "that it installs with --library, or write recipes for them (crosswheel recipe list)"
)


def result(**changes):
    target = target_from_tag("manylinux_2_31_riscv64")
    wheel = Path("dist/ujson-6.1.0-cp313-cp313-manylinux_2_31_riscv64.whl")
    values = {"wheel": wheel, "seconds": {"build": 2.0, "audit": 0.5}} | changes
    return WheelResult("ujson-6.1.0", target, PythonVersion(13), values.pop("stage", Stage.TESTED), **values)


def asked(services):
    ((words, named),) = services.asked["build"]
    return words, named


def test_every_option_reaches_the_api(run, services, tmp_path):
    (tmp_path / "ca.pem").touch()
    (tmp_path / "prefix").mkdir()
    status, _, _ = run(
        "build", "ujson==6.1.0", "./x-1.tar.gz", "-t", "linux-riscv64", "--target", "musl-aarch64",
        "-p", "3.13", "--python", "3.13t", "-o", "out", "--toolchain", "gcc",
        "--toolchain-prefix", str(tmp_path / "prefix"), "--target-python", str(tmp_path / "prefix"),
        "-C", "a=1", "-C", "a=2", "--config-setting", "b=x=y", "--env", "CPPFLAGS=-DX$1", "--before-build", "./prepare",
        "-c", "c.txt", "-b", "b.txt",
        "--no-build-isolation", "--test", "--test-command", "pytest {package}", "--test-requires", "pytest",
        "--test-extras", "fast", "--test-groups", "test", "--build", "cp313-* cp314-*", "--skip", "*-win32",
        "--archs", "auto",
        "--test-timeout", "9", "--allow-missing", "pkg._c", "--keep", "-i", "https://example.org/simple/",
        "--extra-index-url", "https://example.org/more/", "-f", "archives", "--no-index", "--pre",
        "--trusted-host", "example.org", "--cert", str(tmp_path / "ca.pem"), "--offline", "-j", "3",
    )  # fmt: skip
    assert status == 0
    words, named = asked(services)
    assert words == (("ujson==6.1.0", "./x-1.tar.gz"),)
    assert named["targets"] == ("linux-riscv64", "musl-aarch64")
    assert named["pythons"] == ("3.13", "3.13t")
    assert named["selection"] == Selection(("cp313-* cp314-*",), ("*-win32",), ("auto",))
    assert named["options"] == BuildOptions(
        output_directory=Path("out"),
        toolchain="gcc",
        toolchain_prefix=tmp_path / "prefix",
        target_python=tmp_path / "prefix",
        config_settings={"a": ("1", "2"), "b": ("x=y",)},
        constraints=("c.txt",),
        build_constraints=("b.txt",),
        isolation=False,
        environment={"CPPFLAGS": "-DX$$1"},
        before_build=("./prepare",),
        index={
            "index-url": "https://example.org/simple/",
            "extra-index-url": ("https://example.org/more/",),
            "find-links": ("archives",),
            "no-index": True,
            "trusted-host": ("example.org",),
            "cert": str(tmp_path / "ca.pem"),
            "pre": True,
        },
        test=True,
        test_commands=("pytest {package}",),
        test_requires=("pytest",),
        test_extras=("fast",),
        test_groups=("test",),
        test_timeout=9.0,
        allow_missing=("pkg._c",),
        keep=True,
    )
    assert services.asked["detect"] == [{"offline": True, "jobs": 3}]


def test_without_options_the_defaults_of_the_api_hold(run, services):
    run("build", "ujson")
    _, named = asked(services)
    assert named["options"] == BuildOptions()
    assert (named["targets"], named["pythons"], named["options_for"]) == (("native",), (), None)
    assert named["selection"] == Selection()


def test_without_sources_the_current_directory_is_built_with_its_settings(run, services, tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text("[tool.crosswheel]\ntargets = 'linux-riscv64'\ntest = true\n")
    monkeypatch.chdir(tmp_path)
    run("build", "--no-test")
    words, named = asked(services)
    assert words == ((".",),)
    assert named["targets"] == ("linux-riscv64",)
    assert named["options"].test is False


def test_without_sources_a_recipe_says_what_is_built(run, services, tmp_path):
    (tmp_path / "demo.toml").write_text('version = "1.2"\n')
    assert run("build", "--recipe", str(tmp_path / "demo.toml"), "--store", "/shared", "--rebuild")[0] == 0
    words, named = asked(services)
    assert words == (("demo==1.2",),)
    assert named["options"] == BuildOptions(recipes=(str(tmp_path / "demo.toml"),), store="/shared", rebuild=True)


def test_no_recipes_are_none_at_all(run, services):
    run("build", "ujson", "--no-recipes")
    assert asked(services)[1]["options"].recipes is None


@pytest.mark.parametrize("option", ["--test-command", "--test-requires", "--test-extras", "--test-groups"])
def test_saying_how_to_test_means_to_test(run, services, option):
    run("build", "ujson", option, "x")
    assert asked(services)[1]["options"].test is True


def test_a_test_that_did_not_run_has_a_status_of_its_own_unless_something_failed(run, services):
    untested = result(stage=Stage.UNTESTED, remark="no qemu", lacks_test=True)
    services.answers["build"] = (result(), untested)
    status, out, err = run("build", "ujson", "--json")
    assert status == json.loads(out)["exit_status"] == 9
    assert [each["exit_status"] for each in json.loads(out)["results"]] == [0, 9]
    services.answers["build"] = (untested, result(stage=Stage.FAILED, wheel=None, error=BuildError("no compiler")))
    status, _, err = run("build", "ujson")
    assert status == 5
    assert "the wheel was built, but its test could not run" in err
    assert "no qemu" in err


def test_requiring_a_test_means_to_test(run, services):
    run("build", "ujson", "--require-test")
    assert asked(services)[1]["options"] == BuildOptions(test=True, require_test=True)


def test_results_are_a_table_with_notes_and_failures_after_it(run, services, tmp_path):
    error = BuildError("no ffi.h", where="_cffi.c:3", hint="the package needs libffi for the target")
    error.log = tmp_path / "build.log"
    services.answers["build"] = (
        result(notes=("removed -I/usr/include",)),
        result(stage=Stage.FAILED, wheel=None, error=error),
    )
    status, out, err = run("build", "ujson")
    assert status == 5
    lines = out.splitlines()
    assert lines[0].split() == ["wheel", "target", "python", "result", "time", "remark"]
    assert lines[1].split()[:5] == [
        "ujson-6.1.0-cp313-cp313-manylinux_2_31_riscv64.whl", "manylinux_2_31_riscv64", "3.13", "tested", "2.5",
    ]  # fmt: skip
    assert lines[2].split()[:4] == ["ujson-6.1.0", "manylinux_2_31_riscv64", "3.13", "failed"]
    assert "note: ujson-6.1.0 for manylinux_2_31_riscv64, Python 3.13: removed -I/usr/include" in err
    for part in ("no ffi.h", "where: _cffi.c:3", "next:  the package needs libffi", f"log:   {tmp_path / 'build.log'}"):
        assert part in err


def test_on_a_narrow_terminal_wheels_go_by_the_other_columns(run, services, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    services.answers["build"] = (result(remark="under qemu"), result(stage=Stage.FAILED, wheel=None))
    monkeypatch.setenv("COLUMNS", "120")
    assert "ujson-6.1.0-cp313" in run("build", "ujson")[1]
    monkeypatch.setenv("COLUMNS", "80")
    lines = run("build", "ujson")[1].splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["target", "manylinux_2_31_riscv64", "manylinux_2_31_riscv64"]
    assert lines[-1] == "1 wheel in dist: 1 tested, 1 failed"
    services.answers["build"] = (result(), replace(result(), source="regex-1.0"))
    lines = run("build", "ujson", "regex")[1].splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["source", "ujson-6.1.0", "regex-1.0"]


def test_what_a_project_says_and_is_not_used_is_noted_once(run, services, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pyproject.toml").write_text(
            f"[tool.cibuildwheel]\nbefore-all = '{name}'\nskip = '{name}'\n"
        )
    _, _, err = run("build", str(tmp_path / "one"), str(tmp_path / "two"))
    assert err.count(f"note: {BEFORE_ALL}") == 1


def test_brackets_in_names_are_printed_as_they_are(run, services):
    services.answers["build"] = (result(remark="why [red]not[/red]"),)
    assert "why [red]not[/red]" in run("build", "ujson[extra]")[1]


def test_untested_is_no_failure_and_no_success(run, services):
    services.answers["build"] = (result(stage=Stage.UNTESTED, remark="no Python 3.15 there"),)
    status, out, _ = run("build", "ujson", "--test")
    assert status == 0
    assert "untested" in out
    assert "no Python 3.15 there" in out


def test_the_first_failure_gives_the_status(run, services):
    services.answers["build"] = (
        result(),
        result(stage=Stage.FAILED, error=TestError("it fails")),
        result(stage=Stage.FAILED, error=BuildError("it does not compile")),
    )
    assert run("build", "ujson")[0] == 7


def test_json_is_one_document_and_nothing_else(run, services):
    services.answers["build"] = (result(), result(stage=Stage.FAILED, wheel=None, error=BuildError("x", hint="y")))
    status, out, _ = run("build", "ujson", "--json")
    document = json.loads(out)
    assert document["exit_status"] == status == 5
    assert [row["stage"] for row in document["results"]] == ["tested", "failed"]
    assert document["results"][1]["error"] == {"what": "x", "where": None, "hint": "y"}


def test_json_tells_errors_too(run, services):
    services.answers["build"] = EnvironmentMissingError("no Python", hint="uv python install 3.13")
    status, out, err = run("build", "ujson", "--json")
    assert json.loads(out) == {
        "exit_status": 4,
        "error": {"what": "no Python", "where": None, "hint": "uv python install 3.13", "log": None},
    }
    assert status == 4
    assert err == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--env", "CPPFLAGS"), "'CPPFLAGS' is not NAME=VALUE"),
        (("-C", "=x"), "'=x' is not NAME=VALUE"),
        (("--toolchain", "tcc"), "error: --toolchain is 'tcc'"),
        (("--python", "2.7"), "error: --python: '2.7' is not a Python version"),
        (("-p", "3.13", "-p", "3.9"), "error: --python: Python 3.9 is not supported"),
        (("--test-timeout", "-1"), "above 0"),
        (("--only", "cp313-*"), "'--only': use --build IDENTIFIER\n"),
        (("--jsn",), "Did you mean '--json'?"),
        (("--onlx",), "No such option '--onlx'.\n"),
        (("--nonsense",), "--nonsense"),
        (("--jobs", "0"), "--jobs"),
        (("--cert", "/nowhere/ca.pem"), "/nowhere/ca.pem"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_is_done(run, services, arguments, said):
    status, out, err = run("build", "ujson", *arguments)
    assert status == 2
    assert said in err
    assert out == ""
    assert "build" not in services.asked
