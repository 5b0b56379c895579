"""Functions in preprocessed C: declarations, definitions and calls, with where they stand and how they are called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from crosswheel.toolchains.fortran.model import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_TOKEN = re.compile(r"""[A-Za-z_]\w*|\.?\d[\w.]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\.\.\.|\n|[^\s\w]""")
_MARKER = re.compile(r'^#\s*(?:line\s+)?(\d+)\s+"((?:\\.|[^"\\])*)"([ \d]*)[^\n]*$', re.MULTILINE)
_QUALIFIERS = frozenset(
    "extern static inline __inline __inline__ const volatile register restrict __restrict __restrict__ signed unsigned"
    " __extension__ _Noreturn __const auto constexpr".split()
)
_SKIPPED = frozenset({"__attribute__", "__asm__", "asm", "__declspec", "_Alignas", "alignas"})
_NEVER = frozenset("return typedef if else for while switch goto case do sizeof using template namespace".split())
_INTEGERS = frozenset({"int", "short", "char", "long"})


class Token(NamedTuple):
    """A word of C: its place in the text, and in the file it came from."""

    text: str
    start: int
    end: int
    file: str
    line: int


@dataclass(frozen=True)
class Parameter:
    """A parameter of a declaration: its words, and how it is passed; empty if that is unknown."""

    words: tuple[Token, ...]
    kind: str


@dataclass(frozen=True)
class Declaration:
    """A declaration or definition of a function.

    :param specifiers: the words before its name; ``shared`` if other names are declared by them too.
    :param parameters: None where there is no prototype.
    :param inside: the words between its parentheses.
    :param body: the tokens between the braces, with the closing one, for a definition.
    """

    name: Token
    specifiers: tuple[Token, ...]
    shared: bool
    result: str
    parameters: tuple[Parameter, ...] | None
    inside: tuple[Token, ...]
    body: tuple[Token, ...] | None


@dataclass(frozen=True)
class CallExpression:
    """A call: each argument's words."""

    name: Token
    arguments: tuple[tuple[Token, ...], ...]


@dataclass(frozen=True)
class VoidFunctionPointer:
    """A pointer to a function that returns nothing: the word ``void``, its name, what it takes."""

    void: Token
    name: Token
    parameters: tuple[Parameter, ...] | None


