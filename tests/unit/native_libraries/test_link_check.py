"""What is wrong with a built library is found before anybody links with it."""

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


class Kit:
    """A kit whose linker is one program."""

    identity = "kit"
    compiler_id = "clang"

    def __init__(self, made_for: Target) -> None:
        self.target = made_for

    def plan(self, call: Call, settings: CallSettings) -> Plan:
        return Plan((("ld", *call.arguments),))

    def build_component(self, part: str) -> None:
        raise AssertionError(part)


def proven(place: Path, status: int = 0, said: str = "", settings: CallSettings | None = None) -> list[ProcessRequest]:
    host = fake_host(place, Shelf(place), lambda _request: (status, "", said))
    work = place / "work"
    work.mkdir()
    kit = Kit(target("linux-x86_64"))
    check_library(host, kit, library("zlib"), place / "done", (), settings or CallSettings(), ("/build/of/it",), work)
    return host.runner.requests


@pytest.fixture
def done(tmp_path: Path) -> Path:
    """What a build has left: an archive with a module of this machine."""
    directory = tmp_path / "done"
    (directory / "lib/pkgconfig").mkdir(parents=True)
    member = Path(msgspec._core.__file__).read_bytes()
    (directory / "lib/libz.a").write_bytes(ar_archive({"a.o/": member}))
    return directory


def test_all_of_an_archive_is_linked_with_nothing_undefined(tmp_path: Path, done: Path) -> None:
    (request,) = proven(tmp_path)
    assert request.argv == (
        "ld", "-shared", "-Wl,-Bsymbolic,--no-undefined", "-Wl,--whole-archive", str(done / "lib/libz.a"),
        "-Wl,--no-whole-archive", "link_check.c", "-lpthread", "-ldl", "-lm", "-o", "link_check.so",
    )  # fmt: skip


def test_what_links_with_it_are_given_is_given_here(tmp_path: Path, done: Path) -> None:
    (request,) = proven(tmp_path, settings=CallSettings(user_flags=UserFlags(linking=("-lc++",))))
    assert request.argv[-3:] == ("-o", "link_check.so", "-lc++")


def test_what_the_linker_says_is_told(tmp_path: Path, done: Path) -> None:
    with pytest.raises(
        BuildError, match=r"zlib-1\.3\.1 cannot be linked into a module: ld: error: undefined symbol: x"
    ):
        proven(tmp_path, 1, "note\nld: error: undefined symbol: x\n")


def test_an_archive_without_members_needs_no_link(tmp_path: Path, done: Path) -> None:
    (done / "lib/libz.a").write_bytes(b"!<arch>\n")
    assert proven(tmp_path) == []


def test_a_member_for_another_machine(tmp_path: Path, done: Path) -> None:
    wrong = archive_mismatch((done / "lib/libz.a").read_bytes(), target("linux-riscv64"))
    assert wrong == "a.o, which is for X86_64"


def test_a_library_that_was_not_made(tmp_path: Path, done: Path) -> None:
    (done / "lib/libz.a").unlink()
    with pytest.raises(BuildError, match=r"has left no libz\.a"):
        proven(tmp_path)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("lib/z.cmake", "made in /build/of/it/z", "lib/z.cmake of zlib-1.3.1 names a directory of the build"),
        ("lib/pkgconfig/z.pc", "Libs: -L/usr/lib", "z.pc of zlib-1.3.1 names /usr, which is the build machine's"),
    ],
)
def test_places_of_the_build_machine(tmp_path: Path, done: Path, file: str, text: str, said: str) -> None:
    (done / file).write_text(text)
    with pytest.raises(BuildError, match=said):
        proven(tmp_path)
