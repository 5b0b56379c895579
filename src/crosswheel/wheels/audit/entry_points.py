"""The check of entry_points.txt."""

from __future__ import annotations

import configparser
import re
from typing import TYPE_CHECKING

from crosswheel.wheels.archive import installed_path
from crosswheel.wheels.audit.model import AuditFinding, Severity, WheelUnderAudit

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_SIZE = 1 << 20
_MAX_DEPTH = 64
"""Levels of packages that are looked at."""
_SCRIPTS = ("console_scripts", "gui_scripts")
_VALUE = re.compile(r"(?P<module>\w+(\.\w+)*)\s*(:\s*(?P<object>\w+(\.\w+)*))?\s*(\[[^\]]*\])?\s*")
_RESERVED = re.compile(r"pythonw?|python3(\.\d+)?")


class _EntryPoints(configparser.ConfigParser):
    """The format of entry points: names are case-sensitive and may contain colons."""

    def __init__(self) -> None:
        super().__init__(delimiters=("=",), interpolation=None, strict=False, default_section="")

    def optionxform(self, optionstr: str) -> str:
        """Return a name as it is written."""
        return optionstr


def entry_points(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Entry points can be parsed, and scripts have a name and a function; their modules are in the wheel.

    A module that is not in the wheel is a warning: it may be in another package.
    """
    path = f"{subject.contents.info}/entry_points.txt"
    data = subject.contents.files.get(path)
    if data is None:
        return
    if len(data) > _MAX_SIZE:
        yield AuditFinding("entry-points", Severity.ERROR, f"has {len(data)} bytes; the limit is {_MAX_SIZE}", path)
        return
    parser = _EntryPoints()
    try:
        parser.read_string(data.decode("utf-8"))
    except (configparser.Error, UnicodeDecodeError) as error:
        what = f"cannot be read: {str(error).splitlines()[0]}"
        yield AuditFinding("entry-points", Severity.ERROR, what, path)
        return
    present = _modules(subject)
    editable = any(path.endswith(".pth") for path in subject.contents.files)
    for group in parser.sections():
        for name, value in parser.items(group):
            match = _VALUE.fullmatch(value)
            if match is None:
                what = f"has an invalid entry point in {group}: {name} = {value}"
                yield AuditFinding("entry-points", Severity.ERROR, what, path)
            elif group in _SCRIPTS and (fault := _script_fault(name, match["object"])):
                yield AuditFinding("entry-points", Severity.ERROR, f"has the script {name!r}, {fault}", path)
            elif match["module"] not in present and not editable:
                what = f"has an entry point of {match['module']}, which is not in the wheel: {name}"
                yield AuditFinding("entry-points", Severity.WARNING, what, path)


def _script_fault(name: str, function: str | None) -> str:
    """Return why pip or uv refuses a script."""
    if not function:
        return "which names no function"
    if not name or re.search(r"[/\\]", name) or name in {".", ".."}:
        return "whose name is not one of a file"
    return "the name of a Python" if _RESERVED.fullmatch(name) else ""


def _modules(subject: WheelUnderAudit) -> set[str]:
    """Return the modules and packages in the wheel, by their full names."""
    found: set[str] = set()
    for path in subject.contents.files:
        *packages, last = installed_path(path).split("/")
        found.update(".".join(packages[: count + 1]) for count in range(min(len(packages), _MAX_DEPTH)))
        if last.endswith((".py", ".so", ".pyd", ".pyc")):
            found.add(".".join([*packages, last.partition(".")[0]]))
    return found
