"""Compile Fortran 77 by translating it to C with f2c.

``python -m crosswheel.toolchains.fortran.translate OPTION… -- PREPROCESSOR… -- COMMAND…`` runs f2c on every source,
replaces the placeholders in the command by the generated C files, and runs it.
"""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.errors import BuildError, CrosswheelError
from crosswheel.host.files import temporary_directory
from crosswheel.host.process import LocalRunner, ProcessRequest
from crosswheel.toolchains.fortran.f90_compat import f90_statement, to_f2c_input, to_fixed_form
from crosswheel.toolchains.fortran.model import PLACEHOLDER, is_free_form, table
from crosswheel.toolchains.fortran.prototypes import (
    Prototypes,
    known_prototypes,
    record_prototypes,
    use_gfortran_names,
)

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

    from crosswheel.host.process import ProcessResult

_MESSAGE = re.compile(r"^(Error|Warning) on line (\d+) of ([^:]*): (.*)$")
_SUPPRESSED = re.compile(r"recursive call|never used|ignoring text after|unused")
_ENCODING = "latin-1"
"""Fortran sources have no defined encoding; this one preserves every byte."""
_PASSED_INTRINSIC = re.compile(r"\(R_fp\)\s*(r_\w+)")
_COMMON_BLOCK = re.compile(r"^((?:Extern )?(struct|union)\s*\{\n.*?^)(\}\s*(\w+)(?:\s*=|;))", re.MULTILINE | re.DOTALL)
_LOCALS = re.compile(r"^    /\* Local variables \*/\n(.*?)(?=^\n|^\{|^\})", re.MULTILINE | re.DOTALL)
_DECLARATION = re.compile(r"^    (\w+) ([^;()]*);", re.MULTILINE)
_ARRAY = re.compile(r"\w+\[(\d+)\]")


def main(arguments: Sequence[str]) -> int:
    """Translate and compile.

    :returns: the compiler's exit status, or 1 if a source cannot be translated.
    """
    option_args, preprocessor, command = split_commands(arguments)
    try:
        with temporary_directory() as work:
            return _translate_and_compile(_parse_options(option_args), preprocessor, command, work)
    except CrosswheelError as error:
        sys.stderr.write(f"crosswheel: error: {error}\n")
    except OSError as error:
        sys.stderr.write(f"crosswheel: error: {error.filename}: {error.strerror}\n")
    return 1


def _translate_and_compile(options: Namespace, preprocessor: Sequence[str], command: Sequence[str], work: Path) -> int:
    runner = LocalRunner()
    directory = Path.cwd()
    generated: dict[str, str] = {}
    for number, (kind, placeholder, path) in enumerate(_sources(options)):
        output = work / str(number)
        output.mkdir()
        if kind == "preprocessed":
            args = [path if arg == f"{PLACEHOLDER}/source" else arg for arg in preprocessor]
            outcome = _run(runner, args, directory)
            sys.stderr.write(outcome.stderr)
            if not outcome.ok:
                return outcome.status
            text = outcome.stdout
        else:
            text = Path(path).read_text(_ENCODING)
        generated[placeholder] = str(translate(runner, options, text, path, output))
    outcome = _run(runner, [generated.get(arg, arg) for arg in command], directory)
    sys.stdout.write(outcome.stdout)
    sys.stderr.write(outcome.stderr)
    return outcome.status


def translate(runner: LocalRunner, options: Namespace, text: str, path: str, output: Path) -> Path:
    """Translate one source to C.

    :param text: the source, preprocessed if it has to be.
    :param path: its path, for messages.
    :param output: an empty directory to write to.
    :returns: the C file.
    :raises BuildError: if f2c rejects the source, or it is not Fortran 77.
    """
    name = Path(path).stem
    free_form = options.free or (is_free_form(path) and not options.fixed)
    source = to_fixed_form(text, path) if free_form else text
    # For a source that is in free form, report the first Fortran 90 statement instead of f2c's many errors.
    statement = f90_statement(source) if free_form else None
    if statement is not None:
        sys.stderr.write(
            f"{path}:{_original_line(source, statement[0])}: error: {statement[1]} is Fortran 90 or later\n"
        )
        raise _not_translated(path)
    (output / f"{name}.f").write_text(to_f2c_input(source, path, options.line_length), _ENCODING)
    includes = [f"-I{Path(directory).absolute()}" for directory in (Path(path).parent, *options.include)]
    outcome = _run(runner, [*options.f2c, "-P", *includes, f"{name}.f"], output)
    _print_messages(outcome.stderr, name, path)
    c_file = output / f"{name}.c"
    if not outcome.ok or not c_file.is_file():
        statement = f90_statement(text) if not text.startswith("# ") else None
        if statement is not None:
            sys.stderr.write(f"{path}:{statement[0]}: error: {statement[1]} is Fortran 90 or later\n")
        raise _not_translated(path)
    c_text = use_gfortran_names(c_file.read_text(_ENCODING))
    if options.records:
        c_text = _record_and_pad(options, c_text, (output / f"{name}.P").read_text(_ENCODING), path)
    c_text = c_text if options.recursive else make_large_locals_static(c_text)
    c_file.write_text(fix_intrinsic_results(c_text), _ENCODING)
    return c_file


