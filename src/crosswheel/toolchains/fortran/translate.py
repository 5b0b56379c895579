"""Compiling Fortran 77 by way of C.

``python -m crosswheel.toolchains.fortran.translate OPTION… -- PREPROCESSOR… -- COMMAND…`` runs f2c over every source,
puts the C in its place in the command, and runs that.
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
from crosswheel.toolchains.fortran.model import PLACE, is_free_form, table
from crosswheel.toolchains.fortran.prototypes import Prototypes, known_prototypes, record_prototypes, use_gfortran_names

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

    from crosswheel.host.process import ProcessResult

_MESSAGE = re.compile(r"^(Error|Warning) on line (\d+) of ([^:]*): (.*)$")
_SILENT = re.compile(r"recursive call|never used|ignoring text after|unused")
_ENCODING = "latin-1"
"""Fortran has no encoding; this one keeps every byte."""


def main(arguments: Sequence[str]) -> int:
    """Translate and compile; the compiler's exit status, or 1 when a source cannot be translated."""
    orders, preprocessor, command = split_commands(arguments)
    try:
        with temporary_directory() as work:
            return _compile(_orders(orders), preprocessor, command, work)
    except CrosswheelError as error:
        sys.stderr.write(f"crosswheel: error: {error}\n")
    except OSError as error:
        sys.stderr.write(f"crosswheel: error: {error.filename}: {error.strerror}\n")
    return 1


def _compile(orders: Namespace, preprocessor: Sequence[str], command: Sequence[str], work: Path) -> int:
    runner = LocalRunner()
    here = Path.cwd()
    places: dict[str, str] = {}
    for at, (kind, place, path) in enumerate(_sources(orders)):
        part = work / str(at)
        part.mkdir()
        if kind == "preprocessed":
            words = [path if word == f"{PLACE}/source" else word for word in preprocessor]
            ended = _run(runner, words, here)
            sys.stderr.write(ended.stderr)
            if not ended.ok:
                return ended.status
            text = ended.stdout
        else:
            text = Path(path).read_text(_ENCODING)
        places[place] = str(translate(runner, orders, text, path, part))
    ended = _run(runner, [places.get(word, word) for word in command], here)
    sys.stdout.write(ended.stdout)
    sys.stderr.write(ended.stderr)
    return ended.status


def translate(runner: LocalRunner, orders: Namespace, text: str, path: str, work: Path) -> Path:
    """Write a source's C into a directory and give its path.

    :raises BuildError: when f2c refuses it, or it is not Fortran 77.
    """
    name = Path(path).stem
    free = orders.free or (is_free_form(path) and not orders.fixed)
    source = to_fixed_form(text, path) if free else text
    # Of what is Fortran 90 by its name, the first thing that shows it is told, not what f2c makes of it all.
    later = f90_statement(source) if free else None
    if later is not None:
        sys.stderr.write(f"{path}:{_line(source, later[0])}: error: {later[1]} is Fortran 90 or later\n")
        raise _refusal(path)
    (work / f"{name}.f").write_text(to_f2c_input(source, path, orders.line_length), _ENCODING)
    includes = [f"-I{Path(directory).absolute()}" for directory in (Path(path).parent, *orders.include)]
    ended = _run(runner, [*orders.f2c, "-P", *includes, f"{name}.f"], work)
    _show(ended.stderr, name, path)
    made = work / f"{name}.c"
    if not ended.ok or not made.is_file():
        later = f90_statement(text) if not text.startswith("# ") else None
        if later is not None:
            sys.stderr.write(f"{path}:{later[0]}: error: {later[1]} is Fortran 90 or later\n")
        raise _refusal(path)
    written = use_gfortran_names(made.read_text(_ENCODING))
    if orders.records:
        written = _agreed(orders, written, (work / f"{name}.P").read_text(_ENCODING), path)
    written = written if orders.recursive else make_large_locals_static(written)
    made.write_text(fix_intrinsic_results(written), _ENCODING)
    return made


def _agreed(orders: Namespace, written: str, prototypes: str, path: str) -> str:
    """C whose COMMON blocks are as long as anywhere in the build; its prototypes are kept for callers."""
    records = Path(orders.records)
    record_prototypes(records, Path(path), prototypes)
    known = known_prototypes(records, Path(orders.tree), orders.f2c)
    return pad_common_blocks(written, Prototypes.parse([prototypes]).commons, known.commons)


def _refusal(path: str) -> BuildError:
    return BuildError(
        "cannot be translated: for this target there is Fortran 77 only, by f2c",
        where=path,
        hint="there is no compiler of later Fortran for it",
    )


