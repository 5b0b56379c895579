"""Test commands: the programs that they find, and what their failure means."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_SEPARATORS = frozenset({"&&", "||", "|", ";", ";;", "&", "(", ")", "{", "}", "|&"})
_BEFORE_A_COMMAND = frozenset(
    {"then", "do", "else", "elif", "if", "while", "until", "!", "time", "exec", "command", "env"}
)
"""Words of the shell, and programs, that another command follows."""
_PYTHON_SHEBANG = re.compile(rb"#![^\n]*\bpython")
_COMMAND_NOT_FOUND = 127
_SYSTEM_PACKAGES = re.compile(
    r"^E: (?:List directory|Could not open lock file|Unable to lock)"
    r"|\b(?:sudo|doas|apt-get|apt|yum|dnf|apk|brew): (?:command )?not found"
    r"|/var/lib/(?:dpkg|apt)/\S*.*(?:Permission denied|root\?)"
    r"|must be (?:superuser|root) to use|This command has to be run with superuser privileges"
    r"|Unable to lock database|requested operation requires superuser privilege",
    re.MULTILINE,
)
"""Messages of shells and package managers."""
_NO_MODULE = re.compile(r"No module named '?([A-Za-z_]\w*)")
_NOT_FOUND = re.compile(r"(?:^|: )([\w.+-]+): (?:command )?not found", re.MULTILINE)


def programs_of(command: str) -> tuple[str, ...]:
    """Return the names of the programs that a shell command runs, as far as its text tells."""
    found: dict[str, None] = {}
    for line in command.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        try:
            words = list(lexer)
        except ValueError:  # a quote that another line closes: the shell decides
            continue
        first = True
        for word in words:
            if word in _SEPARATORS or (first and (word in _BEFORE_A_COMMAND or _ASSIGNMENT.fullmatch(word))):
                first = True
                continue
            if first:
                found.setdefault(word)
            first = False
    return tuple(found)


def foreign_python_script(command: str, environment: Path, path: str) -> str | None:
    """Return the first program of a command that is a script of a Python outside of the test environment.

    :param environment: the directory of the test environment.
    :param path: the test's PATH.
    """
    for name in programs_of(command):
        program = shutil.which(name, path=path)
        if program is None or Path(program).is_relative_to(environment):
            continue
        with Path(program).open("rb") as stream:
            if _PYTHON_SHEBANG.match(stream.read(200)):
                return name
    return None


def not_installed_hint(name: str) -> str:
    """Return what to do if a command lacks a program or a module."""
    return f"--test-requires {name} installs it, or the setting test-requires"


def installs_system_packages(output: str) -> bool:
    """Whether a command failed since it installs packages of the system, which only root can outside of the seal."""
    return _SYSTEM_PACKAGES.search(output) is not None


def failure_hint(status: int, output: str) -> str | None:
    """Return what to do about a failed command, if its output tells that a package is missing."""
    if status == _COMMAND_NOT_FOUND and (match := _NOT_FOUND.search(output)):
        return not_installed_hint(match[1])
    if match := _NO_MODULE.search("\n".join(output.splitlines()[-1:])):
        return not_installed_hint(match[1])
    return None


def last_line(*streams: str) -> str:
    """Return the last line of the first stream that has any, shortened; empty if none has."""
    lines: Iterator[str] = (line.strip() for text in streams for line in reversed(text.splitlines()))
    return next((line if len(line) <= 200 else f"{line[:197]}..." for line in lines if line), "")
