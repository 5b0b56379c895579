import json

from crosswheel.targets import PythonVersion, target_from_tag
from crosswheel.targets.selection import Selection

PAIRS = tuple(
    (target_from_tag(tag), PythonVersion(13))
    for tag in ("manylinux_2_28_riscv64", "manylinux_2_31_riscv64", "macosx_11_0_arm64")
)


def asked(services):
    ((words, named),) = services.asked["select"]
    return words, named


def test_each_identifier_is_a_line(run, services):
    services.answers["select"] = PAIRS
    assert run("identifiers", "-p", "3.13")[1] == "cp313-manylinux_riscv64\ncp313-macosx_arm64\n"
    words, named = asked(services)
    assert words == ((), ("3.13",))
    assert named["selection"] == Selection(("*",))
    assert (named["toolchain"], named["toolchain_prefix"]) == ("zig", None)


def test_json_says_which_targets_share_an_identifier(run, services):
    services.answers["select"] = PAIRS
    document = json.loads(run("identifiers", "--build", "cp313-*", "--json")[1])
    assert document["identifiers"][1] == {
        "identifier": "cp313-manylinux_riscv64", "target": "manylinux_2_31_riscv64", "python": "3.13",
    }  # fmt: skip
    assert asked(services)[1]["selection"] == Selection(("cp313-*",))


def test_a_directory_is_asked_what_would_be_built_of_it(run, services, tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        "[project]\nname = 'x'\nrequires-python = '>=3.12'\n"
        "[tool.cibuildwheel]\nbuild = 'cp3*'\nskip = ['*-win32', 'pp*']\nbuild-verbosity = 1\n"
        "[tool.crosswheel]\nskip = '*_i686'\ntoolchain = 'gcc'\n"
    )
    _, _, err = run("identifiers", str(tmp_path))
    words, named = asked(services)
    assert words == ((), ())
    assert named["selection"] == Selection(("cp3*",), ("*_i686",), (), ">=3.12")
    assert named["toolchain"] == "gcc"
    assert "build-verbosity of [tool.cibuildwheel] is not used" in err


def test_the_settings_of_the_current_directory_are_not_read_unasked(run, services, tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text("[tool.crosswheel]\ntargets = 'native'\n")
    monkeypatch.chdir(tmp_path)
    run("identifiers")
    assert asked(services)[0] == ((), ())
