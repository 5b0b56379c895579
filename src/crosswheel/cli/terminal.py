"""Writing text to the terminal: all of it passes through here, with control characters shown as escapes.

Names and messages come from wheels, sdists, indexes and programs. An escape sequence in them could hide or forge other
lines, or change the terminal's settings.
"""

from __future__ import annotations

import json
import re
from typing import Any

import click

# C0 and C1 control characters but for tab and newline, separators of lines, reversed text, unpaired surrogates.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Return text with control characters other than tabs and newlines as escapes: ``\\x1b``, ``\\u202e``."""
    return _CONTROL.sub(lambda match: _escape(match[0]), text.replace("\r\n", "\n"))


def printable_line(text: str) -> str:
    """Return text as a single line: newlines are escapes too."""
    return printable(text).replace("\n", "\\n")


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def echo(text: object = "", *, err: bool = False, nl: bool = True) -> None:
    """Print text to standard output or standard error."""
    click.echo(printable(str(text)), err=err, nl=nl)


def echo_json(document: Any) -> None:
    """Print a JSON document. Control characters in its strings are escapes of JSON."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    click.echo(_CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text))
