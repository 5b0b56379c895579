"""Installed libraries become relocatable."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePath

import pytest
from recipes_of_libraries import library

from crosswheel.native_libraries.build import required_tools
from crosswheel.native_libraries.prefix import InstalledLibrary, Prefix, merge_prefixes
from crosswheel.native_libraries.relocate import make_relocatable, relocatable_pc, relocatable_script
from crosswheel.native_libraries.steps import BuildDirs


def installed(root: Path, dependencies: Path) -> Path:
    files = {
        "include/zlib.h": "",
        "lib/libz.a": "!<arch>\n",
        "lib/libz.la": "libdir='/usr/lib'",
        "lib/libz.so.1.3": "",
        "lib/pkgconfig/zlib.pc": "prefix=/usr\nlibdir=/usr/lib\nLibs: -L/usr/lib -lz\n",
        "lib/cmake/z/z-targets.cmake": f'LINK "{dependencies}/lib/libother.a"',
        "bin/z-config": "#!/bin/sh\nprefix='/usr'\necho -I/usr/include\n",
        "bin/program": "\x7fELF",
        "share/man/man3/zlib.3": "",
    }
    for name, text in files.items():
        (root / "usr" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "usr" / name).write_text(text)
    return root


def test_what_builds_need_is_kept_without_paths_of_the_build(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "LICENSE").write_text("do as you like")
    dependencies = tmp_path / "dependencies"
    stage = installed(tmp_path / "stage", dependencies)
    dirs = BuildDirs(
        source, tmp_path / "b", stage, "riscv64-linux-gnu", "x86_64-linux-gnu", tmp_path / "x", tmp_path / "n", 1
    )
    (stage / "usr/include/zlib.h").write_text(f"/* made by {source}/make.sh in {tmp_path}/b/include */")
    make_relocatable(dirs, library("zlib"), source, dependencies, tmp_path / "done")
    kept = {str(path.relative_to(tmp_path / "done")) for path in (tmp_path / "done").rglob("*") if path.is_file()}
    assert kept == {
        "include/zlib.h", "lib/libz.a", "lib/pkgconfig/zlib.pc", "lib/cmake/z/z-targets.cmake", "bin/z-config",
        "share/licenses/zlib/LICENSE", "share/licenses/zlib/.archives",
    }  # fmt: skip
    assert (tmp_path / "done/include/zlib.h").read_text() == "/* made by /build/make.sh in /build/include */"
    assert (tmp_path / "done/lib/cmake/z/z-targets.cmake").read_text() == 'LINK "${_IMPORT_PREFIX}/lib/libother.a"'


def test_files_of_pkg_config_have_paths_relative_to_themselves() -> None:
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
def test_scripts_find_their_own_prefix(before: str, after: str) -> None:
    first, assignment, changed = relocatable_script(f"#!/bin/sh\n{before}\n").splitlines()
    assert first == "#!/bin/sh"
    assert 'dirname -- "$0"' in assignment
    assert changed == after


def test_a_library_is_linked_before_its_dependencies(tmp_path: Path) -> None:
    libraries = []
    for name, archive in (("zlib", "libz.a"), ("libpng", "libpng16.a")):
        directory = tmp_path / name
        (directory / "lib").mkdir(parents=True)
        (directory / "lib" / archive).write_text("!<arch>\n")
        (directory / "share/licenses" / name).mkdir(parents=True)
        (directory / "share/licenses" / name / ".archives").write_text(f"{archive}\n")
        libraries.append(InstalledLibrary(library(name), directory))
    prefix = merge_prefixes(libraries, tmp_path / "all")
    assert [path.name for path in prefix.archives] == ["libpng16.a", "libz.a"]
    assert [path.name for path in prefix.archives_of(library("zlib"))] == ["libz.a"]


def test_the_tools_of_a_build() -> None:
    build = library("libffi").build
    assert required_tools(build) == ("make", "perl", "autoreconf")
    assert required_tools(replace(library("zlib"), build=build).build) == required_tools(build)


def test_macros_and_system_libraries_of_all_libraries(tmp_path: Path) -> None:
    xml, xslt = (
        replace(library(name), macros=(f"{name.upper()}_STATIC", "STATIC"), system_libraries=("bcrypt",))
        for name in ("libxml2", "libxslt")
    )
    prefix = Prefix(tmp_path, (xml, xslt))
    assert prefix.compile_options == (f"-I{tmp_path}/include", "-DLIBXML2_STATIC", "-DSTATIC", "-DLIBXSLT_STATIC")
    assert prefix.link_options == (f"-L{tmp_path}/lib", "-lbcrypt")
