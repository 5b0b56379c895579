"""Apple's SDK for macOS: frameworks, and the system libraries that zig has no stubs for."""

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
"""The environment variable with which Mac builders name an SDK."""
_FRAMEWORKS = "System/Library/Frameworks"
_LIBRARIES = "usr/lib"
_INSTALL_NAME = re.compile(r"^install-name: +'?([^'\n]+)'?", re.MULTILINE)
_REEXPORTED = re.compile(r"^reexported-libraries:\n((?:[ -].*\n)+)", re.MULTILINE)
_LIBRARY = re.compile(r"(?<![\w/.])/[^\s',\]]+")


@dataclass(frozen=True, slots=True)
class Sdk:
    """An unpacked macOS SDK."""

    path: Path
    version: str

    @property
    def identity(self) -> str:
        """Identify the SDK in the name of a directory."""
        return f"{self.version}-{sha256(str(self.path).encode()).hexdigest()[:8]}"

    @property
    def header_options(self) -> tuple[str, ...]:
        """Clang options that add the SDK's headers, after zig's."""
        return "-iframework", str(self.path / _FRAMEWORKS), "-idirafter", str(self.path / "usr" / "include")

    @property
    def library_options(self) -> tuple[str, ...]:
        """Linker options that add the SDK's library directory."""
        return (f"-L{self.path / _LIBRARIES}",)

    def stub(self, framework: str) -> str:
        """Return the text of a framework's .tbd file, with those of all libraries it re-exports.

        They are put into one text because zig's linker fails on re-exported libraries in nested frameworks.

        :raises EnvironmentMissingError: if there is no such framework.
        """
        path = self.path / _FRAMEWORKS / f"{framework}.framework" / f"{framework}.tbd"
        if not path.is_file():
            raise EnvironmentMissingError(f"the SDK {self.path} has no framework {framework}")
        texts = [path.read_text("utf-8")]
        included = set(_INSTALL_NAME.findall(texts[0]))
        for text in texts:  # grows during iteration
            for library in _reexported_libraries(text):
                file = (self.path / library.lstrip("/").removesuffix(".dylib")).with_suffix(".tbd")
                if library not in included and file.is_file():
                    texts.append(file.read_text("utf-8"))
                    included |= {library, *_INSTALL_NAME.findall(texts[-1])}
        return "".join(f"{text.rstrip().removesuffix('...').rstrip()}\n" for text in texts) + "...\n"


def _reexported_libraries(stub: str) -> Iterator[str]:
    for block in _REEXPORTED.findall(stub):
        yield from _LIBRARY.findall(block)


def find_sdk(requested: Path | None, environ: Mapping[str, str]) -> Sdk | None:
    """Return the SDK of ``--sdk``, else the one that ``SDKROOT`` names.

    :param requested: the value of ``--sdk``.
    :returns: None if neither is set.
    :raises UsageError: if the directory is not a macOS SDK.
    """
    if requested is None and not environ.get(VARIABLE):
        return None
    path = (requested or Path(environ[VARIABLE])).expanduser().absolute()
    if not all((path / part).is_dir() for part in (_FRAMEWORKS, _LIBRARIES)):
        raise UsageError(
            f"{path} is not an SDK of macOS",
            where="--sdk" if requested else VARIABLE,
            hint=f"name a directory such as MacOSX.sdk, which contains {_FRAMEWORKS} and {_LIBRARIES}",
        )
    settings = path / "SDKSettings.json"
    try:
        version = str(json.loads(settings.read_text("utf-8"))["Version"])
    except (OSError, ValueError, LookupError, TypeError):
        version = "unknown"
    return Sdk(path, re.sub(r"[^\w.]", "", version))
