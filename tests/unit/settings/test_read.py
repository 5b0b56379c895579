from pathlib import Path

import pytest

from crosswheel.errors import ExitStatus, UsageError
from crosswheel.settings import ProjectSettings, read_settings


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(tmp_path: Path, text: str) -> UsageError:
    path = written(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        read_settings(path)
    assert str(path) in str(caught.value.where)
    return caught.value


def test_a_file_without_the_table_gives_the_defaults(tmp_path):
    assert read_settings(written(tmp_path, "[project]\nname = 'x'\n")) == ProjectSettings()


def test_every_key_is_read(tmp_path):
    path = written(
        tmp_path,
        """
        [tool.crosswheel]
        targets = ["linux-riscv64", "musl-aarch64"]
        pythons = "cp313t"
        output-dir = "wheels"
        toolchain = "gcc"
        toolchain-prefix = "/opt/cross"
        target-python = "python"
        isolation = false
        constraints = ["limits.txt", "https://example.org/limits.txt"]
        build-constraints = "build.txt"
        config-settings = { setup-args = ["-Da=1", "-Db=2"], one = "two" }
        environment = { CPPFLAGS = "-DX" }
        allow-missing-extensions = "pkg._speedups"
        test = true
        test-command = "pytest {package}"
        test-requires = ["pytest"]
        test-timeout = 60
        [tool.crosswheel.index]
        index-url = "https://example.org/simple/"
        find-links = ["archives", "https://example.org/files/"]
        cert = "ca.pem"
        [[tool.crosswheel.overrides]]
        select = "*-riscv64"
        """,
    )
    settings = read_settings(path).crosswheel
    assert settings.targets == ("linux-riscv64", "musl-aarch64")
    assert settings.pythons == ("3.13t",)
    assert settings.output_dir == tmp_path / "wheels"
    assert settings.toolchain == "gcc"
    assert settings.toolchain_prefix == Path("/opt/cross")
    assert settings.target_python == tmp_path / "python"
    assert settings.isolation is False
    assert settings.constraints == (str(tmp_path / "limits.txt"), "https://example.org/limits.txt")
    assert settings.build_constraints == (str(tmp_path / "build.txt"),)
    assert settings.config_settings == {"setup-args": ("-Da=1", "-Db=2"), "one": ("two",)}
    assert settings.environment == {"CPPFLAGS": "-DX"}
    assert settings.allow_missing_extensions == ("pkg._speedups",)
    assert settings.test is True
    assert settings.test_command == ("pytest {package}",)
    assert settings.test_requires == ("pytest",)
    assert settings.test_timeout == 60
    assert settings.index.index_url == "https://example.org/simple/"
    assert settings.index.find_links == (str(tmp_path / "archives"), "https://example.org/files/")
    assert settings.index.cert == tmp_path / "ca.pem"
    assert [override.select for override in settings.overrides] == [("*-riscv64",)]


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        (
            "[tool.crosswheel]\ntarget = 'native'",
            "unknown key 'target' in [tool.crosswheel]",
            "did you mean 'targets'?",
        ),
        ("[tool.crosswheel]\noutput_dir = 'x'", "unknown key 'output_dir'", "did you mean 'output-dir'?"),
        ('[tool.crosswheel]\nenvironment = {"A=B" = "x"}', "'A=B' in environment is not a name of a variable", None),
        ('[tool.crosswheel]\nenvironment = {"" = "x"}', "'' in environment is not a name of a variable", None),
        ('[tool.crosswheel]\nenvironment = {A = "a\\u0000b"}', "environment.A has a NUL character", None),
        ('[tool.crosswheel]\ntest-command = "a\\u0000b"', "test-command has a NUL character", None),
        (
            "[tool.crosswheel]\nproject-requires-python = '>=3.9'",
            "unknown key 'project-requires-python' in [tool.crosswheel]",
            "set requires-python in [project]",
        ),
        ("[tool.crosswheel]\nzzz = 1", "unknown key 'zzz'", "known are target-python, config-settings"),
        (
            "[[tool.crosswheel.overrides]]\nselect = '*'\ntest-comand = 'x'",
            "unknown key 'test-comand' in tool.crosswheel.overrides[0]",
            "did you mean 'test-command'?",
        ),
        (
            "[[tool.crosswheel.overrides]]\nselect = '*'\ntargets = 'native'",
            "unknown key 'targets' in tool.crosswheel.overrides[0]",
            "target-python",
        ),
        (
            "[tool.crosswheel.index]\nindex_url = 'x'",
            "unknown key 'index_url' in tool.crosswheel.index",
            "did you mean 'index-url'?",
        ),
        (
            "[[tool.crosswheel.overrides]]\nselect = '*'\ninherit.test = 'append'\ntest = true",
            "tool.crosswheel.overrides[0]: inherit has the key 'test', which is no list or table here",
            None,
        ),
        (
            "[[tool.crosswheel.overrides]]\nselect = '*'\ninherit.environment = 'after'\nenvironment = {}",
            "tool.crosswheel.overrides[0].inherit: environment is 'after'; expected 'none' or 'append' or 'prepend'",
            None,
        ),
        ("[[tool.crosswheel.overrides]]\ntest = true", "tool.crosswheel.overrides[0] lacks the key 'select'", None),
        ("[tool.crosswheel]\ntargets = 3", "tool.crosswheel.targets is 3", "expected a string or a list of strings"),
        ("[tool.crosswheel]\ntargets = [3]", "tool.crosswheel.targets[0] is 3", "expected a string"),
        ("[tool.crosswheel]\ntest = 'yes'", "tool.crosswheel.test is 'yes'", "expected true or false"),
        ("[tool.crosswheel]\nisolation = 0", "tool.crosswheel.isolation is 0", "expected true or false"),
        ("[tool.crosswheel]\ntest-timeout = 'long'", "tool.crosswheel.test-timeout is 'long'", "expected a number"),
        ("[tool.crosswheel]\ntest-timeout = 0", "tool.crosswheel.test-timeout is 0", "expected a number above 0"),
        ("[tool.crosswheel]\ntoolchain = 'tcc'", "tool.crosswheel.toolchain is 'tcc'", "'gcc' or 'zig'"),
        ("[tool.crosswheel]\noutput-dir = 1", "tool.crosswheel.output-dir is 1", "expected a path"),
        ("[tool.crosswheel]\nenvironment = 'A=B'", "tool.crosswheel.environment is 'A=B'", "expected a table"),
        ("[tool.crosswheel]\nenvironment = { B = 'x', \"A.b\" = 1 }", "environment.A.b is 1", "expected a string"),
        ("[tool.crosswheel]\nconfig-settings = { A = ['x', 1] }", "config-settings.A[1] is 1", "expected a string"),
        ("[tool.crosswheel]\nenvironment = { A = 1 }", "tool.crosswheel.environment.A is 1", "expected a string"),
        ("[tool.crosswheel]\nindex = 'x'", "tool.crosswheel.index is 'x'", "expected a table"),
        ("[tool.crosswheel]\noverrides = 'x'", "tool.crosswheel.overrides is 'x'", "[[tool.crosswheel.overrides]]"),
        ("[tool.crosswheel]\npythons = '2.7'", "tool.crosswheel.pythons[0]: '2.7' is not a Python version", None),
        ("[tool]\ncrosswheel = true", "[tool.crosswheel] is true", "expected a table"),
        ("tool = 3", "[tool.crosswheel] is 3", "expected a table"),
    ],
)
def test_a_mistake_is_named_by_its_key(tmp_path, text, what, hint):
    error = refusal(tmp_path, text)
    assert error.status is ExitStatus.USAGE
    assert what in error.what
    if hint is None:
        assert error.hint is None
    else:
        assert hint in str(error.hint)


