"""Constants and sizes that a build's Python reports, compared with those of the target's own Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import crosswheel
from crosswheel import BuildOptions
from crosswheel.environments.cross_venv import CrossVenv
from crosswheel.environments.isolated import create_environment
from crosswheel.errors import EnvironmentMissingError
from crosswheel.host import Host
from crosswheel.pythons.c_values import constant_table
from crosswheel.pythons.discovery import find_build_python
from crosswheel.pythons.providers import find_target_python
from crosswheel.runners import find_runner
from crosswheel.targets import PythonVersion, Target, target_from_tag
from crosswheel.toolchains.select import find_toolchain

pytestmark = pytest.mark.network

# Debian's Pythons for tests have glibc 2.36 or newer.
LINUX = ["riscv64", "aarch64", "armv7l", "i686", "ppc64le", "s390x"]
TARGETS = [*(f"manylinux_2_36_{name}" for name in LINUX), "pyodide_2025_0_wasm32", "win_amd64"]
UNTESTED = ["musllinux_1_2_riscv64", "musllinux_1_2_i686", "macosx_11_0_arm64", "win32"]
PYTHON = PythonVersion(13)

# Debian's armv7l has 64-bit time_t, which wheels for manylinux must not have.
OTHER_VALUES = {"manylinux_2_36_armv7l": {"socket.SO_RCVTIMEO", "socket.SO_SNDTIMEO", "ctypes.c_time_t"},
                # python.org's has Microsoft's long double; extension modules have that of the gnu ABI.
                "win_amd64": {"ctypes.c_longdouble"}}  # fmt: skip

ASK = """
import array, ctypes, importlib, json, struct, sys
found = {"sys.maxsize": sys.maxsize, "sys.byteorder": sys.byteorder}
for module, names in MODULES.items():
    try:
        module = importlib.import_module(module)
    except ImportError:
        continue
    for name in names:
        if hasattr(module, name):
            found[f"{module.__name__}.{name}"] = int(getattr(module, name))
class Mixed(ctypes.Structure):
    _fields_ = [("a", ctypes.c_char), ("b", ctypes.c_long), ("c", ctypes.c_char), ("d", ctypes.c_void_p),
                ("e", ctypes.c_short * 3), ("f", ctypes.c_double), ("g", ctypes.c_wchar), ("h", ctypes.c_int64)]
class Nested(ctypes.Structure):
    _fields_ = [("a", ctypes.c_bool), ("b", Mixed), ("c", ctypes.POINTER(Mixed)), ("d", ctypes.py_object)]
class Packed(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("a", ctypes.c_char), ("b", ctypes.c_size_t), ("c", ctypes.CFUNCTYPE(None))]
class Bits(ctypes.Structure):
    _fields_ = [("a", ctypes.c_int, 3), ("b", ctypes.c_int, 30), ("c", ctypes.c_char)]
class Either(ctypes.Union):
    _fields_ = [("a", ctypes.c_char * 5), ("b", ctypes.c_ssize_t)]
types = {name: getattr(ctypes, name) for name in (
    "c_bool c_char c_short c_int c_uint c_long c_ulong c_longlong c_ulonglong c_int8 c_int32 c_int64 c_uint64 c_size_t"
    " c_ssize_t c_void_p c_char_p c_wchar c_wchar_p c_float c_double c_longdouble py_object c_time_t").split()
    if hasattr(ctypes, name)}
types |= {each.__name__: each for each in (Mixed, Nested, Packed, Bits, Either)}
for name, each in types.items():
    found[f"ctypes.{name}"] = [ctypes.sizeof(each), ctypes.alignment(each), ctypes.sizeof(each * 3)]
    found[f"ctypes.{name}"].append(ctypes.sizeof(each()))
for text in FORMATS:
    found[f"struct.{text}"] = [struct.calcsize(text), struct.Struct(text).size, struct.calcsize(text.encode())]
for code in "bBuhHiIlLqQfd":
    found[f"array.{code}"] = [array.array(code).itemsize, len(array.array(code).tobytes())]
for text, values in (("@hl", (1, 2)), ("=I", (3,)), ("cP", (b"x", 4)), ("<l", (5,))):
    found[f"pack.{text}"] = struct.pack(text, *values).hex()
