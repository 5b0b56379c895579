"""Real builds with what has a target side: the target's headers and libraries, and no others."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

import crosswheel
from crosswheel import BuildOptions, Stage
from crosswheel.errors import BuildError, EnvironmentMissingError, UsageError
from crosswheel.object_files import read_binary
from crosswheel.object_files.ar import archive_members
from crosswheel.wheels.archive import read_wheel

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def links(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``headed`` as an index would have it: sources, and a wheel for this machine."""
    place = tmp_path_factory.mktemp("links")
    source = Path(__file__).parent.parent / "packages" / "headed"
    (result,) = crosswheel.build([str(source)], pythons=["3.13"], options=BuildOptions(output_directory=place))
    assert result.error is None, result.error
    with tarfile.open(place / "headed-1.0.tar.gz", "w:gz") as archive:
        archive.add(source, "headed-1.0")
        metadata = b"Metadata-Version: 2.1\nName: headed\nVersion: 1.0\n"
        member = tarfile.TarInfo("headed-1.0/PKG-INFO")
        member.size = len(metadata)
        archive.addfile(member, io.BytesIO(metadata))
    return place


def build(source: Path, out: Path, links: Path, target: str, **options: object):
    chosen = BuildOptions(output_directory=out, index={"find-links": str(links)}, **options)
    (result,) = crosswheel.build([str(source)], targets=[target], pythons=["3.13"], options=chosen)
    return result


@pytest.mark.parametrize(
    ("target", "pointer", "big"),
    [("linux-armv7l", 4, 0), ("linux-i686", 4, 0), ("linux-s390x", 8, 1), ("linux-riscv64", 8, 0), ("pyodide", 4, 0)],
)
def test_a_target_gets_its_own_headers_and_library(
    packages: Path, links: Path, tmp_path: Path, target: str, pointer: int, big: int
) -> None:
    check = f'python -c "import heading; assert heading.facts() == ({pointer}, {big}, 42), heading.facts()"'
    result = build(packages / "heading", tmp_path, links, target, test=True, test_commands=(check,))
    assert result.error is None, result.error
    assert result.stage is Stage.TESTED
    assert any("headed 1.0 has no wheel" in note for note in result.notes), result.notes


@pytest.mark.parametrize(
    "link",
    [
        "{place}/headed/../planted/libplanted.a",
        "-Wl,--whole-archive,{place}/planted/libplanted.a",
        "-Wl,-L{place}/planted,-lplanted",
    ],
)
@pytest.mark.parametrize("target", ["linux-riscv64", "musl-x86_64"])
def test_a_planted_library_of_the_build_machine_is_refused(
    packages: Path, links: Path, tmp_path: Path, target: str, link: str
) -> None:
    native = read_wheel(next(links.glob("headed-*x86_64.whl"))).files
    (library,) = (data for path, data in native.items() if path.endswith(".a"))
    assert {read_binary(data).machine for _, data in archive_members(library)} == {"EM_X86_64"}  # type: ignore[union-attr]
    plant(tmp_path / "planted", library)
    project = changed(
        packages / "heading", tmp_path / "heading", '"setuptools", "headed"]', '"setuptools", "headed", "planted"]'
    )
    options = {"index": {"find-links": f"{links} {tmp_path / 'planted'}"}, "environment": {"HEADING_LINKS": link}}
    chosen = BuildOptions(output_directory=tmp_path / "out", **options)
    (result,) = crosswheel.build([str(project)], targets=[target], pythons=["3.13"], options=chosen)
    assert isinstance(result.error, BuildError), result
    assert result.log is not None
    said = result.log.read_text("utf-8")
    assert "belongs to the build machine" in said or "unable to find library -lplanted" in said


def changed(source: Path, project: Path, old: str, new: str) -> Path:
    """A copy of a project with other words in it."""
    project.mkdir()
    for file in source.iterdir():
        (project / file.name).write_text(file.read_text("utf-8").replace(old, new, 1), "utf-8")
    return project


