"""What holds of every toolchain that makes modules for WebAssembly runtimes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

import crosswheel
from crosswheel import BuildOptions, Stage
from crosswheel.host import Host
from crosswheel.object_files.wasm import Wasm, read_wasm
from crosswheel.targets import find_target
from crosswheel.toolchains.calls import run_call
from crosswheel.toolchains.model import Call, CallSettings, TargetToolchain, Tool
from crosswheel.toolchains.select import find_toolchain

pytestmark = pytest.mark.network

TOOLCHAINS = ["zig", "emcc"]
TARGETS = {"pyodide-3.13": "3.13", "pyodide-3.12": "3.12"}
PACKAGES = Path(__file__).parent.parent / "packages"
NUMBER = 10**15 + 7
SHOWN = {"PyInit_made"}
SOURCES = {
    "module.c": """\
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#define SHOWN __attribute__((visibility("default")))
static jmp_buf place;
int helper(int n);
SHOWN int PyInit_made(void) {
    if (!setjmp(place)) longjmp(place, 1);
    return puts(getenv("HOME")) + helper(1);
}
""",
    "helper.c": """\
#include <stdlib.h>
int helper(int n) { return strtoll(getenv("NUMBER"), NULL, n) > 5000000000; }
""",
    "module.cc": """\
#include <sstream>
#include <stdexcept>
#include <string>
struct Early { std::string text; Early() : text("early") {} };
static Early early;
int thrown(void) { try { throw std::runtime_error(early.text); } catch (const std::exception &e) { return 1; } }
extern "C" __attribute__((visibility("default"))) int PyInit_made(void) {
    std::ostringstream out;
    out << thrown() << 1.5;
    return (int)out.str().size();
}
""",
    "missing.c": """\
int nowhere(int);
__attribute__((visibility("default"))) int PyInit_made(void) { return nowhere(1); }
""",
    "prototype.c": """\
double abs(double);
__attribute__((visibility("default"))) int PyInit_made(void) { return (int)abs(1.0); }
""",
}


@dataclass(frozen=True)
class Bench:
    """A toolchain ready for a target, and a directory with the sources."""

    host: Host
    kit: TargetToolchain
    place: Path

    def call(self, tool: Tool, *words: str, settings: CallSettings | None = None) -> tuple[int, str]:
        return run_call(self.host, self.kit, Call(tool, words, str(self.place)), settings)

    def make(self, tool: Tool, *words: str, settings: CallSettings | None = None) -> Wasm:
        status, said = self.call(tool, *words, "-o", "made.so", settings=settings)
        assert status == 0, said
        found = read_wasm((self.place / "made.so").read_bytes())
        assert found is not None
        return found


@pytest.fixture(scope="session")
def host() -> Host:
    return Host.detect()


def skip_what_is_not_here(host: Host, name: str) -> None:
    toolchain = find_toolchain(host, name)
    if toolchain.minimum_version("wasm32", "pyodide") is None:
        pytest.skip("; ".join(toolchain.unsupported_reason("wasm32", "pyodide")))


@pytest.fixture(params=[(name, target) for name in TOOLCHAINS for target in TARGETS], ids="-".join)
def bench(request: pytest.FixtureRequest, host: Host, tmp_path: Path) -> Bench:
    name, target = request.param
    skip_what_is_not_here(host, name)
    toolchain = find_toolchain(host, name)
    for source, text in SOURCES.items():
        (tmp_path / source).write_text(text)
    return Bench(host, toolchain.prepare(find_target(target, toolchain, native="linux-x86_64")), tmp_path)


def shown(module: Wasm) -> set[str]:
    """What a module exports beside what its loader calls and its own copies of the C++ library's templates."""
    return {name for name in module.exported_names if not name.startswith("__wasm_") and "St3__2" not in name}


def test_a_module_shows_its_init_function_only(bench: Bench) -> None:
    made = bench.make(Tool.CC, "-shared", "-fPIC", "-O2", "module.c", "helper.c", "-lm")
    assert shown(made) == SHOWN
    assert {"puts", "strtoll"} <= {item.name for item in made.imports}


def test_integers_of_64_bits_cross_the_border_as_they_are(bench: Bench) -> None:
    made = bench.make(Tool.CC, "-shared", "-O2", "module.c", "helper.c")
    (strtoll,) = (item for item in made.imports if item.name == "strtoll")
    assert "i64" in strtoll.type


def test_cxx_takes_its_library_from_the_runtime_and_has_constructors_run(bench: Bench) -> None:
    made = bench.make(Tool.CXX, "-shared", "-fPIC", "-O2", "module.cc")
    assert shown(made) == {"PyInit_made"}
    assert "__wasm_call_ctors" in made.exported_names
    assert any(item.name.startswith("_ZNSt3__2") for item in made.imports)


