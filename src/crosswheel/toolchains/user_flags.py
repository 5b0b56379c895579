"""Words that a person or a recipe gives compilers: put behind a build's own, and treated as if it had said them."""

from __future__ import annotations

from dataclasses import replace

from crosswheel.toolchains.command_line import Mode, read_command_line
from crosswheel.toolchains.model import Call, Tool, UserFlags


def add_user_flags(call: Call, given: UserFlags) -> Call:
    """A call with the words that belong to it; questions and other tools stay as they are."""
    if call.tool not in {Tool.CC, Tool.CXX} or given == UserFlags():
        return call
    line = read_command_line(call.arguments)
    if line.mode is Mode.QUERY:
        return call
    links = line.mode is Mode.LINK
    words: tuple[str, ...] = ()
    if line.sources or not links:
        words += (*given.compiling, *(given.cxx if call.tool is Tool.CXX or line.is_cxx else ()))
    if links and line.inputs:
        words += given.linking
    return replace(call, arguments=(*call.arguments, *words))