def plant(place: Path, library: bytes) -> None:
    """A wheel for any platform with a library of this one."""
    from crosswheel.wheels.archive import WheelName, pack_wheel, wheel_file

    place.mkdir()
    info = "planted-1.0.dist-info"
    files = {
        "planted/libplanted.a": library,
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: planted\nVersion: 1.0\n",
        f"{info}/WHEEL": wheel_file([("Wheel-Version", "1.0")], ["py3-none-any"], pure=True),
    }
    pack_wheel(files, {}, WheelName.parse("planted-1.0-py3-none-any.whl"), place, 1_700_000_000)


def test_a_library_that_is_the_same_on_the_target_is_linked(packages: Path, links: Path, tmp_path: Path) -> None:
    assert build(packages / "heading", tmp_path, links, "musl-x86_64").error is None


def test_an_exported_overlay_serves_where_nothing_can_be_built(
    packages: Path, links: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert build(packages / "heading", tmp_path / "first", links, "linux-armv7l").error is None
    archive = tmp_path / "armv7l.tar.gz"
    crosswheel.api.cross_env(archive, "linux-armv7l", python="3.13", names=["headed"])
    without_sources = tmp_path / "wheels"
    without_sources.mkdir()
    for wheel in links.glob("*.whl"):
        (without_sources / wheel.name).write_bytes(wheel.read_bytes())
    elsewhere = BuildOptions(
        output_directory=tmp_path / "second",
        index={"find-links": str(without_sources)},
        dependency_builds=False,
        cross_env=(str(archive),),
        rebuild=True,
    )
    (result,) = crosswheel.build(
        [str(packages / "heading")], targets=["linux-armv7l"], pythons=["3.13"], options=elsewhere
    )
    assert result.error is None, result.error
    pinned = changed(
        packages / "heading", tmp_path / "pinned", '"setuptools", "headed"]', '"setuptools", "headed==0.9.*"]'
    )
    (result,) = crosswheel.build([str(pinned)], targets=["linux-armv7l"], pythons=["3.13"], options=elsewhere)
    assert result.error is None, result.error
    assert "headed==0.9.* is relaxed to 1.0, which the cross build environment has" in result.notes
    (other,) = crosswheel.build(
        [str(packages / "heading")], targets=["linux-riscv64"], pythons=["3.13"], options=elsewhere
    )
    assert isinstance(other.error, UsageError)
    assert "is for manylinux" in str(other.error)


def test_building_what_is_built_with_can_be_forbidden(packages: Path, links: Path, tmp_path: Path) -> None:
    result = build(packages / "heading", tmp_path, links, "linux-ppc64le", dependency_builds=False)
    assert isinstance(result.error, EnvironmentMissingError)
    assert "headed 1.0 has no wheel for manylinux" in str(result.error)


def test_numpys_headers_and_library_are_those_of_the_index(packages: Path, tmp_path: Path) -> None:
    facts = {"int64": 8, "intp": 8, "longdouble": 16, "long": 8, "order": "little", "next": 1.0000000000000002}
    check = (
        f'python -c "import numeric, numeric_cython, numpy; assert numeric.facts() == {facts}, numeric.facts(); '
        'assert numeric_cython.total(numpy.arange(5)) == 10"'
    )
    options = BuildOptions(output_directory=tmp_path, test=True, test_commands=(check,))
    (result,) = crosswheel.build(
        [str(packages / "numeric")], targets=["linux-aarch64"], pythons=["3.13"], options=options
    )
    assert result.error is None, result.error
    assert result.stage is Stage.TESTED
    assert any(note.startswith("compiled with the target's own files of numpy") for note in result.notes)


def test_a_recipe_of_what_is_built_with_decides_what_is_built(packages: Path, links: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipes" / "packages" / "headed.toml"
    recipe.parent.mkdir(parents=True)
    unchanged = []
    for cflags in ("-DFIRST", "-DSECOND", "-DSECOND"):
        recipe.write_text(f'cflags = ["{cflags}-{tmp_path.name}"]\n', "utf-8")
        recipes = (str(recipe.parent.parent),)
        result = build(packages / "heading", tmp_path / "out", links, "linux-armv7l", recipes=recipes)
        assert result.error is None, result.error
        unchanged.append(result.cached)
    assert unchanged == [False, False, True]
