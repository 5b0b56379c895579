"""Shared libraries: arguments of the link, installed files, and what their keys depend on."""

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
from crosswheel.native_libraries.link_check import library_archives
from crosswheel.native_libraries.prefix import InstalledLibrary, merge_prefixes
from crosswheel.native_libraries.recipe import Provides
from crosswheel.native_libraries.shared import SharedLibraryBuild, shared_library_flags
from crosswheel.store import Store
from crosswheel.targets import Target, target_from_tag
from crosswheel.toolchains.model import Call, CallSettings, Plan

SYMBOLS = (2).to_bytes(4, "big") + bytes(8) + b"png_read\0png_write\0"


class FakeToolchain:
    """A toolchain whose linker is one program."""

    identity = "toolchain"
    compiler_id = "clang"

    def __init__(self, target: Target) -> None:
        self.target = target
        self.settings = CallSettings()

    def plan(self, call: Call, settings: CallSettings) -> Plan:
        self.settings = settings
        return Plan((("ld", *call.arguments),))

    def build_component(self, name: str) -> None:
        raise AssertionError(name)


def installed(directory: Path, name: str, archive: bytes, *names: str) -> InstalledLibrary:
    licenses = directory / name / "share/licenses" / name
    licenses.mkdir(parents=True)
    (directory / name / "lib").mkdir()
    first, *others = names
    (directory / name / "lib" / first).write_bytes(archive)
    for other in others:
        (directory / name / "lib" / other).symlink_to(first)
    (licenses / ".archives").write_text("".join(f"{each}\n" for each in sorted(names)))
    return InstalledLibrary(library(name), directory / name)


@pytest.fixture
def png(tmp_path: Path) -> InstalledLibrary:
    found = installed(tmp_path, "libpng", ar_archive({"/": SYMBOLS, "png.o/": b"123"}), "libpng16.a", "libpng.a")
    lib = found.directory / "lib"
    (lib / "pkgconfig").mkdir()
    (lib / "pkgconfig/libpng.pc").write_text("Libs: -L${libdir} -lpng16\n")
    (lib / "libpng.cmake").write_text('set(PNG "${_IMPORT_PREFIX}/lib/libpng16.a")')
    return found


@pytest.fixture
def zlib(tmp_path: Path) -> InstalledLibrary:
    return installed(tmp_path, "zlib", ar_archive({"crc.o/": b"123"}), "libz.a")


def linking(directory: Path, result: bytes) -> Host:
    """A host whose linker writes a file and its link map."""

    def run(request: ProcessRequest) -> tuple[int, str, str]:
        (root,) = {Path(request.cwd)}
        (root / "libpng16.so").write_bytes(result)
        (root / "maps/libpng16.so.0.map").write_text(f" 1 2 {root}/libraries/lib/libz.a(crc.o):(.text)\n")
        return 0, "", ""

    return fake_host(directory, Shelf(directory), run)


def elf() -> bytes:
    import msgspec

    return Path(msgspec._core.__file__).read_bytes()


def test_it_is_linked_of_its_archives_and_others_are_hidden_in_it(
    tmp_path: Path, png: InstalledLibrary, zlib: InstalledLibrary
) -> None:
    host, toolchain, directory = linking(tmp_path, elf()), FakeToolchain(target("linux-x86_64")), tmp_path / "shared"
    directory.mkdir()
    SharedLibraryBuild(host, toolchain, png, (zlib,)).build(directory)
    (request,) = host.runner.requests
    args = [Path(word).name if word.startswith("/") else word for word in request.argv]
    assert args == [
        "ld", "-shared", "-Wl,-Bsymbolic,--no-undefined", "-Wl,--whole-archive", "libpng16.a",
        "-Wl,--no-whole-archive", "-Wl,-soname,libpng16.so,--as-needed", "-lpthread", "-ldl", "-lm",
        "-o", "libpng16.so",
    ]  # fmt: skip
    assert [Path(path).name for path in toolchain.settings.archives] == ["libz.a"]
    assert toolchain.settings.exports == ("png_read", "png_write")


