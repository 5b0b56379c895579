"""What [tool.cibuildwheel] means here."""

import tomllib

import pytest

from crosswheel.building.options import build_options
from crosswheel.errors import UsageError
from crosswheel.settings import Settings, parse
from crosswheel.settings.cibuildwheel import translate, unsupported_keys
from crosswheel.settings.merge import build_identifiers, resolve
from crosswheel.targets import PythonVersion, target_from_tag

CP313 = PythonVersion(13)

BEFORE_ALL = (
    "before-all of [tool.cibuildwheel] is not used: the machine's libraries are not used for the target; build those "
    "that it installs with --library, or write recipes for them (crosswheel recipe list)"
)


def translated(text):
    return translate(tomllib.loads(text), where="pyproject.toml")


def options(text, tag, given=None):
    """The options of one combination."""
    target = target_from_tag(tag)
    assert target is not None
    table = parse(translated(text).table, where="a test")
    return build_options(resolve((table,), given or Settings(), build_identifiers(target, CP313)))


def test_each_key_in_the_form_of_a_string_and_of_a_list():
    strings = translated("""
        build = "cp313-* cp314-*"
        skip = "*-win32"
        archs = "x86_64,aarch64 arm64"
        environment = "A='1 2' B=$A"
        config-settings = "setup-args=-Da=1 setup-args=-Db=2 one='t w o'"
        before-build = "make a && make b"
        test-command = "pytest {project}"
        test-requires = "pytest 'six; python_version >= \\"3.9\\"'"
        test-extras = "fast,more"
        test-groups = "test dev"
    """)
    lists = translated("""
        build = ["cp313-*", "cp314-*"]
        skip = ["*-win32"]
        archs = ["x86_64", "aarch64", "arm64"]
        environment = { A = "1 2", B = "$A" }
        config-settings = { setup-args = ["-Da=1", "-Db=2"], one = "t w o" }
        before-build = ["make a", "make b"]
        test-command = ["pytest {project}"]
        test-requires = ["pytest", "six; python_version >= \\"3.9\\""]
        test-extras = ["fast", "more"]
        test-groups = ["test", "dev"]
    """)
    assert strings.notes == lists.notes == ()
    first, second = strings.table | {"build": None}, lists.table | {"build": None}
    first["config-settings"]["one"] = "t w o"
    assert first == second
    assert parse(lists.table, where="a test") == parse(
        {
            "build": ["cp313-*", "cp314-*"],
            "skip": ["*-win32"],
            "archs": ["x86_64", "aarch64", "arm64"],
            "environment": {"A": "1 2", "B": "${A-}"},
            "config-settings": {"setup-args": ["-Da=1", "-Db=2"], "one": "t w o"},
            "before-build": ["make a && make b"],
            "test": True,
            "test-command": ["pytest {project}"],
            "test-requires": ["pytest", 'six; python_version >= "3.9"'],
            "test-extras": ["fast", "more"],
            "test-groups": ["test", "dev"],
        },
        where="a test",
    )


def test_a_platforms_table_takes_the_place_and_overrides_come_after_it():
    text = """
        test-command = "all"
        environment = { A = "1", B = "2" }
        [linux]
        test-command = "linux"
        environment = { A = "3" }
        [[overrides]]
        select = "*-musllinux*"
        test-command = "musl"
        [[overrides]]
        select = ["cp312-*", "cp313-*_{riscv64,s390x}"]
        environment = { C = "4" }
    """
    mac = options(text, "macosx_11_0_arm64")
    assert (mac.test_commands, mac.environment) == (("all",), {"A": "1", "B": "2"})
    arm = options(text, "manylinux_2_17_aarch64")
    assert (arm.test_commands, arm.environment) == (("linux",), {"A": "3"})
    riscv = options(text, "musllinux_1_2_riscv64")
    assert (riscv.test_commands, riscv.environment) == (("musl",), {"C": "4"})
    assert all(found.test for found in (mac, arm, riscv))


def test_values_may_be_inherited():
    text = """
        test-command = "one"
        test-requires = ["pytest"]
        environment = { A = "1", B = "2" }
        [linux]
        inherit.test-command = "prepend"
        test-command = "before"
        [[overrides]]
        select = "*"
        inherit = "environment; test-requires: prepend; test-command"
        environment = { A = "3" }
        test-requires = "six"
        test-command = "after"
        before-build = "make"
    """
    found = options(text, "manylinux_2_31_riscv64")
    assert found.test_commands == ("before", "one", "after")
    assert found.test_requires == ("six", "pytest")
    assert found.environment == {"A": "3", "B": "2"}
    assert found.before_build == ("make",)


def test_what_has_no_command_is_not_tested():
    assert options("test-requires = 'x'", "manylinux_2_31_riscv64").test is False
    text = "test-command = 'pytest'\ntest-skip = '*-musllinux_* *_s390x'\nlinux.test-command = ''\n"
    assert options(text, "macosx_11_0_arm64").test is True
    assert options(text, "manylinux_2_31_riscv64").test is False
    tested = "test-command = 'pytest'\ntest-skip = '*-musllinux_* *_s390x'\n"
    assert options(tested, "manylinux_2_31_riscv64").test is True
    assert options(tested, "musllinux_1_2_riscv64").test is False
    assert options(tested, "musllinux_1_2_riscv64", parse({"test": True}, where="a test")).test is True


