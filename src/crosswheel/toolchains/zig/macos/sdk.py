"""Apple's SDK, where a person has one: frameworks, and the libraries of macOS beside the one that zig knows."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.errors import EnvironmentMissingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VARIABLE = "SDKROOT"
"""The environment variable by which Mac builders name an SDK."""
_FRAMEWORKS = "System/Library/Frameworks"
_LIBRARIES = "usr/lib"
_INSTALLED = re.compile(r"^install-name: +'?([^'\n]+)'?", re.MULTILINE)
_REEXPORTED = re.compile(r"^reexported-libraries:\n((?:[ -].*\n)+)", re.MULTILINE)
_LIBRARY = re.compile(r"(?<![\w/.])/[^\s',\]]+")


@dataclass(frozen=True, slots=True)
class Sdk:
    """An SDK of macOS, unpacked somewhere."""

    path: Path
    version: str

    @property
    def identity(self) -> str:
        """What tells it from other SDKs in the name of a directory."""
        return f"{self.version}-{sha256(str(self.path).encode()).hexdigest()[:8]}"

    @property
    def header_options(self) -> tuple[str, ...]:
        """The options by which clang finds its headers; those that zig has too come first."""
        return "-iframework", str(self.path / _FRAMEWORKS), "-idirafter", str(self.path / "usr" / "include")

    @property
    def library_options(self) -> tuple[str, ...]:
        """The options by which the linker finds its libraries."""
        return (f"-L{self.path / _LIBRARIES}",)

    def stub(self, framework: str) -> str:
        """The symbols of a framework (a .tbd file) and of all that it passes on from others, in one text.

        zig's linker ends when what is passed on lies in a framework within another.

        :raises EnvironmentMissingError: when there is no such framework.
        """
        place = self.path / _FRAMEWORKS / f"{framework}.framework" / f"{framework}.tbd"
        if not place.is_file():
            raise EnvironmentMissingError(f"the SDK {self.path} has no framework {framework}")
        texts = [place.read_text("utf-8")]
        known = set(_INSTALLED.findall(texts[0]))
        for text in texts:  # grows meanwhile
            for library in _passed_on(text):
                file = (self.path / library.lstrip("/").removesuffix(".dylib")).with_suffix(".tbd")
                if library not in known and file.is_file():
                    texts.append(file.read_text("utf-8"))
                    known |= {library, *_INSTALLED.findall(texts[-1])}
        return "".join(f"{text.rstrip().removesuffix('...').rstrip()}\n" for text in texts) + "...\n"


def _passed_on(stub: str) -> Iterator[str]:
    for block in _REEXPORTED.findall(stub):
        yield from _LIBRARY.findall(block)


def find_sdk(given: Path | None, environ: Mapping[str, str]) -> Sdk | None:
    """The SDK that was asked for, or that the environment names; None where there is none.

    :raises UsageError: when there is no SDK of macOS at that place.
    """
    if given is None and not environ.get(VARIABLE):
        return None
    path = (given or Path(environ[VARIABLE])).expanduser().absolute()
    if not all((path / part).is_dir() for part in (_FRAMEWORKS, _LIBRARIES)):
        raise UsageError(
            f"{path} is not an SDK of macOS",
            where="--sdk" if given else VARIABLE,
            hint=f"a directory such as MacOSX.sdk, which holds {_FRAMEWORKS} and {_LIBRARIES}",
        )
    settings = path / "SDKSettings.json"
    try:
        version = str(json.loads(settings.read_text("utf-8"))["Version"])
    except (OSError, ValueError, LookupError, TypeError):
        version = "unknown"
    return Sdk(path, re.sub(r"[^\w.]", "", version))
