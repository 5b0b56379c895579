"""Import each module named in the argument; runs in the target's Python.

Prints each name before importing it. Exits with 1 if an import failed, and with 3 if every module requires a package
that is not installed.
"""

from __future__ import annotations

import importlib
import json
import sys
import traceback

names = json.loads(sys.argv[1])
# Names of modules are not limited to the encoding of a Windows console.
for stream in (sys.stdout, sys.stderr):
    stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
own_packages = {name.partition(".")[0] for name in names}


def missing_package(error: BaseException | None) -> str | None:
    """Return the package whose absence made an import fail, unless it is one of the wheel's own.

    The error may be the cause of another one, as raised by pybind11.
    """
    while error is not None:
        if isinstance(error, ModuleNotFoundError) and error.name and error.name.partition(".")[0] not in own_packages:
            return error.name
        error = error.__cause__
    return None


failed = imported = False
for name in names:
    print(f"importing {name}", flush=True)
    try:
        importlib.import_module(name)
        imported = True
    except BaseException as error:
        # The module requires a package that is not a dependency: an optional one, or one that it integrates with.
        if isinstance(error, ImportError) and (package := missing_package(error)):
            print(f"skipped {name}: it requires {package}, which is not among the dependencies", flush=True)
            continue
        # Links for Windows export PyInit, so a library for ctypes has one that creates no module.
        if sys.platform == "win32" and "failed without raising an exception" in str(error):
            print(f"skipped {name}: not an extension module, although it exports an entry point", flush=True)
            continue
        failed = True
        traceback.print_exc()
        print(f"cannot import {name}: {type(error).__name__}: {error}", flush=True)
sys.exit(1 if failed else 0 if imported or not names else 3)
