"""What the audit refuses, pip, uv or the index refuses; what it accepts, pip and uv install."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import uv
from made_wheels import ANY, INFO, MadeWheel, digest, hidden_member, two_archives

from crosswheel.api import audit

M = MadeWheel
CODE = "foo/__init__.py"


def metadata(text: str) -> MadeWheel:
    return M(files={f"{INFO}/METADATA": f"{text}\n".encode()})


def entries(text: str) -> MadeWheel:
    return M(files={f"{INFO}/entry_points.txt": text.encode()})


def named(*names: str) -> MadeWheel:
    return M(files=dict.fromkeys(names, b"x"))


# Which of the two refuse it, and the wheel. The index has rules of its own for those that both install.
REFUSED: dict[str, tuple[set[str], MadeWheel]] = {
    "another project's .dist-info": ({"pip", "uv"}, M(name=f"bar-9-{ANY}.whl")),
    "another version's .dist-info": ({"uv"}, M(name=f"foo-1.1-{ANY}.whl")),
    "Wheel-Version 9": ({"pip", "uv"}, M().replaced("WHEEL", "Wheel-Version: 1.0", "Wheel-Version: 9.0")),
    "no Wheel-Version": ({"pip", "uv"}, M().replaced("WHEEL", "Wheel-Version: 1.0\n", "")),
    "a scheme that does not exist": ({"pip", "uv"}, named("foo-1.0.data/programs/x")),
    "a file in .data itself": ({"pip", "uv"}, named("foo-1.0.data/x")),
    "a directory of scripts": ({"uv"}, named("foo-1.0.data/scripts/more/x")),
    "a script without a function": ({"pip", "uv"}, entries("[console_scripts]\nrun = foo\n")),
    "a script that is a Python": ({"uv"}, entries("[console_scripts]\npython3 = foo:main\n")),
    "Requires-Dist of nonsense": (
        {"pip", "uv"},
        metadata("Metadata-Version: 2.1\nName: foo\nVersion: 1.0\nRequires-Dist: !!!"),
    ),
    "another name": ({"pip", "uv"}, metadata("Metadata-Version: 2.1\nName: bar\nVersion: 1.0")),
    "Requires-Python below the tag": (
        {"pip"},
        metadata("Metadata-Version: 2.1\nName: foo\nVersion: 1.0\nRequires-Python: <3"),
    ),
    "a path outside": ({"pip"}, named("../x.py")),
    "a stable ABI of no Python": ({"pip", "uv"}, M("py3-abi3-any")),
    "bytes after the archive": ({"uv"}, M(change=lambda data: data + b"more")),
    "a member that is not in the directory": (set(), M(change=hidden_member)),
    "an archive in the comment": ({"uv"}, M(change=two_archives)),
    "a control character": ({"uv"}, named("foo/a\nb.py")),
    "a file that is a directory too": ({"pip", "uv"}, named("foo/b", "foo/b/c.py")),
    "compressed with LZMA": ({"uv"}, M(methods={CODE: zipfile.ZIP_LZMA})),
    "RECORD with a row of two": ({"uv"}, M(rows={CODE: f"{CODE},{digest(b'')}"})),
}
ACCEPTED = {
    "plain": M(),
    "schemes": named(*(f"foo-1.0.data/{scheme}/foo.{scheme}" for scheme in ("purelib", "platlib", "scripts", "data"))),
    "entry points": entries("[console_scripts]\nrun = foo:main\n[foo.plugins]\nx = foo\n"),
    "sha512": M(rows={CODE: f"{CODE},{digest(b'', 'sha512')},0"}),
    "no Metadata-Version": metadata("Name: foo\nVersion: 1.0"),
}


def installs(tool: str, wheel: Path, target: Path) -> tuple[bool, str]:
    """Install a wheel, and return whether the tool did and what it printed."""
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--no-index",
        "--no-cache-dir",
        "--disable-pip-version-check",
    ]
    uv_pip = [uv.find_uv_bin(), "pip", "install", "--no-deps", "--no-index", "--no-cache", "--python", sys.executable]
    command = [*(pip if tool == "pip" else uv_pip), "--target", str(target / tool), str(wheel)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("fault", REFUSED)
def test_what_they_refuse_is_refused(tmp_path: Path, fault: str) -> None:
    expected, made = REFUSED[fault]
    wheel = made.write(tmp_path)
    outputs = {tool: installs(tool, wheel, tmp_path) for tool in ("pip", "uv")}
    assert {tool for tool, (done, _) in outputs.items() if not done} >= expected, outputs
    (report,) = audit([wheel])
    assert not report.ok


@pytest.mark.parametrize("kind", ACCEPTED)
def test_what_they_install_is_accepted(tmp_path: Path, kind: str) -> None:
    wheel = ACCEPTED[kind].write(tmp_path)
    outputs = {tool: installs(tool, wheel, tmp_path) for tool in ("pip", "uv")}
    assert all(done for done, _ in outputs.values()), outputs
    (report,) = audit([wheel])
    assert report.ok, report.errors
