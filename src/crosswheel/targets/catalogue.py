"""Lookup of targets by name: platform tags with a version, aliases without one, ``native``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crosswheel.errors import UsageError, suggestion
from crosswheel.targets.linux import LinuxFamily
from crosswheel.targets.macos import MacosFamily
from crosswheel.targets.pyodide import PyodideFamily
from crosswheel.targets.windows import WindowsFamily

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crosswheel.targets.model import MinimumVersions, Target, TargetFamily
    from crosswheel.targets.python_version import PythonVersion

_FAMILIES: tuple[TargetFamily, ...] = (LinuxFamily(), PyodideFamily(), MacosFamily(), WindowsFamily())
"""How each family reads target names; what else a family is made of is in :mod:`crosswheel.platforms`."""


def family_names() -> tuple[str, ...]:
    """Return the name of every family of platforms."""
    return tuple(family.name for family in _FAMILIES)


def all_targets(minimum_versions: MinimumVersions) -> Iterator[Target]:
    """Yield one target for each platform, of the oldest version that the toolchain supports."""
    for family in _FAMILIES:
        yield from family.oldest_supported(minimum_versions)


def aliases() -> tuple[str, ...]:
    """Return every short name of a target."""
    return ("native", *(alias for family in _FAMILIES for alias in family.aliases()))


def target_from_tag(tag: str) -> Target | None:
    """Return the target of a platform tag, None for tags of unknown systems."""
    return next((target for family in _FAMILIES if (target := family.from_tag(tag))), None)


def find_target(
    spec: str, minimum_versions: MinimumVersions, *, native: str, python: PythonVersion | None = None
) -> Target:
    """Return the target of a platform tag or an alias.

    :param minimum_versions: the toolchain; an alias resolves to the oldest version it supports.
    :param native: alias of the build machine, to which ``native`` resolves.
    :param python: the Python that the wheel is for, on which the target depends in families with one target per Python.
    :raises UsageError: for unknown names, versions without a policy and platforms that the toolchain does not support.
    """
    name = spec.strip()
    name = native if name == "native" else name
    for family in _FAMILIES:
        if target := family.from_name(name, minimum_versions, python):
            return target
    hint = _other_spelling(name) or suggestion(name, aliases()) or "`crosswheel targets` lists them"
    raise UsageError(f"unknown target {name!r}", hint=hint)


class AllVersions:
    """Implements :class:`MinimumVersions` for checks of names: the oldest version of every platform is supported."""

    def minimum_version(self, architecture: str, platform: str) -> tuple[int, int]:  # noqa: ARG002
        """See :meth:`MinimumVersions.minimum_version`."""
        return (0, 0)

    def unsupported_reason(self, architecture: str, platform: str) -> tuple[str, str]:  # noqa: ARG002
        """See :meth:`MinimumVersions.unsupported_reason`."""
        return "", ""


_SPELLINGS = {
    "windows": "win", "win64": "win-amd64", "win32": "win-x86", "darwin": "macos", "macosx": "macos", "mac": "macos",
    "osx": "macos", "manylinux": "linux", "musllinux": "musl", "alpine": "musl", "wasm": "pyodide", "wasm32": "pyodide",
    "emscripten": "pyodide", "x86_64": "amd64", "x86-64": "amd64", "x64": "amd64", "intel": "amd64", "aarch64": "arm64",
    "i386": "x86", "i586": "x86", "i686": "x86",
}  # fmt: skip
"""Other tools' names of systems and architectures."""
_SPELLED = re.compile(rf"(?<![a-z0-9])({'|'.join(map(re.escape, _SPELLINGS))})(?![a-z0-9])")


def _words(name: str) -> frozenset[str]:
    """Return the system and the architecture in a name, each by one of its spellings."""
    return frozenset(re.split(r"[-_]", _SPELLED.sub(lambda match: _SPELLINGS[match[1]], name.lower())))


def _other_spelling(name: str) -> str | None:
    """Return a hint with the alias that names the same system and architecture as other tools do."""
    alias = next((alias for alias in aliases() if _words(alias) == _words(name)), None)
    return f"did you mean {alias!r}?" if alias else None
