import pytest

from crosswheel.errors import UsageError
from crosswheel.settings.shell_assignments import read_assignments


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
        ("A", "'A' is no assignment"),
        ("A=1 $B", "'$B' is no assignment"),
        ("A=1 A=2", "A is set twice"),
        ("A=1;2", "';' is not understood outside of quotes"),
        ("A=~/x", "'~' is not understood outside of quotes"),
        ("A=${B:-c}", "'${B:-c}' is not understood"),
        ("A=`date`", "backquotes are not understood"),
        ("A=$((1+1))", "'$((1+1))' is not understood"),
        ("A=$1", "'$1' is not understood"),
        ("A='b", "a quote has no end"),
        ('A="b', "a quote has no end"),
        ("A=$(date", "has no end"),
    ],
)
def test_what_else_a_shell_understands_is_refused(text, what):
    with pytest.raises(UsageError) as caught:
        read_assignments(text)
    assert what in caught.value.what
