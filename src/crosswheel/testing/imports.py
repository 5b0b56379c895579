"""Runs in the target's Python: imports each module named in the argument, and says which before it tries."""

import importlib
import json
import sys
import traceback

failed = False
for name in json.loads(sys.argv[1]):
    print(f"importing {name}", flush=True)
    try:
        importlib.import_module(name)
    except BaseException as error:
        failed = True
        traceback.print_exc()
        print(f"cannot import {name}: {type(error).__name__}: {error}", flush=True)
sys.exit(failed)
