"""Pyodide: CPython for WebAssembly. Each of its ABIs has exactly one version of Python (PEP 783)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Literal

from crosswheel.errors import UsageError
from crosswheel.targets.model import Architecture, System, TargetBase
from crosswheel.targets.python_version import PythonVersion
from crosswheel.targets.tables import read_table, systems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from crosswheel.targets.model import MinimumVersions

_ALIAS = "pyodide"
_TAG = re.compile(r"(pyodide|pyemscripten)_(\d+)_(\d+)_wasm32")
WASM32 = Architecture("wasm32", "wasm32", 32, "little", "wasm32")


@dataclass(frozen=True, slots=True)
class PyodideAbi:
    """An ABI of Pyodide: a row of ``tables/pyodide.toml``, where each field is explained."""

    name: str
    python: PythonVersion
    emscripten: str
    tags: tuple[str, ...]
    exceptions: Literal["wasm", "javascript"]
    longjmp: Literal["wasm", "javascript"]
    run_paths: Literal["none", "as-written", "normal"]
    runtime: str
    sha256: str

    @property
    def version(self) -> tuple[int, int]:
        """Year, and number in that year."""
        year, number = self.name.split("_")
        return int(year), int(number)


@dataclass(frozen=True)
class PyodideTarget(TargetBase):
    """An ABI of Pyodide.

    :param series: first part of the platform tag of its wheels, one of :attr:`PyodideAbi.tags`; empty for the first.
    """

    family: ClassVar[str] = "pyodide"

    abi: PyodideAbi
    series: str = ""

    def __post_init__(self) -> None:
        """Set the default of ``series``."""
        object.__setattr__(self, "series", self.series or self.abi.tags[0])

    @property
    def system(self) -> System:
        """See :attr:`Target.system`."""
        return systems()["emscripten"]

    @property
    def architecture(self) -> Architecture:
        """See :attr:`Target.architecture`."""
        return WASM32

    @property
    def tag(self) -> str:
        """See :attr:`Target.tag`."""
        return self._tag(self.series)

    @property
    def alias(self) -> str:
        """See :attr:`Target.alias`: named after the ABI's Python, which no other ABI has."""
        return f"{_ALIAS}-{self.abi.python}"

    @property
    def unversioned_tag(self) -> str:
        """See :attr:`Target.unversioned_tag`: the same for ``pyodide_*`` and ``pyemscripten_*``."""
        return f"{_ALIAS}_{WASM32.name}"

    @property
    def version(self) -> tuple[int, int]:
        """See :attr:`Target.version`."""
        return self.abi.version

    @property
    def multiarch(self) -> str:
        """See :attr:`Target.multiarch`."""
        return "wasm32-emscripten"

    @property
    def triple(self) -> str:
        """See :attr:`Target.triple`."""
        return "wasm32-unknown-emscripten"

    @property
    def platform(self) -> str:
        """See :attr:`Target.platform`: what backends derive the tag from. Pyodide returns Emscripten's version."""
        return f"{self.series}-{self.abi.name.replace('_', '.')}-{WASM32.name}"

    @property
    def long_double(self) -> str:
        """See :attr:`Target.long_double`."""
        return "IEEE_QUAD_LE"

    @property
    def release(self) -> str:
        """See :attr:`Target.release`."""
        return self.abi.emscripten

    @property
    def libc_version(self) -> tuple[str, str]:
        """See :attr:`Target.libc_version`: Emscripten's musl has no version."""
        return "", ""

    @property
    def pythons(self) -> tuple[PythonVersion, ...]:
        """See :attr:`Target.pythons`."""
        return (self.abi.python,)

    def tool_prefixes(self) -> tuple[str, ...]:
        """See :meth:`Target.tool_prefixes`."""
        return (self.triple, self.multiarch)

    @property
    def shared_library_flags(self) -> tuple[str, ...] | None:
        """See :attr:`Target.shared_library_flags`: only for ABIs whose modules have run paths."""
        return None if self.abi.run_paths == "none" else self.system.sharing

    def wheel_tags(self) -> tuple[str, ...]:
        """See :meth:`Target.wheel_tags`."""
        return (self.tag,)

    def platform_tags(self) -> tuple[str, ...]:
        """See :meth:`Target.platform_tags`: runtimes that install the tag of PEP 783 install its former name too."""
        return (*self.tag_spellings(), f"emscripten_{self.abi.emscripten.replace('.', '_')}_{WASM32.name}")

    def tag_spellings(self) -> tuple[str, ...]:
        """See :meth:`Target.tag_spellings`."""
        return tuple(map(self._tag, dict.fromkeys((self.series, *self.abi.tags))))

    def _tag(self, series: str) -> str:
        return f"{series}_{self.abi.name}_{WASM32.name}"


