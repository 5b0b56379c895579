"""Compiling C that calls Fortran, after its prototypes were compared with what the Fortran is.

``python -m crosswheel.toolchains.fortran.check_calls OPTION… -- PREPROCESSOR… -- COMMAND…`` fails with file and line
where they differ, or makes int functions of void ones if it may.
"""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.errors import CrosswheelError
from crosswheel.host import Host
from crosswheel.host.files import temporary_directory
from crosswheel.toolchains.fortran.c_declarations import TranslationUnit
from crosswheel.toolchains.fortran.model import PLACE
from crosswheel.toolchains.fortran.prototype_checks import fix, prototype_errors
from crosswheel.toolchains.fortran.survey import known_prototypes
from crosswheel.toolchains.fortran.translate import split_commands

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from crosswheel.toolchains.fortran.prototypes import Prototypes

_NAME = re.compile(r"\b[a-z]\w*_\b")
_DEPENDENCIES = frozenset({"-MD", "-MMD", "-MP"})
_DEPENDENCIES_WITH_VALUE = frozenset({"-MF", "-MT", "-MQ"})
_ADVICE = (
    "crosswheel: a Fortran SUBROUTINE is an int function here; correct the C, or let crosswheel do it "
    "(--fix-fortran-prototypes, fix-fortran-prototypes = true)\n"
)


def main(arguments: Sequence[str]) -> int:
    """Check and compile; the compiler's exit status, or 1 when a prototype is wrong."""
    words, preprocessor, command = split_commands(arguments)
    orders = _orders(words)
    try:
        with temporary_directory() as work:
            return _compile(orders, preprocessor, list(command), work)
    except CrosswheelError as error:
        sys.stderr.write(f"crosswheel: error: {error}\n")
    except OSError as error:
        sys.stderr.write(f"crosswheel: error: {error.filename}: {error.strerror}\n")
    return 1


def _compile(orders: Namespace, preprocessor: Sequence[str], command: list[str], work: Path) -> int:
    host, here = Host.detect(), Path.cwd()
    known = known_prototypes(Path(orders.records), Path(orders.tree), orders.f2c)
    for number, source in enumerate(orders.source):
        if not known.procedures:
            break
        dependencies = _dependencies(command) if orders.mend else ()
        words = [source if word == f"{PLACE}/source" else word for word in preprocessor]
        outcome = host.run(*words, *dependencies, cwd=here)
        if not outcome.ok:
            break  # the compiler says the same
        text = _checked(outcome.stdout, known, orders)
        if text is None:
            return 1
        if text != outcome.stdout:
            place = work / f"{number}-{Path(source).stem}{'.ii' if orders.cxx else '.i'}"
            place.write_text(text, "utf-8")
            command = [str(place) if word == source else word for word in _without_dependencies(command)]
    outcome = host.run(*command, cwd=here)
    sys.stdout.write(outcome.stdout)
    sys.stderr.write(outcome.stderr)
    return outcome.status


def _checked(text: str, known: Prototypes, orders: Namespace) -> str | None:
    """Preprocessed C that fits the Fortran, None if it does not."""
    if not set(_NAME.findall(text)) & known.procedures.keys():
        return text
    unit = TranslationUnit(text)
    found = prototype_errors(unit, known, typed=orders.typed)
    if orders.mend and any(complaint.mend for complaint in found):
        text = fix(text, unit, found)
        for complaint in found:
            if complaint.mend:
                sys.stderr.write(f"{complaint.where.file}:{complaint.where.line}: note: mended: {complaint.what}\n")
        found = prototype_errors(TranslationUnit(text), known, typed=orders.typed)
    for complaint in found:
        sys.stderr.write(f"{complaint}\n")
    if not any(complaint.fatal for complaint in found):
        return text
    if any(complaint.mend for complaint in found):
        sys.stderr.write(_ADVICE)
    return None


def _dependencies(command: Sequence[str]) -> tuple[str, ...]:
    """What makes the preprocessor write the list of headers that the command would have written."""
    words = [
        word
        for at, word in enumerate(command)
        if word in _DEPENDENCIES | _DEPENDENCIES_WITH_VALUE or command[at - 1] in _DEPENDENCIES_WITH_VALUE
    ]
    output = next((command[at + 1] for at, word in enumerate(command[:-1]) if word == "-o"), None)
    if not _DEPENDENCIES & set(words) or output is None:
        return ()
    named = ("-MQ", output) if not {"-MT", "-MQ"} & set(words) else ()
    return (*words, *named, *(("-MF", str(Path(output).with_suffix(".d"))) if "-MF" not in words else ()))


def _without_dependencies(command: Sequence[str]) -> list[str]:
    kept = []
    for at, word in enumerate(command):
        valued = at > 0 and command[at - 1] in _DEPENDENCIES_WITH_VALUE
        if not valued and word not in _DEPENDENCIES | _DEPENDENCIES_WITH_VALUE:
            kept.append(word)
    return kept


def _orders(words: Sequence[str]) -> Namespace:
    parser = ArgumentParser(prog="crosswheel.toolchains.fortran.check_calls", allow_abbrev=False)
    for name in ("f2c", "source"):
        parser.add_argument(f"--{name}", action="append", default=[])
    for name in ("records", "tree"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("mend", "typed", "cxx"):
        parser.add_argument(f"--{name}", action="store_true")
    return parser.parse_args(words)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
