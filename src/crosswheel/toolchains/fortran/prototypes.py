"""Prototypes of a build's Fortran procedures, as f2c writes them: parse them, collect them from a source tree.

Kinds of arguments and results are those of :mod:`crosswheel.toolchains.fortran.c_declarations`.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.host import Host, machine
from crosswheel.host.files import create_once, temporary_directory, write_atomic
from crosswheel.toolchains.fortran.f90_compat import to_f2c_input
from crosswheel.toolchains.fortran.model import is_fortran, is_free_form, is_preprocessed, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_DEFINED = re.compile(r"^extern (\w+) (\w+)\((.*)\);$", re.MULTILINE)
_REFERENCED = re.compile(r"^/\*:ref: (\w+) (\d+) (\d+)((?: \d+)*) \*/$", re.MULTILINE)
_COMMON = re.compile(r"^/\* comlen (\w+) (\d+) \*/$", re.MULTILINE)
# A string or character constant, or a name with an inner underscore to which f2c added a second one at the end.
# Comments contain such names too (of COMMON blocks), and apostrophes.
_DOUBLE_UNDERSCORE = re.compile(
    r"""("(?:\\.|[^"\\\n])*"|'(?:\\[0-7]+|\\.|[^'\\\n])')|\b([A-Za-z][A-Za-z0-9]*_\w*?[A-Za-z0-9])__\b"""
)
# f2c's codes for the types of arguments; that of a procedure is 200 plus the code of its result.
_PROCEDURE = 200
_CHARACTER = 13
_SOURCES_PER_RUN = 50
"""Number of sources that one run of f2c reads."""
_ENCODING = "latin-1"


@dataclass(frozen=True, slots=True)
class ProcedureSignature:
    """The types of a Fortran procedure.

    :param name: its symbol.
    :param result: the kind of its result.
    :param arguments: the kinds of its arguments.
    :param lengths: how many of the last arguments are lengths of CHARACTER arguments.
    :param kind: what it is in Fortran, for messages: ``SUBROUTINE``.
    :param defined: whether it was read from a definition, not from a call.
    """

    name: str
    result: str
    arguments: tuple[str, ...]
    lengths: int
    kind: str
    defined: bool = True