def test_exceptions_are_those_of_the_abi_whatever_is_asked_for(bench: Bench) -> None:
    other = "-fwasm-exceptions" if bench.kit.target.version == (2024, 0) else "-fexceptions"
    made = bench.make(Tool.CXX, "-shared", "-fPIC", "-O2", other, "module.cc")
    thrown_in_script = any(item.name.startswith("invoke_") for item in made.imports)
    assert thrown_in_script == (bench.kit.target.version == (2024, 0))


def test_more_is_exported_when_a_person_says_so(bench: Bench) -> None:
    settings = CallSettings(exports=("helper",))
    assert shown(bench.make(Tool.CC, "-shared", "module.c", "helper.c", settings=settings)) == SHOWN | {"helper"}
    settings = CallSettings(exports=("*",))
    assert shown(bench.make(Tool.CC, "-shared", "module.c", "helper.c", settings=settings)) >= SHOWN | {"helper"}


@pytest.mark.parametrize(
    ("source", "said"),
    [("missing.c", "undefined function nowhere"), ("prototype.c", "wrong prototype of abs")],
)
def test_what_the_runtime_does_not_give_fails_the_link(bench: Bench, source: str, said: str) -> None:
    status, output = bench.call(Tool.CC, "-shared", "-fPIC", "-O1", source, "-o", "made.so")
    assert status != 0
    assert said in output
    assert not (bench.place / "made.so").exists()


def test_objects_archives_and_objects_made_of_objects_are_linked(bench: Bench) -> None:
    assert bench.call(Tool.CC, "-c", "module.c", "helper.c")[0] == 0
    assert bench.call(Tool.AR, "rcs", "libhelper.a", "helper.o")[0] == 0
    assert bench.call(Tool.RANLIB, "libhelper.a")[0] == 0
    assert shown(bench.make(Tool.CC, "-shared", "module.o", "-L.", "-lhelper")) == SHOWN
    assert bench.call(Tool.CC, "-r", "module.o", "helper.o", "-o", "both.o")[0] == 0
    assert shown(bench.make(Tool.CC, "-shared", "both.o")) == SHOWN


def test_programs_link_as_a_configure_script_wants(bench: Bench) -> None:
    (bench.place / "conftest.c").write_text("#include <math.h>\nint main(void) { return (int)sqrt(4.0) - 2; }\n")
    status, said = bench.call(Tool.CC, "conftest.c", "-lm", "-o", "conftest")
    assert status == 0, said
    (bench.place / "conftest.c").write_text("int nowhere(void);\nint main(void) { return nowhere(); }\n")
    assert bench.call(Tool.CC, "conftest.c", "-lm", "-o", "conftest")[0] != 0


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        (Tool.CC, ("--version",)),
        (Tool.CC, ("-dumpmachine",)),
        (Tool.CC, ("-print-search-dirs",)),
        (Tool.CXX, ("-E", "-v", "-x", "c++", "/dev/null")),
        (Tool.CPP, ("helper.c",)),
        (Tool.CC, ("-M", "module.c")),
        (Tool.LD, ("--version",)),
        (Tool.AR, ("--version",)),
    ],
)
def test_questions_are_answered(bench: Bench, tool: Tool, words: tuple[str, ...]) -> None:
    status, said = bench.call(tool, *words)
    assert status == 0, said
    assert said


def test_the_machine_is_the_targets(bench: Bench) -> None:
    assert bench.call(Tool.CC, "-dumpmachine")[1].startswith("wasm32")
    said = bench.call(Tool.CC, "-E", "-dM", "-x", "c", "/dev/null")[1]
    assert "#define __EMSCRIPTEN__ 1" in said
    assert "__x86_64__" not in said


def test_directories_of_the_build_machine_are_left_out_and_its_libraries_refused(bench: Bench) -> None:
    settings = CallSettings(removed_paths=("/usr/include", "/usr/lib"))
    plan = bench.kit.plan(Call(Tool.CC, ("-I/usr/include", "-c", "module.c"), str(bench.place)), settings)
    assert not any(word == "-I/usr/include" for command in plan.commands for word in command)
    assert any("build machine" in note for note in plan.notes)
    status, said = bench.call(Tool.CC, "-shared", "module.c", "/usr/lib/libfoo.so", settings=settings)
    assert status != 0
    assert "belongs to the build machine" in said


@pytest.mark.parametrize("name", TOOLCHAINS)
@pytest.mark.parametrize(("target", "python"), TARGETS.items())
def test_exceptions_longjmp_and_constructors_work_in_the_runtime(
    host: Host, tmp_path: Path, name: str, target: str, python: str
) -> None:
    skip_what_is_not_here(host, name)
    expected = "told['library'] == 'out_of_range' and told['jumped'] == 43 and told['global'] == 2"
    check = f'python -c "import features; told = features.all({NUMBER}); assert {expected}, told"'
    options = BuildOptions(output_directory=tmp_path, toolchain=name, test=True, test_commands=(check,))
    (result,) = crosswheel.build([str(PACKAGES / "features")], targets=[target], pythons=[python], options=options)
    assert result.error is None, result.error
    assert result.stage is Stage.TESTED
