"""Every kind of error that the audit detects, made in a real wheel, is reported by its check."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from breaking import Files, Workbench
from proven import OF_MACHO, OF_PE, WARNINGS
from tally import tally_recipes

from crosswheel.cli.program import main
from crosswheel.errors import AuditError, ExitStatus
from crosswheel.object_files.wasm import relink
from crosswheel.wheels.archive import read_wheel
from crosswheel.wheels.audit import Expectations, Severity, audit_wheel
from crosswheel.wheels.audit.audit_wheel import CHECKS

pytestmark = pytest.mark.network

RISCV = "manylinux_2_31_riscv64"
PYODIDE = "pyodide_2025_0_wasm32"
SOURCES = Path(__file__).parent.parent / "packages"
HOME = "/home/somebody/project"


def plain(bench: Workbench, target: str = RISCV) -> Path:
    return bench.built(SOURCES / "plain", target)


def stable(bench: Workbench) -> Path:
    return bench.built(SOURCES / "stable", RISCV)


def edited(file: str, old: str, new: str) -> Callable[[Workbench], Path]:
    """A change in one of the texts of .dist-info."""

    def fault(bench: Workbench) -> Path:
        wheel = plain(bench)
        path = f"{read_wheel(wheel).info}/{file}"

        def change(files: Files) -> None:
            assert old in files[path].decode()
            files[path] = files[path].decode().replace(old, new).encode()

        return bench.changed(wheel, change)

    return fault


def moved(old: str, new: str) -> Callable[[Workbench], Path]:
    """A change of the module's file name."""

    def fault(bench: Workbench) -> Path:
        wheel = plain(bench)
        path, data = bench.module(wheel)
        assert old in path

        def change(files: Files) -> None:
            del files[path]
            files[path.replace(old, new)] = data

        return bench.changed(wheel, change)

    return fault


def with_bytes(old: bytes, new: bytes, target: str = RISCV) -> Callable[[Workbench], Path]:
    """A change of some bytes of the module."""

    def fault(bench: Workbench) -> Path:
        wheel = plain(bench, target)
        data = bench.module(wheel)[1]
        assert old in data
        return bench.with_module(wheel, data.replace(old, new))

    return fault


def at(offset: int, value: int) -> Callable[[Workbench], Path]:
    """Another byte at one place of the module."""

    def fault(bench: Workbench) -> Path:
        wheel = plain(bench)
        data = bytearray(bench.module(wheel)[1])
        assert data[offset] != value
        data[offset] = value
        return bench.with_module(wheel, bytes(data))

    return fault


def source(text: str, *flags: str, target: str = RISCV, suffix: str = ".c") -> Callable[[Workbench], Path]:
    """A module compiled from a source that is wrong."""
    entry = "void *PyInit__plain(void) { return (void *)0; }\n"
    entry = f'extern "C" {entry}' if suffix != ".c" else entry

    def fault(bench: Workbench) -> Path:
        return bench.with_module(plain(bench), bench.compiled(target, text + entry, *flags, suffix=suffix))

    return fault


def without_module(bench: Workbench) -> Path:
    wheel = plain(bench)
    return bench.changed(wheel, lambda files: files.pop(bench.module(wheel)[0]) and None)


def added(path: str, data: bytes) -> Callable[[Workbench], Path]:
    return lambda bench: bench.changed(plain(bench), lambda files: files.update({path: data}))


def foreign_archive(bench: Workbench) -> Path:
    """A build machine's static library beside the module."""
    (bench.place / "native.c").write_text("int f(void) { return 1; }\n")
    from crosswheel.host.machine import native_alias
    from crosswheel.targets import find_target
    from crosswheel.toolchains.calls import run_call
    from crosswheel.toolchains.model import Call, Tool
    from crosswheel.toolchains.select import find_toolchain

    toolchain = find_toolchain(bench.host, "zig")
    target_toolchain = toolchain.prepare(find_target("native", toolchain, native=native_alias()))
    for tool, args in ((Tool.CC, ("-c", "native.c")), (Tool.AR, ("rcs", "libnative.a", "native.o"))):
        assert run_call(bench.host, target_toolchain, Call(tool, args, str(bench.place)))[0] == 0
    return added("plain_data/libnative.a", (bench.place / "libnative.a").read_bytes())(bench)


def swapped(bench: Workbench) -> Path:
    return bench.with_module(plain(bench), bench.module(plain(bench, "linux-aarch64"))[1])