def _record_and_pad(options: Namespace, c_text: str, prototypes: str, path: str) -> str:
    """Record a source's prototypes, and pad its COMMON blocks to their size in the whole build."""
    records = Path(options.records)
    record_prototypes(records, Path(path), prototypes)
    known = known_prototypes(records, Path(options.tree), options.f2c)
    return pad_common_blocks(c_text, Prototypes.parse([prototypes]).commons, known.commons)


def _not_translated(path: str) -> BuildError:
    return BuildError(
        "cannot be translated to C: only Fortran 77 is supported for this target, by f2c",
        where=path,
        hint="no Fortran 90 compiler is available for this target",
    )


def _original_line(source: str, number: int) -> int:
    """Return the line in the original source of a line of :func:`to_fixed_form`'s result."""
    markers = re.findall(r"^# (\d+) ", "\n".join(source.split("\n")[:number]), re.MULTILINE)
    return int(markers[-1]) if markers else number


def _print_messages(output: str, name: str, path: str) -> None:
    """Print f2c's messages in the format of compilers.

    :param name: the source's name for f2c, without suffix.
    :param path: its actual path.
    """
    for line in output.splitlines():
        if (match := _MESSAGE.match(line)) and not _SUPPRESSED.search(match[4]):
            kind, number, file, message = match.groups()
            where = path if file == f"{name}.f" else file
            sys.stderr.write(f"{where}:{number}: {kind.lower()}: {message}\n")
        elif not match and "rror" in line:
            sys.stderr.write(f"{path}: {line.strip()}\n")


def _run(runner: LocalRunner, args: Sequence[str], directory: Path) -> ProcessResult:
    from crosswheel.host import Host

    return runner.run(ProcessRequest(tuple(args), Host.detect().environ, directory))


def split_commands(arguments: Sequence[str]) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    """Split the arguments of a program at ``--``.

    :returns: its options, the preprocessor's command and the compiler's command.
    """
    first = arguments.index("--")
    second = arguments.index("--", first + 1)
    return arguments[:first], arguments[first + 1 : second], arguments[second + 1 :]


def _sources(options: Namespace) -> list[tuple[str, str, str]]:
    """Return the kind, the placeholder and the path of each source."""
    rows = [("source", row) for row in options.source] + [("preprocessed", row) for row in options.preprocessed]
    return [(kind, *row.split("=", 1)) for kind, row in rows]


def _parse_options(args: Sequence[str]) -> Namespace:
    parser = ArgumentParser(prog="crosswheel.toolchains.fortran.translate", allow_abbrev=False)
    for name in ("f2c", "include", "source", "preprocessed"):
        parser.add_argument(f"--{name}", action="append", default=[])
    for name in ("records", "tree"):
        parser.add_argument(f"--{name}", default="")
    for name in ("free", "fixed", "recursive"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--line-length", type=lambda text: 0 if text == "none" else int(text))
    return parser.parse_args(args)


def fix_intrinsic_results(text: str) -> str:
    """Wrap intrinsic functions that are passed as arguments so that they return float, in f2c's C.

    libf2c's return double; with f2c's ``-R`` a REAL function returns float.
    """
    intrinsics = sorted(set(_PASSED_INTRINSIC.findall(text)))
    if not intrinsics:
        return text
    wrappers = []
    for name in intrinsics:
        binary = name in table()["intrinsics"]["two"]
        parameters, args = ("real *x, real *y", "x, y") if binary else ("real *x", "x")
        wrappers.append(
            f"double {name}({parameters});\n"
            f"static real crosswheel_{name}({parameters}) {{ return (real){name}({args}); }}\n"
        )
    changed = _PASSED_INTRINSIC.sub(r"(R_fp)crosswheel_\1", text)
    return changed.replace('#include "f2c.h"\n', '#include "f2c.h"\n' + "".join(wrappers), 1)


def pad_common_blocks(text: str, sizes: Mapping[str, int], largest: Mapping[str, int]) -> str:
    """Pad every COMMON block to its largest size in any source, in f2c's C.

    :param sizes: the sizes of the blocks in this source, in bytes.
    :param largest: the largest sizes in all sources.
    """

    def pad(match: re.Match[str]) -> str:
        start, kind, end, name = match.groups()
        missing = largest.get(name, 0) - sizes.get(name, 0)
        if name not in sizes or missing <= 0:
            return match[0]
        return f"{start}    char crosswheel_rest[{missing if kind == 'struct' else largest[name]}];\n{end}"

    return _COMMON_BLOCK.sub(pad, text)


def make_large_locals_static(text: str) -> str:
    """Make local arrays that are too large for the stack static, as gfortran does, in f2c's C."""
    sizes, limit = table()["locals"]["sizes"], table()["locals"]["limit"]

    def split_declaration(match: re.Match[str]) -> str:
        kind, names = match[1], [name.strip() for name in match[2].split(",")]
        large = [name for name in names if (array := _ARRAY.match(name)) and int(array[1]) * sizes.get(kind, 0) > limit]
        small = [name for name in names if name not in large]
        lines = [f"    static {kind} {name};" for name in large]
        lines += [f"    {kind} {', '.join(small)};"] if small else []
        return "\n".join(lines) if large else match[0]

    return _LOCALS.sub(lambda match: _DECLARATION.sub(split_declaration, match[0]), text)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
