"""Compile C that calls Fortran, after checking its prototypes against the Fortran procedures.

``python -m crosswheel.toolchains.fortran.check_calls OPTION… -- PREPROCESSOR… -- COMMAND…`` fails with file and line
if they differ, or with ``--fix`` changes void functions to int functions in the preprocessed text. What f2py has
written is changed in any case: it declares every subroutine void, and the project's authors cannot correct it.
"""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.errors import CrosswheelError
from crosswheel.host import Host
from crosswheel.host.files import temporary_directory
from crosswheel.toolchains.fortran.c_declarations import Declaration, Token, TranslationUnit
from crosswheel.toolchains.fortran.model import PLACEHOLDER
from crosswheel.toolchains.fortran.prototypes import known_prototypes
from crosswheel.toolchains.fortran.translate import split_commands

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Iterator, Sequence

    from crosswheel.toolchains.fortran.prototypes import ProcedureSignature, Prototypes

_PROCEDURE_NAME = re.compile(r"\b[a-z]\w*_\b")
_DEPENDENCY_FLAGS = frozenset({"-MD", "-MMD", "-MP"})
_DEPENDENCY_OPTIONS = frozenset({"-MF", "-MT", "-MQ"})
_HINT = (
    "crosswheel: a Fortran SUBROUTINE is a function that returns int here; correct the C source or use "
    "--fix-fortran-prototypes (fix-fortran-prototypes = true)\n"
)
_F2PY = re.compile(r"auto-?generated with f2py")
_HEAD = 1000
"""Characters at the start of a file that its generator is named in."""
_INTEGERS = ("int", "long")
# C types of parameters, by kind; any other kind is a pointer.
_C_TYPES = {"int": "int", "i64": "long long", "float": "float", "double": "double"}


def main(arguments: Sequence[str]) -> int:
    """Check and compile.

    :returns: the compiler's exit status, or 1 if a prototype is wrong.
    """
    option_args, preprocessor, command = split_commands(arguments)
    options = _parse_options(option_args)
    try:
        with temporary_directory() as work:
            return _check_and_compile(options, preprocessor, list(command), work)
    except CrosswheelError as error:
        sys.stderr.write(f"crosswheel: error: {error}\n")
    except OSError as error:
        sys.stderr.write(f"crosswheel: error: {error.filename}: {error.strerror}\n")
    return 1


def _check_and_compile(options: Namespace, preprocessor: Sequence[str], command: list[str], work: Path) -> int:
    host, directory = Host.detect(), Path.cwd()
    known = known_prototypes(Path(options.records), Path(options.tree), options.f2c)
    for number, source in enumerate(options.source):
        if not known.procedures:
            break
        dependency_args = _dependency_args(command) if options.fix or is_written_by_f2py(source) else ()
        args = [source if arg == f"{PLACEHOLDER}/source" else arg for arg in preprocessor]
        outcome = host.run(*args, *dependency_args, cwd=directory)
        if not outcome.ok:
            break  # the compiler reports the same error
        text = _check_text(outcome.stdout, known, options)
        if text is None:
            return 1
        if text != outcome.stdout:
            path = work / f"{number}-{Path(source).stem}{'.ii' if options.cxx else '.i'}"
            path.write_text(text, "utf-8")
            command = [str(path) if arg == source else arg for arg in _without_dependency_args(command)]
    outcome = host.run(*command, cwd=directory)
    sys.stdout.write(outcome.stdout)
    sys.stderr.write(outcome.stderr)
    return outcome.status


