"""Explaining the exception of Python that a build ended with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EXCEPTION = re.compile(r"^(?:\w+\.)*(\w*(?:Error|Exception|Exit|Interrupt|NotFound)|Invalid\w+): \S")
_GROUPED = re.compile(r"^ *(?:\| |\+-[+-]*)")
_MODULE = re.compile(r"No module named '([\w.]+)'")
_NO_FILE = re.compile(r"FileNotFoundError: \[Errno 2\] No such file or directory: '([^']+)'")
_KEY = re.compile(r"^KeyError: '(\w+)'")
_STARTING = re.compile(r"\bin (?:_execute_child|_posix_spawn|_execvpe|spawnv\w*|exec[lv]\w*)\b|can't start new process")
_ENVIRON = re.compile(r"\benviron\b|(?:<frozen os>|/os\.py)\", line \d+, in __getitem__")
_FRAME_LINES = 8
"""Lines of a traceback for its last two frames: place, source, marks of a part of the source."""
_MORE_LINES = 3
_SOURCE_SUFFIXES = frozenset({".c", ".cc", ".cpp", ".cxx"})


@dataclass(frozen=True, slots=True)
class ProjectFiles:
    """The files of the project that is built; None if they are not known."""

    root: Path | None = None

    def has_file(self, name: str) -> bool:
        """Whether a path, relative to the project's directory or absolute, exists."""
        return self.root is not None and (self.root / name).exists()

    def find(self, name: str) -> str | None:
        """Return the path in the project of a file with a path's name; None if there is none."""
        return next((str(path) for path in self._paths() if path.name == PurePath(name).name), None)

    def inside(self, name: str) -> str | None:
        """Return a path relative to the project's directory; None if it is outside."""
        if self.root is None or not name.startswith("/"):
            return name
        return str(PurePath(name).relative_to(self.root)) if PurePath(name).is_relative_to(self.root) else None

    def provider(self, module: str) -> str | None:
        """Return the path in the project of the source of a module or package; None if it is not the project's."""
        parts = module.split(".")
        for path in self._paths():
            words = (*path.parent.parts, path.stem)
            if path.suffix == ".py" and words[-1] == "__init__":
                words = words[:-1]
            if words[-len(parts) :] != tuple(parts):
                continue
            directories = words[: -len(parts)]
            if path.suffix in {".py", ".pyx"} and directories in {(), ("src",), ("lib",), ("python",)}:
                return str(path)
            if path.suffix in _SOURCE_SUFFIXES and self._defines(path, parts[-1]):
                return str(path)
        return None

    def _defines(self, path: Path, module: str) -> bool:
        assert self.root is not None
        return f"PyInit_{module}" in (self.root / path).read_text("utf-8", "replace")

    def _paths(self) -> Iterator[Path]:
        if self.root is not None:
            yield from (path.relative_to(self.root) for path in sorted(self.root.rglob("*")) if path.is_file())


def without_group_marks(line: str) -> str:
    """Return a line of a traceback without the marks of exception groups."""
    return _GROUPED.sub("", line)


def full_message(lines: Sequence[str], index: int) -> str:
    """Return the message of an exception that ends a log: it may have several lines."""
    rest = [line.strip() for line in lines[index + 1 :] if line.strip(" +-|")]
    return " ".join([lines[index].strip(), *(rest if len(rest) <= _MORE_LINES else ())])


def missing_program(lines: Sequence[str], index: int) -> str | None:
    """Return the program that an exception reports as missing on PATH; None if it is about something else.

    :param lines: the log, without empty lines.
    :param index: the line of the exception, which follows its traceback.
    """
    match = _NO_FILE.search(lines[index])
    if match is None or "/" in match[1]:
        return None
    return match[1] if _is_program(match[1], "\n".join(lines[max(0, index - _FRAME_LINES) : index])) else None


def _is_program(name: str, traceback: str) -> bool:
    """Whether a missing file is a program; without a traceback a name without a suffix is that of a program."""
    return bool(_STARTING.search(traceback)) or ("File " not in traceback and not {"/", "."} & set(name))


def exception_hint(lines: Sequence[str], index: int, project: ProjectFiles) -> str | None:
    """Return what to do about an exception; None if its message has to do.

    :param lines: the log, without empty lines.
    :param index: the line of the exception, which follows its traceback.
    """
    line, traceback = lines[index], "\n".join(lines[max(0, index - _FRAME_LINES) : index])
    if match := _MODULE.search(line):
        return _module_hint(match[1], project)
    if match := _NO_FILE.search(line):
        name = match[1]
        is_program = _is_program(name, traceback)
        return _program_hint(name, project) if is_program else _file_hint(name, project)
    if (match := _KEY.search(line)) and _ENVIRON.search(traceback):
        return f"the build requires the environment variable {match[1]}: set it with --env {match[1]}=…"
    return None


def _module_hint(module: str, project: ProjectFiles) -> str:
    package = project.provider(module.partition(".")[0])
    provider = project.provider(module) or (f"in {PurePath(package).parent}" if package and "." in module else None)
    if provider is None:
        return (
            f"if {module} is a build requirement, it is missing from the project's build-system.requires: add it "
            "there, or to build-requires in [tool.crosswheel] or a recipe"
        )
    if PurePath(provider).suffix == ".py":
        return (
            f"{module} is part of the project ({provider}), but its directory is not on sys.path in a build: add it in "
            "setup.py, or as backend-path to [build-system]"
        )
    return (
        f"the project builds {module} itself ({provider}), and imports it before that, or on the build machine, where "
        "modules of the target cannot be imported"
    )


def _program_hint(name: str, project: ProjectFiles) -> str:
    inside = project.inside(name)
    if inside is None:
        return f"the build runs {name}, which this machine does not have"
    if project.has_file(inside):
        return f"{inside} is part of the project, but its interpreter, or the directory to run it in, does not exist"
    return f"the build runs {inside}, which the project does not contain: it is built, or generated, by an earlier step"


def _file_hint(name: str, project: ProjectFiles) -> str:
    inside = project.inside(name)
    if inside is None:
        return f"the build reads {name} of this machine, which does not exist: pass it by a path inside of the project"
    if project.root is None:
        return f"the project reads {inside}, which its sources do not contain"
    if other := project.find(inside):
        return f"the project reads {inside}, but contains {other}: it expects to be built in another directory"
    return (
        f"the project reads {inside}, which its sources do not contain: an sdist may lack files of its repository; "
        "build that (git+https://…), or add the file"
    )
