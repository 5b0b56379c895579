"""What a successful build has lost on the way: features, libraries, modules, programs and compiler errors."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosswheel.environments.build_log import failed_starts, missing_dependencies, survived_errors
from crosswheel.toolchains.responses import FEATURE_REFUSED
from crosswheel.toolchains.tool_names import PKG_CONFIG_NAMES
from crosswheel.wheels.archive import read_wheel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from crosswheel.environments.build_log import DeclaredExtensions
    from crosswheel.native_libraries import LibraryCatalogue


class Loss(StrEnum):
    """What kind of thing a build went on without."""

    FEATURE = "feature"
    LIBRARY = "library"
    EXTENSION = "extension"
    MODULE = "module"
    PROGRAM = "program"
    COMPILER_ERROR = "compiler-error"


@dataclass(frozen=True, slots=True)
class Degradation:
    """One loss of a successful build: the wheel is right, but may lack what the project offers elsewhere.

    :param name: the feature, the library's recipe, the extension module, the program or the source file.
    :param what: what happened, in a few words.
    :param hint: what to do next, or empty.
    """

    kind: Loss
    name: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.what}; {self.hint}" if self.hint else self.what

    def as_json(self) -> dict[str, Any]:
        """Return JSON-compatible values."""
        return {**asdict(self), "kind": self.kind.value}

    @classmethod
    def from_json(cls, values: Mapping[str, str]) -> Degradation:
        """Return the degradation for the values of :meth:`as_json`."""
        return cls(Loss(values["kind"]), values["name"], values["what"], values["hint"])


@dataclass(frozen=True)
class BuildEvidence:
    """What a successful build has left behind.

    :param log: the text of the build's log.
    :param calls: the text of the log of compiler calls.
    :param tree: the source tree.
    :param declared: the extension modules that the backend declared.
    :param modules: names of the extension modules in the wheel, as far as their paths tell: ``yaml._yaml``.
    :param libraries: names of the native libraries that the build had, with their dependencies.
    """

    log: str
    calls: str
    tree: Path
    declared: DeclaredExtensions
    modules: frozenset[str]
    libraries: frozenset[str]


def extension_modules(wheel: Path) -> frozenset[str]:
    """Return the full names of the extension modules in a wheel, judging by their file names."""
    # A cached wheel needs neither.
    from crosswheel.wheels.audit.model import MODULE_SUFFIXES
    from crosswheel.wheels.audit.modules import module_name

    return frozenset(module_name(path) for path in read_wheel(wheel).files if path.endswith(MODULE_SUFFIXES))


def find_degradations(evidence: BuildEvidence, catalogue: LibraryCatalogue) -> tuple[Degradation, ...]:
    """Return what a successful build has lost.

    :param catalogue: the recipes of native libraries; what has no recipe is not reported as missing.
    """
    found = (
        *_refused_features(evidence.calls),
        *_left_out_extensions(evidence),
        *_missing_libraries(evidence, catalogue),
        *_failed_starts(evidence),
        *_compiler_errors(evidence),
    )
    return tuple({(each.kind, each.name): each for each in reversed(found)}.values())[::-1]


def missing_libraries(degradations: Iterable[Degradation]) -> tuple[str, ...]:
    """Return the recipes of the libraries that a build looked for in vain."""
    return tuple(each.name for each in degradations if each.kind is Loss.LIBRARY)


def _refused_features(calls: str) -> Iterator[Degradation]:
    prefix = f"#   {FEATURE_REFUSED}"
    for line in calls.splitlines():
        if line.startswith(prefix):
            feature, _, reason = line.removeprefix(prefix).partition(": ")
            yield Degradation(Loss.FEATURE, feature, f"{feature} was asked for and refused: {reason}")


def _left_out_extensions(evidence: BuildEvidence) -> Iterator[Degradation]:
    """Yield extensions that failed or are not in the wheel; the audit has refused those that must not be missing."""
    declared = evidence.declared
    for name in sorted({*declared.names, *declared.failures}):
        if any(_same_module(name, module) for module in evidence.modules):
            continue
        reason = declared.failures.get(name)
        what = f"the extension module {name} was left out"
        yield Degradation(Loss.EXTENSION, name, f"{what}: {reason}" if reason else what)


def _same_module(name: str, module: str) -> bool:
    return name == module or name.endswith(f".{module}") or module.endswith(f".{name}")


def _missing_libraries(evidence: BuildEvidence, catalogue: LibraryCatalogue) -> Iterator[Degradation]:
    looked_for = (*missing_dependencies(evidence.log), *(("package", name) for name in _packages(evidence.calls)))
    for kind, name in looked_for:
        library = catalogue.provider(kind, name)
        if library is not None and library not in evidence.libraries:
            what = f"the build looked for {name} in vain"
            hint = f"--library {library} builds it for the target; --auto=all adds every such library"
            yield Degradation(Loss.LIBRARY, library, what, hint)


def _packages(calls: str) -> Iterator[str]:
    """Yield the packages that the build asked pkg-config for."""
    for line in calls.splitlines():
        if not line.startswith("# "):
            continue
        words = _split(line[2:])
        if words and words[0] in PKG_CONFIG_NAMES:
            # One argument may hold several modules with versions: "zlib >= 1.2".
            modules = (word for arg in words[1:] if not arg.startswith("-") for word in arg.split())
            yield from (word for word in modules if word[0].isalpha())


def _split(line: str) -> Sequence[str]:
    try:
        return shlex.split(line)
    except ValueError:  # an argument with a line break
        return ()


def _failed_starts(evidence: BuildEvidence) -> Iterator[Degradation]:
    # The logs of calls and of the hook have also what the build has written to a file of its own, or nowhere.
    modules = (("module", name) for name in sorted(evidence.declared.unimportable))
    for kind, name in (*failed_starts(evidence.log), *failed_starts(evidence.calls), *modules):
        if kind == "module":
            yield Degradation(
                Loss.MODULE, name, f"the build could not import {name}, which it has built for the target"
            )
        else:
            yield Degradation(Loss.PROGRAM, name, f"the build could not run {name}, a program of the target")


def _compiler_errors(evidence: BuildEvidence) -> Iterator[Degradation]:
    """Yield errors in the project's own files; checks for features compile files of their own."""
    for name, line in survived_errors(evidence.log):
        if (evidence.tree / name).is_file():
            yield Degradation(Loss.COMPILER_ERROR, name, f"a compiler error did not end the build: {line}")
