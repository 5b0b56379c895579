"""The places in commands that stand for files: ``{package}``, ``{project}``, ``{wheel}``."""

from __future__ import annotations

import re


def fill_placeholders(text: str, *, project: object, wheel: object = None) -> str:
    """A command with its places filled in; ``#{package}`` is written for the word itself.

    :param project: the directory of the sources, which is both ``{package}`` and ``{project}``.
    :param wheel: the wheel, where there is one.
    """
    places = {"project": project, "package": project, **({} if wheel is None else {"wheel": wheel})}

    def put(match: re.Match[str]) -> str:
        return match[0][1:] if match["kept"] else str(places[match["name"]])

    return re.sub(rf"(?P<kept>#?)\{{(?P<name>{'|'.join(places)})\}}", put, text)
