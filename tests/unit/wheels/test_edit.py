import pytest

from crosswheel.host.trees import tree_digest
from crosswheel.wheels.archive import WheelName, pack_wheel, read_wheel
from crosswheel.wheels.edit import edit_wheel, is_test, unvendor_tests

NAME = "demo-1.0-py3-none-any.whl"
FILES = {
    "demo/__init__.py": b"",
    "demo/tests/test_a.py": b"a",
    "demo/tests/keep/b.py": b"b",
    "demo-1.0.dist-info/METADATA": b"Name: demo\n",
}


@pytest.fixture
def wheel(tmp_path):
    return pack_wheel(FILES, {}, WheelName.parse(NAME), tmp_path, 1 << 30)


def test_files_are_changed_and_recorded(wheel):
    edit_wheel(wheel, lambda tree: (tree / "demo" / "made.py").write_text("x"), 1 << 30)
    contents = read_wheel(wheel)
    assert contents.files["demo/made.py"] == b"x"
    assert b"demo/made.py,sha256=" in contents.files["demo-1.0.dist-info/RECORD"]


def test_tests_go_into_an_archive_beside_it(wheel, tmp_path):
    tests = tmp_path / "demo-tests.tar.gz"
    edit_wheel(wheel, lambda tree: unvendor_tests(tree, tests, kept=("*/keep/*",)), 1 << 30)
    assert "demo/tests/test_a.py" not in read_wheel(wheel).files
    assert "demo/tests/keep/b.py" in read_wheel(wheel).files
    first = tests.read_bytes()
    pack_wheel(FILES, {}, WheelName.parse(NAME), tmp_path, 1 << 30)
    edit_wheel(wheel, lambda tree: unvendor_tests(tree, tests, kept=("*/keep/*",)), 1 << 30)
    assert tests.read_bytes() == first


def test_a_wheel_without_tests_has_no_archive(wheel, tmp_path):
    edit_wheel(wheel, lambda tree: unvendor_tests(tree, tmp_path / "tests.tar.gz", kept=("*",)), 1 << 30)
    assert not (tmp_path / "tests.tar.gz").exists()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("demo/tests/data.bin", True),
        ("demo/test/__init__.py", True),
        ("demo/test_it.py", True),
        ("demo/it_test.py", True),
        ("demo/conftest.py", True),
        ("demo/testing.py", False),
        ("tests-1.0.dist-info/METADATA", False),
    ],
)
def test_tests_are_known_by_their_names(path, expected):
    assert is_test(path) is expected


def test_a_digest_tells_contents_and_not_times(tmp_path):
    for place, text in (("one", "x"), ("two", "x"), ("three", "y")):
        (tmp_path / place / "sub").mkdir(parents=True)
        (tmp_path / place / "sub" / "a").write_text(text)
    (tmp_path / "two" / "__pycache__").mkdir()
    (tmp_path / "two" / "__pycache__" / "b").write_text("b")
    one, two, three = (tree_digest(tmp_path / place, ("__pycache__",)) for place in ("one", "two", "three"))
    assert one == two != three
    (tmp_path / "two" / "sub" / "a").chmod(0o755)
    assert tree_digest(tmp_path / "two", ("__pycache__",)) != one
