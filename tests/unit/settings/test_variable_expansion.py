from pathlib import Path

import pytest
from fake_hosts import Shelf, fake_host

from crosswheel.errors import UsageError
from crosswheel.sealing import Sandbox
from crosswheel.settings.variable_expansion import (
    escape,
    expand_environment,
    expand_variables,
    fill_placeholders,
    read_assignments,
)


def run(command, known):
    return {"pwd": "/here\n", "echo $A": f"{known.get('A', '')}\n\n", "(echo ')')": ")\n"}[command]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain -DX=\\\"1\\\" 'a b'", "plain -DX=\\\"1\\\" 'a b'"),
        ("$PATH:/more", "/bin:/more"),
        ("/more:${PATH}x", "/more:/binx"),
        ("$OUTSIDE", "outside"),
        ("$BOTH", "inside"),
        ("${NONE-}|${NONE-two words}|${PATH-no}", "|two words|/bin"),
        ("$(pwd)/x", "/here/x"),
        ("$((echo ')'))", None),
        ("$$ORIGIN and $$(pwd)", "$ORIGIN and $(pwd)"),
        ("", ""),
    ],
)
def test_values(value, expected):
    if expected is None:
        with pytest.raises(UsageError, match="is not supported"):
            expand_variables({"X": value}, {}, {}, run)
        return
    found = expand_variables(
        {"X": value}, {"PATH": "/bin", "BOTH": "inside"}, {"OUTSIDE": "outside", "BOTH": "out"}, run
    )
    assert found == {"X": expected}


def test_variables_stand_on_those_before_them():
    found = expand_variables({"A": "1", "B": "$A$(echo $A)", "A2": "$B"}, {}, {}, run)
    assert found == {"A": "1", "B": "11", "A2": "11"}


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("$NONE", "NONE is not set"),
        ("${NONE}", "NONE is not set"),
        ("${A:-x}", "'${A:-x}' is not supported"),
        ("${A", "'${A' is not supported"),
        ("$1", "'$1' is not supported"),
        ("a$", "'$' is not supported"),
        ("$(pwd", "is not closed"),
        ("$(echo ')'", "is not closed"),
    ],
)
def test_what_cannot_be_expanded_is_refused_by_the_variables_name(value, what):
    with pytest.raises(UsageError) as caught:
        expand_variables({"X": value}, {}, {}, run)
    assert what in caught.value.what
    assert caught.value.where == "environment variable X"
    assert "$$" in str(caught.value.hint)


def test_a_text_can_be_kept_from_expansion():
    text = "$HOME $(rm x) $$"
    assert expand_variables({"X": escape(text)}, {}, {}, run) == {"X": text}


def test_commands_run_in_a_directory_with_the_variables_so_far(tmp_path):
    host = fake_host(tmp_path, Shelf(tmp_path), lambda request: (0, f"{request.cwd} {request.env['A']}\n", ""))
    found = expand_environment(
        Sandbox(host, Path("/work")), {"A": "1", "B": "$(show)"}, {"PATH": "/bin"}, Path("/sources")
    )
    assert found == {"PATH": "/bin", "A": "1", "B": "/sources 1"}
    assert host.runner.requests[0].argv == ("/bin/sh", "-c", "show")


def test_a_command_that_fails_is_named(tmp_path):
    host = fake_host(tmp_path, Shelf(tmp_path), lambda _: (2, "", "no such\nfile"))
    with pytest.raises(UsageError, match=r"`cat x` ended with status 2: no such file"):
        expand_environment(Sandbox(host, Path("/work")), {"B": "$(cat x)"}, {}, tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("A=1", {"A": "1"}),
        ("  CFLAGS='-g -Wall'  CXXFLAGS=\"-O2 -g\"\nX= ", {"CFLAGS": "-g -Wall", "CXXFLAGS": "-O2 -g", "X": ""}),
        ("PATH=$PATH:/usr/local/bin", {"PATH": "${PATH-}:/usr/local/bin"}),
        ("A=${B}c D=\"$E f\"", {"A": "${B-}c", "D": "${E-} f"}),
        ("T=$(date +%s '(') U=\"$(echo \"a b\")\"", {"T": "$(date +%s '(')", "U": "$(echo \"a b\")"}),
        ("A='$B $(c)' B=\"\\$C\" D=\\$E", {"A": "$$B $$(c)", "B": "$$C", "D": "$$E"}),
        ("A=a\\ b B=\"c\\d \\\"e\\\" \\\\\"", {"A": "a b", "B": 'c\\d "e" \\'}),
        ("A=\"5 $\" B=$/x", {"A": "5 $$", "B": "$$/x"}),
        ("A=x\"y z\"'w'", {"A": "xy zw"}),
    ],
)  # fmt: skip
def test_assignments(text, expected):
    assert read_assignments(text) == expected


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("A", "'A' is not an assignment"),
        ("A=1 $B", "'$B' is not an assignment"),
        ("A=1 A=2", "A is set twice"),
        ("A=1;2", "';' is not supported outside of quotes"),
        ("A=~/x", "'~' is not supported outside of quotes"),
        ("A=${B:-c}", "'${B:-c}' is not supported"),
        ("A=`date`", "backquotes are not supported"),
        ("A=$((1+1))", "'$((1+1))' is not supported"),
        ("A=$1", "'$1' is not supported"),
        ("A='b", "unterminated quote"),
        ('A="b', "unterminated quote"),
        ("A=$(date", "is not closed"),
    ],
)
def test_what_else_a_shell_understands_is_refused(text, what):
    with pytest.raises(UsageError) as caught:
        read_assignments(text)
    assert what in caught.value.what


def test_places_are_filled_in_unless_they_are_marked():
    text = "{project}/a {package}/b {wheel} {other} #{package} ${package}"
    assert fill_placeholders(text, project="/p", wheel="x.whl") == "/p/a /p/b x.whl {other} {package} $/p"
    assert fill_placeholders("{wheel}", project="/p") == "{wheel}"