def test_builds_find_it_where_they_found_archives(
    tmp_path: Path, png: InstalledLibrary, zlib: InstalledLibrary
) -> None:
    directory = tmp_path / "shared"
    directory.mkdir()
    SharedLibraryBuild(linking(tmp_path, elf()), FakeToolchain(target("linux-x86_64")), png, (zlib,)).build(directory)
    prefix = merge_prefixes((zlib, InstalledLibrary(png.library, directory)), tmp_path / "all")
    lib = prefix.directory / "lib"
    assert sorted(path.name for path in lib.glob("lib*.*")) == ["libpng.cmake", "libpng.so", "libpng16.so", "libz.a"]
    assert (lib / "libpng.so").resolve() == (lib / "libpng16.so").resolve()
    assert sorted(path.name for path in (lib / "static").iterdir()) == ["libpng.a", "libpng16.a"]
    assert (lib / "libpng.cmake").read_text() == 'set(PNG "${_IMPORT_PREFIX}/lib/libpng16.so")'
    assert [path.name for path in prefix.archives] == ["libz.a"]
    assert (prefix.shared["libpng"].path, prefix.shared["libpng"].linked_libraries) == (
        lib / "libpng16.so",
        ("libpng", "zlib"),
    )
    assert (png.directory / "lib/libpng.cmake").read_text().endswith('libpng16.a")')  # as it was


@pytest.mark.parametrize(
    ("alias", "result", "message"),
    [
        ("linux-x86_64", b"\x7fELF", "is not a known object file"),
        ("linux-riscv64", None, "is for X86_64"),
    ],
)
def test_faults_are_errors(
    tmp_path: Path, png: InstalledLibrary, zlib: InstalledLibrary, alias: str, result: bytes | None, message: str
) -> None:
    directory = tmp_path / "shared"
    directory.mkdir()
    build = SharedLibraryBuild(
        linking(tmp_path, elf() if result is None else result), FakeToolchain(target(alias)), png, (zlib,)
    )
    with pytest.raises(BuildError, match=f"the shared library of libpng-.* {message}"):
        build.build(directory)


def test_a_target_that_has_the_code_itself_keeps_the_archive(tmp_path: Path) -> None:
    directory = tmp_path / "shared"
    directory.mkdir()
    empty = installed(tmp_path, "libffi", b"!<arch>\n", "libffi.a")
    SharedLibraryBuild(linking(tmp_path, b""), FakeToolchain(target("linux-x86_64")), empty, ()).build(directory)
    assert merge_prefixes((InstalledLibrary(empty.library, directory),), tmp_path / "all").shared == {}
    assert (directory / "lib/libffi.a").is_file()


def test_the_archives_that_are_a_librarys_own(png: InstalledLibrary) -> None:
    archives = sorted((png.directory / "lib").glob("*.a"))
    assert [path.name for path in library_archives(png.library, archives)] == ["libpng16.a"]
    nameless = structs.replace(png.library.recipe, provides=Provides())
    assert len(library_archives(replace(png.library, recipe=nameless), archives)) == 1


@pytest.mark.parametrize("tag", ["macosx_11_0_arm64", "win_amd64", "pyodide_2024_0_wasm32"])
def test_targets_without_shared_libraries(tag: str) -> None:
    found = target_from_tag(tag)
    assert found is not None
    with pytest.raises(UsageError, match=f"wheels for {tag} cannot contain shared libraries yet"):
        shared_library_flags(found)


def test_what_decides_keys(tmp_path: Path) -> None:
    host = fake_host(tmp_path, Shelf(tmp_path), lambda _request: (1, "", ""))
    toolchain = FakeToolchain(target("linux-riscv64"))
    builder = LibraryBuilder(
        host, toolchain, read_catalogue(), Store(tmp_path / "store", host.progress), RequirementSource()
    )

    def keys(names: tuple[str, ...], *shared: str) -> dict[str, str]:
        return {library.name: str(key) for library, key in builder.keys(names, shared)}

    static = keys(("libpng",))
    only_png, both = keys(("zlib",), "libpng"), keys((), "libpng", "zlib")
    assert only_png["zlib"] == static["zlib"]
    assert only_png["libpng"].startswith("shared libpng-")
    assert both["zlib"].startswith("shared zlib-")
    assert len({found["libpng"] for found in (static, only_png, both)}) == 3
