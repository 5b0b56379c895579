"""What people name, and what a project says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from crosswheel.errors import SourceError, UsageError
from crosswheel.sources.index_settings import IndexSettings
from crosswheel.sources.model import (
    FALLBACK_EPOCH,
    SourceKind,
    SourceRequest,
    source_date_epoch,
    split_url_hash,
)
from crosswheel.sources.project import read_project


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ujson==6.1.0", SourceKind.REQUIREMENT),
        ("name[extra]>=1", SourceKind.REQUIREMENT),
        ("git+https://example.org/a/b.git@v1", SourceKind.VCS),
        ("x @ git+https://example.org/a/b.git", SourceKind.VCS),
        ("https://example.org/x-1.tar.gz#sha256=00", SourceKind.ARCHIVE),
    ],
)
def test_kinds(text: str, kind: SourceKind) -> None:
    assert SourceRequest.parse(text).kind is kind


def test_a_directory_and_an_archive(tmp_path: Path) -> None:
    assert SourceRequest.parse(str(tmp_path)).kind is SourceKind.DIRECTORY
    archive = tmp_path / "x-1.tar.gz"
    archive.write_bytes(b"")
    assert SourceRequest.parse(str(archive)).kind is SourceKind.ARCHIVE


@pytest.mark.parametrize("text", ["not a requirement!", "x-1.0-py3-none-any.whl", "gone-1.0.tar.gz"])
def test_mistakes(text: str) -> None:
    with pytest.raises(UsageError):
        SourceRequest.parse(text)


def test_epoch() -> None:
    assert source_date_epoch("1700000000", lambda: 1) == 1700000000
    assert source_date_epoch(None, lambda: 5) == FALLBACK_EPOCH
    with pytest.raises(UsageError):
        source_date_epoch("yesterday", lambda: 1)


def test_hash_fragments() -> None:
    assert split_url_hash("https://e.org/a#egg=x&sha256=ab") == ("https://e.org/a", "ab")
    with pytest.raises(SourceError, match="md5"):
        split_url_hash("https://e.org/a#md5=ab")


def test_projects(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="not a Python project"):
        read_project(tmp_path)
    (tmp_path / "setup.py").write_text("")
    assert read_project(tmp_path).backend == "setuptools.build_meta:__legacy__"
    (tmp_path / "pyproject.toml").write_text('[build-system]\nrequires = ["maturin>=1"]\nbuild-backend = "maturin"\n')
    assert read_project(tmp_path).rust == "maturin"


@pytest.mark.parametrize(
    "text", ["[build-system", '[build-system]\nbuild-backend = "x"\n', "[build-system]\nrequires = [1]\n"]
)
def test_broken_projects(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(SourceError):
        read_project(tmp_path)


def test_index_settings_layers(tmp_path: Path) -> None:
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nindex-url = https://config.example/simple\nfind-links = /a\n    /b\n")
    environ = {"PIP_CONFIG_FILE": str(config), "HOME": str(tmp_path), "PIP_PRE": "1"}
    settings = IndexSettings.load(environ, {})
    assert settings.index_url == "https://config.example/simple"
    assert {"/a", "/b"} <= set(settings.find_links)
    assert settings.pre is True
    over = IndexSettings.load(
        {**environ, "PIP_INDEX_URL": "https://env.example"}, {"extra-index-url": ("https://more",)}
    )
    assert over.index_url == "https://env.example"
    assert over.uv_environ()["UV_EXTRA_INDEX_URL"] == "https://more"
