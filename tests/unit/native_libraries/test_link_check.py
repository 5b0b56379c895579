"""Checks of a built library find each fault."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from fake_hosts import Shelf, ar_archive, fake_host
from recipes_of_libraries import library, target

from crosswheel.errors import BuildError
from crosswheel.host import ProcessRequest
from crosswheel.native_libraries.link_check import archive_mismatch, check_library
from crosswheel.targets import Target
from crosswheel.toolchains.model import Call, CallSettings, Plan, UserFlags


class FakeToolchain:
    """A toolchain whose linker is one program."""

    identity = "toolchain"
    compiler_id = "clang"

    def __init__(self, target: Target) -> None:
        self.target = target

    def plan(self, call: Call, settings: CallSettings) -> Plan:
        return Plan((("ld", *call.arguments),))

    def build_component(self, name: str) -> None:
        raise AssertionError(name)


def check(
    directory: Path, status: int = 0, messages: str = "", settings: CallSettings | None = None
) -> list[ProcessRequest]:
    host = fake_host(directory, Shelf(directory), lambda _request: (status, "", messages))
    work = directory / "work"
    work.mkdir()
    toolchain = FakeToolchain(target("linux-x86_64"))
    check_library(
        host,
        toolchain,
        library("zlib"),
        directory / "installed",
        (),
        settings or CallSettings(),
        ("/build/of/it",),
        work,
    )
    return host.runner.requests


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """An installed library: an archive with a module of this machine."""
    directory = tmp_path / "installed"
    (directory / "lib/pkgconfig").mkdir(parents=True)
    member = Path(msgspec._core.__file__).read_bytes()
    (directory / "lib/libz.a").write_bytes(ar_archive({"a.o/": member}))
    return directory


def test_all_of_an_archive_is_linked_with_nothing_undefined(tmp_path: Path, installed: Path) -> None:
    (request,) = check(tmp_path)
    assert request.argv == (
        "ld", "-shared", "-Wl,-Bsymbolic,--no-undefined", "-Wl,--whole-archive", str(installed / "lib/libz.a"),
        "-Wl,--no-whole-archive", "link_check.c", "-lpthread", "-ldl", "-lm", "-o", "link_check.so",
    )  # fmt: skip


def test_what_links_with_it_are_given_is_given_here(tmp_path: Path, installed: Path) -> None:
    (request,) = check(tmp_path, settings=CallSettings(user_flags=UserFlags(link_args=("-lc++",))))
    assert request.argv[-3:] == ("-o", "link_check.so", "-lc++")


def test_the_errors_of_the_linker_are_quoted(tmp_path: Path, installed: Path) -> None:
    with pytest.raises(
        BuildError, match=r"zlib-1\.3\.1 cannot be linked into a module: ld: error: undefined symbol: x"
    ):
        check(tmp_path, 1, "note\nld: error: undefined symbol: x\n")


def test_an_archive_without_members_needs_no_link(tmp_path: Path, installed: Path) -> None:
    (installed / "lib/libz.a").write_bytes(b"!<arch>\n")
    assert check(tmp_path) == []


def test_a_member_for_another_machine(tmp_path: Path, installed: Path) -> None:
    reason = archive_mismatch((installed / "lib/libz.a").read_bytes(), target("linux-riscv64"))
    assert reason == "a.o, which is for X86_64"


def test_a_library_that_was_not_made(tmp_path: Path, installed: Path) -> None:
    (installed / "lib/libz.a").unlink()
    with pytest.raises(BuildError, match=r"did not install libz\.a"):
        check(tmp_path)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("lib/z.cmake", "made in /build/of/it/z", "lib/z.cmake of zlib-1.3.1 contains a path of the build"),
        ("lib/pkgconfig/z.pc", "Libs: -L/usr/lib", "z.pc of zlib-1.3.1 contains -L/usr, the build machine's prefix"),
    ],
)
def test_places_of_the_build_machine(tmp_path: Path, installed: Path, file: str, text: str, message: str) -> None:
    (installed / file).write_text(text)
    with pytest.raises(BuildError, match=message):
        check(tmp_path)
