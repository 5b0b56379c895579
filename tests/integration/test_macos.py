"""Wheels for macOS: built without Apple's SDK, proven, and refused when one thing in them is wrong."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from breaking import Workbench
from proven import OF_MACHO

import crosswheel
from crosswheel import BuildOptions, Stage
from crosswheel.cli.program import main
from crosswheel.errors import ExitStatus, UsageError
from crosswheel.object_files import read_binary
from crosswheel.object_files.macho import MachO, split_universal
from crosswheel.wheels.archive import read_wheel
from crosswheel.wheels.audit import Expectations, audit_wheel

pytestmark = pytest.mark.network

SOURCES = Path(__file__).parent.parent / "packages"
ARM64, X86_64 = "macosx_11_0_arm64", "macosx_10_13_x86_64"
PAGE = 0x4000
ARM64_CPU = 0x0100000C


def module_of(wheel: Path) -> MachO:
    (found,) = [binary for data in read_wheel(wheel).files.values() if (binary := read_binary(data))]
    assert isinstance(found, MachO)
    return found


@pytest.mark.parametrize("target", [ARM64, X86_64])
@pytest.mark.parametrize("package", ["plain", "stable", "features", "cmakish", "markupsafe==3.0.3"])
def test_packages(bench: Workbench, package: str, target: str) -> None:
    source = SOURCES / package if (SOURCES / package).is_dir() else package
    wheel = bench.built(source, target)
    assert wheel.name.endswith(f"-{target}.whl")
    found = module_of(wheel)
    assert found.minimum == ((11, 0) if target == ARM64 else (10, 13))
    assert found.needed == ("/usr/lib/libSystem.B.dylib",)
    assert any(name.startswith("PyInit_") for name in found.exported_names)
    assert not [name for name in found.exported_names if name.startswith(("_ZNSt", "_Znw", "_Zdl"))]
    assert (found.signature is not None) == (target == ARM64)
    assert audit_wheel(wheel, Expectations(strict=True)).findings == ()


@pytest.mark.parametrize("target", ["macosx_13_0_arm64", "macosx_10_15_x86_64"])
def test_the_deployment_target_is_what_the_tag_says(bench: Workbench, target: str) -> None:
    major, minor = target.split("_")[1:3]
    assert module_of(bench.built(SOURCES / "plain", target)).minimum == (int(major), int(minor))


def test_wheels_for_two_architectures_become_one(bench: Workbench, tmp_path: Path) -> None:
    parts = [bench.built(SOURCES / "plain", target) for target in (ARM64, X86_64)]
    made = crosswheel.merge(*parts, tmp_path)
    assert made.name == "plain-1.0-cp313-cp313-macosx_10_13_universal2.whl"
    assert audit_wheel(made, Expectations(strict=True)).findings == ()


def test_wheels_are_untested_on_anything_but_a_mac(tmp_path: Path) -> None:
    options = BuildOptions(output_directory=tmp_path, test=True)
    (result,) = crosswheel.build([str(SOURCES / "plain")], targets=[ARM64], pythons=["3.13"], options=options)
    assert result.stage is Stage.UNTESTED
    assert "Mac" in result.remark


PROJECT = """
import platform, sys, sysconfig
from setuptools import Extension, setup