def _check_text(text: str, known: Prototypes, options: Namespace) -> str | None:
    """Check preprocessed C and print what is wrong.

    :returns: the text to compile, with fixes if requested; None if there are errors.
    """
    if not set(_PROCEDURE_NAME.findall(text)) & known.procedures.keys():
        return text
    unit = TranslationUnit(text)
    errors = prototype_errors(unit, known, typed_calls=options.typed_calls)
    if fixed := [error for error in errors if error.edits and (options.fix or is_of_f2py(error))]:
        text = fix(text, unit, fixed)
        for error in fixed:
            sys.stderr.write(f"{error.where.file}:{error.where.line}: note: fixed: {error.message}\n")
        errors = prototype_errors(TranslationUnit(text), known, typed_calls=options.typed_calls)
    for error in errors:
        sys.stderr.write(f"{error}\n")
    if not any(error.fatal for error in errors):
        return text
    if any(error.edits for error in errors):
        sys.stderr.write(_HINT)
    return None


def is_of_f2py(error: PrototypeError) -> bool:
    """Return whether f2py wrote everything that would be changed; a file of it may include those of the project."""
    return all(is_written_by_f2py(token.file) for token, _ in error.edits)


@cache
def is_written_by_f2py(source: str) -> bool:
    """Return whether f2py generated a C file, as its first lines say."""
    try:
        with Path(source).open(encoding="utf-8", errors="replace") as stream:
            return bool(_F2PY.search(stream.read(_HEAD)))
    except OSError:
        return False


def _dependency_args(command: Sequence[str]) -> tuple[str, ...]:
    """Return the options with which the preprocessor writes the dependency file that the command would have written."""
    args = [
        arg
        for index, arg in enumerate(command)
        if arg in _DEPENDENCY_FLAGS | _DEPENDENCY_OPTIONS or command[index - 1] in _DEPENDENCY_OPTIONS
    ]
    output = next((command[index + 1] for index, arg in enumerate(command[:-1]) if arg == "-o"), None)
    if not _DEPENDENCY_FLAGS & set(args) or output is None:
        return ()
    rule_target = ("-MQ", output) if not {"-MT", "-MQ"} & set(args) else ()
    return (*args, *rule_target, *(("-MF", str(Path(output).with_suffix(".d"))) if "-MF" not in args else ()))


def _without_dependency_args(command: Sequence[str]) -> list[str]:
    kept = []
    for index, arg in enumerate(command):
        is_value = index > 0 and command[index - 1] in _DEPENDENCY_OPTIONS
        if not is_value and arg not in _DEPENDENCY_FLAGS | _DEPENDENCY_OPTIONS:
            kept.append(arg)
    return kept