def test_an_empty_command_adds_nothing():
    text = "test-command = 'pytest'\n[[overrides]]\nselect = '*'\ninherit.test-command = 'append'\ntest-command = ''\n"
    found = options(text, "manylinux_2_31_riscv64")
    assert (found.test, found.test_commands) == (True, ("pytest",))


def test_architectures_of_a_platform_take_the_place_of_those_of_all():
    found = translated("archs = 'auto'\nlinux.archs = ['aarch64', 'riscv64']\nmacos.archs = 'universal2'\n")
    assert found.table["archs"] == ["auto", "linux:aarch64", "linux:riscv64", "macos:universal2"]


def test_what_is_not_used_is_named_once_with_what_to_do():
    found = translated("""
        before-all = "make"
        manylinux-x86_64-image = "manylinux_2_28"
        musllinux-aarch64-image = "musllinux_1_2"
        enable = ["pypy"]
        novelty = "x"
        project-requires-python = ">=3.9"
        [linux]
        before-all = "yum"
        [windows]
        repair-wheel-command = ""
        [ios]
        test-sources = ["tests"]
        [[overrides]]
        select = "*"
        before-all = "apk"
    """)
    assert found.notes == (
        "novelty of [tool.cibuildwheel] is not used: crosswheel knows no such key",
        BEFORE_ALL,
        "enable of [tool.cibuildwheel] is not used: only CPython is supported; pre-releases are enabled",
        "project-requires-python of [tool.cibuildwheel] is not used: set requires-python in [project]",
        "repair-wheel-command of [tool.cibuildwheel] is not used: crosswheel repairs wheels itself",
        "ios of [tool.cibuildwheel] is not used: there is no such target",
        (
            "manylinux-x86_64-image, musllinux-aarch64-image of [tool.cibuildwheel] is not used: "
            "the C library is part of a target's name: --target manylinux_2_28_x86_64"
        ),
    )
    assert found.table == {}


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("biuld = 'x'", "unknown key 'biuld'", "did you mean 'build'?"),
        ("linux.test-comand = 'x'", "unknown key 'test-comand'", "did you mean 'test-command'?"),
        ("befor-all = 'x'", "unknown key 'befor-all'", "did you mean 'before-all'?"),
        ("[[overrides]]\nselect = '*'\nenviroment = 'A=1'", "unknown key 'enviroment'", "did you mean 'environment'?"),
        ("skp = 'a'\nbild = 'b'", "'bild' (did you mean 'build'?)", "did you mean 'skip'?"),
        ("build = 3", "tool.cibuildwheel.build is 3", "expected a string or a list of strings"),
        ("linux = 'x'", "tool.cibuildwheel.linux is 'x'", "expected a table"),
        ("overrides = {}", "tool.cibuildwheel.overrides is {}", "expected a list of tables, [[tool.cibuildwheel.over"),
        ("[[overrides]]\nbuild-verbosity = 1", "tool.cibuildwheel.overrides[0] lacks the key 'select'", ""),
        ("environment = 1", "tool.cibuildwheel.environment is 1", "expected a table of strings"),
        ("macos.environment = 'A=`b`'", "tool.cibuildwheel.macos.environment: backquotes", "use $(command)"),
        ("environment = { A = '\"' }", "tool.cibuildwheel.environment: unterminated quote", ""),
        ("config-settings = 'a=\"'", "tool.cibuildwheel.config-settings: no closing quotation", ""),
        (
            "[linux]\ninherit = { environment = 'after' }",
            "tool.cibuildwheel.linux.inherit is",
            "environment is 'after'",
        ),
    ],
)
def test_a_mistake_is_named_by_its_key(text, what, hint):
    with pytest.raises(UsageError) as caught:
        translated(text)
    assert what in caught.value.what
    assert hint in (caught.value.hint or "")
    assert caught.value.where == "pyproject.toml"


def test_advice_is_for_a_key_that_is_not_used():
    used = {"build", "skip", "archs", "environment", "before-build", "config-settings", "test-command", "test-skip"}
    assert not used & set(unsupported_keys())


def test_directories_of_the_container_are_not_those_of_libraries():
    found = translated("""
        environment = { A = "/usr/local", B = "/srv/own", C = "/usr/bin/cc", D = "$HOME/x", E = "-I/usr/include" }
        [macos.environment]
        F = "/opt/homebrew/opt/x"
        G = "/etc/ssl/cert.pem"
    """)
    assert found.table["environment"] == {"B": "/srv/own", "C": "/usr/bin/cc", "D": "${HOME-}/x", "E": "-I/usr/include"}
    assert [override["environment"] for override in found.table["overrides"]] == [{"G": "/etc/ssl/cert.pem"}]
    assert [note.partition(" of ")[0] for note in found.notes] == [
        "environment variable A=/usr/local", "environment variable F=/opt/homebrew/opt/x"
    ]  # fmt: skip


def test_a_command_before_all_may_have_filled_any_directory():
    found = translated("""
        [linux]
        before-all = "make -C dep install prefix=/srv/dep"
        environment = { DEP = "/srv/dep", BOTH = "/srv/dep:$X", TOOL = "/srv/dep/bin/tool" }
    """)
    (override,) = found.table["overrides"]
    assert override["environment"] == {"BOTH": "/srv/dep:${X-}", "TOOL": "/srv/dep/bin/tool"}
