"""Compiling C that calls Fortran, after its prototypes were compared with what the Fortran is.

``python -m crosswheel.toolchains.fortran.check_calls OPTION… -- PREPROCESSOR… -- COMMAND…`` fails with file and line
where they differ, or makes int functions of void ones if it may.
"""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.errors import CrosswheelError
from crosswheel.host import Host
from crosswheel.host.files import temporary_directory
from crosswheel.toolchains.fortran.c_declarations import Declaration, Token, TranslationUnit
from crosswheel.toolchains.fortran.model import PLACE
from crosswheel.toolchains.fortran.prototypes import known_prototypes
from crosswheel.toolchains.fortran.translate import split_commands

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Iterator, Sequence

    from crosswheel.toolchains.fortran.prototypes import Prototypes, Signature

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


_WHOLE = ("int", "long")
# How a parameter is written that nobody passes anything for.
_IN_C = {"int": "int", "i64": "long long", "float": "float", "double": "double"}


@dataclass(frozen=True)
class PrototypeError:
    """What is wrong with a declaration or a call.

    :param fatal: whether calls fail on the target; otherwise it is worth a warning.
    :param mend: words ``void``, each with what has to stand there.
    """

    where: Token
    what: str
    fatal: bool = True
    mend: tuple[tuple[Token, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.where.file}:{self.where.line}: {'error' if self.fatal else 'warning'}: {self.what}"


def prototype_errors(unit: TranslationUnit, known: Prototypes, *, typed: bool) -> list[PrototypeError]:
    """Everything in a translation unit that does not fit the Fortran it calls or is called by.

    :param typed: whether the target's calls fail when arguments are missing.
    """
    found: list[PrototypeError] = []
    for declaration in unit.declarations:
        if any(word.text == "static" for word in declaration.specifiers):
            continue  # a function of the same name that is nobody else's
        if signatures := known.procedures.get(declaration.name.text):
            versions = [list(_compared(declaration, signature, typed=typed)) for signature in signatures]
            fewest = min(map(len, versions))  # several programs may each have one of that name
            found += next(version for version in versions if len(version) == fewest)
    return [*found, *_callbacks(unit, known), *_pointers(unit, known, typed=typed)]


def _compared(declaration: Declaration, signature: Signature, *, typed: bool) -> Iterator[PrototypeError]:
    name = declaration.name
    if not _same(signature.result, declaration.result):
        mend = _void(declaration) if signature.result == "int" and declaration.result == "void" else ()
        yield PrototypeError(
            name, f"{name.text} is declared {_told(declaration.result)}; {_explained(signature)}", mend=mend
        )
    if declaration.parameters is None:
        return
    given, wanted = [parameter.kind for parameter in declaration.parameters], signature.arguments
    if len(given) != len(wanted):
        if [word.text for word in declaration.inside] == ["void"] and declaration.body is None:
            # Nothing can be passed to it, so it is only declared for its address.
            mend = ((declaration.inside[0], ", ".join(_IN_C.get(kind, "void *") for kind in wanted)),)
        else:
            mend = ()
        missing = len(given) == len(wanted) - signature.lengths
        # Arguments that nobody passes are only read where a CHARACTER's length is asked for.
        why = f": {signature.lengths} of them lengths of CHARACTER arguments, at the end" if missing else ""
        what = f"{name.text} is declared with {len(given)} arguments; the {signature.kind} has {len(wanted)}{why}"
        yield PrototypeError(name, what, fatal=typed or not (missing or mend), mend=mend)
        return
    for number, (kind, expected) in enumerate(zip(given, wanted, strict=True), 1):
        if not _same(expected, kind):
            parameter = declaration.parameters[number - 1]
            mend = _int(word for word in parameter.words[:1] if word.text == "void" and expected == "function:int")
            what = f"argument {number} of {name.text} is declared {_told(kind)}; the {signature.kind}"
            where = parameter.words[0] if parameter.words else name
            yield PrototypeError(where, f"{what} takes {_told(expected)}", mend=mend)


def _callbacks(unit: TranslationUnit, known: Prototypes) -> Iterator[PrototypeError]:
    """Functions of C that are given to Fortran where it calls a subroutine."""
    takers = {
        name: signatures
        for name, signatures in known.procedures.items()
        if any(argument == "function:int" for signature in signatures for argument in signature.arguments)
    }
    own = {declaration.name.text: declaration for declaration in unit.declarations}
    for call in unit.calls(frozenset(takers)):
        for signature in takers[call.name.text]:
            if len(signature.arguments) != len(call.arguments):
                continue
            for words, expected in zip(call.arguments, signature.arguments, strict=True):
                given = own.get(words[-1].text) if words else None
                if expected == "function:int" and given is not None and given.result == "void":
                    what = f"{given.name.text} is void and is given to {call.name.text}"
                    every = [edit for d in unit.declarations if d.name.text == given.name.text for edit in _void(d)]
                    why = "which calls it as a SUBROUTINE: an int function"
                    yield PrototypeError(words[-1], f"{what}, {why}", mend=tuple(every))


def _pointers(unit: TranslationUnit, known: Prototypes, *, typed: bool) -> Iterator[PrototypeError]:
    """Pointers to void functions by which SUBROUTINEs may be called, since the unit takes the address of some."""
    subroutines = {name for name, (signature, *_) in known.procedures.items() if signature.kind == "SUBROUTINE"}
    taken = [(name, file, s) for name, file in sorted(unit.taken(subroutines)) for s in known.procedures[name]]
    for pointer in unit.pointers() if taken else ():
        if pointer.parameters is None:
            continue
        given = [parameter.kind for parameter in pointer.parameters]
        for name, file, signature in taken:
            wanted = signature.arguments
            if file == pointer.name.file and given and len(given) == len(wanted) and all(map(_same, wanted, given)):
                what = f"{pointer.name.text} points to void functions that take what {name} takes, a SUBROUTINE"
                yield PrototypeError(
                    pointer.name, f"{what} whose address is taken here", fatal=typed, mend=_int([pointer.void])
                )
                break


def _same(expected: str, found: str) -> bool:
    if not expected or not found or expected == found:
        return True
    if expected in _WHOLE and found in _WHOLE:
        return True
    if expected.startswith("function:"):
        # A pointer to anything may stand for a function; where it returns something, that has to fit.
        return found == "pointer" or (
            found.startswith("function:") and _same(expected.partition(":")[2], found.partition(":")[2])
        )
    return False


def _void(declaration: Declaration) -> tuple[tuple[Token, str], ...]:
    """The word to change; none where other functions share it."""
    return () if declaration.shared else _int(word for word in declaration.specifiers if word.text == "void")


def _int(words: Iterable[Token]) -> tuple[tuple[Token, str], ...]:
    return tuple((word, "int") for word in words)


def _told(kind: str) -> str:
    if kind.startswith("function:"):
        return f"a pointer to a function that returns {_told(kind.partition(':')[2]) or 'something'}"
    names = {"i64": "long long", "pointer": "a pointer", "complex": "_Complex", "struct": "a struct"}
    return names.get(kind, kind)


def _explained(signature: Signature) -> str:
    if signature.kind == "COMPLEX FUNCTION":
        return "a COMPLEX FUNCTION is void and puts its result where its first argument points"
    if signature.kind == "CHARACTER FUNCTION":
        return "a CHARACTER FUNCTION is void and takes a place and a length for its result first"
    article = "an" if signature.kind[0] in "AEIO" else "a"
    return f"{article} {signature.kind} is a function that returns {_told(signature.result)}"


def fix(text: str, unit: TranslationUnit, found: list[PrototypeError]) -> str:
    """The text with void functions made int functions, wherever a complaint says which.

    :param unit: the text, read.
    """
    changes = {word: text for complaint in found for word, text in complaint.mend}
    edits = {(word.start, word.end): text for word, text in changes.items()}
    for declaration in unit.declarations:
        if declaration.body and changes.keys() & set(declaration.specifiers):
            edits |= _results(declaration.body)
    for start, end in sorted(edits, reverse=True):
        text = text[:start] + edits[start, end] + text[end:]
    return text


def _results(body: tuple[Token, ...]) -> dict[tuple[int, int], str]:
    """What makes a body return 0 wherever it returned nothing."""
    edits = {
        (word.end, word.end): " 0"
        for word, following in pairwise(body)
        if word.text == "return" and following.text == ";"
    }
    closing = body[-1]
    return edits | {(closing.start, closing.start): "return 0;"}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