class TranslationUnit:
    """A translation unit."""

    def __init__(self, text: str) -> None:
        self._tokens = tuple(_tokens(text))
        self._typedefs: dict[str, str] = dict(table()["types"]["c"])

    @cached_property
    def declarations(self) -> tuple[Declaration, ...]:
        """Every function that is declared or defined, in order."""
        found: list[Declaration] = []
        for words, after in self._statements():
            if words and words[0].text == "typedef":
                self._define(words)
            elif words and words[0].text not in _NEVER:
                body = self._body(after) if self._tokens[after].text == "{" else None
                found += self._declared(words, body)
        return tuple(found)

    def calls(self, names: frozenset[str]) -> Iterator[CallExpression]:
        """Every call of some functions."""
        declared = {declaration.name for declaration in self.declarations}
        for at, token in enumerate(self._tokens[:-1]):
            if token.text in names and token not in declared and self._tokens[at + 1].text == "(":
                inside = _group(self._tokens, at + 1)
                yield CallExpression(token, tuple(_split(inside)))

    def taken(self, names: Iterable[str]) -> frozenset[tuple[str, str]]:
        """Those of some functions whose address is taken, each with the file: neither declared nor called there."""
        wanted = frozenset(names)
        tokens = self._tokens
        return frozenset(
            (token.text, token.file)
            for at, token in enumerate(tokens[:-1])
            if token.text in wanted and tokens[at + 1].text in {",", ")", "}", ";"} and tokens[at - 1].text not in "*."
        )

    def pointers(self) -> Iterator[VoidFunctionPointer]:
        """Every pointer to a function that returns nothing: ``void (*name)(...)``."""
        self.declarations  # noqa: B018  # knows the types' names then
        tokens = self._tokens
        for at in range(len(tokens) - 5):
            void, opening, star, name, closing, then = tokens[at : at + 6]
            shape = (void.text, opening.text, star.text, closing.text, then.text)
            if shape == ("void", "(", "*", ")", "("):
                yield VoidFunctionPointer(void, name, self._parameters(_group(tokens, at + 5)))

    def _statements(self) -> Iterator[tuple[tuple[Token, ...], int]]:
        """Runs of tokens up to a semicolon or brace outside of parentheses, and where that stands."""
        words: list[Token] = []
        depth = 0
        for at, token in enumerate(self._tokens):
            depth += (token.text in "([") - (token.text in ")]")
            if depth <= 0 and token.text in {";", "{", "}"}:
                yield tuple(words), at
                words, depth = [], 0
            else:
                words.append(token)

    def _body(self, brace: int) -> tuple[Token, ...]:
        depth = 0
        for at in range(brace, len(self._tokens)):
            depth += (self._tokens[at].text == "{") - (self._tokens[at].text == "}")
            if depth == 0:
                return self._tokens[brace + 1 : at + 1]
        return ()

    def _declared(self, words: tuple[Token, ...], body: tuple[Token, ...] | None) -> list[Declaration]:
        """The functions that one statement declares."""
        specifiers: list[Token] = []
        found: list[tuple[Token, int, tuple[Token, ...]]] = []
        at, stars, others = 0, 0, 0
        while at < len(words):
            token, following = words[at], words[at + 1].text if at + 1 < len(words) else ""
            if token.text in _SKIPPED and following == "(":
                at += len(_group(words, at + 1)) + 2
            elif token.text == "*":
                stars += 1
            elif token.text == "," and (found or others):
                stars = 0
            elif (token.text[0].isalpha() or token.text[0] == "_") and following == "(" and specifiers:
                inside = _group(words, at + 1)
                found.append((token, stars, inside))
                at += len(inside) + 2
            elif found:
                break
            elif token.text[0].isalpha() or token.text[0] in '_"':
                specifiers.append(token)
            elif token.text == ",":
                others += 1
            else:
                return []
            at += 1
        several = len(found) + others > 1
        return [
            Declaration(name, tuple(specifiers), several, "pointer" if stars else self._kind(_texts(specifiers)),
                        self._parameters(inside), inside, body)
            for name, stars, inside in found
        ]  # fmt: skip

    def _parameters(self, inside: tuple[Token, ...]) -> tuple[Parameter, ...] | None:
        texts = _texts(inside)
        if not texts or "..." in texts:
            return None
        if texts == ["void"]:
            return ()
        return tuple(Parameter(words, self._passed(words)) for words in _split(inside))

    def _passed(self, words: tuple[Token, ...]) -> str:
        texts = _texts(words)
        if "(" in texts:
            before = texts[: texts.index("(")]
            if texts[texts.index("(") + 1 : texts.index("(") + 2] != ["*"]:
                before = before[:-1]
            return f"function:{'pointer' if '*' in before else self._kind(before)}"
        if "*" in texts or "[" in texts:
            return "pointer"
        names = [text for text in texts if text not in _QUALIFIERS]
        known = len(names) > 1 and names[-1] not in _INTEGERS and names[-1] not in {"float", "double"}
        return self._kind(texts[:-1] if known and texts[-1] == names[-1] else texts)

    def _kind(self, texts: Sequence[str]) -> str:
        """How a value of a type is passed; empty if that is unknown."""
        words = [text for text in texts if text not in _QUALIFIERS and not text.startswith('"')]
        if "_Complex" in words or "complex" in words:
            return "complex"
        if words.count("long") > 1:
            return "i64"
        if named := next((name for name in ("void", "float", "double") if name in words), None):
            return "" if "long" in words else named
        if _INTEGERS & set(words) or not words or words[0] == "enum":
            return "long" if "long" in words else "int"
        return "struct" if words[0] in {"struct", "union"} else self._typedefs.get(words[-1], "")

    def _define(self, words: tuple[Token, ...]) -> None:
        texts = _texts(words)[1:]
        if "(" in texts:
            at = texts.index("(")
            if texts[at + 1 : at + 2] == ["*"] and at + 2 < len(texts):
                self._typedefs[texts[at + 2]] = f"function:{self._kind(texts[:at])}"
        elif texts and "[" not in texts and "," not in texts:
            self._typedefs[texts[-1]] = "pointer" if "*" in texts else self._kind(texts[:-1])


def _tokens(text: str) -> Iterator[Token]:
    """The words of preprocessed text outside of system headers."""
    start, file, line, system = 0, "<input>", 1, False
    for marker in (*_MARKER.finditer(text), None):
        if not system:
            yield from _words(text, start, marker.start() if marker else len(text), file, line)
        if marker:
            start, line, file = marker.end() + 1, int(marker[1]), marker[2]
            system = "3" in marker[3].split()


def _words(text: str, start: int, end: int, file: str, line: int) -> Iterator[Token]:
    for match in _TOKEN.finditer(text, start, end):
        if match[0] == "\n":
            line += 1
        elif match[0] != "#":
            yield Token(match[0], match.start(), match.end(), file, line)


def _texts(words: Sequence[Token]) -> list[str]:
    return [word.text for word in words]


def _group(words: Sequence[Token], opening: int) -> tuple[Token, ...]:
    """What stands between a parenthesis and the one that closes it."""
    depth = 0
    for at in range(opening, len(words)):
        depth += (words[at].text == "(") - (words[at].text == ")")
        if depth == 0:
            return tuple(words[opening + 1 : at])
    return tuple(words[opening + 1 :])


def _split(words: Sequence[Token]) -> list[tuple[Token, ...]]:
    """The parts between commas outside of parentheses."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for word in words:
        depth += (word.text in "([{") - (word.text in ")]}")
        if word.text == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(word)
    return [tuple(part) for part in parts] if words else []
