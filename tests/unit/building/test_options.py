from crosswheel.building.options import BuildOptions, merge_recipe_options
from crosswheel.recipes.model import PackageRecipe
from crosswheel.toml_models import StringOrList


def test_a_recipe_lies_under_what_was_asked_for():
    asked = BuildOptions(
        environment={"A": "asked"}, libraries=("xz",), test_commands=("asked",), cflags=("-DASKED",), test_timeout=5.0
    )
    recipe = PackageRecipe(
        version="1.0",
        status="experimental",
        environment={"A": "recipe", "B": "recipe"},
        libraries=StringOrList(("zlib", "xz")),
        test_command=StringOrList(("recipe",)),
        cflags=StringOrList(("-DONE -DTWO",)),
        test_timeout=9.0,
        prepare="make",
        unvendor_tests=True,
    )
    made = merge_recipe_options(asked, recipe)
    assert made.environment == {"A": "asked", "B": "recipe"}
    assert made.libraries == ("zlib", "xz")
    assert made.test_commands == ("asked",)
    assert made.cflags == ("-DONE", "-DTWO", "-DASKED")
    assert made.test_timeout == 5.0
    assert made.prepare == "make"
    assert made.unvendor_tests is True
    assert made.output_directory == asked.output_directory


def test_an_empty_recipe_changes_nothing():
    assert merge_recipe_options(BuildOptions(), PackageRecipe()) == BuildOptions()


def test_flags_of_a_recipe_keep_every_word():
    recipe = PackageRecipe(cflags=StringOrList(("-s A=1 -s B=2",)))
    assert merge_recipe_options(BuildOptions(cflags=("-s", "C=3")), recipe).cflags == (
        "-s", "A=1", "-s", "B=2", "-s", "C=3",
    )  # fmt: skip