found["pack.array"] = array.array("l", [1, -2]).tobytes().hex()
found["pack.Struct"] = struct.Struct("in").pack(1, 2).hex()
found["pack.ctypes"] = bytes(ctypes.c_uint16(1)).hex()
found["unpack.array"] = array.array("H", b"\\0\\1")[0]
found["unpack.struct"] = struct.unpack("bqlN", struct.pack("bqlN", 1, 2, 3, 4))
print("FOUND" + json.dumps(found))
"""
FORMATS = [
    "P",
    "2P",
    "PP",
    "n",
    "N",
    "l",
    "@cL",
    "cq",
    "hqb",
    "b0l",
    "ldc?",
    "=lq",
    "<hI",
    "3s2xi",
    " i P ",
    "bhilqnPfd",
]


def build_pythons_answer(host: Host, target: Target, version: PythonVersion, place: Path) -> dict[str, Any]:
    """Ask a project's script in a build environment."""
    try:
        build_python = find_build_python(host, version, install=False)
    except EnvironmentMissingError as error:
        pytest.skip(error.what)
    toolchain = find_toolchain(host, "zig").prepare(target)
    python = find_target_python(host, build_python, toolchain, None)
    CrossVenv(python, build_python).write(place / "config/cross-venv.json")
    environment = create_environment(host, build_python, place / "env", (), place / "log")
    return answer(host, environment.python, place, {})


def answer(host: Host, python: Path, place: Path, env: dict[str, str]) -> dict[str, Any]:
    script = place / "ask.py"
    names = {module: list(names) for module, names in constant_table().names.items()}
    script.write_text(f"MODULES = {names!r}\nFORMATS = {FORMATS!r}\n{ASK}")
    result = host.run(python, script, cwd=place, env=env)
    assert result.ok, result.stderr
    (line,) = [line for line in result.stdout.splitlines() if "FOUND" in line]
    found: dict[str, Any] = json.loads(line.partition("FOUND")[2])
    return found


@pytest.mark.parametrize("tag", TARGETS)
def test_everything_is_what_the_targets_own_python_prints(host: Host, tmp_path: Path, tag: str) -> None:
    target = target_from_tag(tag)
    runner, support = find_runner(host, target, PYTHON)
    if not support.available:
        pytest.skip(support.reason)
    interpreter = runner.interpreter(target, PYTHON)
    told = build_pythons_answer(host, target, PYTHON, tmp_path)
    real = answer(host, interpreter.executable, tmp_path, {**host.environ, **interpreter.env})
    both = told.keys() & real.keys()
    assert len(both) > 250
    assert {name for name in both if told[name] != real[name]} == OTHER_VALUES.get(tag, set()) & both
    if target.family == "windows":
        # A name that Linux has and Windows does not, and the other way round.
        assert not {name for name in told.keys() - real.keys() if name.partition(".")[0] in {"errno", "signal"}}
        assert not {name for name in real.keys() - told.keys() if name.partition(".")[0] in {"errno", "os", "signal"}}


@pytest.mark.parametrize("tag", UNTESTED)
def test_headers_of_other_targets_compile(host: Host, tmp_path: Path, tag: str) -> None:
    """Where no Python of the target runs: values that its documentation has."""
    target = target_from_tag(tag)
    told = build_pythons_answer(host, target, PYTHON, tmp_path)
    assert told["ctypes.c_void_p"][0] == target.architecture.pointer_size
    assert told["errno.ENOENT"] == 2
    expected = {
        "macos": {"errno.EAGAIN": 35, "signal.SIGUSR1": 30, "os.O_CREAT": 0x200, "socket.SOL_SOCKET": 0xFFFF,
                  "socket.AF_INET6": 30, "errno.ENOTSUP": 45, "select.KQ_FILTER_READ": -1, "os.O_EXLOCK": 0x20},
        "linux": {"errno.EAGAIN": 11, "os.O_CREAT": 64, "signal.SIGRTMIN": 35},
        "windows": {"errno.EAGAIN": 11, "errno.EWOULDBLOCK": 10035, "signal.SIGBREAK": 21, "os.O_BINARY": 0x8000},
    }[target.family]  # fmt: skip
    assert {name: told.get(name) for name in expected} == expected
    assert ("signal.SIGALRM" in told) is (target.family != "windows")
    assert ("errno.EADV" in told) is (target.family == "linux")


BUILT = ("linux-riscv64", "linux-armv7l", "linux-s390x", "musl-ppc64le", "pyodide", "win-amd64", "macos-arm64")


@pytest.mark.parametrize("alias", BUILT)
def test_a_header_written_by_setup_py_fits_the_targets_headers(packages: Path, tmp_path: Path, alias: str) -> None:
    """Each number is compared with the target's headers where it is compiled."""
    options = BuildOptions(output_directory=tmp_path)
    (result,) = crosswheel.build([str(packages / "asking")], targets=[alias], pythons=["3.13"], options=options)
    assert result.error is None, result.error
