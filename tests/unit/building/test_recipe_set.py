from dataclasses import replace

import pytest

from crosswheel.building.apply_recipe import apply_recipe, fetch_by_recipe
from crosswheel.building.recipe_set import read_recipe_set, requirements_of_recipes
from crosswheel.errors import SourceError, UsageError
from crosswheel.sources.index_settings import IndexSettings
from crosswheel.sources.model import SourceRequest
from crosswheel.sources.static_metadata import ProjectName

META = "package: {name: demo, version: '1.0'}\nsource: {path: src}\n"
LIBRARY = """
package: {name: libdemo, version: "2"}
source: {url: https://example.org/x.tar.gz, sha256: abc}
build: {type: static_library, script: "echo ${PREFIX}"}
"""


@pytest.fixture
def recipes(tmp_path):
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "demo.toml").write_text('version = "3.0"\n')
    return tmp_path


@pytest.mark.parametrize(
    "text", ["demo", "Demo>=1", "demo @ https://example.org/x.tar.gz", "https://e.org/demo-1.tar.gz"]
)
def test_a_recipe_is_found_by_the_name_that_is_asked_for(recipes, text):
    assert read_recipe_set({}, [str(recipes)]).find(SourceRequest.parse(text)).name == "demo"


@pytest.mark.parametrize("text", ["other", "https://example.org/archive.zip", "git+https://example.org/demo"])
def test_what_has_another_name_or_none_has_no_recipe(recipes, text):
    assert read_recipe_set({}, [str(recipes)]).find(SourceRequest.parse(text)) is None


def test_a_recipe_that_is_named_by_its_file_wins(recipes, tmp_path):
    own = tmp_path / "demo.toml"
    own.write_text('version = "4.0"\n')
    book = read_recipe_set({"CROSSWHEEL_RECIPES": str(recipes)}, [str(own)])
    assert book.find(SourceRequest.parse("demo")).file == own
    assert requirements_of_recipes([str(own)]) == ("demo==4.0",)


def test_no_recipes_are_no_recipes():
    book = read_recipe_set({}, None)
    assert book.find(SourceRequest.parse("lxml")) is None
    assert "zlib" in book.catalogue.recipes


def test_a_directory_may_hold_recipes_of_libraries(tmp_path):
    pytest.importorskip("yaml")
    (tmp_path / "libraries").mkdir()
    (tmp_path / "libraries" / "zlib.toml").write_text("")
    with pytest.raises(UsageError, match=r"lacks the key|two recipes of zlib"):
        read_recipe_set({}, [str(tmp_path)])


def test_a_directory_without_recipes_is_told(tmp_path):
    with pytest.raises(UsageError, match="no recipes found"):
        read_recipe_set({}, [str(tmp_path)])


def test_another_version_than_the_recipes_is_refused(recipes, tmp_path):
    path = recipes / "packages" / "demo.toml"
    path.write_text(f'version = "3.0"\n[source]\nurls = "x"\nsha256 = "{"0" * 64}"\n')
    book, request = read_recipe_set({}, [str(recipes)]), SourceRequest.parse("demo==2.0")
    with pytest.raises(SourceError, match=r"is for version 3\.0, not for demo==2\.0"):
        fetch_by_recipe(None, request, book.find(request), IndexSettings.load({}, {}), tmp_path, ())


def test_libraries_beside_a_meta_yaml_are_known(tmp_path):
    pytest.importorskip("yaml")
    for name, text in (("demo", META + "requirements: {host: [libdemo, zlib]}"), ("libdemo", LIBRARY)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "meta.yaml").write_text(text)
    book = read_recipe_set({}, [str(tmp_path / "demo")])
    assert book.find(SourceRequest.parse("demo")).recipe.libraries == ("libdemo", "zlib")
    build = book.catalogue["libdemo"].recipe.build
    assert build.system == "pyodide"
    assert "\necho ${{PREFIX}}\n" in build.configure[-1]


def test_a_tree_of_pyodides_recipes_is_a_directory_of_recipes(tmp_path):
    pytest.importorskip("yaml")
    wheel = META.replace("source: {path: src}", "source: {url: 'https://example.org/w-1-py3-none-any.whl', sha256: x}")
    assert wheel != META
    texts = {
        "Demo_Pkg": META + "requirements: {host: [libdemo, zlib], run: [finished]}",
        "libdemo": LIBRARY + "requirements: {host: [libbase, bzip2, packaging]}",
        "libbase": LIBRARY,
        "finished": wheel,
        "broken": "package: [",
    }
    for name, text in texts.items():
        (tmp_path / "packages" / name).mkdir(parents=True)
        (tmp_path / "packages" / name / "meta.yaml").write_text(text)
    book = read_recipe_set({}, [str(tmp_path)])
    found = book.find(SourceRequest.parse("demo-pkg"))
    assert found.recipe.libraries == ("libdemo", "zlib")
    assert found.recipe.test_requires == ("finished",)
    assert book.catalogue["libdemo"].recipe.depends == ("libbase", "bzip2")
    assert book.find(SourceRequest.parse("libdemo")) is None
    with pytest.raises(UsageError, match="not valid YAML"):
        book.find(SourceRequest.parse("broken"))
    with pytest.raises(UsageError, match="its source is a wheel"):
        book.find(SourceRequest.parse("finished"))


def test_a_finished_wheel_beside_a_meta_yaml_is_no_obstacle(tmp_path):
    pytest.importorskip("yaml")
    wheel = META.replace("source: {path: src}", "source: {url: 'https://example.org/w-1-py3-none-any.whl', sha256: x}")
    for name, text in (("demo", META + "requirements: {host: [wheely], run: [wheely]}"), ("wheely", wheel)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "meta.yaml").write_text(text)
    found = read_recipe_set({}, [str(tmp_path / "demo")]).find(SourceRequest.parse("demo"))
    assert found.recipe.build_requires == ("wheely",)


@pytest.mark.parametrize(
    ("project", "applies"),
    [(("demo", "3.0"), True), (("demo", ""), True), (("demo", "3.0.0"), True), (("demo", "2.9"), False),
     (("other", "3.0"), False), (("", ""), False)],
)  # fmt: skip
def test_a_directory_has_the_recipe_of_its_package(recipes, context, source, tmp_path, project, applies):
    (recipes / "packages" / "demo.toml").write_text('version = "3.0"\nlibraries = ["zlib"]\ncflags = "-DA"\n')
    options = replace(context.options, cflags=("-DB",))
    context = replace(context, recipes=read_recipe_set({}, [str(recipes)]), options=options)
    source = replace(source, project=ProjectName(*project))
    request = SourceRequest.parse(f"{tmp_path}/")
    applied, _ = apply_recipe(context, request, source)
    assert applied.options.libraries == (("zlib",) if applies else ())
    assert applied.options.cflags == (("-DA", "-DB") if applies else ("-DB",))
    without = replace(context, recipes=read_recipe_set({}, None))
    assert apply_recipe(without, request, source)[0].options.libraries == ()
