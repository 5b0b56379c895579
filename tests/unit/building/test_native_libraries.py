"""Native libraries of a build: what it is told of them, and what of them travels with its wheel."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from fake_hosts import ar_archive
from recipes_of_libraries import library

from crosswheel.building.native_libraries import NativeLibraries, check_bundle_paths
from crosswheel.errors import UsageError
from crosswheel.native_libraries.prefix import Prefix
from crosswheel.toolchains.model import CallSettings, UserFlags

MODULE = "_core.cpython-313-x86_64-linux-gnu.so"
WHEEL = "packed-1.0-cp313-cp313-manylinux_2_17_x86_64.whl"


@pytest.fixture
def native(tmp_path: Path) -> NativeLibraries:
    """zlib and libpng, laid together, and a directory for link maps."""
    prefix = tmp_path / "libraries"
    for name, archive in (("zlib", "libz.a"), ("libpng", "libpng16.a")):
        texts = prefix / "share/licenses" / name
        texts.mkdir(parents=True)
        (texts / "LICENSE").write_text(f"of {name}")
        (texts / ".archives").write_text(f"{archive}\n")
    (tmp_path / "maps").mkdir()
    return NativeLibraries(Prefix(prefix, (library("zlib"), library("libpng"))), ("pkgconf",), tmp_path / "maps")


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    with zipfile.ZipFile(tmp_path / WHEEL, "w") as archive:
        archive.writestr(f"msgspec/{MODULE}", Path(msgspec._core.__file__).read_bytes())
    return tmp_path / WHEEL


def accompanying(native: NativeLibraries, wheel: Path) -> Mapping[str, bytes]:
    return native.dist_info_files(wheel.name, native.linked_into(wheel))


def listed(native: NativeLibraries, wheel: Path) -> list[str]:
    bill = accompanying(native, wheel).get("sboms/crosswheel.cdx.json")
    return [component["name"] for component in json.loads(bill)["components"]] if bill else []


def test_a_library_is_inside_where_a_link_took_of_it(native: NativeLibraries, wheel: Path, tmp_path: Path) -> None:
    archive = tmp_path / "libraries/lib/libz.a"
    (tmp_path / "maps" / f"{MODULE}.0123.map").write_text(f" 1 2 {archive}(inflate.o):(.text)\n")
    (tmp_path / "maps" / "other.so.0123.map").write_text(f" 1 2 {tmp_path}/libraries/lib/libpng16.a(png.o):(.text)\n")
    assert listed(native, wheel) == ["zlib"]
    assert accompanying(native, wheel)["licenses/libraries/zlib/LICENSE"] == b"of zlib"


def test_the_parts_of_a_library_are_listed_with_it(native: NativeLibraries, wheel: Path) -> None:
    assert native.prefix is not None
    blas = replace(native, prefix=replace(native.prefix, libraries=(library("openblas"),)))
    assert listed(blas, wheel) == ["openblas", "lapack", "libf2c"]


def test_nothing_travels_where_nothing_was_taken(native: NativeLibraries, wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "maps" / f"{MODULE}.0123.map").write_text(" 1 2 a.o:(.text)\n")
    assert accompanying(native, wheel) == {}


def test_a_shared_library_is_told_and_travels_with_what_is_in_it(
    native: NativeLibraries, wheel: Path, tmp_path: Path
) -> None:
    prefix = tmp_path / "libraries"
    (prefix / "lib").mkdir()
    (prefix / "lib/libpng16.so").write_bytes(Path(msgspec._core.__file__).read_bytes())
    (prefix / "lib/libpng.so").symlink_to("libpng16.so")
    (prefix / "share/licenses/libpng/.archives").write_text("")
    (prefix / "share/licenses/libpng/.shared").write_text("libpng16.so\nlibpng\nzlib\n")
    (tmp_path / "maps" / f"{MODULE}.0123.map").write_text(" 1 2 a.o:(.text)\n")
    told = native.apply_to(CallSettings())
    assert [Path(path).name for path in (*told.archives, *told.shared)] == ["libz.a", "libpng16.so"]
    assert told.extra_link == (f"-L{prefix}/lib", f"-L{prefix}/lib/static")
    assert {name: path.name for name, path in native.bundled.named.items()} == {
        "libpng.so": "libpng16.so", "libpng16.so": "libpng16.so",
    }  # fmt: skip
    assert accompanying(native, wheel) == {}
    assert listed(replace(native, bundle={"x/libpng.so.16": "libpng"}), wheel) == ["zlib", "libpng"]


def test_all_are_listed_where_a_link_has_told_nothing(native: NativeLibraries, wheel: Path) -> None:
    assert listed(native, wheel) == ["zlib", "libpng"]


@pytest.mark.parametrize(
    ("bundle", "message"),
    [
        ({"../x.so": "libpng"}, "the bundle path ../x.so is not a relative path"),
        ({"/x.so": "libpng"}, "the bundle path /x.so is not a relative path"),
        ({"a/x.so": "libpng", "b/x.so": "libpng"}, "several paths for libpng"),
        ({"x.so": "zlib"}, "no shared library zlib to bundle at x.so"),
    ],
)
def test_places_that_are_none(native: NativeLibraries, tmp_path: Path, bundle: dict[str, str], message: str) -> None:
    (tmp_path / "libraries/share/licenses/libpng/.shared").write_text("libpng16.so\nlibpng\n")
    assert native.prefix is not None
    check_bundle_paths({"x/libpng.so": "libpng"}, native.prefix)
    with pytest.raises(UsageError, match=message):
        check_bundle_paths(bundle, native.prefix)


def test_without_libraries_nothing_changes(wheel: Path, tmp_path: Path) -> None:
    native = NativeLibraries(None, (), tmp_path)
    settings = CallSettings(extra_compile=("-X",))
    assert native.apply_to(settings) == settings
    assert (native.directory, native.path, accompanying(native, wheel)) == (None, (), {})


def test_what_libraries_inside_define_is_private(native: NativeLibraries, wheel: Path, tmp_path: Path) -> None:
    table = struct.pack(">3I", 2, 90, 90) + b"_crc32\0_inflate\0"
    (tmp_path / "libraries/lib").mkdir()
    for archive in ("libz.a", "libpng16.a"):
        content = table.replace(b"inflate", archive[:6].encode())
        (tmp_path / "libraries/lib" / archive).write_bytes(ar_archive({"/": content}))
    (tmp_path / "maps" / f"{MODULE}.0123.map").write_text(f" 1 {tmp_path}/libraries/lib/libz.a(inflate.o):\n")
    here = replace(native, symbol_prefix="_")
    assert here.hidden_symbols(here.linked_into(wheel), ()) == {"crc32", "libz.a"}
    assert here.hidden_symbols(here.linked_into(wheel), ("crc32",)) == {"libz.a"}
    assert here.hidden_symbols(here.linked_into(wheel), ("*",)) == frozenset()


def test_wrappers_look_among_the_libraries_last(native: NativeLibraries, tmp_path: Path) -> None:
    told = native.apply_to(CallSettings(extra_compile=("-X",), extra_link=("-Y",)))
    assert told.extra_compile == ("-X", f"-I{tmp_path}/libraries/include")
    assert told.extra_link == ("-Y", f"-L{tmp_path}/libraries/lib")
    assert [Path(path).name for path in told.archives] == ["libpng16.a", "libz.a"]
    assert told.pkg_config == ("pkgconf",)


def test_links_with_a_library_in_cxx_get_its_runtime(native: NativeLibraries) -> None:
    assert native.apply_to(CallSettings()).user_flags == UserFlags()
    joined = replace(native, prefix=Prefix(Path(), (library("zlib"), library("snappy"))))
    assert joined.apply_to(CallSettings(user_flags=UserFlags(link_args=("-s",)))).user_flags.link_args == (
        "-s",
        "-lc++",
    )
