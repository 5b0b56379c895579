"""Compiled files that Python does not load are data, whatever their format and machine."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from macho_files import ARM64, DYLIB, macho
from pe_files import AMD64, I386, coff, pe
from tiny_elf import AARCH64, EXEC, REL, RISCV64, X86_64, elf
from wasm_modules import module

from crosswheel.targets import target_from_tag
from crosswheel.wheels.archive import WheelContents, WheelName, pack_wheel, read_wheel
from crosswheel.wheels.audit import AuditReport, Severity, audit_wheel
from crosswheel.wheels.loaded_files import compiled_files

LINUX, WINDOWS, MAC = "manylinux_2_31_riscv64", "win_amd64", "macosx_11_0_arm64"
EXE = 0x22
MODULES = {
    LINUX: ("a/_m.cpython-313-riscv64-linux-gnu.so", elf(exports=("PyInit__m",))),
    WINDOWS: ("a/_m.cp313-win_amd64.pyd", pe(exports=("PyInit__m",), reproducible=True)),
    MAC: ("a/_m.cpython-313-darwin.so", macho(exports=("PyInit__m",))),
}
FOREIGN = {
    "a/t32.exe": pe(machine=I386, characteristics=EXE),
    "a/t64-arm.exe": pe(machine=0xAA64, characteristics=EXE),
    "a/switch_x64_masm.obj": coff(),
    "a/switch_x86_masm.obj": coff(I386),
    "a/samples/hello.o": elf(machine=X86_64, kind=REL),
    "a/samples/hello": elf(machine=AARCH64, kind=EXEC, exports=()),
    "a/samples/code.wasm": module(),
    "a/samples/cut.elf": elf()[:70],
}


def audited(place: Path, tag: str, files: dict[str, bytes], *, modes: dict[str, int] | None = None) -> AuditReport:
    name = WheelName.parse(f"a-1-{'py3-none-any' if tag == 'any' else f'cp313-cp313-{tag}'}.whl")
    tags = "".join(f"Tag: {found}\n" for found in name.tags())
    pure = str(name.is_pure).lower()
    files = {
        **files,
        "a-1.dist-info/METADATA": b"Metadata-Version: 2.1\nName: a\nVersion: 1\n",
        "a-1.dist-info/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: {pure}\n{tags}".encode(),
    }
    return audit_wheel(pack_wheel(files, modes or {}, name, place, 1_700_000_000))


def data_of(report: AuditReport) -> set[str]:
    return {each.member for each in report.findings if each.check == "data-files" and each.severity is Severity.INFO}


@pytest.mark.parametrize("tag", [LINUX, WINDOWS, MAC])
def test_files_for_other_systems_are_data_of_a_compiled_wheel(tmp_path: Path, tag: str) -> None:
    report = audited(tmp_path, tag, {MODULES[tag][0]: MODULES[tag][1], **FOREIGN})
    assert report.ok, report.errors
    assert data_of(report) == FOREIGN.keys()


def test_files_for_other_systems_are_data_of_a_pure_wheel(tmp_path: Path) -> None:
    report = audited(tmp_path, "any", {"a/__init__.py": b"", "a/Runtime.dll": pe(exports=()), **FOREIGN})
    assert report.ok, report.errors
    assert data_of(report) == {"a/Runtime.dll", *FOREIGN}


@pytest.mark.parametrize(
    ("tag", "path", "data"),
    [
        (LINUX, "a/_m.so", elf(machine=X86_64, exports=("PyInit__m",))),
        (LINUX, "a/_m.so", pe(exports=("PyInit__m",))),
        (LINUX, "a/libfoo.so.1", elf(machine=X86_64, exports=("foo",))),
        (LINUX, "a/libfoo.so.1.2", elf(machine=X86_64, exports=("foo",))),
        (LINUX, "a/renamed.bin", elf(machine=X86_64, exports=("PyInit_renamed",))),
        (LINUX, "a-1.data/scripts/tool", elf(machine=X86_64, kind=EXEC, exports=())),
        (WINDOWS, "a/_n.pyd", pe(machine=I386, exports=("PyInit__n",))),
        (WINDOWS, "a/foo.dll", pe(machine=I386, exports=("foo",))),
        (WINDOWS, "a/_n.pyd", elf(machine=X86_64, exports=("PyInit__n",))),
        (MAC, "a/libfoo.dylib", elf(machine=X86_64, exports=("foo",))),
    ],
)
def test_what_is_loaded_is_for_the_target(tmp_path: Path, tag: str, path: str, data: bytes) -> None:
    report = audited(tmp_path, tag, {MODULES[tag][0]: MODULES[tag][1], path: data})
    assert [each.member for each in report.errors if each.check == "machine"] == [path]


def test_a_library_that_a_module_needs_is_code_whatever_its_name(tmp_path: Path) -> None:
    needing = elf(exports=("PyInit__m",), needed=("libc.so.6", "engine.bin"), run_path="$ORIGIN")
    engine = elf(machine=X86_64, exports=("run",), needed=("deeper.bin",), run_path="$ORIGIN")
    files = {MODULES[LINUX][0]: needing, "a/engine.bin": engine, "a/deeper.bin": elf(machine=X86_64, exports=("go",))}
    report = audited(tmp_path, LINUX, files)
    assert {each.member for each in report.errors if each.check == "machine"} == {"a/engine.bin", "a/deeper.bin"}
    assert not data_of(report)


@pytest.mark.parametrize(("mode", "code"), [(0o755, True), (0o644, False)])
def test_a_program_is_code_if_it_is_executable(tmp_path: Path, mode: int, code: bool) -> None:
    tool = "a/bin/tool"
    files = {MODULES[LINUX][0]: MODULES[LINUX][1], tool: elf(machine=X86_64, kind=EXEC, exports=())}
    report = audited(tmp_path, LINUX, files, modes={tool: mode})
    assert (tool in {each.member for each in report.errors}) is code
    assert (tool in data_of(report)) is not code


def test_a_program_for_windows_is_code_if_it_is_for_the_machine() -> None:
    """Launchers for several machines lie side by side, and the package copies one of them."""
    own, other = pe(characteristics=EXE, exports=()), pe(machine=I386, characteristics=EXE, exports=())
    files = {"a/bin/own.exe": own, "a/t64.exe": own, "a/t32.exe": other}
    target = target_from_tag(WINDOWS)
    assert target is not None
    contents = WheelContents(WheelName.parse(f"a-1-py3-none-{WINDOWS}.whl"), files)
    found = compiled_files(contents, (target,))
    assert (set(found.loaded), set(found.data), found.damaged) == ({"a/bin/own.exe"}, {"a/t32.exe", "a/t64.exe"}, ())
    pure = WheelContents(WheelName.parse("a-1-py3-none-any.whl"), {"a/bin/own.exe": own})
    assert not compiled_files(pure, (target,)).loaded


def test_libraries_for_several_machines_side_by_side_are_a_choice(tmp_path: Path) -> None:
    own, other = pe(exports=("attach",), reproducible=True), pe(machine=I386, exports=("attach",))
    files = {MODULES[WINDOWS][0]: MODULES[WINDOWS][1], "a/d/attach_amd64.dll": own, "a/d/attach_x86.dll": other}
    report = audited(tmp_path, WINDOWS, files)
    assert report.ok, report.errors
    assert data_of(report) == {"a/d/attach_x86.dll"}


def test_a_needed_library_is_the_one_for_the_machine(tmp_path: Path) -> None:
    module = pe(exports=("PyInit__m",), imports={"engine.dll": ("run",)}, reproducible=True)
    own, other = pe(exports=("run",), reproducible=True), pe(machine=I386, exports=("run",))
    files = {MODULES[WINDOWS][0]: module, "a/x64/engine.dll": own, "a/x64/other.dll": other, "a/engine.dll": other}
    report = audited(tmp_path, WINDOWS, files)
    assert {each.member for each in report.errors if each.check == "machine"} == {"a/engine.dll"}
    assert data_of(report) == {"a/x64/other.dll"}


def test_only_what_is_named_like_code_can_be_damaged(tmp_path: Path) -> None:
    files = {"a/_m.so": elf()[:70], "a/sample": elf()[:70]}
    report = audited(tmp_path, LINUX, files)
    assert [each.member for each in report.errors if "cannot be parsed" in each.what] == ["a/_m.so"]


@pytest.mark.parametrize(
    ("path", "data"), [("a/_m.so", elf(exports=("PyInit__m",))), ("a/_m.pyd", pe(exports=("PyInit__m",)))]
)
def test_a_module_in_a_wheel_for_any_platform_is_an_error(tmp_path: Path, path: str, data: bytes) -> None:
    report = audited(tmp_path, "any", {path: data})
    assert [(each.check, each.member) for each in report.errors] == [("purity", path)]


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("a/attach_linux_amd64.so", elf(machine=X86_64, exports=("attach",))),
        ("a/attach.dylib", macho(cputype=ARM64, kind=DYLIB, exports=("attach",))),
    ],
)
def test_a_library_for_ctypes_in_a_wheel_for_any_platform_is_a_warning(tmp_path: Path, path: str, data: bytes) -> None:
    report = audited(tmp_path, "any", {path: data})
    assert report.ok, report.errors
    assert ("purity", Severity.WARNING, path) in [(each.check, each.severity, each.member) for each in report.findings]


def test_the_list_of_data_is_short(tmp_path: Path) -> None:
    report = audited(tmp_path, "any", {f"a/{number}.obj": coff(AMD64) for number in range(30)})
    assert report.ok
    listed = [each for each in report.findings if each.check == "data-files"]
    assert len(listed) == 21
    assert listed[-1].what == "10 more compiled files are data"


def test_the_executable_bit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, mode in (("a.py", 0o644), ("tool", 0o755)):
            member = zipfile.ZipInfo(name)
            member.external_attr = (0o100000 | mode) << 16
            archive.writestr(member, b"")
    assert read_wheel(path).executable == {"tool"}


def test_a_static_library_for_another_platform_is_data(tmp_path: Path) -> None:
    from fake_hosts import ar_archive

    files = {MODULES[LINUX][0]: MODULES[LINUX][1], "a/foo.lib": ar_archive({"foo.obj": coff()})}
    assert audited(tmp_path, LINUX, files).ok
    files["a/libfoo.a"] = ar_archive({"foo.o": elf(machine=X86_64, kind=REL)})
    assert [(each.check, each.member) for each in audited(tmp_path, LINUX, files).errors] == [("objects", "a/libfoo.a")]
    files["a/libfoo.a"] = ar_archive({"foo.o": elf(machine=RISCV64, kind=REL)})
    assert audited(tmp_path, LINUX, files).ok
