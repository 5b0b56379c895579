"""Parse a compiler's or linker's command line: options with their values, inputs, and the kind of call."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Options whose value is the next argument. Those in _JOINED may also have it in the same argument.
_SEPARATE = frozenset(
    "-o -x -MF -MT -MQ -Xlinker -Xclang -Xpreprocessor -Xassembler -u -z -T -e -arch -target -framework -include"
    " -imacros -isystem -iquote -idirafter -iprefix -iwithprefix -isysroot --sysroot -mllvm -aux-info -dumpbase"
    " --param -I -L -B -D -U -A -l -F -undefined -install_name -current_version -compatibility_version"
    " -exported_symbols_list -unexported_symbols_list -bundle_loader -multiply_defined -weak_library -force_load"
    " -weak_framework -needed_framework -iframework -rpath -dumpdir -dumpbase-ext -MJ --serialize-diagnostics".split()
)
_JOINED = ("-isystem", "-iquote", "-idirafter", "-I", "-L", "-B", "-D", "-U", "-l", "-o", "-x")
# Options of ld that compilers spell differently, or that have another meaning for a compiler.
_LINKER_SEPARATE = frozenset(
    "-o -l -L -T -e -u -z -h -R -m -a -b -A -F -f -G -y -Map -soname -rpath -rpath-link -dynamic-linker -init -fini"
    " -I -plugin -plugin-opt --Map --soname --rpath --rpath-link --dynamic-linker --version-script --dynamic-list"
    " --defsym --undefined --entry --script --library --library-path --output --wrap --exclude-libs --format"
    " --oformat --sysroot --retain-symbols-file --hash-style --auxiliary --filter --export-dynamic-symbol -mllvm"
    " --export-dynamic-symbol-list --image-base -Ttext -Tdata -Tbss --section-start --sort-section".split()
)
_LINKER_JOINED = ("-L", "-l", "-o")
_LINKER_PREFIX = "-Wl,"
_SOURCES = frozenset(
    ".c .cc .cp .cxx .cpp .CPP .c++ .C .i .ii .m .mm .s .S .sx .f .F .f90 .F90 .for .bc .ll .cu".split()
)
_CXX_SOURCES = frozenset(".cc .cp .cxx .cpp .CPP .c++ .C .ii .mm".split())
_QUERIES = (
    "--version", "-dumpversion", "-dumpmachine", "-dumpfullversion", "-dumpspecs", "--help", "-print-", "--print-",
    "-qversion", "-V",
)  # fmt: skip


class Mode(Enum):
    """What a compiler call does."""

    QUERY = "query"
    PREPROCESS = "preprocess"
    COMPILE = "compile"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Item:
    """One option with its value, or one input.

    :param name: the option; empty for an input.
    :param value: the option's value, or the input's path; None if the option has no value.
    :param joined: whether option and value are one argument.
    """

    name: str
    value: str | None = None
    joined: bool = False

    @property
    def is_input(self) -> bool:
        """Whether this is a file (or ``-`` for standard input) rather than an option."""
        return not self.name

    def tokens(self) -> tuple[str, ...]:
        """Return the arguments for this item."""
        if self.value is None:
            return (self.name,)
        if self.is_input:
            return (self.value,)
        return (self.name + self.value,) if self.joined else (self.name, self.value)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A parsed command line of a compiler or linker."""

    items: tuple[Item, ...]
    mode: Mode

    def has(self, *names: str) -> bool:
        """Return whether any of these options is present."""
        return any(item.name in names for item in self.items)

    def last(self, name: str) -> str | None:
        """Return the value of the last such option, None if there is none."""
        values = [item.value for item in self.items if item.name == name]
        return values[-1] if values else None

    @property
    def inputs(self) -> tuple[str, ...]:
        """The input files, in order."""
        return tuple(item.value for item in self.items if item.is_input and item.value is not None)

    @property
    def sources(self) -> tuple[str, ...]:
        """The inputs that are source code, by their suffixes."""
        return tuple(path for path in self.inputs if PurePosixPath(path).suffix in _SOURCES)

    @property
    def is_cxx(self) -> bool:
        """Whether C++ is compiled, by ``-x`` or else by the suffixes of the sources."""
        language = self.last("-x")
        if language is not None and language != "none":
            return language.startswith("c++")
        return any(PurePosixPath(path).suffix in _CXX_SOURCES for path in self.sources)

    @property
    def output(self) -> str | None:
        """The value of ``-o``, None if absent."""
        return self.last("-o")