def _parse_options(args: Sequence[str]) -> Namespace:
    parser = ArgumentParser(prog="crosswheel.toolchains.fortran.check_calls", allow_abbrev=False)
    for name in ("f2c", "source"):
        parser.add_argument(f"--{name}", action="append", default=[])
    for name in ("records", "tree"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("fix", "typed-calls", "cxx"):
        parser.add_argument(f"--{name}", action="store_true")
    return parser.parse_args(args)


@dataclass(frozen=True)
class PrototypeError:
    """A declaration or call in C that does not match the Fortran procedure.

    :param fatal: whether the call fails on the target; otherwise it is a warning.
    :param edits: the tokens to replace, and their replacements, to fix it; empty if it cannot be fixed.
    """

    where: Token
    message: str
    fatal: bool = True
    edits: tuple[tuple[Token, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.where.file}:{self.where.line}: {'error' if self.fatal else 'warning'}: {self.message}"


def prototype_errors(unit: TranslationUnit, known: Prototypes, *, typed_calls: bool) -> list[PrototypeError]:
    """Return all mismatches between a translation unit and the Fortran that it calls or that calls it.

    :param typed_calls: whether a call with missing arguments fails on the target.
    """
    errors: list[PrototypeError] = []
    for declaration in unit.declarations:
        if any(token.text == "static" for token in declaration.specifiers):
            continue  # another function of the same name
        if signatures := known.procedures.get(declaration.name.text):
            # Several programs of a build may each define a procedure of that name: the best match counts.
            candidates = [list(_compare(declaration, signature, typed_calls=typed_calls)) for signature in signatures]
            fewest = min(map(len, candidates))
            errors += next(candidate for candidate in candidates if len(candidate) == fewest)
    return [*errors, *_callback_errors(unit, known), *_pointer_errors(unit, known, typed_calls=typed_calls)]


def _compare(declaration: Declaration, signature: ProcedureSignature, *, typed_calls: bool) -> Iterator[PrototypeError]:
    name = declaration.name
    if not _is_compatible(signature.result, declaration.result):
        edits = _result_edits(declaration) if signature.result == "int" and declaration.result == "void" else ()
        message = f"{name.text} is declared {_describe(declaration.result)}; {_describe_result(signature)}"
        yield PrototypeError(name, message, edits=edits)
    if declaration.parameters is None:
        return
    declared, expected = [parameter.kind for parameter in declaration.parameters], signature.arguments
    if len(declared) != len(expected):
        yield _count_error(declaration, signature, typed_calls=typed_calls)
        return
    for number, (kind, expected_kind) in enumerate(zip(declared, expected, strict=True), 1):
        if not _is_compatible(expected_kind, kind):
            tokens = declaration.parameters[number - 1].tokens
            edits = _void_to_int(
                token for token in tokens[:1] if token.text == "void" and expected_kind == "function:int"
            )
            message = f"argument {number} of {name.text} is declared {_describe(kind)}; the {signature.kind}"
            where = tokens[0] if tokens else name
            yield PrototypeError(where, f"{message} expects {_describe(expected_kind)}", edits=edits)


def _count_error(declaration: Declaration, signature: ProcedureSignature, *, typed_calls: bool) -> PrototypeError:
    """Return the error for a declaration with another number of parameters."""
    count, expected = len(declaration.parameters or ()), signature.arguments
    edits: tuple[tuple[Token, str], ...] = ()
    if [token.text for token in declaration.parameter_tokens] == ["void"] and declaration.body is None:
        # It cannot be called with arguments, so it is only declared for its address.
        edits = ((declaration.parameter_tokens[0], ", ".join(_C_TYPES.get(kind, "void *") for kind in expected)),)
    # Missing lengths are only read if the procedure uses the length of a CHARACTER argument.
    lengths_missing = count == len(expected) - signature.lengths
    lengths = f", including {signature.lengths} trailing lengths of CHARACTER arguments" if lengths_missing else ""
    message = (
        f"{declaration.name.text} is declared with {count} arguments; the {signature.kind} has {len(expected)}{lengths}"
    )
    fatal = typed_calls or not (lengths_missing or edits)
    return PrototypeError(declaration.name, message, fatal=fatal, edits=edits)


def _callback_errors(unit: TranslationUnit, known: Prototypes) -> Iterator[PrototypeError]:
    """Yield an error for each void function that is passed to Fortran, which calls it as a subroutine."""
    procedures = {
        name: signatures
        for name, signatures in known.procedures.items()
        if any(argument == "function:int" for signature in signatures for argument in signature.arguments)
    }
    functions = {declaration.name.text: declaration for declaration in unit.declarations}
    for call in unit.calls(frozenset(procedures)):
        for signature in procedures[call.name.text]:
            if len(signature.arguments) != len(call.arguments):
                continue
            for tokens, expected in zip(call.arguments, signature.arguments, strict=True):
                callback = functions.get(tokens[-1].text) if tokens else None
                if expected == "function:int" and callback is not None and callback.result == "void":
                    name = callback.name.text
                    edits = [edit for d in unit.declarations if d.name.text == name for edit in _result_edits(d)]
                    message = f"{name} is void and is passed to {call.name.text}, which calls it as a SUBROUTINE"
                    yield PrototypeError(tokens[-1], f"{message}: a function that returns int", edits=tuple(edits))


def _pointer_errors(unit: TranslationUnit, known: Prototypes, *, typed_calls: bool) -> Iterator[PrototypeError]:
    """Yield an error for each pointer to void functions with which a subroutine may be called.

    That is possible if the same file takes the address of a subroutine with the same parameters.
    """
    subroutines = {name for name, (signature, *_) in known.procedures.items() if signature.kind == "SUBROUTINE"}
    taken = [
        (name, file, s) for name, file in sorted(unit.addresses_taken(subroutines)) for s in known.procedures[name]
    ]
    for pointer in unit.void_function_pointers() if taken else ():
        if pointer.parameters is None:
            continue
        kinds = [parameter.kind for parameter in pointer.parameters]
        for name, file, signature in taken:
            expected = signature.arguments
            if file != pointer.name.file or not kinds or len(kinds) != len(expected):
                continue
            if all(map(_is_compatible, expected, kinds)):
                message = (
                    f"{pointer.name.text} points to void functions with the parameters of {name}, a SUBROUTINE "
                    "whose address is taken here"
                )
                yield PrototypeError(pointer.name, message, fatal=typed_calls, edits=_void_to_int([pointer.void]))
                break


def _is_compatible(expected: str, kind: str) -> bool:
    """Return whether a value of a kind can be passed where another is expected; unknown kinds are compatible."""
    if not expected or not kind or expected == kind:
        return True
    if expected in _INTEGERS and kind in _INTEGERS:
        return True
    if expected.startswith("function:"):
        # Any pointer is accepted as a function; a pointer to a function has to return the same kind.
        return kind == "pointer" or (
            kind.startswith("function:") and _is_compatible(expected.partition(":")[2], kind.partition(":")[2])
        )
    return False


def _result_edits(declaration: Declaration) -> tuple[tuple[Token, str], ...]:
    """Return the edits that make a void function return int; none if other names share its specifiers."""
    if declaration.shares_specifiers:
        return ()
    return _void_to_int(token for token in declaration.specifiers if token.text == "void")


def _void_to_int(tokens: Iterable[Token]) -> tuple[tuple[Token, str], ...]:
    return tuple((token, "int") for token in tokens)


def _describe(kind: str) -> str:
    if kind.startswith("function:"):
        return f"a pointer to a function that returns {_describe(kind.partition(':')[2]) or 'a value'}"
    names = {"i64": "long long", "pointer": "a pointer", "complex": "_Complex", "struct": "a struct"}
    return names.get(kind, kind)


def _describe_result(signature: ProcedureSignature) -> str:
    if signature.kind == "COMPLEX FUNCTION":
        return "a COMPLEX FUNCTION is void and its first argument points to its result"
    if signature.kind == "CHARACTER FUNCTION":
        return "a CHARACTER FUNCTION is void and its first arguments are the address and the length of its result"
    article = "an" if signature.kind[0] in "AEIO" else "a"
    return f"{article} {signature.kind} is a function that returns {_describe(signature.result)}"


def fix(text: str, unit: TranslationUnit, errors: list[PrototypeError]) -> str:
    """Apply the edits of all errors: void functions become int functions that return 0.

    :param unit: the parsed ``text``.
    """
    replacements = {token: replacement for error in errors for token, replacement in error.edits}
    edits = {(token.start, token.end): replacement for token, replacement in replacements.items()}
    for declaration in unit.declarations:
        if declaration.body and replacements.keys() & set(declaration.specifiers):
            edits |= _return_zero(declaration.body)
    for start, end in sorted(edits, reverse=True):
        text = text[:start] + edits[start, end] + text[end:]
    return text


def _return_zero(body: tuple[Token, ...]) -> dict[tuple[int, int], str]:
    """Return the edits that make a function body return 0 where it returned nothing."""
    edits = {
        (token.end, token.end): " 0"
        for token, following in pairwise(body)
        if token.text == "return" and following.text == ";"
    }
    closing = body[-1]
    return edits | {(closing.start, closing.start): "return 0;"}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