def test_every_mistake_is_told_at_once(tmp_path):
    error = refusal(tmp_path, "[tool.crosswheel]\ntarget = 'a'\ntest = 1\npythons = ['3.13', 'x']\nindex.pre = 3")
    assert "unknown key 'target'" in error.what
    assert "tool.crosswheel.test is 1" in error.what
    assert "tool.crosswheel.pythons[1]: 'x' is not" in error.what
    assert "tool.crosswheel.index.pre is 3" in error.what


@pytest.mark.parametrize(
    ("text", "position"),
    [("[tool.crosswheel\n", "line 1, column 17"), ("a = 1\nb = = 2\n", "line 2, column 5")],
)
def test_broken_toml_is_told_by_line_and_column(tmp_path, text, position):
    error = refusal(tmp_path, text)
    assert error.what.startswith("not valid TOML")
    assert str(error.where).endswith(position)


def test_bytes_that_are_no_text_are_told_by_their_place(tmp_path):
    path = tmp_path / "pyproject.toml"
    path.write_bytes(b"a = '\xff'\n")
    with pytest.raises(UsageError, match="not encoded in UTF-8") as caught:
        read_settings(path)
    assert str(caught.value.where) == f"{path}, byte 5"


def test_a_directory_in_the_files_place_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_settings(tmp_path)


def test_former_spellings_of_settings_are_read_with_a_note(tmp_path):
    settings = read_settings(
        written(
            tmp_path,
            """
            [tool.crosswheel]
            mend-fortran = true
            build-limits = "numpy<2.3"
            [[tool.crosswheel.overrides]]
            select = "*"
            inherit.build-limits = "append"
            build-limits = "cython<4"
            overlay-add = "*.so"
            overlay-forbid = "*.txt"
            """,
        )
    )
    table = settings.crosswheel
    assert table.fix_fortran_prototypes is True
    assert table.build_constraint_dependencies == ("numpy<2.3",)
    (override,) = table.overrides
    assert override.inherit == {"build-constraint-dependencies": "append"}
    assert (override.overlay_include, override.overlay_exclude) == (("*.so",), ("*.txt",))
    assert "tool.crosswheel.mend-fortran is now called fix-fortran-prototypes" in settings.notes
    assert "tool.crosswheel.overrides[0].overlay-add is now called overlay-include" in settings.notes
    assert len(settings.notes) == 5


def test_a_setting_in_both_spellings_is_refused(tmp_path):
    error = refusal(tmp_path, "[tool.crosswheel]\nmend-fortran = true\nfix-fortran-prototypes = true")
    assert "mend-fortran and fix-fortran-prototypes are the same key" in error.what
