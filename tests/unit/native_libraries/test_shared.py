"""A library as a shared one: what is told to the linker, what is laid out, what decides its key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fake_hosts import Shelf, ar_archive, fake_host
from msgspec import structs
from recipes_of_libraries import library, target

from crosswheel.environments.packages import RequirementSource
from crosswheel.errors import BuildError, UsageError
from crosswheel.host import Host, ProcessRequest
from crosswheel.native_libraries.builder import LibraryBuilder
from crosswheel.native_libraries.catalogue import read_catalogue
from crosswheel.native_libraries.link_check import named_archives
from crosswheel.native_libraries.prefix import InstalledLibrary, merge_prefixes
from crosswheel.native_libraries.recipe import Provides
from crosswheel.native_libraries.shared import SharedLibraryBuild, shared_library_flags
from crosswheel.store import Store
from crosswheel.targets import Target, target_from_tag
from crosswheel.toolchains.model import Call, CallSettings, Plan

SYMBOLS = (2).to_bytes(4, "big") + bytes(8) + b"png_read\0png_write\0"


class Kit:
    """A kit whose linker is one program."""

    identity = "kit"
    compiler_id = "clang"

    def __init__(self, made_for: Target) -> None:
        self.target = made_for
        self.seen = CallSettings()

    def plan(self, call: Call, settings: CallSettings) -> Plan:
        self.seen = settings
        return Plan((("ld", *call.arguments),))

    def build_component(self, part: str) -> None:
        raise AssertionError(part)


def made(place: Path, name: str, archive: bytes, *names: str) -> InstalledLibrary:
    texts = place / name / "share/licenses" / name
    texts.mkdir(parents=True)
    (place / name / "lib").mkdir()
    first, *others = names
    (place / name / "lib" / first).write_bytes(archive)
    for other in others:
        (place / name / "lib" / other).symlink_to(first)
    (texts / ".archives").write_text("".join(f"{each}\n" for each in sorted(names)))
    return InstalledLibrary(library(name), place / name)


@pytest.fixture
def png(tmp_path: Path) -> InstalledLibrary:
    found = made(tmp_path, "libpng", ar_archive({"/": SYMBOLS, "png.o/": b"123"}), "libpng16.a", "libpng.a")
    lib = found.directory / "lib"
    (lib / "pkgconfig").mkdir()
    (lib / "pkgconfig/libpng.pc").write_text("Libs: -L${libdir} -lpng16\n")
    (lib / "libpng.cmake").write_text('set(PNG "${_IMPORT_PREFIX}/lib/libpng16.a")')
    return found


@pytest.fixture
def zlib(tmp_path: Path) -> InstalledLibrary:
    return made(tmp_path, "zlib", ar_archive({"crc.o/": b"123"}), "libz.a")


def linking(place: Path, result: bytes) -> Host:
    """A machine whose linker writes a file, and the record of what is in it."""

    def run(request: ProcessRequest) -> tuple[int, str, str]:
        (root,) = {Path(request.cwd)}
        (root / "libpng16.so").write_bytes(result)
        (root / "maps/libpng16.so.0.map").write_text(f" 1 2 {root}/libraries/lib/libz.a(crc.o):(.text)\n")
        return 0, "", ""

    return fake_host(place, Shelf(place), run)


def elf() -> bytes:
    import msgspec

    return Path(msgspec._core.__file__).read_bytes()


def test_it_is_linked_of_its_archives_and_others_are_hidden_in_it(
    tmp_path: Path, png: InstalledLibrary, zlib: InstalledLibrary
) -> None:
    host, kit, place = linking(tmp_path, elf()), Kit(target("linux-x86_64")), tmp_path / "shared"
    place.mkdir()
    SharedLibraryBuild(host, kit, png, (zlib,)).build(place)
    (request,) = host.runner.requests
    words = [Path(word).name if word.startswith("/") else word for word in request.argv]
    assert words == [
        "ld", "-shared", "-Wl,-Bsymbolic,--no-undefined", "-Wl,--whole-archive", "libpng16.a",
        "-Wl,--no-whole-archive", "-Wl,-soname,libpng16.so,--as-needed", "-lpthread", "-ldl", "-lm",
        "-o", "libpng16.so",
    ]  # fmt: skip
    assert [Path(path).name for path in kit.seen.archives] == ["libz.a"]
    assert kit.seen.exports == ("png_read", "png_write")


def test_builds_find_it_where_they_found_archives(
    tmp_path: Path, png: InstalledLibrary, zlib: InstalledLibrary
) -> None:
    place = tmp_path / "shared"
    place.mkdir()
    SharedLibraryBuild(linking(tmp_path, elf()), Kit(target("linux-x86_64")), png, (zlib,)).build(place)
    prefix = merge_prefixes((zlib, InstalledLibrary(png.library, place)), tmp_path / "all")
    lib = prefix.directory / "lib"
    assert sorted(path.name for path in lib.glob("lib*.*")) == ["libpng.cmake", "libpng.so", "libpng16.so", "libz.a"]
    assert (lib / "libpng.so").resolve() == (lib / "libpng16.so").resolve()
    assert sorted(path.name for path in (lib / "static").iterdir()) == ["libpng.a", "libpng16.a"]
    assert (lib / "libpng.cmake").read_text() == 'set(PNG "${_IMPORT_PREFIX}/lib/libpng16.so")'
    assert [path.name for path in prefix.archives] == ["libz.a"]
    assert (prefix.shared["libpng"].path, prefix.shared["libpng"].inside) == (lib / "libpng16.so", ("libpng", "zlib"))
    assert (png.directory / "lib/libpng.cmake").read_text().endswith('libpng16.a")')  # as it was


@pytest.mark.parametrize(
    ("alias", "result", "said"),
    [
        ("linux-x86_64", b"\x7fELF", "is nothing that can be read"),
        ("linux-riscv64", None, "is for X86_64"),
    ],
)
def test_what_is_wrong_is_refused(
    tmp_path: Path, png: InstalledLibrary, zlib: InstalledLibrary, alias: str, result: bytes | None, said: str
) -> None:
    place = tmp_path / "shared"
    place.mkdir()
    job = SharedLibraryBuild(linking(tmp_path, elf() if result is None else result), Kit(target(alias)), png, (zlib,))
    with pytest.raises(BuildError, match=f"the shared library of libpng-.* {said}"):
        job.build(place)


def test_a_target_that_has_the_code_itself_keeps_the_archive(tmp_path: Path) -> None:
    place = tmp_path / "shared"
    place.mkdir()
    empty = made(tmp_path, "libffi", b"!<arch>\n", "libffi.a")
    SharedLibraryBuild(linking(tmp_path, b""), Kit(target("linux-x86_64")), empty, ()).build(place)
    assert merge_prefixes((InstalledLibrary(empty.library, place),), tmp_path / "all").shared == {}
    assert (place / "lib/libffi.a").is_file()


def test_the_archives_that_are_a_librarys_own(png: InstalledLibrary) -> None:
    archives = sorted((png.directory / "lib").glob("*.a"))
    assert [path.name for path in named_archives(png.library, archives)] == ["libpng16.a"]
    nameless = structs.replace(png.library.recipe, provides=Provides())
    assert len(named_archives(replace(png.library, recipe=nameless), archives)) == 1


@pytest.mark.parametrize("tag", ["macosx_11_0_arm64", "win_amd64", "pyodide_2024_0_wasm32"])
def test_where_wheels_cannot_bring_any(tag: str) -> None:
    found = target_from_tag(tag)
    assert found is not None
    with pytest.raises(UsageError, match=f"wheels for {tag} cannot bring shared libraries yet"):
        shared_library_flags(found)


def test_what_decides_keys(tmp_path: Path) -> None:
    host = fake_host(tmp_path, Shelf(tmp_path), lambda _request: (1, "", ""))
    kit = Kit(target("linux-riscv64"))
    workshop = LibraryBuilder(
        host, kit, read_catalogue(), Store(tmp_path / "store", host.progress), RequirementSource()
    )

    def keys(names: tuple[str, ...], *shared: str) -> dict[str, str]:
        return {library.name: str(key) for library, key in workshop.keys(names, shared)}

    static = keys(("libpng",))
    only_png, both = keys(("zlib",), "libpng"), keys((), "libpng", "zlib")
    assert only_png["zlib"] == static["zlib"]
    assert only_png["libpng"].startswith("shared libpng-")
    assert both["zlib"].startswith("shared zlib-")
    assert len({found["libpng"] for found in (static, only_png, both)}) == 3
