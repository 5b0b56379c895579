"""Checks of METADATA: the core metadata specification, and the file name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.metadata import InvalidMetadata, Metadata
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from crosswheel.wheels.audit.model import AuditFinding, Severity, WheelUnderAudit

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNKNOWN = ""
_INSTALLERS_READ = frozenset({_UNKNOWN, "metadata-version", "name", "version", "requires-dist", "requires-python"})
"""Fields without which installers do not install a wheel; package indexes refuse the others if they are invalid."""
_MAX_FIELDS = 1000
_LONGEST = 500
"""Characters of an error that are shown: it may quote a field of any length."""
_ONCE = ("Metadata-Version", "Name", "Version", "Requires-Python")
# wheel wrote it for years; its rules are those of 2.1.
_NEVER_STANDARD = "2.0"
_LICENSES_IN_DIST_INFO = frozenset({"2.4", "2.5", "2.6"})
_INTERPRETER = re.compile(r"(?:cp|pp|gp|py)(\d)(\d+)?")
_LATEST_MINOR, _LATEST_MICRO = 30, 50


def names(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """METADATA has the same project name and version as the file name, and a name that is not a placeholder.

    setuptools names a project without a name ``UNKNOWN``, as its versions before 61 do with one that has its name in
    pyproject.toml only. uv refuses such wheels.
    """
    contents = subject.contents
    headers = dict(reversed(contents.headers("METADATA")))
    file = f"{contents.info}/METADATA"
    if canonicalize_name(headers.get("Name", "")) != contents.name.name:
        yield AuditFinding(
            "metadata",
            Severity.ERROR,
            f"Name is {headers.get('Name', '')[:_LONGEST]!r}, but the file name has {contents.name.name!r}",
            file,
        )
    if headers.get("Name") == "UNKNOWN":
        severity = Severity.ERROR if subject.expectations.strict else Severity.WARNING
        hint = "set name in [project] of pyproject.toml; setuptools reads it there since version 61"
        yield AuditFinding("metadata", severity, "Name is UNKNOWN, which stands for a missing name", file, hint)
    try:
        same = Version(headers.get("Version", "")) == Version(contents.name.version)
    except ValueError:  # InvalidVersion, or that of a number with thousands of digits
        same = False
    if not same:
        what = f"Version is {headers.get('Version', '')[:_LONGEST]!r}, but the file name has {contents.name.version!r}"
        yield AuditFinding("metadata", Severity.ERROR, what, file)


def core_metadata(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """METADATA is valid by the core metadata specification (the library packaging).

    Fields that installers do not read, and a missing Metadata-Version, are warnings: indexes refuse them.
    """
    file = f"{subject.contents.info}/METADATA"
    data = subject.contents.files.get(file)
    if data is None:
        return  # reported by the check `layout`
    headers = subject.contents.headers("METADATA")
    if len({key.lower() for key, _ in headers}) > _MAX_FIELDS:  # the time to parse them is quadratic
        yield AuditFinding("core-metadata", Severity.ERROR, f"has more than {_MAX_FIELDS} different fields", file)
        return
    for name in _ONCE:
        values = [value for key, value in headers if key.lower() == name.lower()]
        if len(values) > 1:
            what = f"has several values of {name}: {', '.join(map(repr, values[:5]))}"
            yield AuditFinding("core-metadata", Severity.ERROR, what, file)
    for field, what in _faults(data):
        values = [value for key, value in headers if key.lower() == field]
        error = field in _INSTALLERS_READ and (values or field != "metadata-version")
        if len(values) < 2 or field not in map(str.lower, _ONCE):
            yield AuditFinding("core-metadata", Severity.ERROR if error else Severity.WARNING, what, file)

    licenses = [value for key, value in headers if key.lower() == "license-file"]
    version = next((value for key, value in headers if key.lower() == "metadata-version"), "")
    for path in licenses if version in _LICENSES_IN_DIST_INFO else ():
        if f"{subject.contents.info}/licenses/{path}" not in subject.contents.files:
            what = f"has the License-File {path[:_LONGEST]!r}, which is not in .dist-info/licenses (PEP 639)"
            yield AuditFinding("core-metadata", Severity.WARNING, what, file)


def _faults(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the invalid fields of METADATA, in lower case, each with what is wrong."""
    version = f"Metadata-Version: {_NEVER_STANDARD}".encode()
    data = re.sub(rb"(?im)^" + re.escape(version) + rb"\s*$", b"Metadata-Version: 2.1", data, count=1)
    try:
        Metadata.from_email(data, validate=True)
    except ExceptionGroup as group:
        for error in group.exceptions:
            if not isinstance(error, InvalidMetadata):
                yield _UNKNOWN, f"is invalid: {str(error)[:_LONGEST]}"
            elif "introduced in metadata version" not in str(error):
                # setuptools wrote License-File with older versions, and indexes accept that.
                yield error.field.lower(), f"has an invalid {error.field}: {str(error)[:_LONGEST]}"
    except Exception as error:  # the email package raises what it likes for damaged headers
        yield _UNKNOWN, f"cannot be parsed: {type(error).__name__}: {str(error)[:_LONGEST]}"


def requires_python(subject: WheelUnderAudit) -> Iterator[AuditFinding]:
    """Requires-Python allows a version of Python that the tags are for."""
    name = subject.contents.name
    values = [value for key, value in subject.contents.headers("METADATA") if key.lower() == "requires-python"]
    try:
        specifier = SpecifierSet(values[0] if values else "")
    except ValueError:  # InvalidSpecifier, or that of a number with thousands of digits
        return  # reported by the check `core-metadata`
    open_ended = "abi3" in name.abis or "none" in name.abis
    minors = [minor for python in name.pythons for minor in _minor_versions(python, open_ended=open_ended)]
    possible = (f"{major}.{minor}.{micro}" for major, minor in minors for micro in range(_LATEST_MICRO))
    try:
        allowed = not minors or any(specifier.contains(version, prereleases=True) for version in possible)
    except ValueError:  # a number with thousands of digits
        allowed = False
    if not allowed:
        shown = f"Requires-Python is {values[0][:_LONGEST]!r}"
        what = f"{shown}, which allows no version that the tags are for: {'.'.join(name.pythons)}"
        yield AuditFinding("requires-python", Severity.ERROR, what, f"{subject.contents.info}/METADATA")


def _minor_versions(python: str, *, open_ended: bool) -> Iterator[tuple[int, int]]:
    """Yield the versions that a Python tag is for: those of its major version from its minor version on, or that one.

    :param open_ended: whether a tag with a minor version is for later ones too.
    """
    match = _INTERPRETER.fullmatch(python)
    if match is None:
        return
    major, first = int(match[1]), int(match[2] or 0)
    last = _LATEST_MINOR if match[2] is None or open_ended or python.startswith("py") else first
    yield from ((major, minor) for minor in range(min(first, last), last + 1))
