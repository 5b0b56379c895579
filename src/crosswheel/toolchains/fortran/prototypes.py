"""The prototypes that f2c writes down: what Fortran procedures are to a C compiler, told apart by how calls work."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crosswheel.toolchains.fortran.f2c_output import use_gfortran_names
from crosswheel.toolchains.fortran.model import table

if TYPE_CHECKING:
    from collections.abc import Iterable

_DEFINED = re.compile(r"^extern (\w+) (\w+)\((.*)\);$", re.MULTILINE)
_REFERRED = re.compile(r"^/\*:ref: (\w+) (\d+) (\d+)((?: \d+)*) \*/$", re.MULTILINE)
_COMMON = re.compile(r"^/\* comlen (\w+) (\d+) \*/$", re.MULTILINE)
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
