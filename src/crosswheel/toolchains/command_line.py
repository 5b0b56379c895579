"""Reading a compiler's command line: options with their values, inputs, and what kind of call it is."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Options whose value stands in the next argument. Those in _JOINED may also carry it themselves.
_SEPARATE = frozenset(
    "-o -x -MF -MT -MQ -Xlinker -Xclang -Xpreprocessor -Xassembler -u -z -T -e -arch -target -framework -include"
    " -imacros -isystem -iquote -idirafter -iprefix -iwithprefix -isysroot --sysroot -mllvm -aux-info -dumpbase"
    " --param -I -L -B -D -U -A -l -F -undefined -install_name -current_version -compatibility_version"
    " -exported_symbols_list -unexported_symbols_list -bundle_loader -multiply_defined -weak_library -force_load"
    " -weak_framework -needed_framework -iframework -rpath -dumpdir -dumpbase-ext -MJ --serialize-diagnostics".split()
)
_JOINED = ("-isystem", "-iquote", "-idirafter", "-I", "-L", "-B", "-D", "-U", "-l", "-o", "-x")
# Options of ld that a compiler spells otherwise, or that mean something else to a compiler.
_LINKER_SEPARATE = frozenset(
    "-o -l -L -T -e -u -z -h -R -m -a -b -A -F -f -G -y -Map -soname -rpath -rpath-link -dynamic-linker -init -fini"
    " -I -plugin -plugin-opt --Map --soname --rpath --rpath-link --dynamic-linker --version-script --dynamic-list"
    " --defsym --undefined --entry --script --library --library-path --output --wrap --exclude-libs --format"
    " --oformat --sysroot --retain-symbols-file --hash-style --auxiliary --filter --export-dynamic-symbol -mllvm"
    " --export-dynamic-symbol-list --image-base -Ttext -Tdata -Tbss --section-start --sort-section".split()
)
_LINKER_JOINED = ("-L", "-l", "-o")
_SOURCES = frozenset(
    ".c .cc .cp .cxx .cpp .CPP .c++ .C .i .ii .m .mm .s .S .sx .f .F .f90 .F90 .for .bc .ll .cu".split()
)
_CXX_SOURCES = frozenset(".cc .cp .cxx .cpp .CPP .c++ .C .ii .mm".split())
_QUERIES = (
    "--version", "-dumpversion", "-dumpmachine", "-dumpfullversion", "-dumpspecs", "--help", "-print-", "--print-",
    "-qversion", "-V",
)  # fmt: skip


class Mode(Enum):
    """What a compiler is asked to do."""

    QUERY = "query"
    PREPROCESS = "preprocess"
    COMPILE = "compile"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Item:
    """One option with its value, or one input.

    :param name: the option; empty for an input.
    :param value: its value, or the input's path; None when the option has none.
    :param joined: whether option and value are one argument.
    """

    name: str
    value: str | None = None
    joined: bool = False

    @property
    def is_input(self) -> bool:
        """Whether it is a file (or ``-``) rather than an option."""
        return not self.name

    def tokens(self) -> tuple[str, ...]:
        """The arguments it is written as."""
        if self.value is None:
            return (self.name,)
        if self.is_input:
            return (self.value,)
        return (self.name + self.value,) if self.joined else (self.name, self.value)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A compiler's command line, read."""

    items: tuple[Item, ...]
    mode: Mode

    def has(self, *names: str) -> bool:
        """Whether any of these options is there."""
        return any(item.name in names for item in self.items)

    def last(self, name: str) -> str | None:
        """The value of the last such option."""
        values = [item.value for item in self.items if item.name == name]
        return values[-1] if values else None

    @property
    def inputs(self) -> tuple[str, ...]:
        """The input files, in order."""
        return tuple(item.value for item in self.items if item.is_input and item.value is not None)

    @property
    def sources(self) -> tuple[str, ...]:
        """The inputs that are source code, going by their names."""
        return tuple(path for path in self.inputs if PurePosixPath(path).suffix in _SOURCES)

    @property
    def is_cxx(self) -> bool:
        """Whether it compiles C++, by language option or by the sources' names."""
        language = self.last("-x")
        if language is not None and language != "none":
            return language.startswith("c++")
        return any(PurePosixPath(path).suffix in _CXX_SOURCES for path in self.sources)

    @property
    def output(self) -> str | None:
        """The value of ``-o``."""
        return self.last("-o")


def tokens(items: Iterable[Item]) -> tuple[str, ...]:
    """The arguments that items are written as."""
    return tuple(token for item in items for token in item.tokens())


def read_command_line(arguments: tuple[str, ...]) -> CommandLine:
    """Read the arguments of a C or C++ compiler, response files being expanded already."""
    items = _items(arguments, linker=False)
    return CommandLine(items, _mode(items))


def read_linker_line(arguments: tuple[str, ...]) -> CommandLine:
    """Read the arguments of a linker."""
    return CommandLine(_items(arguments, linker=True), Mode.LINK)


def _items(arguments: tuple[str, ...], *, linker: bool) -> tuple[Item, ...]:
    separate, joinable = (_LINKER_SEPARATE, _LINKER_JOINED) if linker else (_SEPARATE, _JOINED)
    items = []
    rest = iter(arguments)
    for argument in rest:
        if argument == "-" or not argument.startswith("-"):
            items.append(Item("", argument))
        elif argument in separate:
            items.append(Item(argument, next(rest, None)))
        elif joined := next((n for n in joinable if argument.startswith(n)), None):
            items.append(Item(joined, argument[len(joined) :], joined=True))
        else:
            items.append(Item(argument))
    return tuple(items)


def _mode(items: tuple[Item, ...]) -> Mode:
    names = [item.name for item in items]
    inputs = any(item.is_input for item in items)
    if any(name.startswith(_QUERIES) for name in names) or (names in (["-v"], ["-v", "-E"]) and not inputs):
        return Mode.QUERY
    if "-E" in names or "-M" in names or "-MM" in names:
        return Mode.PREPROCESS
    if "-c" in names or "-S" in names or "-fsyntax-only" in names:
        return Mode.COMPILE
    return Mode.LINK


def expand_response_files(arguments: tuple[str, ...], directory: str, depth: int = 8) -> tuple[str, ...]:
    """Put the contents of ``@file`` arguments in their place, as gcc and clang do.

    What cannot be read stays as it is, for the compiler to complain about: files that are missing, whose quotes do
    not match, that name themselves.

    :param depth: how many files may name each other.
    """
    expanded: list[str] = []
    for argument in arguments:
        words = _response(Path(directory, argument[1:])) if argument.startswith("@") and depth else None
        expanded += [argument] if words is None else expand_response_files(words, directory, depth - 1)
    return tuple(expanded)


def _response(path: Path) -> tuple[str, ...] | None:
    try:
        return tuple(shlex.split(path.read_text("utf-8", "surrogateescape")))
    except (OSError, ValueError):
        return None
