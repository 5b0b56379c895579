"""Checks of WHEEL and of the tags in the file name."""

from __future__ import annotations

import re
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from crosswheel.object_files import is_module
from crosswheel.object_files.mismatch import mismatch
from crosswheel.targets import target_from_tag
from crosswheel.wheels.audit.model import AuditFinding, Severity, WheelUnderAudit

if TYPE_CHECKING:
    from collections.abc import Iterator

_VERSION = re.compile(r"\s*(\d{1,9})\.(\d{1,9})\s*")
_SUPPORTED = (1, 0)
_MAX_TAGS = 10_000
_LONGEST = 500
"""Characters of tags that are shown."""
_CPYTHON = re.compile(r"cp\d{2,}")


def wheel_version(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """WHEEL has a Wheel-Version that installers support: 1.0 (PEP 427)."""
    path = f"{subject.contents.info}/WHEEL"
    data = subject.contents.files.get(path)
    if data is None:
        return  # reported by the check `layout`
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        yield AuditFinding("wheel-version", Severity.ERROR, f"cannot be read: {error}", path)
        return
    versions = [value for key, value in subject.contents.headers("WHEEL") if key.lower() == "wheel-version"]
    if not versions:
        yield AuditFinding("wheel-version", Severity.ERROR, "has no Wheel-Version", path)
        return
    match = _VERSION.fullmatch(versions[0])
    if match is None or int(match[1]) > _SUPPORTED[0]:
        what = f"has Wheel-Version {versions[0]!r}, which installers do not support"
        yield AuditFinding("wheel-version", Severity.ERROR, what, path)
    elif (int(match[1]), int(match[2])) > _SUPPORTED:
        what = f"has Wheel-Version {versions[0]!r}, which is newer than installers know"
        yield AuditFinding("wheel-version", Severity.WARNING, what, path)
    if len(set(versions)) > 1:
        what = f"has several values of Wheel-Version: {', '.join(versions)}"
        yield AuditFinding("wheel-version", Severity.WARNING, what, path)


def tags(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """WHEEL has the tags of the file name, and the platform tags are valid."""
    contents = subject.contents
    declared = {value for key, value in contents.headers("WHEEL") if key == "Tag"}
    expected = set(contents.name.tags())
    # Compressed tag sets may be written either way: one tag per line, or as in the file name.
    sets = [[part.split(".") for part in value.split("-")] for value in declared if value.count("-") == 2]
    if sum(prod(map(len, parts)) for parts in sets) > _MAX_TAGS:
        yield AuditFinding("tags", Severity.ERROR, f"has more than {_MAX_TAGS} tags", f"{contents.info}/WHEEL")
        return
    expanded = {"-".join(tag) for parts in sets for tag in product(*parts)}
    if expanded != expected:
        found = ", ".join(sorted(declared))[:_LONGEST] or "none"
        what = f"the tags are {found}, but those of the file name are {', '.join(sorted(expected))}"
        yield AuditFinding("tags", Severity.ERROR, what, f"{contents.info}/WHEEL")
    for platform in contents.name.platforms:
        if platform.startswith("linux_"):
            yield AuditFinding(
                "tags",
                Severity.ERROR,
                f"{platform} does not specify a C library",
                hint="crosswheel build repairs wheels and sets portable tags",
            )
    unknown = [tag for tag in contents.name.platforms if tag != "any" and target_from_tag(tag) is None]
    if unknown and subject.modules:
        severity = Severity.WARNING if subject.targets else Severity.ERROR
        what = f"{', '.join(unknown)}: unknown platform tag; cannot check the compiled files against it"
        yield AuditFinding("tags", severity, what)
    if not any(_is_possible(python, abi) for python in contents.name.pythons for abi in contents.name.abis):
        what = f"{'.'.join(contents.name.pythons)}-{'.'.join(contents.name.abis)} is a tag that no Python accepts"
        yield AuditFinding("tags", Severity.ERROR, what)
    if len({target.architecture for target in subject.targets}) > 1:
        yield AuditFinding("tags", Severity.ERROR, "the platform tags are for different architectures")


def _is_possible(python: str, abi: str) -> bool:
    """Whether a Python accepts both tags: CPython's ABIs are those of its version, abi3 is CPython's (PEP 425)."""
    if abi == "abi3":
        return python.startswith("cp")
    if _CPYTHON.fullmatch(python) and abi.startswith("cp"):
        return abi.removeprefix(python).isalpha() or abi == python
    return abi == "none" or not python.startswith("py")


def purity(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """A wheel with a platform tag contains compiled files; one for any platform contains no extension modules.

    Libraries for ctypes in a wheel for any platform are a warning: some debuggers ship those for all platforms. So is
    a platform tag without compiled files if the build had nothing to compile: backends take the tag from settings.
    """
    headers = dict(subject.contents.headers("WHEEL"))
    pure = headers.get("Root-Is-Purelib", "").lower() == "true"
    compiled = next(iter(subject.modules), "")
    if "any" in subject.contents.name.platforms and compiled:
        importable = next((path for path, binary in subject.modules.items() if is_module(binary)), "")
        error = importable or subject.expectations.strict
        severity, kind = (
            (Severity.ERROR if error else Severity.WARNING),
            "an extension module" if importable else "a library",
        )
        yield AuditFinding("purity", severity, f"is {kind}, but the platform tag is `any`", importable or compiled)
    if not subject.contents.name.is_pure and not subject.modules and not _own_data(subject):
        what = "the wheel has a platform tag but contains no compiled files"
        severity = Severity.ERROR if subject.expectations.compiles else Severity.WARNING
        yield AuditFinding("purity", severity, what, hint="did the build of its extension modules fail silently?")
    if pure and compiled and not subject.contents.name.is_pure:
        yield AuditFinding(
            "purity",
            Severity.ERROR,
            "Root-Is-Purelib is true, but the wheel contains compiled files",
            f"{subject.contents.info}/WHEEL",
        )


def _own_data(subject: WheelUnderAudit) -> bool:
    """Whether a compiled file that is data is for the wheel's platform: then the tag has a reason."""
    binaries = [binary for binary in subject.data.values() if binary is not None]
    return any(mismatch(binary, target) is None for binary in binaries for target in subject.targets)