def _line(source: str, number: int) -> int:
    """The line of the original that a line of fixed form was made from."""
    markers = re.findall(r"^# (\d+) ", "\n".join(source.split("\n")[:number]), re.MULTILINE)
    return int(markers[-1]) if markers else number


def _show(said: str, name: str, path: str) -> None:
    """f2c's messages as compilers write them."""
    for line in said.splitlines():
        if (match := _MESSAGE.match(line)) and not _SILENT.search(match[4]):
            kind, number, file, message = match.groups()
            where = path if file == f"{name}.f" else file
            sys.stderr.write(f"{where}:{number}: {kind.lower()}: {message}\n")
        elif not match and "rror" in line:
            sys.stderr.write(f"{path}: {line.strip()}\n")


def _run(runner: LocalRunner, words: Sequence[str], directory: Path) -> ProcessResult:
    from crosswheel.host import Host

    return runner.run(ProcessRequest(tuple(words), Host.detect().environ, directory))


def split_commands(arguments: Sequence[str]) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    """The options of the program, the preprocessor's command and the compiler's."""
    first = arguments.index("--")
    second = arguments.index("--", first + 1)
    return arguments[:first], arguments[first + 1 : second], arguments[second + 1 :]


def _sources(orders: Namespace) -> list[tuple[str, str, str]]:
    rows = [("source", row) for row in orders.source] + [("preprocessed", row) for row in orders.preprocessed]
    return [(kind, *row.split("=", 1)) for kind, row in rows]


def _orders(words: Sequence[str]) -> Namespace:
    parser = ArgumentParser(prog="crosswheel.toolchains.fortran.translate", allow_abbrev=False)
    for name in ("f2c", "include", "source", "preprocessed"):
        parser.add_argument(f"--{name}", action="append", default=[])
    for name in ("records", "tree"):
        parser.add_argument(f"--{name}", default="")
    for name in ("free", "fixed", "recursive"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--line-length", type=lambda text: 0 if text == "none" else int(text))
    return parser.parse_args(words)


_PASSED = re.compile(r"\(R_fp\)\s*(r_\w+)")
_BLOCK = re.compile(r"^((?:Extern )?(struct|union)\s*\{\n.*?^)(\}\s*(\w+)(?:\s*=|;))", re.MULTILINE | re.DOTALL)
_LOCALS = re.compile(r"^    /\* Local variables \*/\n(.*?)(?=^\n|^\{|^\})", re.MULTILINE | re.DOTALL)
_DECLARED = re.compile(r"^    (\w+) ([^;()]*);", re.MULTILINE)
_ARRAY = re.compile(r"\w+\[(\d+)\]")


def fix_intrinsic_results(text: str) -> str:
    """C of f2c in which intrinsic functions that are passed as arguments return what ``-R`` promises.

    libf2c's return double, a REAL function returns float.
    """
    passed = sorted(set(_PASSED.findall(text)))
    if not passed:
        return text
    lines = []
    for name in passed:
        two = name in table()["intrinsics"]["two"]
        given, names = ("real *x, real *y", "x, y") if two else ("real *x", "x")
        lines.append(
            f"double {name}({given});\nstatic real crosswheel_{name}({given}) {{ return (real){name}({names}); }}\n"
        )
    changed = _PASSED.sub(r"(R_fp)crosswheel_\1", text)
    return changed.replace('#include "f2c.h"\n', '#include "f2c.h"\n' + "".join(lines), 1)


def pad_common_blocks(text: str, own: Mapping[str, int], longest: Mapping[str, int]) -> str:
    """C of f2c in which every COMMON block is as long as in the source that gives it most.

    :param own: the blocks' bytes in this source, ``longest`` those in all of them.
    """

    def padded(match: re.Match[str]) -> str:
        start, kind, end, name = match.groups()
        missing = longest.get(name, 0) - own.get(name, 0)
        if name not in own or missing <= 0:
            return match[0]
        return f"{start}    char crosswheel_rest[{missing if kind == 'struct' else longest[name]}];\n{end}"

    return _BLOCK.sub(padded, text)


def make_large_locals_static(text: str) -> str:
    """C of f2c in which local arrays that are too large for a stack are static, as gfortran makes them."""
    sizes, limit = table()["locals"]["sizes"], table()["locals"]["limit"]

    def moved(match: re.Match[str]) -> str:
        kind, names = match[1], [name.strip() for name in match[2].split(",")]
        large = [name for name in names if (found := _ARRAY.match(name)) and int(found[1]) * sizes.get(kind, 0) > limit]
        small = [name for name in names if name not in large]
        lines = [f"    static {kind} {name};" for name in large] + (
            [f"    {kind} {', '.join(small)};"] if small else []
        )
        return "\n".join(lines) if large else match[0]

    return _LOCALS.sub(lambda match: _DECLARED.sub(moved, match[0]), text)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
