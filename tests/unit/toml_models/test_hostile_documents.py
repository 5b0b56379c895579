"""Documents made to exhaust a parser: each is one error that names the file."""

from pathlib import Path

import pytest

from crosswheel.errors import UsageError
from crosswheel.toml_models.read import read_toml, read_yaml

DEEP = 20_000
DIGITS = "9" * 100_000
LAUGHS = "\n".join(["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))])


@pytest.mark.parametrize(
    "text",
    [f"a = {'[' * DEEP}{']' * DEEP}", f"a = {'{b=' * DEEP}1{'}' * DEEP}", f"a = {DIGITS}", f"[{'a.' * DEEP}a]\n[["],
)
def test_toml(tmp_path: Path, text: str) -> None:
    assert_one_line(read_toml, tmp_path / "a.toml", text)


@pytest.mark.parametrize(
    "text",
    [
        "[" * DEEP + "]" * DEEP,
        "- " * DEEP + "x",
        "{a: " * DEEP + "1" + "}" * DEEP,
        f"a: {DIGITS}",
        "a: 2020-13-45",
        "a: &a [*a]",
        "a: &a {b: {c: [*a]}}",
        LAUGHS,
    ],
)
def test_yaml(tmp_path: Path, text: str) -> None:
    assert_one_line(read_yaml, tmp_path / "a.yaml", text)


def assert_one_line(read, path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        read(path)
    assert str(caught.value.where).startswith(str(path))
    assert "\n" not in caught.value.what
    assert len(caught.value.what) < 200


def test_aliases_that_end_are_fine(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: &a [1, {b: 2, c: null}]\nd: [*a, *a]\n")
    part = [1, {"b": 2}]
    assert read_yaml(tmp_path / "a.yaml") == {"a": part, "d": [part, part]}
