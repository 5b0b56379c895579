from pathlib import Path

import pytest

from crosswheel.building.options import BuildOptions, build_options
from crosswheel.building.requests import build_requests
from crosswheel.errors import UsageError
from crosswheel.settings import Settings, parse
from crosswheel.targets import PythonVersion, target_from_tag
from crosswheel.targets.selection import Selection

NOTHING = parse({}, where="a test")

BEFORE_ALL = (
    "before-all of [tool.cibuildwheel] is not used: the machine's libraries are not used for the target; build those "
    "that it installs with --library, or write recipes for them (crosswheel recipe list)"
)


def project(place: Path, table: str) -> str:
    place.mkdir()
    (place / "pyproject.toml").write_text(table, encoding="utf-8")
    return str(place)


def test_sources_without_settings_of_their_own_make_one_order(tmp_path):
    bare = tmp_path / "bare"
    bare.mkdir()
    (order,) = build_requests(["ujson==6.1.0", str(bare), "./x-1.0.tar.gz"], NOTHING)
    assert order.sources == ("ujson==6.1.0", str(bare), "./x-1.0.tar.gz")
    assert order.targets == ("native",)
    assert order.pythons == ()
    assert order.options_for is None


def test_a_directory_brings_its_own_settings_and_nobody_elses(tmp_path):
    one = project(tmp_path / "one", "[tool.crosswheel]\ntargets = 'linux-riscv64'\npythons = ['3.13', '3.14']\n")
    first, second = build_requests([one, "ujson"], NOTHING)
    assert (first.sources, first.targets, first.pythons) == ((one,), ("linux-riscv64",), ("3.13", "3.14"))
    assert (second.sources, second.targets) == (("ujson",), ("native",))


def test_the_command_line_wins_over_the_file(tmp_path):
    one = project(tmp_path / "one", "[tool.crosswheel]\ntargets = 'linux-riscv64'\ntest = true\n")
    (order,) = build_requests([one], parse({"targets": "musl-aarch64"}, where="a test"), keep=True)
    assert order.targets == ("musl-aarch64",)
    assert order.options.test is True
    assert order.options.keep is True


def test_overrides_hold_for_their_combinations_only(tmp_path):
    table = """
    [tool.crosswheel]
    test-command = "all"
    [[tool.crosswheel.overrides]]
    select = "cp313-*_riscv64"
    test-command = "some"
    """
    (order,) = build_requests([project(tmp_path / "one", table)], NOTHING, keep=True)
    riscv64, aarch64 = target_from_tag("manylinux_2_31_riscv64"), target_from_tag("manylinux_2_17_aarch64")
    assert order.options.test_commands == ("all",)
    assert order.options_for is not None
    assert riscv64 is not None
    assert aarch64 is not None
    assert order.options_for(riscv64, PythonVersion(13)).test_commands == ("some",)
    assert order.options_for(riscv64, PythonVersion(13)).keep is True
    assert order.options_for(riscv64, PythonVersion(14)).test_commands == ("all",)
    assert order.options_for(aarch64, PythonVersion(13)).test_commands == ("all",)


def test_a_mistake_in_one_directory_stops_everything_before_it_begins(tmp_path):
    broken = project(tmp_path / "broken", "[tool.crosswheel]\ntragets = 'native'\n")
    with pytest.raises(UsageError, match="unknown key 'tragets'"):
        build_requests(["ujson", broken], NOTHING)


def test_what_chooses_takes_the_place_of_the_native_target(tmp_path):
    (order,) = build_requests([project(tmp_path / "one", "[tool.crosswheel]\nbuild = 'cp313-*'\n")], NOTHING)
    assert order.targets == ()
    assert order.selection == Selection(("cp313-*",))
    (order,) = build_requests([project(tmp_path / "two", "[tool.crosswheel]\nskip = 'cp313-*'\n")], NOTHING)
    assert order.targets == ("native",)
    assert order.selection == Selection(skip=("cp313-*",))


def test_the_pythons_a_project_is_for_count_where_none_is_named(tmp_path):
    one = project(tmp_path / "one", "[project]\nname = 'x'\nrequires-python = '>=3.12'\n")
    assert build_requests([one], NOTHING)[0].selection == Selection(requires_python=">=3.12")
    chosen = {"build": "*-macosx_*"}
    assert build_requests([one], parse(chosen, where="a test"))[0].selection.requires_python == ">=3.12"
    assert not build_requests([one], parse(chosen | {"pythons": "3.11"}, where="a test"))[0].selection.requires_python


def test_projects_for_other_pythons_are_built_side_by_side_where_the_pythons_are_named(tmp_path):
    one = project(tmp_path / "one", "[project]\nname = 'x'\nrequires-python = '>=3.12'\n")
    two = project(tmp_path / "two", "[project]\nname = 'y'\nrequires-python = '>=3.11'\n")
    assert len(build_requests([one, two], NOTHING)) == 2
    assert len(build_requests([one, two], parse({"build": "*"}, where="a test"))) == 2
    assert len(build_requests([one, two], parse({"pythons": "3.13"}, where="a test"))) == 1