assert sys.platform == "darwin"
assert platform.system() == "Darwin"
assert platform.machine() == "arm64"
assert platform.mac_ver()[0] == "11.0"
assert sysconfig.get_platform() == "macosx-11.0-arm64"
assert sysconfig.get_config_var("EXT_SUFFIX") == ".cpython-313-darwin.so"
setup(name="asks", version="1", ext_modules=[Extension("asks", ["asks.c"], extra_link_args={link!r})])
"""


def project(tmp_path: Path, link: list[str]) -> Path:
    place = tmp_path / "asks"
    place.mkdir()
    (place / "setup.py").write_text(PROJECT.format(link=link))
    (place / "asks.c").write_text(
        "#include <Python.h>\n#ifndef __APPLE__\n#error\n#endif\nstatic struct PyModuleDef d = {PyModuleDef_HEAD_INIT,"
        ' "asks"};\nPyMODINIT_FUNC PyInit_asks(void) { return PyModuleDef_Init(&d); }\n'
    )
    return place


def built_from(source: Path, out: Path) -> crosswheel.WheelResult:
    (result,) = crosswheel.build([str(source)], targets=[ARM64], pythons=["3.13"],
                                 options=BuildOptions(output_directory=out))  # fmt: skip
    return result


def test_a_project_believes_it_is_on_a_mac(tmp_path: Path) -> None:
    options = ["-arch", "arm64", "-mmacosx-version-min=10.9", "-Wl,-headerpad_max_install_names"]
    result = built_from(project(tmp_path, options), tmp_path)
    assert result.error is None


def test_variables_of_mac_builders_are_understood(tmp_path: Path) -> None:
    variables = {"MACOSX_DEPLOYMENT_TARGET": "12.0", "CFLAGS": "-O2 -arch x86_64 -arch arm64"}
    options = BuildOptions(output_directory=tmp_path, environment=variables)
    (result,) = crosswheel.build([str(SOURCES / "plain")], targets=[ARM64], pythons=["3.13"], options=options)
    assert result.error is None, result.error
    assert result.wheel is not None
    assert result.wheel.name.endswith("-macosx_12_0_arm64.whl")
    assert module_of(result.wheel).minimum == (12, 0)


def test_a_version_that_there_is_not_is_refused(tmp_path: Path) -> None:
    options = BuildOptions(output_directory=tmp_path, environment={"MACOSX_DEPLOYMENT_TARGET": "12.5"})
    with pytest.raises(UsageError, match="MACOSX_DEPLOYMENT_TARGET=12"):
        crosswheel.build([str(SOURCES / "plain")], targets=[ARM64], pythons=["3.13"], options=options)


def signed_again(data: bytes) -> bytes:
    """The same file with right hashes: only what was changed on purpose is wrong."""
    magic = struct.pack(">I", 0xFADE0C02)
    directory = data.rindex(magic)
    hashes, _, _, slots, covered = struct.unpack_from(">5I", data, directory + 16)
    size = 1 << data[directory + 39]
    pages = (data[at : min(at + size, covered)] for at in range(0, covered, size))
    renewed = b"".join(hashlib.sha256(page).digest() for page in pages)
    assert len(renewed) == slots * 32
    place = directory + hashes
    return data[:place] + renewed + data[place + len(renewed) :]


def of_another_architecture(bench: Workbench) -> Path:
    _, data = bench.module(bench.built(SOURCES / "plain", X86_64))
    return bench.with_module(bench.built(SOURCES / "plain", ARM64), data)


def with_a_changed_page(bench: Workbench) -> Path:
    wheel = bench.built(SOURCES / "plain", ARM64)
    _, data = bench.module(wheel)
    at = PAGE + 100
    return bench.with_module(wheel, data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])


def for_a_newer_system(bench: Workbench) -> Path:
    newer = bench.built(SOURCES / "plain", "macosx_13_0_arm64")
    return bench.changed(newer, _with_tag("macosx_13_0_arm64", ARM64), newer.name.replace("macosx_13_0_arm64", ARM64))


def _with_tag(old: str, new: str) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        path = next(path for path in files if path.endswith(".dist-info/WHEEL"))
        files[path] = files[path].replace(old.encode(), new.encode())

    return change


def replaced(old: bytes, new: bytes) -> Callable[[Workbench], Path]:
    def fault(bench: Workbench) -> Path:
        wheel = bench.built(SOURCES / "plain", ARM64)
        _, data = bench.module(wheel)
        assert old in data
        return bench.with_module(wheel, signed_again(data.replace(old, new.ljust(len(old), b"\0"))))

    return fault


def unsigned(bench: Workbench) -> Path:
    """The signature's load command becomes one that says where the source's version is."""
    wheel = bench.built(SOURCES / "plain", ARM64)
    _, data = bench.module(wheel)
    command = struct.pack("<2I", 0x1D, 16)
    return bench.with_module(wheel, data.replace(command, struct.pack("<2I", 0x2A, 16), 1))


def without_a_slice(bench: Workbench) -> Path:
    """A wheel for both architectures with a module for one."""
    wheel = bench.built(SOURCES / "plain", "macos-universal2")
    _, data = bench.module(wheel)
    return bench.with_module(wheel, next(iter((split_universal(data) or {}).values())))


def with_a_changed_page_in_a_slice(bench: Workbench) -> Path:
    wheel = bench.built(SOURCES / "plain", "macos-universal2")
    _, data = bench.module(wheel)
    at = len(data) - len((split_universal(data) or {})[ARM64_CPU]) + PAGE + 100
    return bench.with_module(wheel, data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])


def a_program(bench: Workbench) -> Path:
    """The header says that the file is one to be started."""
    wheel = bench.built(SOURCES / "plain", ARM64)
    _, data = bench.module(wheel)
    return bench.with_module(wheel, signed_again(data[:12] + struct.pack("<I", 2) + data[16:]))


FAULTS = [
    (of_another_architecture, "machine", "is for X86_64"),
    (for_a_newer_system, "machine", "is for macOS 13.0 and later"),
    (with_a_changed_page, "signature", "was modified after signing (page 1 of"),
    (unsigned, "signature", "has no code signature"),
    (replaced(b"@rpath/_plain.cpython", b"/tmp/build/a.so"), "install-names", "has the install name /tmp/build"),
    (replaced(b"/usr/lib/libSystem.B.dylib", b"/opt/homebrew/lib/libz.a"), "mac-libraries", "/opt/homebrew"),
    (replaced(b"_PyArg_Parse", b"_XyArg_Parse"), "flat-lookups", "XyArg_Parse"),
    (replaced(b"dyld_stub_binder", b"_mknodat"), "system-symbols", "needs mknodat, which requires macOS 13"),
    (a_program, "file-type", "neither a bundle nor"),
    (without_a_slice, "machine", "is for X86_64, but the wheel tag is macosx_10_13_universal2"),
    (with_a_changed_page_in_a_slice, "signature", "was modified after signing"),
]


def test_every_check_of_such_files_is_proven_here() -> None:
    assert {check for _, check, _ in FAULTS} - {"machine"} == OF_MACHO


@pytest.mark.parametrize(("fault", "check", "said"), FAULTS)
def test_faults_are_found(bench: Workbench, fault: Callable[[Workbench], Path], check: str, said: str) -> None:
    wheel = fault(bench)
    found = audit_wheel(wheel, Expectations(strict=True)).errors
    assert check in {finding.check for finding in found}
    assert any(said in finding.what for finding in found), found
    assert main(["audit", "--strict", str(wheel)]) == ExitStatus.AUDIT
