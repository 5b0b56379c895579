"""Sizes, formats and constants for those that mean the target."""

from __future__ import annotations

import array
import ctypes
import errno
import json
import pickle
import struct
import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from crosswheel.environments.cross_venv import CrossVenv

Hook = Callable[[str], ModuleType]


@pytest.fixture
def big_endian(hook: Hook, cross_venv: Callable[[str], CrossVenv]) -> Hook:
    hook("callers")._facts.update(cross_venv("manylinux_2_17_s390x").facts())
    return hook


def project(code: str, **names: object) -> dict[str, object]:
    """Run code as a file of the project."""
    scope: dict[str, object] = {"__name__": "setup", "__file__": "/source/setup.py", **names}
    exec(code, scope)
    return scope


# Formats of struct


@pytest.mark.parametrize(
    ("text", "translated"),
    [
        ("P", "<0xI"),
        ("2P", "<0x2I"),
        ("@cl", "<0xc3xi"),
        ("hqb", "<0xh6xq0xb"),
        ("b0l", "<0xb3x0i"),
        ("nN L", "<0xi0xI0xI"),
        ("3s2xi", "<0x3s0x2x3xi"),
        ("=lq", "<lq"),
        ("<l", "<l"),
        (">P", ">P"),
        ("", "<"),
        ("k", "k"),
        ("3", "3"),
        ("2 P", "2 P"),
    ],
)
def test_formats_are_spelled_out_for_a_32_bit_target(armed: Hook, text: str, translated: str) -> None:
    found = armed("layout_patches").target_format(text)
    assert found == translated
    if found != text:
        struct.calcsize(found)


def test_formats_have_the_targets_byte_order(big_endian: Hook) -> None:
    translate = big_endian("layout_patches").target_format
    assert (translate(b"=H"), translate("cP"), translate("<H")) == (">H", ">0xc7xQ", "<H")


# Constants


@pytest.fixture
def constant(hook: Hook) -> int:
    made: int = hook("reader_dependent").Constant(6, 11)
    return made


def test_a_constant_is_written_as_the_targets(constant: int) -> None:
    assert (str(constant), repr(constant), f"{constant:04d}", format(constant, "x")) == ("6", "6", "0006", "6")
    assert json.dumps({"EAGAIN": constant}) == '{"EAGAIN": 6}'
    assert type(pickle.loads(pickle.dumps(constant))) is int
    assert constant + 1 == 7


def test_a_constant_equals_what_the_running_system_returns(constant: int) -> None:
    assert constant in {11, 5}
    assert constant in (11, 5)
    assert constant == 6
    assert constant != 7
    assert {constant: "again"}[11] == "again"


def test_flags_are_combined_for_both(hook: Hook) -> None:
    reader_dependent = hook("reader_dependent")
    create, trunc = reader_dependent.Constant(0x200, 64), reader_dependent.Constant(0x400, 512)
    for flags in (1 | create | trunc, create | trunc | 1):
        assert int(flags) == 0x601
        assert reader_dependent.native_value(flags) == 1 | 64 | 512
    assert reader_dependent.native_value((create | trunc) & ~trunc) == 64
    assert reader_dependent.native_value(5) == 5


def copy_of(module: ModuleType) -> ModuleType:
    made = ModuleType(module.__name__)
    made.__dict__.update((name, value) for name, value in vars(module).items() if not name.startswith("__"))
    return made


def test_only_the_projects_files_get_the_targets_constants(armed: Hook) -> None:
    facts = armed("callers").facts()
    facts["constants"] = {"errno": {"EAGAIN": 6, "EADV": None, "EOTHER": 9999}}
    module = copy_of(errno)
    armed("constants_patches").patch_constants(module)
    asked = """
one = errno.EAGAIN
many = [getattr(errno, name, None) for name in ("EAGAIN", "EADV", "EOTHER", "EPERM")]
codes = errno.errorcode
everything = [vars(errno).get("EAGAIN"), "EADV" in dir(errno), "EOTHER" in dir(errno)]
"""
    found = project(asked, errno=module)
    assert (found["one"], found["many"]) == (6, [6, None, 9999, 1])
    assert str(found["one"]) == "6"
    assert found["everything"] == [6, False, True]
    codes = found["codes"]
    assert isinstance(codes, dict)
    assert (codes[11], codes[9999], codes[1]) == ("EAGAIN", "EOTHER", "EPERM")
    assert sorted(map(int, codes))[:1] == [1]
    for name, file in (("subprocess", "/usr/lib/python3.13/subprocess.py"), ("tool", "/e/site-packages/tool.py")):
        scope: dict[str, object] = {"__name__": name, "__file__": file, "errno": module}
        exec(asked, scope)
        assert (scope["one"], scope["everything"]) == (11, [11, True, False])
        assert scope["codes"] is errno.errorcode


def test_a_constant_without_differences_leaves_the_module_alone(armed: Hook) -> None:
    armed("callers").facts()["constants"] = {}
    module = copy_of(errno)
    armed("constants_patches").patch_constants(module)
    assert type(module) is ModuleType


# struct, array, ctypes


def test_struct_packs_what_the_target_does(big_endian: Hook) -> None:
    module = copy_of(struct)
    big_endian("layout_patches").patch_struct(module)
    code = """
told = [struct.pack("=H", 1), struct.Struct("hP").pack(1, 2), struct.unpack("H", struct.pack("H", 258))[0]]
layout = struct.Struct("hP")
"""
    found = project(code, struct=module)
    assert found["told"] == [b"\0\1", b"\0\1" + bytes(6) + bytes(7) + b"\2", 258]
    assert found["layout"].format == "hP"  # type: ignore[attr-defined]
    assert isinstance(found["layout"], struct.Struct)
    installed: dict[str, object] = {"__name__": "tool", "__file__": "/e/site-packages/tool.py", "struct": module}
    exec("told = struct.pack('=H', 1), struct.Struct('P').size", installed)
    assert installed["told"] == (b"\1\0", 8)


def test_arrays_have_the_targets_items(armed: Hook, big_endian: Hook) -> None:
    module = copy_of(array)
    big_endian("layout_patches").patch_array(module)
    code = """
made = array.array("l", [1, -2])
told = [made.itemsize, made.tobytes(), made.tolist(), array.array("H", b"\\0\\1")[0], made.typecode]
"""
    found = project(code, array=module)
    assert found["told"] == [8, bytes(7) + b"\1" + b"\xff" * 7 + b"\xfe", [1, -2], 1, "l"]
    assert isinstance(found["made"], array.array)


def test_sizes_of_structures(armed: Hook) -> None:
    layout = armed("ctypes_patches").Layout(ctypes)

    class Mixed(ctypes.Structure):
        _fields_ = (("a", ctypes.c_char), ("b", ctypes.c_double), ("c", ctypes.c_void_p))

    class Bits(ctypes.Structure):
        _fields_ = (("a", ctypes.c_int, 3), ("b", ctypes.c_int, 30), ("c", ctypes.c_char))

    assert layout.of(ctypes.c_long) == (4, 4)
    assert layout.of(ctypes.POINTER(Mixed) * 3) == (12, 4)
    assert layout.of(Mixed) == (24, 8)
    assert layout.of(Bits) == (12, 4)
    assert layout.of(ctypes.py_object) == (4, 4)
    assert sys.maxsize > 2**32
