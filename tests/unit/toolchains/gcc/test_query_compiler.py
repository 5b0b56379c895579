"""The directories and libraries of a compiler, without the build machine's."""

from __future__ import annotations

from pathlib import Path

from crosswheel.host import Host, NullProgress, ProcessRequest, ProcessResult
from crosswheel.toolchains.gcc.find import InstalledCompiler, query_compiler


class FakeCompiler:
    """Prints what gcc prints: search lists with -v, and the bare names of files that it does not find."""

    def __init__(self, directory: Path, *libraries: str, headers: tuple[Path | str, ...]) -> None:
        self.directory, self.libraries, self.headers = directory, libraries, headers

    def run(self, request: ProcessRequest) -> ProcessResult:
        word = next(word for word in request.argv if word.startswith(("-print", "-v")))
        listed = "".join(f" {path}\n" for path in self.headers)
        name = word.partition("=")[2]
        output = {
            "-v": f"#include <...> search starts here:\n{listed}End of search list.\n",
            "-print-search-dirs": f"install: /x\nlibraries: ={self.directory}/:/usr/lib/:{self.directory}/none/\n",
            "-print-libgcc-file-name": f"{self.directory}/libgcc.a\n",
        }.get(word, f"{self.directory}/{name}\n" if name in self.libraries else f"{name}\n")
        return ProcessResult(request, 0, output, "", 0.0)

    def stop(self) -> None:
        pass


def ask(tmp_path: Path, compiler: FakeCompiler):
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
    found = ask(tmp_path, FakeCompiler(tmp_path, "libstdc++.a", headers=("/gcc/include", own, "/usr/include")))
    assert found.include_dirs == found.cxx_include_dirs == ("/gcc/include", str(own))


def test_a_compiler_that_looks_nowhere_else_keeps_its_own_list(tmp_path: Path) -> None:
    found = ask(tmp_path, FakeCompiler(tmp_path, "libstdc++.a", headers=("/gcc/include", headers(tmp_path))))
    assert found.include_dirs == found.cxx_include_dirs == ()


def test_a_compiler_for_the_build_machine_itself_keeps_its_own_list(tmp_path: Path) -> None:
    found = ask(tmp_path, FakeCompiler(tmp_path, "libstdc++.a", headers=("/gcc/include", "/usr/include")))
    assert found.include_dirs == found.cxx_include_dirs == ()


def test_directories_of_libraries_are_those_that_exist_and_are_not_the_build_machine_s(tmp_path: Path) -> None:
    found = ask(tmp_path, FakeCompiler(tmp_path, headers=()))
    assert found.search_dirs == f"install: /x\nlibraries: ={tmp_path}/\n"


def test_archives_that_are_there_are_told(tmp_path: Path) -> None:
    assert ask(tmp_path, FakeCompiler(tmp_path, "libgcc.a", "libatomic.a", headers=())).archives == ("gcc", "atomic")


def test_cxx_needs_its_library_as_an_archive(tmp_path: Path) -> None:
    assert "libstdc++.a" in ask(tmp_path, FakeCompiler(tmp_path, headers=())).cxx_problem
    assert ask(tmp_path, FakeCompiler(tmp_path, "libstdc++.a", headers=())).cxx_problem == ""
