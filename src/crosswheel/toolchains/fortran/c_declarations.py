"""A parser for preprocessed C that finds functions: declarations, definitions and calls, with their position and types.

Kinds describe how a value is passed or returned: ``void``, ``int``, ``long``, ``i64``, ``float``, ``double``,
``complex``, ``struct``, ``pointer``, ``function:KIND`` (a pointer to a function that returns KIND); empty if unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from crosswheel.toolchains.fortran.model import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_TOKEN = re.compile(r"""[A-Za-z_]\w*|\.?\d[\w.]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\.\.\.|\n|[^\s\w]""")
_LINE_MARKER = re.compile(r'^#\s*(?:line\s+)?(\d+)\s+"((?:\\.|[^"\\])*)"([ \d]*)[^\n]*$', re.MULTILINE)
_QUALIFIERS = frozenset(
    "extern static inline __inline __inline__ const volatile register restrict __restrict __restrict__ signed unsigned"
    " __extension__ _Noreturn __const auto constexpr".split()
)
_ATTRIBUTES = frozenset({"__attribute__", "__asm__", "asm", "__declspec", "_Alignas", "alignas"})
_NOT_DECLARATIONS = frozenset(
    "return typedef if else for while switch goto case do sizeof using template namespace".split()
)
_INTEGERS = frozenset({"int", "short", "char", "long"})


class Token(NamedTuple):
    """A token of C: its offsets in the preprocessed text, its position in the original file."""

    text: str
    start: int
    end: int
    file: str
    line: int


@dataclass(frozen=True)
class Parameter:
    """A parameter of a function declaration."""

    tokens: tuple[Token, ...]
    kind: str


@dataclass(frozen=True)
class Declaration:
    """A declaration or definition of a function.

    :param specifiers: the tokens before its name.
    :param shares_specifiers: whether they declare other names too (``void f(), g();``).
    :param result: the kind of its result.
    :param parameters: None if it is not a prototype.
    :param parameter_tokens: the tokens between the parentheses.
    :param body: for a definition, the tokens between the braces and the closing brace.
    """

    name: Token
    specifiers: tuple[Token, ...]
    shares_specifiers: bool
    result: str
    parameters: tuple[Parameter, ...] | None
    parameter_tokens: tuple[Token, ...]
    body: tuple[Token, ...] | None


@dataclass(frozen=True)
class CallExpression:
    """A function call: the name, and the tokens of each argument."""

    name: Token
    arguments: tuple[tuple[Token, ...], ...]


@dataclass(frozen=True)
class VoidFunctionPointer:
    """A declared pointer to a function that returns nothing.

    :param void: the token ``void``.
    :param parameters: None if it has no parameter list.
    """

    void: Token
    name: Token
    parameters: tuple[Parameter, ...] | None


class TranslationUnit:
    """The functions of a preprocessed C file, without those of system headers.

    :param text: the output of the preprocessor.
    """

    def __init__(self, text: str) -> None:
        self._tokens = tuple(_tokenize(text))
        self._typedefs: dict[str, str] = dict(table()["types"]["c"])

    @cached_property
    def declarations(self) -> tuple[Declaration, ...]:
        """Every function that is declared or defined, in order."""
        declarations: list[Declaration] = []
        for tokens, end in self._statements():
            if tokens and tokens[0].text == "typedef":
                self._read_typedef(tokens)
            elif tokens and tokens[0].text not in _NOT_DECLARATIONS:
                body = self._body(end) if self._tokens[end].text == "{" else None
                declarations += self._read_declarations(tokens, body)
        return tuple(declarations)

    def calls(self, names: frozenset[str]) -> Iterator[CallExpression]:
        """Yield every call of the named functions."""
        declared = {declaration.name for declaration in self.declarations}
        for index, token in enumerate(self._tokens[:-1]):
            if token.text in names and token not in declared and self._tokens[index + 1].text == "(":
                yield CallExpression(token, tuple(_split_at_commas(_parenthesized(self._tokens, index + 1))))

    def addresses_taken(self, names: Iterable[str]) -> frozenset[tuple[str, str]]:
        """Return those of the named functions whose address is used as a value, each with the file."""
        candidates = frozenset(names)
        tokens = self._tokens
        return frozenset(
            (token.text, token.file)
            for index, token in enumerate(tokens[:-1])
            if token.text in candidates
            and tokens[index + 1].text in {",", ")", "}", ";"}
            and tokens[index - 1].text not in "*."
        )

    def void_function_pointers(self) -> Iterator[VoidFunctionPointer]:
        """Yield every declared pointer to a function that returns nothing: ``void (*name)(...)``."""
        self.declarations  # noqa: B018  # reads the typedefs
        tokens = self._tokens
        for index in range(len(tokens) - 5):
            void, opening, star, name, closing, following = tokens[index : index + 6]
            if (void.text, opening.text, star.text, closing.text, following.text) == ("void", "(", "*", ")", "("):
                yield VoidFunctionPointer(void, name, self._read_parameters(_parenthesized(tokens, index + 5)))

    def _statements(self) -> Iterator[tuple[tuple[Token, ...], int]]:
        """Yield the tokens before each semicolon or brace outside of parentheses, and the index of that."""
        tokens: list[Token] = []
        depth = 0
        for index, token in enumerate(self._tokens):
            depth += (token.text in "([") - (token.text in ")]")
            if depth <= 0 and token.text in {";", "{", "}"}:
                yield tuple(tokens), index
                tokens, depth = [], 0
            else:
                tokens.append(token)

    def _body(self, brace: int) -> tuple[Token, ...]:
        depth = 0
        for index in range(brace, len(self._tokens)):
            depth += (self._tokens[index].text == "{") - (self._tokens[index].text == "}")
            if depth == 0:
                return self._tokens[brace + 1 : index + 1]
        return ()

    def _read_declarations(self, tokens: tuple[Token, ...], body: tuple[Token, ...] | None) -> list[Declaration]:
        """Return the functions that one statement declares."""
        specifiers: list[Token] = []
        functions: list[tuple[Token, int, tuple[Token, ...]]] = []
        index, stars, others = 0, 0, 0
        while index < len(tokens):
            token, following = tokens[index], tokens[index + 1].text if index + 1 < len(tokens) else ""
            if token.text in _ATTRIBUTES and following == "(":
                index += len(_parenthesized(tokens, index + 1)) + 2
            elif token.text == "*":
                stars += 1
            elif token.text == "," and (functions or others):
                stars = 0
            elif (token.text[0].isalpha() or token.text[0] == "_") and following == "(" and specifiers:
                parameter_tokens = _parenthesized(tokens, index + 1)
                functions.append((token, stars, parameter_tokens))
                index += len(parameter_tokens) + 2
            elif functions:
                break
            elif token.text[0].isalpha() or token.text[0] in '_"':
                specifiers.append(token)
            elif token.text == ",":
                others += 1
            else:
                return []
            index += 1
        several = len(functions) + others > 1
        return [
            Declaration(name, tuple(specifiers), several, "pointer" if stars else self._kind(_texts(specifiers)),
                        self._read_parameters(parameter_tokens), parameter_tokens, body)
            for name, stars, parameter_tokens in functions
        ]  # fmt: skip

    def _read_parameters(self, tokens: tuple[Token, ...]) -> tuple[Parameter, ...] | None:
        texts = _texts(tokens)
        if not texts or "..." in texts:
            return None
        if texts == ["void"]:
            return ()
        return tuple(Parameter(part, self._parameter_kind(part)) for part in _split_at_commas(tokens))

    def _parameter_kind(self, tokens: tuple[Token, ...]) -> str:
        texts = _texts(tokens)
        if "(" in texts:
            before = texts[: texts.index("(")]
            if texts[texts.index("(") + 1 : texts.index("(") + 2] != ["*"]:
                before = before[:-1]
            return f"function:{'pointer' if '*' in before else self._kind(before)}"
        if "*" in texts or "[" in texts:
            return "pointer"
        names = [text for text in texts if text not in _QUALIFIERS]
        named = len(names) > 1 and names[-1] not in _INTEGERS and names[-1] not in {"float", "double"}
        return self._kind(texts[:-1] if named and texts[-1] == names[-1] else texts)

    def _kind(self, texts: Sequence[str]) -> str:
        """Return the kind of a type, empty if it is unknown."""
        names = [text for text in texts if text not in _QUALIFIERS and not text.startswith('"')]
        if "_Complex" in names or "complex" in names:
            return "complex"
        if names.count("long") > 1:
            return "i64"
        if basic := next((name for name in ("void", "float", "double") if name in names), None):
            return "" if "long" in names else basic
        if _INTEGERS & set(names) or not names or names[0] == "enum":
            return "long" if "long" in names else "int"
        return "struct" if names[0] in {"struct", "union"} else self._typedefs.get(names[-1], "")

    def _read_typedef(self, tokens: tuple[Token, ...]) -> None:
        texts = _texts(tokens)[1:]
        if "(" in texts:
            index = texts.index("(")
            if texts[index + 1 : index + 2] == ["*"] and index + 2 < len(texts):
                self._typedefs[texts[index + 2]] = f"function:{self._kind(texts[:index])}"
        elif texts and "[" not in texts and "," not in texts:
            self._typedefs[texts[-1]] = "pointer" if "*" in texts else self._kind(texts[:-1])


def _tokenize(text: str) -> Iterator[Token]:
    """Yield the tokens of preprocessed text, without those of system headers."""
    start, file, line, system = 0, "<input>", 1, False
    for marker in (*_LINE_MARKER.finditer(text), None):
        if not system:
            yield from _tokenize_part(text, start, marker.start() if marker else len(text), file, line)
        if marker:
            start, line, file = marker.end() + 1, int(marker[1]), marker[2]
            system = "3" in marker[3].split()


def _tokenize_part(text: str, start: int, end: int, file: str, line: int) -> Iterator[Token]:
    for match in _TOKEN.finditer(text, start, end):
        if match[0] == "\n":
            line += 1
        elif match[0] != "#":
            yield Token(match[0], match.start(), match.end(), file, line)


def _texts(tokens: Sequence[Token]) -> list[str]:
    return [token.text for token in tokens]


def _parenthesized(tokens: Sequence[Token], opening: int) -> tuple[Token, ...]:
    """Return the tokens between the parenthesis at an index and the matching one."""
    depth = 0
    for index in range(opening, len(tokens)):
        depth += (tokens[index].text == "(") - (tokens[index].text == ")")
        if depth == 0:
            return tuple(tokens[opening + 1 : index])
    return tuple(tokens[opening + 1 :])


def _split_at_commas(tokens: Sequence[Token]) -> list[tuple[Token, ...]]:
    """Split tokens at the commas outside of brackets."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text in "([{") - (token.text in ")]}")
        if token.text == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return [tuple(part) for part in parts] if tokens else []
