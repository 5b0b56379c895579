import ast
import re

import pytest

from crosswheel.errors import SourceError, UsageError
from crosswheel.recipes.catalogue import read_packages, read_recipe, recipe_directories
from crosswheel.recipes.model import PackageRecipe

NAMES = ("cp313-manylinux_2_31_riscv64", "cp313-linux-riscv64")


@pytest.fixture
def write(tmp_path):
    def write(text, name="demo.toml", directory="one"):
        path = tmp_path / directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_recipe_is_options_and_sources(write):
    found = read_recipe(
        PackageRecipe,
        write(
            """
            version = "1.0"
            libraries = ["zlib"]
            cflags = "-DX -DY"
            status = "experimental"
            [source]
            urls = ["https://example.org/demo-1.0.tar.gz", "debian:pool/main/d/demo/demo_1.0.orig.tar.gz"]
            sha256 = "00"
            [[patches]]
            file = "demo/fix.patch"
            [[overrides]]
            select = "*-riscv64"
            libraries = ["zlib", "xz"]
            """
        ),
    )
    assert found.name == "demo"
    assert found.recipe.libraries == ("zlib",)
    assert found.recipe.for_build(NAMES).libraries == ("zlib", "xz")
    assert found.recipe.for_build(("cp313-linux-s390x",)).libraries == ("zlib",)


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("librarys = ['z']", "unknown key 'librarys'", "did you mean 'libraries'?"),
        ("[source]\nurls = 'x'", "source lacks the key 'sha256'", None),
        ("status = 'broken'", "status is 'broken'", "'disabled'"),
        ("[[overrides]]\nlibraries = 'z'", "overrides[0] lacks the key 'select'", None),
        ("[[patches]]\nfile = 'x'\nsha265 = 'y'", "unknown key 'sha265' in patches[0]", "did you mean 'sha256'?"),
    ],
)
def test_a_mistake_names_file_and_key(write, text, what, hint):
    path = write(text)
    with pytest.raises(UsageError) as caught:
        read_recipe(PackageRecipe, path)
    assert what in caught.value.what
    assert caught.value.where == str(path)
    assert hint is None if caught.value.hint is None else hint in caught.value.hint


def test_two_recipes_for_one_name_are_refused(write):
    first, second = write("", directory="one"), write("", directory="two")
    with pytest.raises(UsageError, match="two recipes of demo") as caught:
        read_packages([first.parent, second.parent])
    assert caught.value.where == str(second)
    assert str(first) in caught.value.hint


def test_a_file_is_called_as_the_package(write):
    with pytest.raises(UsageError, match=r"demo-pkg\.toml"):
        read_recipe(PackageRecipe, write("", "Demo_Pkg.toml"))


def test_a_recipe_is_found_under_any_spelling(write):
    assert read_packages([write("", "demo-pkg.toml").parent]).get("Demo_Pkg").name == "demo-pkg"


def test_the_environment_names_further_places(tmp_path):
    found = recipe_directories({"CROSSWHEEL_RECIPES": f"{tmp_path / 'a'}:{tmp_path / 'b'}"}, "packages")
    assert found[1:] == (tmp_path / "a" / "packages", tmp_path / "b" / "packages")


def test_changes_hold_what_the_files_hold(write, tmp_path):
    recipe = read_recipe(
        PackageRecipe,
        write("[files]\n'src/x.h' = 'x.h'\n[[patches]]\nfile = 'a.patch'\n[[patches]]\nfile = 'b'\nselect = '*s390x'"),
    ).recipe
    directory = tmp_path / "one"
    for name in ("x.h", "a.patch"):
        (directory / name).write_text(name)
    changes = recipe.changes(directory, NAMES)
    assert changes.patches == (("a.patch", b"a.patch"),)
    assert changes.files == (("src/x.h", b"x.h"),)
    (directory / "a.patch").write_text("a.patcH")
    assert recipe.changes(directory, NAMES).identity() != changes.identity()


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        ("file = 'absent'", "no patch absent"),
        ("file = '../x'", "outside"),
        (f"file = 'there'\nsha256 = '{'0' * 64}'", "hash mismatch"),
    ],
)
def test_a_patch_that_is_not_what_the_recipe_says_is_refused(write, tmp_path, patch, said):
    found = read_recipe(PackageRecipe, write(f"[[patches]]\n{patch}"))
    (tmp_path / "one" / "there").write_text("x")
    with pytest.raises(SourceError, match=said):
        found.recipe.changes(found.directory, NAMES)


def test_what_recipes_write_to_test_a_package_is_a_program():
    recipes = [each for found in read_packages([]).found.values() for each in (found.recipe, *found.recipe.overrides)]
    commands = [command for recipe in recipes if recipe.test_command for command in recipe.test_command]
    programs = [re.search(r"cat > check\.py <<'END'\n(.*\n)END\n", command, re.DOTALL) for command in commands]
    assert any(programs)
    for program in filter(None, programs):
        assert any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(program[1])))


def test_former_spellings_of_keys_are_noted(tmp_path):
    file = tmp_path / "demo.toml"
    file.write_text("mend-fortran = true\n")
    loaded = read_recipe(PackageRecipe, file)
    assert loaded.recipe.fix_fortran_prototypes is True
    assert loaded.notes == ("mend-fortran is now called fix-fortran-prototypes",)
