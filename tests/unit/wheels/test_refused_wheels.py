"""Wheels that pip, uv or the index refuse are refused, one fault each; correct ones are not."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from made_wheels import (
    ANY,
    INFO,
    LINUX,
    MODULES,
    WINDOWS,
    MadeWheel,
    another_size_locally,
    digest,
    hidden_member,
    renamed_locally,
    two_archives,
)

from crosswheel.wheels.archive import WheelName, pack_wheel
from crosswheel.wheels.audit import AuditFinding, Expectations, audit_wheel

M = MadeWheel
MODULE = next(iter(MODULES[LINUX]))
COMPILED = MODULES[LINUX]
STABLE = {"foo/_m.abi3.so": COMPILED[MODULE]}
THREADED = {"foo/_m.cpython-313t-riscv64-linux-gnu.so": COMPILED[MODULE]}
CODE = "foo/__init__.py"
METADATA = f"{INFO}/METADATA"


def metadata(text: str, tag: str = ANY) -> MadeWheel:
    return M(tag, {METADATA: text.encode()})


def added(header: str, tag: str = ANY) -> MadeWheel:
    return M(tag).replaced("METADATA", "Version: 1.0\n", f"Version: 1.0\n{header}\n")


def entries(text: str) -> MadeWheel:
    return M(files={f"{INFO}/entry_points.txt": text.encode()})


def named(*names: str, tag: str = ANY) -> MadeWheel:
    return M(tag, dict.fromkeys(names, b"x"))


REFUSED: dict[str, tuple[str, MadeWheel]] = {
    # RECORD
    "no RECORD of a file": ("record", M(rows={CODE: None})),
    "RECORD with md5": ("record", M(rows={CODE: f"{CODE},{digest(b'', 'md5')},0"})),
    "RECORD with sha1": ("record", M(rows={CODE: f"{CODE},{digest(b'', 'sha1')},0"})),
    "RECORD with sha224": ("record", M(rows={CODE: f"{CODE},{digest(b'', 'sha224')},0"})),
    "RECORD with an unknown hash": ("record", M(rows={CODE: f"{CODE},sha999=abc,0"})),
    "RECORD with a hash in hexadecimal": ("record", M(rows={CODE: f"{CODE},sha256={'e3' * 32},0"})),
    "RECORD with a wrong sha256": ("record", M(rows={CODE: f"{CODE},{digest(b'x')},0"})),
    "RECORD with a wrong sha512": ("record", M(rows={CODE: f"{CODE},{digest(b'x', 'sha512')},0"})),
    "RECORD with a wrong size": ("record", M(rows={CODE: f"{CODE},{digest(b'')},1"})),
    "RECORD without a hash": ("record", M(rows={CODE: f"{CODE},,"})),
    "RECORD with a row of two": ("record", M(rows={CODE: f"{CODE},{digest(b'')}"})),
    "RECORD with two rows": ("record", M(rows={"again": f"{CODE},{digest(b'x')},0"})),
    "RECORD that is not UTF-8": ("record", M(rows={"more": "caf\udce9,,"}, change=lambda data: data)),
    "RECORD with too many rows": ("record", M(rows={str(n): f"gone{n}.py,," for n in range(200)})),
    # The archive
    "a link": ("archive", M(files={"foo/link": b"/etc/passwd"}, links={"foo/link"})),
    "two members of one name": ("archive", M(extra=[(CODE, b"x")])),
    "a member that is not in the directory": ("archive", M(change=hidden_member)),
    "another name in the local header": ("unreadable", M(change=renamed_locally)),
    "another size in the local header": ("archive", M(change=another_size_locally)),
    "bytes after the archive": ("archive", M(change=lambda data: data + b"more")),
    "an archive in the comment": ("archive", M(change=two_archives)),
    "compressed with LZMA": ("unreadable", M(methods={CODE: zipfile.ZIP_LZMA})),
    "compressed with bzip2": ("unreadable", M(methods={CODE: zipfile.ZIP_BZIP2})),
    # Names
    "a path outside": ("archive", named("../x.py")),
    "an absolute path": ("archive", named("/x.py")),
    "a backslash": ("archive", named("foo\\x.py")),
    "an escape sequence": ("file-names", named("foo/\x1b[31mred.py")),
    "a newline": ("file-names", named("foo/a\nb.py")),
    "DEL": ("file-names", named("foo/a\x7f.py")),
    "a control character of Latin 1": ("file-names", named("foo/\x9b31m.py")),
    "text from right to left": ("file-names", named("foo/\u202egnp.py")),
    "two slashes beside one": ("file-names", named("foo/b.py", "foo//b.py")),
    "a dot beside none": ("file-names", named("foo/b.py", "./foo/b.py")),
    "a file in .data beside it": ("file-names", named("foo/b.py", "foo-1.0.data/purelib/foo/b.py")),
    "a file that is a directory too": ("file-names", named("foo/b", "foo/b/c.py")),
    "a long name": ("file-names", named("foo/" + "x" * 256)),
    "case, on Windows": ("file-names", named("foo/Readme", "foo/README", tag=WINDOWS)),
    "two forms of a letter, on Windows": ("file-names", named("foo/\u00e9.py", "foo/e\u0301.py", tag=WINDOWS)),
    "a device": ("file-names", named("foo/con.py", tag=WINDOWS)),
    "a device without a suffix": ("file-names", named("foo/LPT1/x.py", tag=WINDOWS)),
    "a colon": ("file-names", named("x:y.py", tag=WINDOWS)),
    "a question mark": ("file-names", named("foo/a?.py", tag=WINDOWS)),
    "a dot at the end": ("file-names", named("foo/a.", tag=WINDOWS)),
    # .dist-info and .data
    "another project's .dist-info": ("layout", M(name=f"bar-9-{ANY}.whl")),
    "another version's .dist-info": ("layout", M(name=f"foo-1.1-{ANY}.whl")),
    "a scheme that does not exist": ("layout", named("foo-1.0.data/programs/x")),
    "a file in .data itself": ("layout", named("foo-1.0.data/x")),
    ".data of another name": ("layout", named("bar-1.0.data/scripts/x")),
    ".data of another version": ("layout", named("foo-2.0.data/scripts/x")),
    "a directory of scripts": ("layout", named("foo-1.0.data/scripts/more/x")),
    # METADATA
    "Metadata-Version 99": ("core-metadata", metadata("Metadata-Version: 99\nName: foo\nVersion: 1.0\n")),
    "Requires-Dist of nonsense": ("core-metadata", added("Requires-Dist: !!!")),
    "Requires-Dist with a wrong marker": ("core-metadata", added("Requires-Dist: bar; python = '3'")),
    "Requires-Python of nonsense": ("core-metadata", added("Requires-Python: three")),
    "Requires-Python below the tag": ("requires-python", added("Requires-Python: <3.13", LINUX)),
    "Requires-Python above the tag": ("requires-python", added("Requires-Python: >=3.14", LINUX)),
    "Requires-Python of another major version": ("requires-python", added("Requires-Python: <3")),
    "Requires-Python with a long number": ("requires-python", added(f"Requires-Python: >={'9' * 5000}")),
    "a version with a long number": ("metadata", M().replaced("METADATA", "1.0", "9" * 5000)),
    "two names": ("core-metadata", added("Name: bar")),
    "the same name twice": ("core-metadata", added("Name: foo")),
    "two versions": ("core-metadata", added("Version: 2")),
    "no name": ("core-metadata", metadata("Metadata-Version: 2.1\nVersion: 1.0\n")),
    "another name": ("metadata", metadata("Metadata-Version: 2.1\nName: bar\nVersion: 1.0\n")),
    # WHEEL and tags
    "Wheel-Version 9": ("wheel-version", M().replaced("WHEEL", "Wheel-Version: 1.0", "Wheel-Version: 9.0")),
    "Wheel-Version 2": ("wheel-version", M().replaced("WHEEL", "Wheel-Version: 1.0", "Wheel-Version: 2.0")),
    "Wheel-Version of words": ("wheel-version", M().replaced("WHEEL", "Wheel-Version: 1.0", "Wheel-Version: one")),
    "no Wheel-Version": ("wheel-version", M().replaced("WHEEL", "Wheel-Version: 1.0\n", "")),
    "WHEEL that is not UTF-8": ("wheel-version", M(files={f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nX: \xff\n"})),
    "any beside a platform, with modules": ("purity", M(f"{LINUX}.any", COMPILED)),
    "the ABI of another Python": ("tags", M("cp313-cp312-manylinux_2_31_riscv64", COMPILED)),
    "a stable ABI of no Python": ("tags", M("py3-abi3-manylinux_2_31_riscv64", STABLE)),
    "no tags in WHEEL": ("tags", M().replaced("WHEEL", f"Tag: {ANY}\n", "")),
    "more tags in WHEEL": ("tags", M().replaced("WHEEL", f"Tag: {ANY}\n", f"Tag: {ANY}\nTag: py2-none-any\n")),
    # What takes long to parse, or much memory
    "a thousand million tags": ("tags", M().replaced("WHEEL", ANY, "-".join(["a." * 1000 + "b"] * 3))),
    "many fields": ("core-metadata", added("".join(f"X-{n}: 1\n" for n in range(15_000)).rstrip())),
    "many lines of fields": ("metadata", added("Classifier: x\n" * 30_000 + "License: x")),
    "large METADATA": ("metadata", metadata("Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n\n" + "x" * (5 << 20))),
    "large entry points": ("entry-points", entries("[a]\n" + "b = foo\n" * 200_000)),
    "deep directories": ("file-names", named(*("a/" * 30_000 + str(n) for n in range(50)))),
    # Entry points
    "entry points that are not INI": ("entry-points", entries("<html>nothing</html>\n")),
    "an entry point without a group": ("entry-points", entries("a = foo:main\n")),
    "an entry point without a value": ("entry-points", entries("[console_scripts]\nrun\n")),
    "an entry point of nonsense": ("entry-points", entries("[console_scripts]\nrun = foo main()\n")),
    "a script without a function": ("entry-points", entries("[console_scripts]\nrun = foo\n")),
    "a script elsewhere": ("entry-points", entries("[console_scripts]\n../run = foo:main\n")),
    "a script that is a Python": ("entry-points", entries("[console_scripts]\npython3 = foo:main\n")),
}  # fmt: skip
WARNED: dict[str, tuple[str, MadeWheel]] = {
    "no Metadata-Version": ("core-metadata", metadata("Name: foo\nVersion: 1.0\n")),
    "a content type of nonsense": ("core-metadata", added("Description-Content-Type: text/words")),
    "a license file that is not there": (
        "core-metadata",
        metadata("Metadata-Version: 2.4\nName: foo\nVersion: 1.0\nLicense-File: LICENSE\n"),
    ),
    "Wheel-Version 1.9": ("wheel-version", M().replaced("WHEEL", "Wheel-Version: 1.0", "Wheel-Version: 1.9")),
    "an entry point's module that is not there": ("entry-points", entries("[console_scripts]\nrun = bar:main\n")),
    "an unknown platform beside a known one": ("tags", M(f"{LINUX}.android_21_riscv64", COMPILED)),
    "a script before the archive": ("archive", M(change=lambda data: b"#!/bin/sh\nexit\n" + data)),
    "two slashes": ("file-names", named("foo//b.py")),
    "case": ("file-names", named("foo/Readme", "foo/README")),
    "a device in a wheel for any platform": ("file-names", named("foo/aux.py")),
}
ACCEPTED: dict[str, MadeWheel] = {
    "pure": M(),
    "for Linux": M(LINUX),
    "for Windows": M(WINDOWS),
    "case, on Linux": named("foo/Readme", "foo/README", tag=LINUX),
    "a device, on Linux": named("foo/con.py", tag=LINUX),
    "sha512": M(rows={CODE: f"{CODE},{digest(b'', 'sha512')},0"}),
    "names with commas and quotes": named('foo/a, "b".py', tag=LINUX),
    "letters of other alphabets": named("foo/\u00e9\u4e2d.py"),
    "schemes": named(
        *(f"foo-1.0.data/{scheme}/{scheme}.x" for scheme in ("purelib", "platlib", "headers", "scripts", "data"))
    ),
    "Metadata-Version 2.0": metadata("Metadata-Version: 2.0\nName: foo\nVersion: 1.0\n"),
    "License-File with 2.1": added("License-File: LICENSE"),
    "Requires-Python from a patch release": added("Requires-Python: >=3.13.2", LINUX),
    "Requires-Python of the stable ABI": M("cp39-abi3-manylinux_2_31_riscv64", STABLE).replaced(
        "METADATA", "Version: 1.0\n", "Version: 1.0\nRequires-Python: >=3.12\n"
    ),
    "tags in one line": M("py2.py3-none-any").replaced("WHEEL", "Tag: py2-none-any\nTag: py3-", "Tag: py2.py3-"),
    "a free-threaded ABI": M(
        "cp313-cp313t-manylinux_2_31_riscv64",
        THREADED,
    ),
    "entry points": entries(
        "# comment\n[console_scripts]\nrun = foo:main [extra]\nRun: it = foo : main.call\n\n[foo.plugins]\nx=foo\n"
    ),
    "an editable installation": M(
        files={"foo.pth": b"/src\n", f"{INFO}/entry_points.txt": b"[console_scripts]\nrun = bar:main\n"}
    ),
    "a comment of the archive": M(change=lambda data: data[:-2] + b"\x05\0hello"),
}


def found(place: Path, made: MadeWheel, *, strict: bool = False) -> list[AuditFinding]:
    return list(audit_wheel(made.write(place), Expectations(strict=strict)).findings)


@pytest.mark.parametrize("fault", [name for name, (check, _) in REFUSED.items() if check != "unreadable"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_it_is_refused(tmp_path: Path, fault: str) -> None:
    check, made = REFUSED[fault]
    errors = [each for each in found(tmp_path, made) if each.severity == "error"]
    assert check in {each.check for each in errors}, errors


@pytest.mark.parametrize("fault", [name for name, (check, _) in REFUSED.items() if check == "unreadable"])
def test_it_cannot_be_read(tmp_path: Path, fault: str) -> None:
    from crosswheel.api import audit

    (report,) = audit([REFUSED[fault][1].write(tmp_path)])
    assert [(each.check, each.severity) for each in report.findings] == [("archive", "error")]


@pytest.mark.parametrize("fault", WARNED)
def test_it_is_a_warning(tmp_path: Path, fault: str) -> None:
    check, made = WARNED[fault]
    assert {(each.check, each.severity) for each in found(tmp_path, made)} == {(check, "warning")}


@pytest.mark.parametrize("fault", ["a script before the archive", "two slashes"])
def test_it_is_an_error_in_our_own_wheels(tmp_path: Path, fault: str) -> None:
    check, made = WARNED[fault]
    assert (check, "error") in {(each.check, each.severity) for each in found(tmp_path, made, strict=True)}


@pytest.mark.parametrize("kind", ACCEPTED)
def test_it_is_accepted(tmp_path: Path, kind: str) -> None:
    assert [each for each in found(tmp_path, ACCEPTED[kind]) if each.check != "unresolved"] == []


def test_data_descriptors_are_a_warning(tmp_path: Path) -> None:
    """They are written by programs that write an archive to a pipe; the index refuses them."""

    class Pipe:
        def __init__(self, path: Path) -> None:
            self.file = path.open("wb")

        def write(self, data: bytes) -> int:
            return self.file.write(data)

        def flush(self) -> None:
            self.file.flush()

    made = M()
    path = made.write(tmp_path)
    with zipfile.ZipFile(path) as archive:
        members = [(info, archive.read(info)) for info in archive.infolist()]
    pipe = Pipe(path)
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as streamed:  # type: ignore[call-overload]
        for info, data in members:
            streamed.writestr(info.filename, data)
    pipe.file.close()
    findings = audit_wheel(path).findings
    assert [(each.check, each.severity) for each in findings] == [("archive", "warning")]
    assert "data descriptors" in findings[0].what


@pytest.mark.parametrize(("strict", "severity"), [(True, "error"), (False, "warning")])
def test_a_placeholder_is_no_name(tmp_path: Path, strict: bool, severity: str) -> None:
    """setuptools writes it if it does not read the name that a project has."""
    files = {
        "unknown-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: UNKNOWN\nVersion: 1.0\n",
        "unknown-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    path = pack_wheel(files, {}, WheelName.parse("unknown-1.0-py3-none-any.whl"), tmp_path, 1_700_000_000)
    (finding,) = audit_wheel(path, Expectations(strict=strict)).findings
    assert (finding.check, finding.severity) == ("metadata", severity)
    assert "missing name" in finding.what
