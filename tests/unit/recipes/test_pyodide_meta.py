import pytest

from crosswheel.errors import UsageError
from crosswheel.recipes.pyodide_meta import package_recipe, read_meta

WHOLE = """
package: {name: Demo_Pkg, version: "1.2", top-level: [demo], tag: [core], pinned: true}
source:
  url: https://example.org/demo.tar.gz
  sha256: abc
  extract_dir: demo/inner
  patches: [patches/one.patch]
  extras: [[extra/x.h, src/x.h]]
build:
  type: package
  script: echo one
  cross-script: echo two
  post: echo three
  cflags: -DA -DB
  cxxflags: -std=c++17
  ldflags: -lm
  backend-flags: a=1 b=2 a=3
  exports: whole_archive
  unvendor-tests: false
  _retain-test-patterns: ["*/keep/*"]
  vendor-sharedlib: true
  cross-build-env: true
  cross-build-files: [demo/x.h]
requirements:
  run: [numpy]
  host: [libz, cython]
  build-extras: [wheel]
  executable: [swig]
  constraint: ["setuptools<81"]
test: {imports: [demo]}
about: {home: https://example.org, PyPI: https://example.org/pypi, summary: A demo, license: MIT}
extra: {recipe-maintainers: [nobody]}
"""
SMALL = "package: {name: demo, version: '1'}\nsource: {path: src}\n"


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "meta.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_every_key_is_followed_or_named(write):
    found = package_recipe(write(WHOLE), {"libz": "zlib"}.get)
    recipe = found.recipe
    assert found.name == "demo-pkg"
    assert recipe.version == "1.2"
    assert recipe.source.urls == ("https://example.org/demo.tar.gz",)
    assert recipe.source.directory == "demo/inner"
    assert [patch.file for patch in recipe.patches] == ["patches/one.patch"]
    assert recipe.files == {"src/x.h": "extra/x.h"}
    assert recipe.libraries == ("zlib",)
    assert recipe.build_requires == ("cython", "wheel")
    assert recipe.build_constraint_dependencies == ("setuptools<81",)
    assert recipe.tools == ("swig",)
    assert recipe.config_settings == {"a": ("1", "3"), "b": ("2",)}
    assert (recipe.cflags, recipe.cxxflags, recipe.ldflags) == (("-DA -DB",), ("-std=c++17",), ("-lm",))
    assert recipe.export_symbols == ("*",)
    assert recipe.unvendor_tests is False
    assert recipe.retain_tests == ("*/keep/*",)
    assert recipe.test_imports == ("demo",)
    assert recipe.test_requires == ("numpy",)
    assert recipe.before_backend.splitlines()[-2:] == ["echo one", "echo two"]
    assert recipe.after_build.splitlines()[-1] == "echo three"
    for script in (recipe.before_backend, recipe.after_build):
        assert script.startswith("set -u\n")
        assert "PKG_VERSION=1.2" in script
    assert (recipe.summary, recipe.homepage, recipe.license) == ("A demo", "https://example.org", "MIT")
    named = " ".join(found.ignored_keys)
    for key in ("package.top-level", "package.tag", "build.exports",
                "build.cross-build-env", "build.cross-build-files", "recipe-maintainers"):  # fmt: skip
        assert key in named


def test_a_small_one_asks_for_little(write):
    found = package_recipe(write(SMALL), lambda _: None)
    assert found.ignored_keys == ()
    assert found.recipe.path == "src"
    assert found.recipe.unvendor_tests is True
    assert found.recipe.before_backend == ""


@pytest.mark.parametrize(
    ("build", "libraries"),
    [
        ("script: embuilder build --pic zlib libpng-legacysjlj", ("zlib", "libpng")),
        ("script: 'embuilder build bzip2 --pic && make'", ("bzip2",)),
        ("cflags: -s USE_ZLIB=1 -sUSE_LIBJPEG=1", ("zlib", "libjpeg")),
        ("ldflags: -sUSE_ZLIB=0", ()),
        ("ldflags: --use-port=freetype:x=1", ("freetype",)),
        ("script: embuilder build libdlmalloc", ()),
    ],
)
def test_emscriptens_ports_are_libraries(write, build, libraries):
    found = package_recipe(write(f"{SMALL}build: {{{build}}}\n"), lambda name: None if name == "libdlmalloc" else name)
    assert found.recipe.libraries == libraries


def test_a_disabled_one_is_disabled(write):
    found = package_recipe(write(SMALL.replace("version: '1'", "version: '1', _disabled: true")), lambda _: None)
    assert found.recipe.status == "disabled"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SMALL + "build: {cflag: x}", "unknown key 'cflag' in build"),
        (SMALL + "biuld: {}", "unknown key 'biuld'"),
        (SMALL + "build: {exports: some}", "build.exports is 'some'"),
        (SMALL + "build: {type: static_library, script: make}", "static_library, which is not a package"),
        ("package: {name: demo, version: '1'}", "either url or path"),
        ("package: {name: demo, version: '1'}\nsource: {url: x}", "lacks the key 'sha256'"),
        ("package: {name: demo, version: '1'}\nsource: {url: x.whl, sha256: y}", "its source is a wheel"),
        ("package: {name: demo, version: '1'}\nsource: {path: x, patches: [y]}", "change the sources at path instead"),
        ("package: {name: demo, version: 1}\nsource: {path: x}", "package.version is 1"),
        ("package: [", "not valid YAML"),
    ],
)
def test_what_is_wrong_is_told(write, text, said):
    path = write(text)
    with pytest.raises(UsageError) as caught:
        package_recipe(path, lambda _: None)
    assert said in caught.value.what
    assert str(path) in caught.value.where


def test_keys_without_a_value_are_as_good_as_absent(write):
    assert read_meta(write(SMALL + "about:\n  home:\ntest:\n")).about.home == ""
