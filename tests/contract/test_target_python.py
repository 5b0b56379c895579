"""What holds of a target's Python, whichever provider it is from."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from crosswheel.errors import EnvironmentMissingError
from crosswheel.host import Host
from crosswheel.host.files import temporary_directory
from crosswheel.pythons import BuildPython, TargetPython, TargetPythonProvider, available_build_pythons, pyconfig
from crosswheel.pythons.prefix import PrefixProvider
from crosswheel.pythons.probe import ProbeProvider
from crosswheel.pythons.target_prefix import build_details, write_build_info
from crosswheel.pythons.windows import WindowsProvider
from crosswheel.targets import find_target
from crosswheel.toolchains.calls import run_call
from crosswheel.toolchains.model import Call, TargetToolchain, Tool
from crosswheel.toolchains.select import find_toolchain

TARGETS = ("linux-riscv64", "linux-s390x", "linux-armv7l", "musl-i686")
PROVIDERS = ("probe", "prefix", "prefix with split headers")
CASES = (*product(TARGETS, PROVIDERS), ("win-amd64", "windows"), ("win32", "windows"))


@dataclass(frozen=True)
class Case:
    """A provider and what it was given and gave."""

    host: Host
    kit: TargetToolchain
    build_python: BuildPython
    provider: TargetPythonProvider
    python: TargetPython


@pytest.fixture(scope="session")
def host() -> Host:
    return Host.detect()


@pytest.fixture(scope="session")
def build_python(host: Host) -> BuildPython:
    found = available_build_pythons(host)
    if not found:
        pytest.skip("no build Python on this machine")
    return found[-1]


def kit_for(host: Host, name: str) -> TargetToolchain:
    toolchain = find_toolchain(host, "zig")
    return toolchain.prepare(find_target(name, toolchain, native="linux-x86_64"))


@pytest.fixture(scope="session", params=TARGETS)
def kit(request: pytest.FixtureRequest, host: Host) -> TargetToolchain:
    return kit_for(host, request.param)


@pytest.fixture(scope="session", params=CASES, ids="-".join)
def case(
    request: pytest.FixtureRequest,
    host: Host,
    build_python: BuildPython,
    tmp_path_factory: pytest.TempPathFactory,
) -> Case:
    name, way = request.param
    kit = kit_for(host, name)
    if way == "windows":
        windows = WindowsProvider(host)
        return Case(host, kit, build_python, windows, windows.target_python(kit.target, build_python, kit))
    probe = ProbeProvider(host)
    probed = probe.target_python(kit.target, build_python, kit)
    if way == "probe":
        return Case(host, kit, build_python, probe, probed)
    split = way != "prefix"
    prefix = unpacked(probed, tmp_path_factory.mktemp("unpacked"), split=split)
    provider = PrefixProvider(host, prefix)
    return Case(host, kit, build_python, provider, provider.target_python(kit.target, build_python, kit))


def unpacked(python: TargetPython, root: Path, *, split: bool) -> Path:
    """A Python of the target as an archive holds it, or as Debian's packages do: under ``usr``, headers apart."""
    base = root / "usr" if split else root
    include = base / "include" / python.include.name
    shutil.copytree(python.include, include)
    library = base / "lib" / python.include.name
    library.mkdir(parents=True)
    write_build_info(library, python)
    if split:
        real = base / "include" / python.target.multiarch / include.name / "pyconfig.h"
        real.parent.mkdir(parents=True)
        shutil.move(include / "pyconfig.h", real)
        (include / "pyconfig.h").write_text(f"#include <{python.target.multiarch}/{include.name}/pyconfig.h>\n")
        (library / "build-details.json").unlink()
    return root


def test_it_is_the_python_that_was_asked_for(case: Case):
    assert (case.python.target, case.python.version) == (case.kit.target, case.build_python.version)
    assert case.python.full_version.startswith(f"{case.build_python.version.feature}.")
    assert case.python.origin


def test_its_names_are_the_target_s(case: Case):
    target, version = case.kit.target, case.build_python.version
    assert case.python.soabi == target.soabi(version)
    assert case.python.ext_suffix == target.ext_suffix(version)
    assert case.python.config_vars["MULTIARCH"] == target.multiarch