@pytest.mark.parametrize(
    ("own", "given", "told"),
    [
        ("", {}, True),
        ("test-command = 'other'", {}, False),
        ("test-requires = 'pytest'", {}, True),
        ("", {"test-command": "other"}, False),
    ],
)
def test_commands_of_cibuildwheel_are_known_as_such(tmp_path, own, given, told):
    table = f"[tool.cibuildwheel]\ntest-command = 'make check'\n[tool.crosswheel]\n{own}\n"
    (request,) = build_requests([project(tmp_path / "one", table)], parse(given, where="a test"))
    assert request.options.cibuildwheel_commands is told
    assert request.options.test_commands == (("make check",) if told else ("other",))


def test_commands_of_cibuildwheels_overrides_are_known_as_such(tmp_path):
    table = """
    [[tool.cibuildwheel.overrides]]
    select = "cp313-*"
    test-command = "make check"
    """
    (request,) = build_requests([project(tmp_path / "one", table)], NOTHING)
    assert request.options_for is not None
    target = target_from_tag("manylinux_2_31_riscv64")
    told = [request.options_for(target, PythonVersion(minor)).cibuildwheel_commands for minor in (13, 12)]
    assert told == [True, False]


def test_the_table_of_cibuildwheel_holds_where_ours_lacks_a_key(tmp_path):
    table = """
    [tool.cibuildwheel]
    build = "cp313-*"
    skip = "*-win32"
    test-command = "pytest {package}"
    before-all = "make"
    linux.before-build = "make"
    [tool.crosswheel]
    skip = "*-musllinux_*"
    test = false
    """
    (order,) = build_requests([project(tmp_path / "one", table)], NOTHING)
    assert order.selection == Selection(("cp313-*",), ("*-musllinux_*",))
    assert order.notes == (BEFORE_ALL,)
    assert (order.options.test, order.options.test_commands) == (False, ("pytest {package}",))
    riscv64, arm64 = target_from_tag("manylinux_2_31_riscv64"), target_from_tag("macosx_11_0_arm64")
    assert order.options_for is not None
    assert riscv64 is not None
    assert arm64 is not None
    assert order.options_for(riscv64, PythonVersion(13)).before_build == ("make",)
    assert order.options_for(arm64, PythonVersion(13)).before_build == ()


def settings(**table: object) -> Settings:
    return parse({key.replace("_", "-"): value for key, value in table.items()}, where="a test")


def test_no_settings_mean_the_options_of_the_python_api():
    assert build_options(Settings()) == BuildOptions()


def test_every_option_of_the_python_api_can_be_set():
    options = build_options(
        settings(
            output_dir="out",
            toolchain="gcc",
            toolchain_prefix="/opt/cross",
            target_python="/opt/python",
            config_settings={"a": ["1", "2"]},
            constraints="c.txt",
            build_constraints="b.txt",
            isolation=False,
            environment={"A": "1"},
            before_build="./prepare",
            index={"index-url": "https://example.org/simple/", "cert": "ca.pem", "find-links": "archives"},
            test=True,
            test_command="true",
            test_requires="pytest",
            test_extras="test",
            test_groups=["test", "more"],
            test_timeout=3,
            allow_missing_extensions="*",
            export_symbols="*",
            allow_undefined="no_such_*",
            fix_fortran_prototypes=True,
        ),
        keep=True,
    )
    assert options == BuildOptions(
        output_directory=Path("out"),
        toolchain="gcc",
        toolchain_prefix=Path("/opt/cross"),
        target_python=Path("/opt/python"),
        config_settings={"a": ("1", "2")},
        constraints=("c.txt",),
        build_constraints=("b.txt",),
        isolation=False,
        environment={"A": "1"},
        before_build=("./prepare",),
        index={"index-url": "https://example.org/simple/", "find-links": ("archives",), "cert": "ca.pem"},
        test=True,
        test_commands=("true",),
        test_requires=("pytest",),
        test_extras=("test",),
        test_groups=("test", "more"),
        test_timeout=3.0,
        allow_missing=("*",),
        export_symbols=("*",),
        allow_undefined=("no_such_*",),
        fix_fortran_prototypes=True,
        keep=True,
    )


def test_commands_of_cibuildwheels_table_are_told_from_ours(tmp_path):
    theirs = '[tool.cibuildwheel]\nbefore-build = "make"\n'
    cases = {
        theirs: True,
        '[tool.crosswheel]\nbefore-build = "make"\n': False,
        f'{theirs}[tool.crosswheel]\nbefore-build = "./configure"\n': False,
        '[tool.cibuildwheel]\nenvironment = { A = "$(make -s flags)" }\n': True,
        '[tool.cibuildwheel]\nenvironment = { A = "1" }\n': False,
    }
    for number, (text, expected) in enumerate(cases.items()):
        (order,) = build_requests([project(tmp_path / str(number), text)], NOTHING)
        assert order.options.cibuildwheel_before_build is expected, text
    (order,) = build_requests([project(tmp_path / "cli", theirs)], settings(**{"before-build": "./configure"}))
    assert order.options.cibuildwheel_before_build is False