@cache
def abis() -> Mapping[str, PyodideAbi]:
    """Return every ABI by its name, ``2025_0``, oldest first."""
    return MappingProxyType(
        {
            name: PyodideAbi(
                name=name, **row | {"python": PythonVersion.parse(row["python"]), "tags": tuple(row["tags"])}
            )
            for name, row in read_table("pyodide").items()
        }
    )


class PyodideFamily:
    """Implements :class:`crosswheel.targets.model.TargetFamily`."""

    name = "pyodide"

    def aliases(self) -> tuple[str, ...]:
        """See :meth:`TargetFamily.aliases`."""
        return (_ALIAS, *(f"{_ALIAS}-{abi.python}" for abi in abis().values()))

    def from_tag(self, tag: str) -> PyodideTarget | None:
        """See :meth:`TargetFamily.from_tag`."""
        match = _TAG.fullmatch(tag)
        abi = abis().get(f"{match[2]}_{match[3]}") if match else None
        return PyodideTarget(abi, match[1]) if abi and match and match[1] in abi.tags else None

    def from_name(
        self, name: str, minimum_versions: MinimumVersions, python: PythonVersion | None
    ) -> PyodideTarget | None:
        """See :meth:`TargetFamily.from_name`: ``pyodide`` is the ABI of the given Python, or the newest."""
        if _TAG.fullmatch(name):
            target = self.from_tag(name)
            if target is None:
                raise UsageError(f"no ABI {name} of Pyodide", hint=f"known are {', '.join(_tags())}")
            return _require_supported(target, minimum_versions)
        if name not in self.aliases():
            return None
        version = python if name == _ALIAS else PythonVersion.parse(name.removeprefix(f"{_ALIAS}-"))
        for abi in reversed(tuple(abis().values())):
            if version is None or abi.python == version:
                return _require_supported(PyodideTarget(abi), minimum_versions)
        versions = ", ".join(str(abi.python) for abi in abis().values())
        raise UsageError(f"no Pyodide with Python {version}", hint=f"available: {versions}")

    def oldest_supported(self, minimum_versions: MinimumVersions) -> Iterator[PyodideTarget]:
        """See :meth:`TargetFamily.oldest_supported`."""
        minimum = minimum_versions.minimum_version(WASM32.name, _ALIAS)
        return (PyodideTarget(abi) for abi in abis().values() if minimum and abi.version >= minimum)


def _tags() -> list[str]:
    return [PyodideTarget(abi).tag for abi in abis().values()]


def _require_supported(target: PyodideTarget, minimum_versions: MinimumVersions) -> PyodideTarget:
    minimum = minimum_versions.minimum_version(WASM32.name, _ALIAS)
    if minimum is None:
        reason, hint = minimum_versions.unsupported_reason(WASM32.name, _ALIAS)
        raise UsageError(f"the toolchain cannot build for {target}: {reason}", hint=hint)
    if target.version < minimum:
        raise UsageError(f"the toolchain cannot build for {target}", hint="crosswheel targets")
    return target
