"""Installed libraries are changed so that they can be moved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePath

import pytest
from recipes_of_libraries import library

from crosswheel.native_libraries.build import required_tools
from crosswheel.native_libraries.prefix import InstalledLibrary, Prefix, merge_prefixes
from crosswheel.native_libraries.relocate import make_relocatable, relocatable_pc, relocatable_script
from crosswheel.native_libraries.steps import BuildDirs


def installed(root: Path, needed: Path) -> Path:
    files = {
        "include/zlib.h": "",
        "lib/libz.a": "!<arch>\n",
        "lib/libz.la": "libdir='/usr/lib'",
        "lib/libz.so.1.3": "",
        "lib/pkgconfig/zlib.pc": "prefix=/usr\nlibdir=/usr/lib\nLibs: -L/usr/lib -lz\n",
        "lib/cmake/z/z-targets.cmake": f'LINK "{needed}/lib/libother.a"',
        "bin/z-config": "#!/bin/sh\nprefix='/usr'\necho -I/usr/include\n",
        "bin/program": "\x7fELF",
        "share/man/man3/zlib.3": "",
    }
    for name, text in files.items():
        (root / "usr" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "usr" / name).write_text(text)
    return root


def test_what_builds_need_is_kept_and_says_nothing_of_where_it_was(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "LICENSE").write_text("do as you like")
    needed = tmp_path / "needed"
    stage = installed(tmp_path / "stage", needed)
    bench = BuildDirs(source, tmp_path / "b", stage, "riscv64-linux-gnu", "x86_64-linux-gnu", tmp_path / "x.ini", 1)
    (stage / "usr/include/zlib.h").write_text(f"/* made by {source}/make.sh in {tmp_path}/b/include */")
    make_relocatable(bench, library("zlib"), source, needed, tmp_path / "done")
    kept = {str(path.relative_to(tmp_path / "done")) for path in (tmp_path / "done").rglob("*") if path.is_file()}
    assert kept == {
        "include/zlib.h", "lib/libz.a", "lib/pkgconfig/zlib.pc", "lib/cmake/z/z-targets.cmake", "bin/z-config",
        "share/licenses/zlib/LICENSE", "share/licenses/zlib/.archives",
    }  # fmt: skip
    assert (tmp_path / "done/include/zlib.h").read_text() == "/* made by /build/make.sh in /build/include */"
    assert (tmp_path / "done/lib/cmake/z/z-targets.cmake").read_text() == 'LINK "${_IMPORT_PREFIX}/lib/libother.a"'


def test_files_of_pkg_config_begin_where_they_lie() -> None:
    text = relocatable_pc(
        "prefix=/usr\nlibdir=/usr/lib\nLibs: -L/usr/lib -lz\nCflags: -I${includedir}\n", PurePath("lib/pkgconfig")
    )
    assert text.splitlines() == [
        "prefix=${pcfiledir}/../..", "libdir=${prefix}/lib", "Libs: -L${prefix}/lib -lz", "Cflags: -I${includedir}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("prefix=/usr", "prefix=${crosswheel_prefix}"),
        ("prefix='/usr'", 'prefix="${crosswheel_prefix}"'),
        ("echo -I/usr/include", "echo -I${crosswheel_prefix}/include"),
        ("echo /usr/local/x /etc/usr/lib", "echo /usr/local/x /etc/usr/lib"),
    ],
)
def test_scripts_find_their_own_place(before: str, after: str) -> None:
    first, place, changed = relocatable_script(f"#!/bin/sh\n{before}\n").splitlines()
    assert first == "#!/bin/sh"
    assert 'dirname -- "$0"' in place
    assert changed == after


def test_whoever_needs_another_is_linked_before_it(tmp_path: Path) -> None:
    made = []
    for name, archive in (("zlib", "libz.a"), ("libpng", "libpng16.a")):
        place = tmp_path / name
        (place / "lib").mkdir(parents=True)
        (place / "lib" / archive).write_text("!<arch>\n")
        (place / "share/licenses" / name).mkdir(parents=True)
        (place / "share/licenses" / name / ".archives").write_text(f"{archive}\n")
        made.append(InstalledLibrary(library(name), place))
    prefix = merge_prefixes(made, tmp_path / "all")
    assert [path.name for path in prefix.archives] == ["libpng16.a", "libz.a"]
    assert [path.name for path in prefix.archives_of(library("zlib"))] == ["libz.a"]


def test_the_tools_of_a_build() -> None:
    build = library("libffi").build
    assert required_tools(build) == ("make", "perl", "autoreconf")
    assert required_tools(replace(library("zlib"), build=build).build) == required_tools(build)


def test_what_headers_and_links_need_is_told_of_all_libraries(tmp_path: Path) -> None:
    xml, xslt = (
        replace(library(name), macros=(f"{name.upper()}_STATIC", "STATIC"), system_libraries=("bcrypt",))
        for name in ("libxml2", "libxslt")
    )
    prefix = Prefix(tmp_path, (xml, xslt))
    assert prefix.compile_options == (f"-I{tmp_path}/include", "-DLIBXML2_STATIC", "-DSTATIC", "-DLIBXSLT_STATIC")
    assert prefix.link_options == (f"-L{tmp_path}/lib", "-lbcrypt")