@dataclass(frozen=True, slots=True)
class Prototypes:
    """The procedures and COMMON blocks of a build's Fortran.

    :param procedures: by symbol; several if sources of different programs define the same name.
    :param commons: the size of each COMMON block in bytes, the largest of all sources.
    """

    procedures: dict[str, list[ProcedureSignature]] = field(default_factory=dict)
    commons: dict[str, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Prototypes:
        """Parse f2c's prototype files (``.P``); definitions take precedence over calls."""
        prototypes, called = cls(), cls()
        for text in map(use_gfortran_names, texts):
            for result, name, arguments in _DEFINED.findall(text):
                prototypes.add(_parse_definition(name, result, arguments))
            for name, code, _, arguments in _REFERENCED.findall(text):
                called.add(_parse_reference(name, int(code), tuple(map(int, arguments.split()))))
            for name, size in _COMMON.findall(text):
                prototypes.commons[name] = max(prototypes.commons.get(name, 0), int(size))
        for name, signatures in called.procedures.items():
            prototypes.procedures.setdefault(name, signatures)
        return prototypes

    def add(self, signature: ProcedureSignature) -> None:
        """Add a procedure unless it is already there."""
        signatures = self.procedures.setdefault(signature.name, [])
        if signature not in signatures:
            signatures.append(signature)


def use_gfortran_names(text: str) -> str:
    """Rename the symbols in f2c's C or prototypes to gfortran's: one underscore at the end of every name."""
    return _DOUBLE_UNDERSCORE.sub(lambda match: match[1] or f"{match[2]}_", text)


def _parse_definition(name: str, result: str, arguments: str) -> ProcedureSignature:
    rows = table()["types"]
    parameters = [argument.strip() for argument in arguments.split(",")]
    kinds = tuple(_parameter_kind(parameter) for parameter in parameters if parameter != "void")
    lengths = 0
    for parameter in reversed(parameters):
        if not parameter.startswith("ftnlen ") or parameter == "ftnlen ret_val_len":
            break
        lengths += 1
    row = rows["results"].get(result, {"kind": "", "name": "FUNCTION"})
    return ProcedureSignature(name, row["kind"], kinds, lengths, row["name"])


def _parameter_kind(text: str) -> str:
    if "*" in text:
        return "pointer"
    name = text.split(maxsplit=1)[0]
    if name.endswith("_fp"):
        return f"function:{table()['types']['procedures'].get(name, '')}"
    return "int"


def _parse_reference(name: str, code: int, argument_codes: tuple[int, ...]) -> ProcedureSignature:
    """Return the signature of a procedure that is only called, from f2c's codes of its result and arguments."""
    codes = table()["types"]["codes"]
    row = codes.get(str(code), {"kind": "", "name": "procedure"})
    # f2c also writes the trailing lengths of CHARACTER arguments, with codes from 100 on.
    arguments = [argument for argument in argument_codes if argument < 100 or argument >= _PROCEDURE]
    kinds = [
        f"function:{codes.get(str(argument - _PROCEDURE), {'kind': ''})['kind']}"
        if argument >= _PROCEDURE
        else "pointer"
        for argument in arguments
    ]
    lengths = arguments.count(_CHARACTER)
    hidden = ["pointer"] if row["name"] == "COMPLEX FUNCTION" else []
    hidden = ["pointer", "int"] if code == _CHARACTER else hidden
    kinds = [*hidden, *kinds, *["int"] * lengths]
    return ProcedureSignature(name, row["kind"], tuple(kinds), lengths, row["name"], defined=False)


def has_fortran(tree: Path) -> bool:
    """Return whether a source tree contains Fortran 77."""
    return any(is_fortran(path.name) and not is_free_form(path.name) for path in tree.rglob("*.[fF]*"))


def known_prototypes(records: Path, tree: Path, f2c: Sequence[str]) -> Prototypes:
    """Return the prototypes of a build's Fortran that are known so far.

    C is often compiled before the Fortran it calls, so the first call reads all sources of the tree. Sources that f2c
    does not accept, or that need preprocessing, are added when they are compiled.

    :param records: a directory that keeps the prototypes during the build.
    :param tree: the build's source tree.
    :param f2c: f2c's command.
    """
    create_once(records / "tree", lambda output: _survey_tree(tree, f2c, output), recorded=False)
    texts = [path.read_text(_ENCODING) for path in sorted(records.glob("*.P"))]
    return Prototypes.parse([*texts, *(path.read_text(_ENCODING) for path in (records / "tree").glob("*.P"))])


def record_prototypes(records: Path, source: Path, prototypes: str) -> None:
    """Save f2c's prototypes of a source that is being compiled."""
    name = sha256(str(source.absolute()).encode()).hexdigest()[:16]
    write_atomic(records / f"{name}.P", prototypes.encode(_ENCODING))


def _survey_tree(tree: Path, f2c: Sequence[str], output: Path) -> None:
    """Write the prototypes of all sources of a tree to one file."""
    sources = sorted(
        path
        for path in tree.rglob("*.[fF]*")
        if is_fortran(path.name) and not is_free_form(path.name) and not is_preprocessed(path.name) and path.is_file()
    )
    groups = [
        list(paths)[start : start + _SOURCES_PER_RUN]
        for _, siblings in groupby(sources, key=lambda path: path.parent)
        for paths in [list(siblings)]
        for start in range(0, len(paths), _SOURCES_PER_RUN)
    ]
    with ThreadPoolExecutor(machine.cpu_count()) as pool:
        texts = pool.map(lambda paths: _read_prototypes(paths, tree, f2c), groups)
    (output / "all.P").write_text("\n".join(texts), _ENCODING)


def _read_prototypes(paths: Sequence[Path], tree: Path, f2c: Sequence[str]) -> str:
    """Run f2c for the prototypes of sources in one directory."""
    with temporary_directory() as work:
        for number, path in enumerate(paths):
            (work / f"{number}.f").write_text(to_f2c_input(path.read_text(_ENCODING), str(path)), _ENCODING)
        names = [f"{number}.f" for number in range(len(paths))]
        Host.detect().run(*f2c, "-!c", "-P", f"-I{paths[0].parent}", f"-I{tree}", *names, cwd=work)
        return "\n".join(path.read_text(_ENCODING) for path in sorted(work.glob("*.P")))
