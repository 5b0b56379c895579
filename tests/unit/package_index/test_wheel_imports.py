"""The modules that wheels import, by their code."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from crosswheel.errors import AuditError
from crosswheel.package_index.wheel_imports import cython_imports, python_imports, required_modules


@pytest.mark.parametrize(
    ("code", "modules"),
    [
        ("import lzma", "lzma"),
        ("import os.path, sqlite3 as db", "os sqlite3"),
        ("from xml.dom import minidom", "xml"),
        ("from . import lzma\nfrom .lzma import x\nfrom ..ssl import y", ""),
        ("def f():\n    import lzma", "lzma"),
        ("class C:\n    if x:\n        import lzma", "lzma"),
        ("try:\n    import lzma\nexcept ImportError:\n    lzma = None", ""),
        ("try:\n    import lzma\nexcept (KeyError, ModuleNotFoundError):\n    import backports", "backports"),
        ("try:\n    import lzma\nexcept builtins.ImportError:\n    pass\nelse:\n    import bz2", "bz2"),
        ("try:\n    import lzma\nexcept:\n    pass", ""),
        ("try:\n    import lzma\nexcept KeyError:\n    pass", "lzma"),
        ("try:\n    import lzma\nfinally:\n    pass", "lzma"),
        ("if TYPE_CHECKING:\n    import lzma\nelse:\n    import bz2", "bz2"),
        ("if typing.TYPE_CHECKING:\n    import lzma", ""),
        ("'''\nimport lzma\n'''", ""),
        ("import (", ""),
    ],
)
def test_code_requires_what_it_does_not_do_without(code: str, modules: str) -> None:
    assert sorted(set(python_imports(code.encode()))) == modules.split()


def test_cython_code_is_read_too() -> None:
    code = (
        "import lzma, sqlite3 as db\nfrom libc.stdlib cimport free\ncimport numpy\n  from a.b import c\n# import ssl\n"
    )
    assert set(cython_imports(code)) == {"lzma", "sqlite3", "a"}


def test_a_wheel_requires_what_its_modules_do_but_not_its_tests(tmp_path: Path) -> None:
    wheel = tmp_path / "x-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("x/__init__.py", "import lzma")
        archive.writestr("x/_c.pyx", "import sqlite3")
        archive.writestr("x/tests/test_x.py", "import test.support")
        archive.writestr("x/data.txt", "import ssl")
    assert required_modules(wheel) == {"lzma", "sqlite3"}
    wheel.write_bytes(b"no archive")
    with pytest.raises(AuditError, match="cannot be read"):
        required_modules(wheel)
