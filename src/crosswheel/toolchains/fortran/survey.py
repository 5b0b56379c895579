"""What is known of a build's Fortran: from all its sources at first, from what was compiled later on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.host import Host, machine
from crosswheel.host.files import create_once, temporary_directory, write_atomic
from crosswheel.toolchains.fortran.fixed_form import to_f2c_input
from crosswheel.toolchains.fortran.model import is_fortran, is_free_form, is_preprocessed
from crosswheel.toolchains.fortran.prototypes import Prototypes

if TYPE_CHECKING:
    from collections.abc import Sequence

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
