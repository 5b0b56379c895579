"""Give mutated wheels and compiled files to the audit: no crash, no hang, no more memory than the limit.

    python tools/fuzz_audit.py --count 200000

Mutations are numbered, and depend on their number alone. A failure is printed as ``KIND NUMBER: EXCEPTION``; to repeat
it: ``--kinds KIND --first NUMBER --count 1``. tests/contract/test_fuzzing.py runs the first 20,000 of them.
"""

from __future__ import annotations

import argparse
import faulthandler
import logging
import resource
import signal
import sys
import traceback
import warnings
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests/support"))
from fuzzing import KINDS, run


class HangError(Exception):
    """A mutation took longer than the limit."""


def _hang(_signal: int, _frame: object) -> None:
    raise HangError


def main() -> int:
    """Run the mutations and print the failures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000, help="number of mutations, of all kinds together")
    parser.add_argument("--first", type=int, default=0, help="number of the first mutation of each kind")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--memory", type=int, default=500, help="limit of the address space in MB")
    parser.add_argument("--seconds", type=int, default=10, help="limit of the time of a mutation")
    options = parser.parse_args()
    faulthandler.enable()
    warnings.simplefilter("ignore")
    logging.disable()
    resource.setrlimit(resource.RLIMIT_AS, (options.memory << 20, options.memory << 20))
    signal.signal(signal.SIGALRM, _hang)
    failures: Counter[str] = Counter()
    for index in range(options.count):
        kind = options.kinds[index % len(options.kinds)]
        number = options.first + index // len(options.kinds)
        signal.alarm(options.seconds)
        try:
            run(kind, number)
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{type(error).__name__}: {str(error)[:300]} ({Path(where.filename).name}:{where.lineno})"
            failures[what] += 1
            if failures[what] < 4:
                print(f"{kind} {number}: {what}", flush=True)
        finally:
            signal.alarm(0)
        if (index + 1) % 20_000 == 0:
            print(f"{index + 1} mutations, {failures.total()} failures", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{options.count} mutations, {failures.total()} failures, at most {peak} MB of memory")
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
