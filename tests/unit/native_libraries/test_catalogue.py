"""Library recipes: overrides for targets, dependencies, and what provides a header, library or package."""

from __future__ import annotations

from pathlib import Path

import pytest
from recipes_of_libraries import target, written

from crosswheel.errors import SourceError, UsageError
from crosswheel.native_libraries.catalogue import LibraryCatalogue, read_catalogue


def catalogue(directory: Path, **needs: list[str]) -> LibraryCatalogue:
    for name, depends in needs.items():
        text = written(name, "0" * 64, depends=depends, targets=["all"])
        (directory / f"{name}.toml").write_text(text)
    return read_catalogue((directory,))


def test_what_is_needed_comes_first_and_once(tmp_path: Path) -> None:
    found = catalogue(tmp_path, a1=["b1", "c1"], b1=["c1"], c1=[])
    assert [each.name for each in found.closure(["a1", "c1"], target("linux-riscv64"))] == ["c1", "b1", "a1"]


def test_a_circle_is_an_error(tmp_path: Path) -> None:
    found = catalogue(tmp_path, a1=["b1"], b1=["a1"])
    with pytest.raises(UsageError, match="a1 -> b1 -> a1"):
        found.closure(["a1"], target("linux-riscv64"))


def test_a_library_without_recipe(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no recipe for the library 'zlip'") as caught:
        catalogue(tmp_path).closure(["zlip"], target("linux-riscv64"))
    assert caught.value.hint == "did you mean 'zlib'?"


def test_two_recipes_of_one_library(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two recipes of zlib"):
        catalogue(tmp_path, zlib=[])


def test_overrides_hold_for_their_targets_only(tmp_path: Path) -> None:
    more = written("a1", "0" * 64, targets=["all"]) + (
        '[[overrides]]\nselect = ["*_wasm32"]\noptions = ["--more"]\nbuild = { in-source = true, targets = ["less"] }\n'
        '[[overrides]]\nselect = ["*-riscv64"]\nunavailable = "of no use there"\n'
    )
    (tmp_path / "a1.toml").write_text(more)
    found = read_catalogue((tmp_path,))
    (plain,) = found.closure(["a1"], target("linux-aarch64"))
    assert (plain.build.targets, plain.build.options, plain.build.in_source) == (("all",), (), False)
    (wasm,) = found.closure(["a1"], target("pyodide-3.13"))
    assert (wasm.build.targets, wasm.build.options, wasm.build.in_source) == (("less",), ("--more",), True)
    with pytest.raises(UsageError, match="the library a1 is not available for manylinux_2_31_riscv64: of no use there"):
        found.closure(["a1"], target("linux-riscv64"))


def test_files_and_parts_tell_a_library_from_others(tmp_path: Path) -> None:
    text = written("a1", "0" * 64, targets=["all"])
    (tmp_path / "own.mk").write_text("all:")
    (tmp_path / "a1.toml").write_text(
        text + '[files]\n"sub/Makefile" = "own.mk"\n[[extra-sources]]\nname = "b"\nversion = "2"\nlicense = "MIT"\n'
        f'homepage = "https://example.org"\nurls = ["b.tar.gz"]\nsha256 = "{"1" * 64}"\ninto = "b"\n'
    )
    recipe = read_catalogue((tmp_path,))["a1"].recipe
    assert recipe.origin == f"{'0' * 64} b={'1' * 64}"
    assert recipe.changes(tmp_path, ("x",)).files == (("sub/Makefile", b"all:"),)
    (tmp_path / "own.mk").unlink()
    with pytest.raises(SourceError, match="no such file"):
        recipe.changes(tmp_path, ("x",))


def test_an_override_with_an_unknown_key(tmp_path: Path) -> None:
    text = written("a1", "0" * 64, targets=["all"])
    (tmp_path / "a1.toml").write_text(text + '[[overrides]]\nselect = ["*"]\nbuild = { optoins = ["-x"] }\n')
    with pytest.raises(UsageError, match="optoins"):
        read_catalogue((tmp_path,)).closure(["a1"], target("linux-riscv64"))


@pytest.mark.parametrize(
    ("kind", "name", "library"),
    [
        ("header", "ffi.h", "libffi"),
        ("header", "libxml/xmlversion.h", "libxml2"),
        ("header", "openssl/ssl.h", "openssl"),
        ("library", "z", "zlib"),
        ("package", "libpng16", "libpng"),
        ("package", "JPEG", "libjpeg-turbo"),
        ("header", "nobody.h", None),
    ],
)
def test_what_a_build_lacks_leads_to_a_recipe(kind: str, name: str, library: str | None) -> None:
    assert read_catalogue().provider(kind, name) == library


def test_identifiers_of_pep_725() -> None:
    found = read_catalogue()
    assert found.by_identifier("dep:generic/libxml2@>=2.9") == "libxml2"
    assert found.by_identifier("pkg:generic/zlib") == "zlib"
    assert found.by_identifier("dep:virtual/compiler/c") is None


@pytest.mark.parametrize(
    "alias", ["linux-riscv64", "musl-aarch64", "linux-armv7l", "pyodide-3.13", "macos-arm64", "win-amd64"]
)
def test_every_recipe_holds_for_every_kind_of_target(alias: str) -> None:
    found = read_catalogue()
    for name in found.recipes:
        library = found[name].recipe.for_target(target(alias), name, Path())
        assert library.unavailable or found.closure([name], target(alias))[-1].name == name
        assert (Path(__file__).parent.parent.parent / "libraries" / f"{name}.c").is_file()


def test_no_header_belongs_to_two_libraries() -> None:
    owners: dict[str, str] = {}
    for name, found in read_catalogue().recipes.items():
        for kind in ("headers", "libraries", "packages"):
            for given in getattr(found.recipe.provides, kind):
                assert owners.setdefault(f"{kind} {given.lower()}", name) == name


def test_former_spellings_of_keys_are_noted(tmp_path: Path) -> None:
    text = written("a1", "0" * 64, targets=["all"])
    assert "[provides]" in text
    part = 'name = "x"\nversion = "1"\nhomepage = ""\nlicense = "MIT"\ninto = "x"\nurls = "x.zip"\nsha256 = "1"\n'
    (tmp_path / "a1.toml").write_text(f"{text.replace('[provides]', '[gives]')}\n[[parts]]\n{part}")
    loaded = read_catalogue((tmp_path,)).recipes["a1"]
    assert [extra.into for extra in loaded.recipe.extra_sources] == ["x"]
    assert loaded.notes == ("gives is now called provides", "parts is now called extra-sources")
