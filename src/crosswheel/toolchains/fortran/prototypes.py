"""The prototypes that f2c writes down: what Fortran procedures are to a C compiler, told apart by how calls work."""

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
_REFERRED = re.compile(r"^/\*:ref: (\w+) (\d+) (\d+)((?: \d+)*) \*/$", re.MULTILINE)
_COMMON = re.compile(r"^/\* comlen (\w+) (\d+) \*/$", re.MULTILINE)
# A string or character constant, or a name with an underscore inside that f2c gave a second one at its end. Remarks
# have such names too, of COMMON blocks, and apostrophes.
_DOUBLED = re.compile(
    r"""("(?:\\.|[^"\\\n])*"|'(?:\\[0-7]+|\\.|[^'\\\n])')|\b([A-Za-z][A-Za-z0-9]*_\w*?[A-Za-z0-9])__\b"""
)
_PROCEDURE = 200
_CHARACTER = 13
_SUBROUTINE = 14


@dataclass(frozen=True, slots=True)
class Signature:
    """A procedure as it is called.

    :param result: ``void``, ``int``, ``i64``, ``float``, ``double``; empty if unknown.
    :param arguments: of the same kinds, ``pointer``, or ``function`` with what it returns: ``function:int``.
    :param lengths: how many of the last arguments are lengths of CHARACTER arguments.
    :param kind: what it is in Fortran, for messages.
    :param defined: whether this is the procedure itself, not a call of it.
    """

    name: str
    result: str
    arguments: tuple[str, ...]
    lengths: int
    kind: str
    defined: bool = True


@dataclass(frozen=True, slots=True)
class Prototypes:
    """What is known of the Fortran of a build.

    :param procedures: by name; several where sources define the same name for different programs.
    :param commons: COMMON blocks, the most bytes that any source gives them.
    """

    procedures: dict[str, list[Signature]] = field(default_factory=dict)
    commons: dict[str, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Prototypes:
        """What several files of prototypes say; a definition counts for more than a call."""
        known, called = cls(), cls()
        for text in map(use_gfortran_names, texts):
            for result, name, arguments in _DEFINED.findall(text):
                known.add(_signature(name, result, arguments))
            for name, code, _, arguments in _REFERRED.findall(text):
                called.add(_called(name, int(code), tuple(map(int, arguments.split()))))
            for name, size in _COMMON.findall(text):
                known.commons[name] = max(known.commons.get(name, 0), int(size))
        for name, signatures in called.procedures.items():
            known.procedures.setdefault(name, signatures)
        return known

    def add(self, signature: Signature) -> None:
        """Add one, once."""
        rows = self.procedures.setdefault(signature.name, [])
        if signature not in rows:
            rows.append(signature)


def use_gfortran_names(text: str) -> str:
    """C or prototypes of f2c with gfortran's names: one underscore at the end, whatever is inside."""
    return _DOUBLED.sub(lambda match: match[1] or f"{match[2]}_", text)


def _signature(name: str, result: str, arguments: str) -> Signature:
    rows = table()["types"]
    given = [argument.strip() for argument in arguments.split(",")]
    kinds = tuple(_argument(argument) for argument in given if argument != "void")
    lengths = 0
    for argument in reversed(given):
        if not argument.startswith("ftnlen ") or argument == "ftnlen ret_val_len":
            break
        lengths += 1
    row = rows["results"].get(result, {"kind": "", "name": "FUNCTION"})
    return Signature(name, row["kind"], kinds, lengths, row["name"])


def _argument(text: str) -> str:
    if "*" in text:
        return "pointer"
    word = text.split(maxsplit=1)[0]
    if word.endswith("_fp"):
        return f"function:{table()['types']['procedures'].get(word, '')}"
    return "int"


def _called(name: str, code: int, given: tuple[int, ...]) -> Signature:
    """A procedure that is only called, from the codes f2c writes for its result and its arguments."""
    codes = table()["types"]["codes"]
    row = codes.get(str(code), {"kind": "", "name": "procedure"})
    # A length follows each CHARACTER argument, at the end; f2c writes these down too, with codes above 100.
    arguments = [argument for argument in given if argument < 100 or argument >= _PROCEDURE]
    kinds = [
        f"function:{codes.get(str(argument - _PROCEDURE), {'kind': ''})['kind']}"
        if argument >= _PROCEDURE
        else "pointer"
        for argument in arguments
    ]
    lengths = arguments.count(_CHARACTER)
    hidden = ["pointer"] if row["name"] == "COMPLEX FUNCTION" else []
    hidden = ["pointer", "int"] if code == _CHARACTER else hidden
    return Signature(name, row["kind"], (*hidden, *kinds, *["int"] * lengths), lengths, row["name"], defined=False)


_AT_ONCE = 50
"""Sources that one f2c reads."""
_ENCODING = "latin-1"


def has_fortran(tree: Path) -> bool:
    """Whether a source tree has Fortran 77 in it."""
    return any(is_fortran(path.name) and not is_free_form(path.name) for path in tree.rglob("*.[fF]*"))


def known_prototypes(records: Path, tree: Path, f2c: Sequence[str]) -> Prototypes:
    """All that is known of a build's Fortran so far.

    C is often compiled before the Fortran it calls, so all sources of the tree are read when this is asked first.
    Those that f2c does not understand, or that have to be preprocessed, say what they hold when they are compiled.

    :param records: the directory that keeps it while the build lasts.
    """
    create_once(records / "tree", lambda place: _survey(tree, f2c, place))
    texts = [path.read_text(_ENCODING) for path in sorted(records.glob("*.P"))]
    return Prototypes.parse([*texts, *(path.read_text(_ENCODING) for path in (records / "tree").glob("*.P"))])


def record_prototypes(records: Path, source: Path, prototypes: str) -> None:
    """Keep what f2c said of a source that is being compiled."""
    name = sha256(str(source.absolute()).encode()).hexdigest()[:16]
    write_atomic(records / f"{name}.P", prototypes.encode(_ENCODING))


def _survey(tree: Path, f2c: Sequence[str], place: Path) -> None:
    sources = sorted(
        path
        for path in tree.rglob("*.[fF]*")
        if is_fortran(path.name) and not is_free_form(path.name) and not is_preprocessed(path.name) and path.is_file()
    )
    groups = [
        list(paths)[at : at + _AT_ONCE]
        for _, together in groupby(sources, key=lambda path: path.parent)
        for paths in [list(together)]
        for at in range(0, len(paths), _AT_ONCE)
    ]
    with ThreadPoolExecutor(machine.cpu_count()) as pool:
        texts = pool.map(lambda paths: _read(paths, tree, f2c), groups)
    (place / "all.P").write_text("\n".join(texts), _ENCODING)


def _read(paths: Sequence[Path], tree: Path, f2c: Sequence[str]) -> str:
    """The prototypes of sources in one directory."""
    with temporary_directory() as work:
        for number, path in enumerate(paths):
            (work / f"{number}.f").write_text(to_f2c_input(path.read_text(_ENCODING), str(path)), _ENCODING)
        names = [f"{number}.f" for number in range(len(paths))]
        Host.detect().run(*f2c, "-!c", "-P", f"-I{paths[0].parent}", f"-I{tree}", *names, cwd=work)
        return "\n".join(path.read_text(_ENCODING) for path in sorted(work.glob("*.P")))