def test_headers_lie_together_with_a_guarded_pyconfig(case: Case):
    assert (case.python.include / "Python.h").is_file()
    assert f"#ifndef {pyconfig.GUARD}" in (case.python.include / "pyconfig.h").read_text("utf-8")


def test_variables_agree_with_pyconfig(case: Case):
    found = pyconfig.parse_pyconfig((case.python.include / "pyconfig.h").read_text("utf-8"))
    forced = {"Py_ENABLE_SHARED", "ANDROID_API_LEVEL"}
    for name, value in found.config_vars().items():
        if name not in forced:
            assert case.python.config_vars[name] == value, name


def test_numbers_are_the_processor_s(case: Case):
    architecture, values = case.kit.target.architecture, case.python.config_vars
    assert values["SIZEOF_VOID_P"] == values["SIZEOF_SIZE_T"] == architecture.pointer_size
    assert values["SIZEOF_LONG"] == case.kit.target.long_size
    assert bool(values.get("DOUBLE_IS_BIG_ENDIAN_IEEE754")) == (architecture.endian == "big")
    assert bool(values.get("DOUBLE_IS_LITTLE_ENDIAN_IEEE754")) == (architecture.endian == "little")


def test_no_extension_is_linked_with_libpython(case: Case):
    values = case.python.config_vars
    assert (values["Py_ENABLE_SHARED"], values["ANDROID_API_LEVEL"]) == (0, 0)


def test_no_path_of_the_build_python_is_left(case: Case):
    home = str(case.build_python.include.parent.parent)
    assert {name for name, value in case.python.config_vars.items() if home in str(value)} == set()
    assert home not in str(build_details(case.python))


def test_everything_named_as_a_directory_exists(case: Case):
    values = case.python.config_vars
    for name in ("INCLUDEPY", "CONFINCLUDEPY", "INCLUDEDIR", "LIBDIR", "LIBPL"):
        assert Path(str(values[name])).is_dir(), name


def test_its_headers_are_believed_by_the_target_s_compiler(case: Case):
    """``Python.h`` itself refuses a wrong SIZEOF_LONG or SIZEOF_VOID_P; the rest is asserted."""
    checks = "\n".join(
        f'#ifdef {name}\n_Static_assert({expression} == {name}, "{name}");\n#endif'
        for name, expression in {
            "SIZEOF_LONG": "sizeof(long)", "SIZEOF_TIME_T": "sizeof(time_t)", "SIZEOF_WCHAR_T": "sizeof(wchar_t)",
            "SIZEOF_LONG_DOUBLE": "sizeof(long double)", "SIZEOF_OFF_T": "sizeof(off_t)",
            "ALIGNOF_SIZE_T": "_Alignof(size_t)",
        }.items()
    )  # fmt: skip
    order = "#if defined WORDS_BIGENDIAN != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)\n#error order\n#endif"
    body = "PyObject *made(void) { return PyLong_FromLong(PY_VERSION_HEX); }"
    with temporary_directory() as work:
        (work / "check.c").write_text(f"#include <Python.h>\n{checks}\n{order}\n{body}\n", "utf-8")
        words = ("-c", f"-I{case.python.include}", "-Werror", "check.c", "-o", "check.o")
        status, said = run_call(case.host, case.kit, Call(Tool.CC, words, str(work)))
    assert status == 0, said


def test_a_second_time_gives_the_same(case: Case):
    assert case.provider.target_python(case.kit.target, case.build_python, case.kit) == case.python


def test_a_prefix_of_another_platform_is_refused(
    host: Host, build_python: BuildPython, kit: TargetToolchain, tmp_path: Path
):
    probed = ProbeProvider(host).target_python(kit.target, build_python, kit)
    prefix = unpacked(probed, tmp_path, split=False)
    toolchain = find_toolchain(host, "zig")
    other = find_target("linux-x86_64", toolchain, native="linux-x86_64")
    with pytest.raises(EnvironmentMissingError, match="this Python is not for manylinux"):
        PrefixProvider(host, prefix).target_python(other, build_python, kit)
