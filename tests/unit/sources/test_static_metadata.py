"""The name and version that the files of a project have."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosswheel.sources.static_metadata import read_name

PKG_INFO = "Metadata-Version: 2.1\nName: Some_Project\nVersion: 2.0\n"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, ("", "")),
        ({"pyproject.toml": "[project]\nname = 'Some.Project'\nversion = '1.0'\n"}, ("some-project", "1.0")),
        ({"pyproject.toml": "[tool.poetry]\nname = 'x'\nversion = '1.0'\n"}, ("x", "1.0")),
        ({"PKG-INFO": PKG_INFO}, ("some-project", "2.0")),
        ({"pyproject.toml": "[project]\nname = 'some-project'\n", "PKG-INFO": PKG_INFO}, ("some-project", "2.0")),
        ({"pyproject.toml": "[project]\nname = 'another'\n", "PKG-INFO": PKG_INFO}, ("another", "")),
        ({"setup.cfg": "[metadata]\nname = x\nversion = attr: x.__version__\n"}, ("x", "")),
        ({"setup.py": "import setuptools\nsetuptools.setup(name='x', version='1.0', ext_modules=[])\n"}, ("x", "1.0")),
        ({"setup.py": "from setuptools import setup\nsetup(name=NAME, version=f'{V}')\n"}, ("", "")),
        ({"setup.py": "setup(name='x'", "setup.cfg": "no section", "pyproject.toml": "["}, ("", "")),
        ({"pyproject.toml": "project = 1\ntool = 2\n"}, ("", "")),
        ({"pyproject.toml": "[project]\nname = 3\nversion = 'not one'\n"}, ("", "")),
        ({"setup.cfg": "[metadata]\nname = %(x)s\n"}, ("%(x)s", "")),
    ],
)
def test_names(tmp_path: Path, files: dict[str, str], expected: tuple[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert read_name(tmp_path) == expected
