"""Where a compiler looks for things, without what is the build machine's."""

from __future__ import annotations

from pathlib import Path

from crosswheel.host import Host, NullProgress, ProcessRequest, ProcessResult
from crosswheel.toolchains.gcc.find import InstalledCompiler, query_compiler


class Compiler:
    """Answers as gcc does: search lists with -v, and names of files that it does not find as they are."""

    def __init__(self, place: Path, *libraries: str, headers: tuple[Path | str, ...]) -> None:
        self.place, self.libraries, self.headers = place, libraries, headers

    def run(self, request: ProcessRequest) -> ProcessResult:
        word = next(word for word in request.argv if word.startswith(("-print", "-v")))
        listed = "".join(f" {path}\n" for path in self.headers)
        name = word.partition("=")[2]
        said = {
            "-v": f"#include <...> search starts here:\n{listed}End of search list.\n",
            "-print-search-dirs": f"install: /x\nlibraries: ={self.place}/:/usr/lib/:{self.place}/none/\n",
            "-print-libgcc-file-name": f"{self.place}/libgcc.a\n",
        }.get(word, f"{self.place}/{name}\n" if name in self.libraries else f"{name}\n")
        return ProcessResult(request, 0, said, "", 0.0)

    def stop(self) -> None:
        pass


def ask(tmp_path: Path, compiler: Compiler):
    host = Host({}, tmp_path, tmp_path, compiler, None, NullProgress())
    for name in ("x-gcc", "x-g++"):
        (tmp_path / name).touch()
    installed = InstalledCompiler(f"{tmp_path}/x-", f"{tmp_path}/x-gcc", f"{tmp_path}/x-g++", "gcc", "12.2.0", (2, 36))
    return query_compiler(host, installed, ())


def headers(tmp_path: Path) -> Path:
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "features.h").touch()
    return tmp_path / "include"


def test_the_build_machine_s_headers_are_left_out(tmp_path: Path) -> None:
    own = headers(tmp_path)
    found = ask(tmp_path, Compiler(tmp_path, "libstdc++.a", headers=("/gcc/include", own, "/usr/include")))
    assert found.includes == found.cxx_includes == ("/gcc/include", str(own))


def test_a_compiler_that_looks_nowhere_else_keeps_its_own_list(tmp_path: Path) -> None:
    found = ask(tmp_path, Compiler(tmp_path, "libstdc++.a", headers=("/gcc/include", headers(tmp_path))))
    assert found.includes == found.cxx_includes == ()


def test_a_compiler_for_the_build_machine_itself_keeps_its_own_list(tmp_path: Path) -> None:
    found = ask(tmp_path, Compiler(tmp_path, "libstdc++.a", headers=("/gcc/include", "/usr/include")))
    assert found.includes == found.cxx_includes == ()


def test_directories_of_libraries_are_those_that_exist_and_are_not_the_build_machine_s(tmp_path: Path) -> None:
    found = ask(tmp_path, Compiler(tmp_path, headers=()))
    assert found.search_dirs == f"install: /x\nlibraries: ={tmp_path}/\n"


def test_archives_that_are_there_are_told(tmp_path: Path) -> None:
    assert ask(tmp_path, Compiler(tmp_path, "libgcc.a", "libatomic.a", headers=())).static == ("gcc", "atomic")


def test_cxx_needs_its_library_as_an_archive(tmp_path: Path) -> None:
    assert "libstdc++.a" in ask(tmp_path, Compiler(tmp_path, headers=())).no_cxx
    assert ask(tmp_path, Compiler(tmp_path, "libstdc++.a", headers=())).no_cxx == ""