def tokens(items: Iterable[Item]) -> tuple[str, ...]:
    """Return the arguments for these items."""
    return tuple(token for item in items for token in item.tokens())


def read_command_line(arguments: tuple[str, ...]) -> CommandLine:
    """Parse the arguments of a C or C++ compiler, with response files already expanded."""
    items = _parse(arguments, linker=False)
    return CommandLine(items, _mode(items))


def read_linker_line(arguments: tuple[str, ...]) -> CommandLine:
    """Parse the arguments of a linker that is called directly."""
    return CommandLine(_parse(arguments, linker=True), Mode.LINK)


def _parse(arguments: tuple[str, ...], *, linker: bool) -> tuple[Item, ...]:
    separate, joinable = (_LINKER_SEPARATE, _LINKER_JOINED) if linker else (_SEPARATE, _JOINED)
    items = []
    remaining = iter(arguments)
    for argument in remaining:
        if argument == "-" or not argument.startswith("-"):
            items.append(Item("", argument))
        elif argument in separate:
            items.append(Item(argument, next(remaining, None)))
        elif option := next((name for name in joinable if argument.startswith(name)), None):
            items.append(Item(option, argument[len(option) :], joined=True))
        else:
            items.append(Item(argument))
    return tuple(items)


def _mode(items: tuple[Item, ...]) -> Mode:
    names = [item.name for item in items]
    has_inputs = any(item.is_input for item in items)
    if any(name.startswith(_QUERIES) for name in names) or (names in (["-v"], ["-v", "-E"]) and not has_inputs):
        return Mode.QUERY
    if "-E" in names or "-M" in names or "-MM" in names:
        return Mode.PREPROCESS
    if "-c" in names or "-S" in names or "-fsyntax-only" in names:
        return Mode.COMPILE
    return Mode.LINK


def expand_response_files(
    arguments: tuple[str, ...], directory: str, outside: Callable[[Path], Path] = Path, depth: int = 8
) -> tuple[str, ...]:
    """Replace ``@file`` arguments by the contents of the files, as gcc and clang do, and as linkers do (``-Wl,@file``).

    Arguments that cannot be expanded (a missing file, unbalanced quotes, a file that includes itself) are kept, so that
    the compiler reports them.

    :param directory: the working directory of the call, absolute.
    :param outside: returns the path on the build machine of a path of the call.
    :param depth: maximum nesting of response files.
    """
    expanded: list[str] = []
    for argument in arguments:
        if argument.startswith(_LINKER_PREFIX) and ",@" in argument and depth:
            words = expand_response_files(tuple(argument.split(",")[1:]), directory, outside, depth - 1)
            expanded += [part for word in words for part in _linker_word(word)]
            continue
        is_file = argument.startswith("@") and depth
        args = _read_response_file(outside(Path(directory, argument[1:]))) if is_file else None
        expanded += [argument] if args is None else expand_response_files(args, directory, outside, depth - 1)
    return tuple(expanded)


def _linker_word(word: str) -> tuple[str, ...]:
    """Return the compiler's arguments that pass one to its linker."""
    return ("-Xlinker", word) if "," in word else (f"{_LINKER_PREFIX}{word}",)


def _read_response_file(path: Path) -> tuple[str, ...] | None:
    try:
        return tuple(shlex.split(path.read_text("utf-8", "surrogateescape")))
    except (OSError, ValueError):
        return None
