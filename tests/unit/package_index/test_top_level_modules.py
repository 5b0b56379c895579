import pytest

from crosswheel.package_index.published_wheel import top_level_modules


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("x.py", ("x",)),
        ("x/__init__.py", ("x",)),
        ("x/__init__.pyc", ("x",)),
        ("google/deep/y.py", ("google",)),
        ("_yaml.cpython-313-wasm32-emscripten.so", ("_yaml",)),
        ("x/_c.abi3.so", ("x",)),
        ("x-1.data/platlib/x/__init__.py", ("x",)),
        ("x-1.data/scripts/tool.py", ()),
        ("x-1.dist-info/METADATA", ()),
        ("x.libs/libz.so", ()),
        ("x/data.json", ()),
        ("not-a-name/x.py", ()),
        ("libplain.so", ()),
    ],
)
def test_a_file_gives_the_name_it_is_imported_by(file, expected):
    assert top_level_modules([file], lambda _: b"no binary") == expected


def test_names_are_sorted_and_told_once():
    assert top_level_modules(["b.py", "a/__init__.py", "a/c.py"], lambda _: b"") == ("a", "b")
