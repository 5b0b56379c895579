"""Runs in the target's Python: imports each module named in the argument, and says which before it tries."""

import importlib
import json
import sys
import traceback

names = json.loads(sys.argv[1])
own = {name.partition(".")[0] for name in names}
failed = False
for name in names:
    print(f"importing {name}", flush=True)
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        # An optional part that wants a package which the wheel does not depend on.
        if "." in name and error.name and error.name.partition(".")[0] not in own:
            print(f"skipped {name}: it wants {error.name}, which is not among the dependencies", flush=True)
            continue
        failed = True
        print(f"cannot import {name}: {type(error).__name__}: {error}", flush=True)
    except BaseException as error:
        failed = True
        traceback.print_exc()
        print(f"cannot import {name}: {type(error).__name__}: {error}", flush=True)
sys.exit(failed)