def twice(bench: Workbench) -> Path:
    wheel = plain(bench)
    members = list(read_wheel(wheel).files.items())
    return bench.zipped(wheel, [*members, members[0]])


def outside(bench: Workbench) -> Path:
    return bench.changed(plain(bench), lambda files: files.update({"../../escaped.py": b"x = 1\n"}))


def pure_tag(bench: Workbench) -> Path:
    return bench.renamed(plain(bench), f"cp313-cp313-{RISCV}", "py3-none-any")


def lying_abi3(bench: Workbench) -> Path:
    """A module that uses more than the stable ABI has, named as if it did not."""
    wheel = stable(bench)
    text = "void *_PyLong_New(long); void *PyInit_stable(void) { return _PyLong_New(3); }\n"
    return bench.with_module(wheel, bench.compiled(RISCV, text))


def two_architectures(bench: Workbench) -> Path:
    return bench.renamed(plain(bench), RISCV, f"manylinux_2_17_aarch64.{RISCV}")


def damaged(bench: Workbench) -> Path:
    wheel = plain(bench)
    data = bench.module(wheel)[1]
    return bench.with_module(wheel, data[: len(data) // 3])


def exported_runtime(bench: Workbench) -> Path:
    (bench.place / "all.map").write_text("{ global: *; };\n")
    text = 'extern "C" int own(void) __asm__("_ZSt9terminatev"); int own(void) { return 1; }\n'
    return source(text, "-Wl,--version-script=all.map", suffix=".cc")(bench)


def program(bench: Workbench) -> Path:
    """WebAssembly that is no side module."""
    return bench.with_module(plain(bench, PYODIDE), b"\0asm\x01\0\0\0")


def other_exceptions(bench: Workbench) -> Path:
    text = "int g();\nint f() { try { return g(); } catch (int n) { return n; } }\nint g() { throw 3; }\n"
    entry = 'extern "C" void *PyInit__plain(void) { return (void *)f; }\n'
    made = bench.compiled("pyodide-3.12", text + entry, "-Wl,--export=PyInit__plain", suffix=".cc")
    return bench.with_module(plain(bench, PYODIDE), made)


def clashing(bench: Workbench) -> Path:
    """Two modules that export a symbol of the same name."""
    wheel = plain(bench, PYODIDE)
    path = bench.module(wheel)[0]
    text = "int shared(void) { return 1; }\nvoid *PyInit_{name}(void) {{ return (void *)shared; }}\n"
    for name in ("_plain", "_second"):
        source_text = text.replace("{name}", name).replace("{{", "{").replace("}}", "}")
        flags = ("-Wl,--export=shared", f"-Wl,--export=PyInit_{name}")
        made = bench.compiled(PYODIDE, source_text, *flags)
        target = path.replace("_plain.", f"{name}.")
        wheel = bench.changed(wheel, lambda files, target=target, made=made: files.update({target: made}))
    return wheel


def wasm(bench: Workbench) -> Path:
    return bench.with_module(plain(bench), b"\0asm\x01\0\0\0")


def sharing(bench: Workbench, target: str = RISCV) -> Path:
    """A wheel with a shared library that two of its modules need."""
    recipes = (str(tally_recipes(bench.wheels / "recipes")),)
    return bench.built(SOURCES / "sharing", target, recipes=recipes, shared_libraries=("tally",))


def library(wheel: Path) -> str:
    (path,) = (path for path in read_wheel(wheel).files if path.startswith("sharing.libs/"))
    return path


def without_library(target: str) -> Callable[[Workbench], Path]:
    def fault(bench: Workbench) -> Path:
        wheel = sharing(bench, target)
        return bench.changed(wheel, lambda files: files.pop(library(wheel)) and None)

    return fault


def library_elsewhere(bench: Workbench) -> Path:
    wheel = sharing(bench)
    path = library(wheel)
    return bench.changed(wheel, lambda files: files.update({f"else/{path}": files.pop(path)}))


def library_of_another_machine(bench: Workbench) -> Path:
    wheel, other = sharing(bench), sharing(bench, "linux-aarch64")
    foreign = read_wheel(other).files[library(other)]
    return bench.changed(wheel, lambda files: files.update({library(wheel): foreign}))


def library_reached_twice(bench: Workbench) -> Path:
    """A module in a deeper directory, which the runtime of the ABI gives a copy of its own."""
    wheel = sharing(bench, PYODIDE)
    suffix = ".cpython-313-wasm32-emscripten.so"

    def deeper(files: Files) -> None:
        data = files.pop(f"sharing/first{suffix}")
        files[f"sharing/deep/first{suffix}"] = relink(
            data, (library(wheel).rpartition("/")[2],), ("$ORIGIN/../../sharing.libs",)
        )

    return bench.changed(wheel, deeper)


def with_zlib(bench: Workbench) -> Path:
    """A module that uses a function of zlib which is not for its users."""
    return bench.patched(
        source("void *zcalloc(void);\nvoid *g(void) { return zcalloc(); }\n")(bench), "--add-needed", "libz.so.1"
    )


STRICT = Expectations(strict=True)
RESOLVED = """
static int one(void) { return 1; }
static void *pick(void) { return (void *)one; }
__attribute__((ifunc("pick"), visibility("default"))) int picked(void);
int (*use(void))(void) { return picked; }
"""
NEW_SYMBOL = """
unsigned long strlcpy(char *, const char *, unsigned long);
char b[9];
void g(const char *s) { strlcpy(b, s, 9); }
"""
OWN_POW = "double pow(double x, double y) { return x * y; }\n"
# What is wrong; the check that must find it; how the wheel is made.
FAULTS: dict[str, tuple[str, Callable[[Workbench], Path], Expectations]] = {
    "a module for another system than Linux": ("elf-file", at(0x07, 0x09), STRICT),
    "a tag that is older than every policy": (
        "policy",
        lambda bench: bench.renamed(plain(bench), RISCV, "manylinux_2_17_riscv64"),
        STRICT,
    ),
    "a page with a module's name": (
        "no-module",
        added("plain_page.cpython-313-riscv64-linux-gnu.so", b"<html>"),
        STRICT,
    ),
    "a function of the free-threaded Python": (
        "python-names",
        source("void *_Py_MergeZeroLocalRefcount(void);\nvoid *g(void) { return _Py_MergeZeroLocalRefcount(); }\n"),
        STRICT,
    ),
    "a function of zlib that is not for its users": ("forbidden-symbols", with_zlib, STRICT),
    "a function that code resolves, for musl": (
        "musl-loader",
        lambda bench: bench.with_module(
            plain(bench, "musl-riscv64"),
            bench.compiled(RISCV, f"{RESOLVED}void *PyInit__plain(void) {{ return (void *)use; }}\n"),
        ),
        STRICT,
    ),
    "an import from a module that no loader knows": (
        "runtime-abi",
        with_bytes(b"\x03env", b"\x03xyz", PYODIDE),
        STRICT,
    ),
    "another architecture's module": ("machine", swapped, STRICT),
    "another float ABI, riscv64": ("machine", at(0x30, 0x01), STRICT),
    "another float ABI, armv7l": (
        "float-abi",
        with_bytes(b"\x1a\x02\x1c\x01", b"\x1a\x02\x1c\x00", "linux-armv7l"),
        STRICT,
    ),
    "WebAssembly in a Linux wheel": ("machine", wasm, STRICT),
    "a tag of another architecture": (
        "machine",
        lambda bench: bench.renamed(plain(bench), RISCV, "manylinux_2_17_aarch64"),
        STRICT,
    ),
    "tags of two architectures": ("tags", two_architectures, STRICT),
    "a tag that promises nothing": (
        "tags",
        lambda bench: bench.renamed(plain(bench), RISCV, "linux_riscv64"),
        STRICT,
    ),
    "a static library of the build machine": ("objects", foreign_archive, STRICT),
    "code that is not position independent": (
        "hardening",
        source("int v; int *p(void);\n", "-fno-pic", "-mcmodel=medany", "-Wl,-z,notext", "-Wl,--defsym=p=v"),
        STRICT,
    ),
    "a symbol newer than the tag": ("symbol-versions", source(NEW_SYMBOL, target="manylinux_2_38_riscv64"), STRICT),
    "a library of C++ from elsewhere": (
        "libraries",
        lambda bench: bench.patched(plain(bench), "--add-needed", "libstdc++.so.6"),
        STRICT,
    ),
    "a library that nobody has": (
        "libraries",
        lambda bench: bench.patched(plain(bench), "--add-needed", "libfoo.so.1"),
        STRICT,
    ),
    "a shared library that was left out": ("libraries", without_library(RISCV), STRICT),
    "a shared library of another machine": ("machine", library_of_another_machine, STRICT),
    "a shared library where nobody looks for it": ("carried", library_elsewhere, STRICT),
    "a shared library that was left out, WebAssembly": ("side-libraries", without_library(PYODIDE), STRICT),
    "a shared library that is loaded twice": ("side-libraries", library_reached_twice, STRICT),
    "musl's library under a glibc tag": (
        "libc",
        lambda bench: bench.patched(plain(bench), "--add-needed", "libc.musl-riscv64.so.1"),
        STRICT,
    ),
    "glibc's library under a musl tag": (
        "libc",
        lambda bench: bench.with_module(plain(bench, "musl-riscv64"), bench.module(plain(bench))[1]),
        STRICT,
    ),
    "a symbol from nowhere": ("unresolved", source("void lost(void); void g(void) { lost(); }\n"), STRICT),
    "the C++ runtime exported": (
        "cxx-runtime",
        exported_runtime,
        STRICT,
    ),
    "a function of a library inside exported": (
        "library-exports",
        source("int crc32(void) { return 1; }\n"),
        Expectations(private_symbols=frozenset({"crc32", "inflate"}), strict=True),
    ),
    "a function of libm carried along": (
        "frozen-libc",
        source(OWN_POW),
        STRICT,
    ),
    "another platform's file name": ("suffix", moved("riscv64-linux-gnu", "x86_64-linux-gnu"), STRICT),
    "another Python's file name": ("suffix", moved("cpython-313", "cpython-312"), STRICT),
    "a tag of another Python": (
        "suffix",
        lambda bench: bench.renamed(plain(bench), "cp313-cp313", "cp312-cp312"),
        STRICT,
    ),
    "a module under another name": ("init", moved("_plain.", "_other."), STRICT),
    "a declared module missing": (
        "declared",
        moved("_plain.", "_other."),
        Expectations(extensions=frozenset({"_plain"}), strict=True),
    ),
    "no module at all": ("purity", without_module, STRICT),
    "a module in a wheel for any platform": ("purity", pure_tag, STRICT),
    "a compiled wheel that says it is pure": (
        "purity",
        edited("WHEEL", "Root-Is-Purelib: false", "Root-Is-Purelib: true"),
        STRICT,
    ),
    "a stable ABI that is not": ("abi3", lying_abi3, STRICT),
    "a run path of the build machine": (
        "run-path",
        lambda bench: bench.patched(plain(bench), "--set-rpath", f"{HOME}/lib"),
        STRICT,
    ),
    "a path of the build machine in a module": (
        "host-path",
        source(f'const char *where(void) {{ return "{HOME}/share"; }}\n'),
        Expectations(forbidden_paths=(HOME,), strict=True),
    ),
    "a path of the build machine in metadata": (
        "host-path",
        edited("METADATA", "Version: 1.0\n", f"Version: 1.0\nSummary: from {HOME}\n"),
        Expectations(forbidden_paths=(HOME,), strict=True),
    ),
    "a wrong hash in RECORD": (
        "record",
        lambda bench: bench.record(plain(bench), lambda text: text.replace("sha256=", "sha256=AAAA", 1)),
        STRICT,
    ),
    "a wrong size in RECORD": (
        "record",
        lambda bench: bench.record(plain(bench), lambda text: text.replace(",", ",", 1).replace("\n", "1\n", 1)),
        STRICT,
    ),
    "a file that RECORD does not have": (
        "record",
        lambda bench: bench.record(plain(bench), lambda text: text.partition("\n")[2]),
        STRICT,
    ),
    "a file that only RECORD has": (
        "record",
        lambda bench: bench.record(plain(bench), lambda text: f"gone.py,sha256=AAAA,3\n{text}"),
        STRICT,
    ),
    "the same member twice": ("archive", twice, STRICT),
    "a member that leads outside": ("archive", outside, STRICT),
    "a damaged module": ("archive", damaged, STRICT),
    "a program where a side module should be": ("side-module", program, STRICT),
    "exceptions of another ABI": ("exceptions", other_exceptions, STRICT),
    "the same symbol from two modules": ("clashes", clashing, STRICT),
    "an ABI of another Python": (
        "python-of-platform",
        lambda bench: bench.renamed(plain(bench, PYODIDE), PYODIDE, "pyodide_2024_0_wasm32"),
        STRICT,
    ),
    "a Linux module in a wheel for Pyodide": (
        "machine",
        lambda bench: bench.with_module(plain(bench, PYODIDE), bench.module(plain(bench))[1]),
        STRICT,
    ),
    "tags that are not the name's": ("tags", edited("WHEEL", "cp313-cp313", "cp312-cp312"), STRICT),
    "another version in METADATA": ("metadata", edited("METADATA", "Version: 1.0", "Version: 1.1"), STRICT),
    "a control character in a name": ("file-names", added("plain_data/\x1b[2J.py", b""), STRICT),
    "a scheme that does not exist": ("layout", added("plain-1.0.data/programs/x", b""), STRICT),
    "a requirement that cannot be read": (
        "core-metadata",
        edited("METADATA", "Version: 1.0\n", "Version: 1.0\nRequires-Dist: !!!\n"),
        STRICT,
    ),
    "a Python that the tag excludes": (
        "requires-python",
        edited("METADATA", "Version: 1.0\n", "Version: 1.0\nRequires-Python: <3.13\n"),
        STRICT,
    ),
    "entry points that cannot be read": ("entry-points", added("plain-1.0.dist-info/entry_points.txt", b"run"), STRICT),
    "a Wheel-Version from the future": (
        "wheel-version",
        edited("WHEEL", "Wheel-Version: 1.0", "Wheel-Version: 2.0"),
        STRICT,
    ),
    "another project in METADATA": ("metadata", edited("METADATA", "Name: plain", "Name: fancy"), STRICT),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_broken_wheel_is_refused_by_its_check(bench: Workbench, fault: str) -> None:
    check, make, expectations = FAULTS[fault]
    report = audit_wheel(make(bench), expectations)
    found = {finding.check for finding in report.errors}
    assert not report.ok
    assert check in found, report.findings


def test_the_wheels_that_are_broken_were_right(bench: Workbench) -> None:
    for wheel in (
        plain(bench),
        plain(bench, "linux-armv7l"),
        plain(bench, "musl-riscv64"),
        plain(bench, PYODIDE),
        stable(bench),
        sharing(bench),
        sharing(bench, PYODIDE),
    ):
        forbidden = Expectations(forbidden_paths=(HOME, str(bench.host.cache)), strict=True)
        assert audit_wheel(wheel, forbidden).findings == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("void lost(void); void *PyInit_fault(void) { lost(); return 0; }", "undefined function lost"),
        ("extern int lost; void *PyInit_fault(void) { return &lost; }", "undefined variable lost"),
        (
            "double PyLong_FromLong(double); void *PyInit_fault(void) { PyLong_FromLong(1.0); return 0; }",
            "wrong prototype of PyLong_FromLong: called as (f64) -> f64, but defined as (i32) -> i32",
        ),
        ("void *lost(void); void *PyInit_fault(void) { return (void *)lost; }", "undefined function lost"),
    ],
)
def test_what_a_runtime_lacks_is_an_error_of_the_build(bench: Workbench, text: str, said: str) -> None:
    assert bench.compile(PYODIDE, text, "-c")[0] == 0
    status, printed = bench.compile(PYODIDE, text)
    assert status != 0
    assert said in printed
    assert "fault" in printed.partition("used in")[2], printed
    assert not (bench.place / "fault.so").exists()


def test_every_check_that_can_refuse_is_proven_here() -> None:
    assert {check for check, _, _ in FAULTS.values()} == set(CHECKS) - OF_MACHO - OF_PE - WARNINGS


def test_what_is_no_wheel_cannot_be_audited(tmp_path: Path) -> None:
    wheel = tmp_path / f"plain-1.0-cp313-cp313-{RISCV}.whl"
    wheel.write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(AuditError, match="cannot be read"):
        audit_wheel(wheel)


def test_the_command_names_check_file_and_fault(bench: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(swapped(bench))]) == ExitStatus.AUDIT
    printed = capsys.readouterr()
    for said in ("machine", "_plain.cpython-313-riscv64-linux-gnu.so", "AARCH64", RISCV):
        assert said in printed.out + printed.err


def test_warnings_do_not_refuse(bench: Workbench) -> None:
    wheel = source("int v;\n", "-Wl,-z,execstack")(bench)
    report = audit_wheel(wheel, STRICT)
    assert report.ok
    assert [(finding.check, finding.severity) for finding in report.findings] == [("hardening", Severity.WARNING)]
