"""Runs in the target's Python: imports each module named in the argument, and says which before it tries.

It ends with 1 when a module cannot be imported, and with 3 when every one wants a package that is not there.
"""

from __future__ import annotations

import importlib
import json
import sys
import traceback

names = json.loads(sys.argv[1])
own = {name.partition(".")[0] for name in names}


def absent(error: BaseException | None) -> str | None:
    """The package for want of which an import failed, if it is not the wheel's own.

    It may be the cause of another error, as pybind11 has it.
    """
    while error is not None:
        if isinstance(error, ModuleNotFoundError) and error.name and error.name.partition(".")[0] not in own:
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
        # A part that wants a package which the wheel does not depend on: an optional one, or one for that package.
        if isinstance(error, ImportError) and (wanted := absent(error)):
            print(f"skipped {name}: it wants {wanted}, which is not among the dependencies", flush=True)
            continue
        # On Windows linkers are told to export PyInit, so that a library for ctypes has one that makes nothing.
        if sys.platform == "win32" and "failed without raising an exception" in str(error):
            print(f"skipped {name}: it is no module, though it has an entry point", flush=True)
            continue
        failed = True
        traceback.print_exc()
        print(f"cannot import {name}: {type(error).__name__}: {error}", flush=True)
sys.exit(1 if failed else 0 if imported or not names else 3)
