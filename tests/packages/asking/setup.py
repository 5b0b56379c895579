"""Writes what Python reports into a header; the compiler checks it against the target's headers."""

import ctypes
import errno
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, setup

FILE = str(Path(__file__).resolve())


class Pair(ctypes.Structure):
    """Mirrors struct pair in asking.c."""

    _fields_ = (("tag", ctypes.c_char), ("count", ctypes.c_long), ("next", ctypes.c_void_p), ("flag", ctypes.c_bool))


def collect():
    """Return expressions of C and their values."""
    found = {
        "sizeof(long)": struct.calcsize("l"),
        "sizeof(void *)": ctypes.sizeof(ctypes.c_void_p),
        "sizeof(size_t)": ctypes.sizeof(ctypes.c_size_t),
        "sizeof(wchar_t)": ctypes.sizeof(ctypes.c_wchar),
        "sizeof(long long)": ctypes.sizeof(ctypes.c_longlong),
        "sizeof(struct pair)": ctypes.sizeof(Pair),
        "sizeof(struct { char c; long l; void *p; char d; })": struct.calcsize("clPc0P"),
        "PY_SSIZE_T_MAX": sys.maxsize,
        "IS_BIG_ENDIAN": int(sys.byteorder == "big"),
        "IS_BIG_ENDIAN + 0": int(struct.pack("=H", 1) == b"\0\1"),
    }
    # On Windows, Python prefers Winsock's error numbers.
    found.update((name, value) for value, name in errno.errorcode.items() if value < 10000)
    for module, beginnings in ((os, ("O_", "RTLD_")), (signal, ("SIGI", "SIGU", "SIGT")), (socket, ("SO_", "AF_I"))):
        found.update((name, int(getattr(module, name))) for name in dir(module) if name.startswith(beginnings))
    return found


def in_child(*options, **environment):
    """Return what another Python collects, in an environment of its own."""
    code = f"import runpy; runpy.run_path({FILE!r}, run_name='child')"
    return json.loads(subprocess.check_output([sys.executable, *options, "-c", code], env=environment))


if __name__ == "child":
    print(json.dumps({name: int(value) for name, value in collect().items()}))
else:
    facts = {name: int(value) for name, value in collect().items()}
    for other in (in_child(), in_child("-I"), in_child("-E", PATH="/usr/bin"), in_child("-s", "-B")):
        if other != facts:
            raise SystemExit(f"a child reports something else: {sorted(other.items() ^ facts.items())}")
    with Path("facts.h").open("w") as stream:
        for name, value in facts.items():
            stream.write(f"#if {int(not name.isidentifier())} || defined {name.split('(')[0].split()[0]}\n")
            stream.write(f'_Static_assert(({name}) == {value}LL, "{name}");\n#endif\n')
        stream.write(f"#define FACTS {len(facts)}\n")
    setup(ext_modules=[Extension("asking", ["asking.c"], depends=["facts.h"])])
