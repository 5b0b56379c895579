"""Options derived from settings: every setting reaches builds, every option is a setting."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from msgspec import inspect

from crosswheel.building.options import BuildOptions, build_options
from crosswheel.cli.build import build
from crosswheel.cli.identifiers import identifiers
from crosswheel.cli.options import cli_options
from crosswheel.settings import Index, Settings, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

WITHOUT_OPTION = {
    **dict.fromkeys(
        ("build_requires", "build_constraint_dependencies", "tools", "cflags", "cxxflags", "ldflags", "prepare",
         "before_backend", "after_build", "unvendor_tests", "retain_tests", "test_imports", "bundle"),
        "belongs to a package, and is kept in its recipe or its pyproject.toml",
    ),
    **dict.fromkeys(("overlay_include", "overlay_exclude"), "belongs to a build requirement, kept in its recipe"),
    "overrides": "a table; the command line applies to all builds",
    "index": "a table; each of its keys is an option",
}  # fmt: skip
"""Settings that the command line cannot give, with the reason."""
WITHOUT_BUILD_OPTION = {
    **dict.fromkeys(("targets", "pythons"), "an argument of crosswheel.build beside the options"),
    **dict.fromkeys(("build", "skip", "archs"), "crosswheel.build has them as its argument selection"),
    "overrides": "crosswheel.build has them as its argument options_for",
}
"""Settings that are no options of a build, with the reason."""
WITHOUT_SETTING = {
    **dict.fromkeys(("keep", "rebuild", "unsealed"), "is about one invocation, and on the command line only"),
    "cibuildwheel_commands": "is set from the table that the test commands are in",
    **dict.fromkeys(("recipe_directory", "pyodide_variables"), "is set from the recipe in use"),
    "cibuildwheel_before_build": "is set by where the commands are",
}
"""Options of a build that are no settings, with the reason."""
OPTIONS_OF_AN_INVOCATION = {
    **dict.fromkeys(("keep", "rebuild", "unsealed"), "options of a build without a setting"),
    "no_recipes": "the setting recipes can only add some",
    **dict.fromkeys(("verbosity", "offline", "jobs", "json"), "about this machine or this output, not about a project"),
    "help": "click's",
}
"""Options of the command line that are no settings, with the reason."""
SELECTION = {
    "targets": "targets",
    "pythons": "pythons",
    "build": "selection",
    "skip": "selection",
    "archs": "selection",
}
"""Settings by the argument of crosswheel.build that they reach."""


def sample(kind: inspect.Type) -> object:
    """A value of a field, as in TOML; it is no default."""
    if isinstance(kind, inspect.Metadata):
        default = (kind.extra_json_schema or {}).get("default")
        return (not default) if isinstance(kind.type, inspect.BoolType) else sample(kind.type)
    if isinstance(kind, inspect.CustomType):
        return "3.13" if kind.cls.__name__ == "PythonVersions" else "value"
    if isinstance(kind, inspect.LiteralType):
        return kind.values[0]
    if isinstance(kind, inspect.UnionType):
        return next(sample(each) for each in kind.types if isinstance(each, inspect.LiteralType))
    if isinstance(kind, inspect.FloatType):
        return 7.5
    return {"name": "value"} if isinstance(kind, inspect.DictType) else "value"


def fields(model: type[Settings | Index]) -> Iterator[tuple[str, inspect.Type]]:
    info = inspect.type_info(model)
    assert isinstance(info, inspect.StructType)
    yield from ((field.name, field.type) for field in info.fields)


def changed(options: BuildOptions) -> set[str]:
    names = [field.name for field in dataclasses.fields(BuildOptions)]
    return {name for name in names if getattr(options, name) != getattr(BuildOptions(), name)}


def test_every_setting_is_an_option_of_a_build_and_every_one_is_a_setting():
    reached = {}
    for name, kind in fields(Settings):
        if name not in WITHOUT_BUILD_OPTION:
            value = {"pre": True} if name == "index" else sample(kind)
            (reached[name],) = changed(build_options(parse({name.replace("_", "-"): value}, where="a test")))
    assert len(set(reached.values())) == len(reached)
    assert {*reached.values(), *WITHOUT_SETTING} == {field.name for field in dataclasses.fields(BuildOptions)}
    assert {*reached, *WITHOUT_BUILD_OPTION} == {name for name, _ in fields(Settings)}


def test_every_setting_has_an_option_of_the_command_line():
    assert {*cli_options(Settings), *WITHOUT_OPTION} == {name for name, _ in fields(Settings)}
    assert not cli_options(Settings).keys() & WITHOUT_OPTION.keys()
    assert set(cli_options(Index)) == {name for name, _ in fields(Index)}


def visible(command: click.Command) -> set[str]:
    return {str(param.name) for param in command.params if isinstance(param, click.Option) and not param.hidden}


def test_every_option_of_a_build_is_a_setting():
    settings = {*cli_options(Settings), *cli_options(Index)}
    assert visible(build) == settings | OPTIONS_OF_AN_INVOCATION.keys() - {"help"}
    assert visible(identifiers) - {"json"} < settings


@pytest.mark.parametrize("name", list(cli_options(Settings)))
def test_the_option_of_every_setting_reaches_the_build(run, services, tmp_path, name):
    option, kind = cli_options(Settings)[name]
    flag = option.names[0].partition("/")[0]
    argument = str(tmp_path) if option.exists else sample(kind)
    if name == "recipes":
        (tmp_path / "demo.toml").write_text('version = "1"\n')
        argument = str(tmp_path / "demo.toml")
    if isinstance(kind.type, inspect.BoolType):
        default = (kind.extra_json_schema or {})["default"]
        words = [option.names[0].partition("/")[2] if default else flag]
    elif isinstance(kind.type, inspect.UnionType):
        words = [f"{flag}={argument}"]
    else:
        words = [flag, "name=value" if isinstance(argument, dict) else str(argument)]
    status, _, err = run("build", "ujson", *words)
    assert status == 0, err
    ((_, named),) = services.asked["build"]
    if name in SELECTION:
        assert argument in str(named[SELECTION[name]])
        assert named["options"] == BuildOptions()
    else:
        assert changed(named["options"]) - ({option.implies} if option.implies else set())
        assert named["options"].test is (name == "test" or option.implies == "test")


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["ujson"], True), (["--auto", "ujson"], True), (["--no-auto", "ujson"], False),
        (["--auto=all", "ujson"], "all"), (["--auto=all", "--no-auto", "ujson"], False),
    ],
)  # fmt: skip
def test_an_option_may_be_given_without_its_value(run, services, words, value):
    """It does not take the next argument for it."""
    status, _, err = run("build", *words)
    assert status == 0, err
    ((sources, named),) = services.asked["build"]
    assert [str(source) for source in sources[0]] == ["ujson"]
    assert named["options"].auto == value


def test_an_unknown_value_of_such_an_option_is_an_error(run):
    status, _, err = run("build", "ujson", "--auto=some")
    assert status == 2
    assert "'some' is not one of all" in err


def test_the_help_of_an_option_is_the_first_sentence_about_its_setting():
    (help_,) = [param.help for param in build.params if isinstance(param, click.Option) and param.name == "output_dir"]
    assert help_ == "Directory for finished wheels. [default: dist]"
    (help_,) = [param.help for param in build.params if isinstance(param, click.Option) and param.name == "test_extras"]
    assert help_ == "Extras of the wheel to install for the test; implies --test."
    described = (param for param in build.params if isinstance(param, click.Option))
    assert all(param.help and param.help[0].isupper() and "`" not in param.help for param in described)


@pytest.mark.parametrize(("option", "value"), [("--mend-fortran", True), ("--no-mend-fortran", False)])
def test_the_former_spelling_of_an_option_is_accepted_with_a_note(run, services, option, value):
    status, out, err = run("build", "ujson", option, "--json")
    assert status == 0
    ((_, named),) = services.asked["build"]
    assert named["options"].fix_fortran_prototypes is value
    assert "note: --mend-fortran is now called --fix-fortran-prototypes" in err
    assert "mend" not in out


@pytest.mark.parametrize("words", [("--mend-fortran", "--no-fix-fortran-prototypes"),
                                   ("--fix-fortran-prototypes", "--mend-fortran")])  # fmt: skip
def test_an_option_in_both_spellings_is_refused(run, services, words):
    status, _, err = run("build", "ujson", *words)
    assert status == 2
    assert "--mend-fortran and --fix-fortran-prototypes are the same option" in err
    assert "build" not in services.asked


def test_former_spellings_are_not_in_the_help(run):
    assert "mend" not in run("build", "--help")[1]
    assert "note:" not in run("build", "ujson", "--fix-fortran-prototypes")[2]


def test_a_path_option_must_exist(run, tmp_path):
    status, _, err = run("build", "ujson", "--sdk", str(Path(tmp_path, "nowhere")))
    assert status == 2
    assert "nowhere" in err


def test_options_for_directories_take_no_files(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    checked = 0
    for command in (build, identifiers):
        for param in command.params:
            if isinstance(param, click.Option) and (param.metavar == "DIRECTORY"):
                checked += 1
                with pytest.raises(click.BadParameter, match="is a file"):
                    param.type.convert(str(tmp_path / "file"), param, None)
    assert checked
