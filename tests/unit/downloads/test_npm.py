"""Archives of the npm registry, whatever their one directory is called."""

from __future__ import annotations

import pytest
from fake_hosts import digest, fake_host, tarball

from crosswheel.downloads.node import npm_package
from crosswheel.errors import SourceError

URL = "https://registry.npmjs.org/tool/-/tool-1.2.tgz"


@pytest.mark.parametrize("directory", ["package", "node-v1-linux-x64"])
def test_the_directory_is_called_package(host, shelf, directory):
    data = tarball({f"{directory}/bin/tool": b"x", f"{directory}/package.json": b"{}"})
    shelf.files[URL] = data
    found = npm_package(host, "tool", "1.2", digest(data))
    assert found.name == "package"
    assert (found / "bin" / "tool").read_bytes() == b"x"
    assert (found / "bin" / "tool").stat().st_mode & 0o111


def test_it_is_fetched_once_for_each_hash(host, shelf):
    one, two = tarball({"package/x": b"1"}), tarball({"package/x": b"2"})
    shelf.files[URL] = one
    first = npm_package(host, "tool", "1.2", digest(one))
    assert npm_package(host, "tool", "1.2", digest(one)) == first
    assert shelf.asked == [URL]
    shelf.files[URL] = two
    assert (npm_package(host, "tool", "1.2", digest(two)) / "x").read_bytes() == b"2"


@pytest.mark.parametrize("value", ["https://mirror.example/npm", "https://mirror.example/npm/"])
def test_another_registry(tmp_path, shelf, value):
    data = tarball({"package/x": b"1"})
    shelf.files["https://mirror.example/npm/tool/-/tool-1.2.tgz"] = data
    host = fake_host(tmp_path, shelf, environ={"npm_config_registry": value})
    assert (npm_package(host, "tool", "1.2", digest(data)) / "x").is_file()


def test_an_empty_setting_is_none(tmp_path, shelf):
    data = tarball({"package/x": b"1"})
    shelf.files[URL] = data
    npm_package(fake_host(tmp_path, shelf, environ={"npm_config_registry": ""}), "tool", "1.2", digest(data))
    assert shelf.asked == [URL]


@pytest.mark.parametrize(
    "data",
    [tarball({"package/../../x": b""}), tarball({"package/x": b"1" * 5000})[:-20], b"no archive"],
    ids=["leading outside", "cut off", "none"],
)
def test_of_a_bad_archive_nothing_remains(host, shelf, data):
    shelf.files[URL] = data
    for _ in range(2):
        with pytest.raises(SourceError):
            npm_package(host, "tool", "1.2", digest(data))
    assert not [path for path in (host.cache / "npm").iterdir() if path.is_dir()]


def test_another_hash_is_refused(host, shelf):
    shelf.files[URL] = tarball({"package/x": b"1"})
    with pytest.raises(SourceError, match="hash mismatch"):
        npm_package(host, "tool", "1.2", digest(b"other"))
    assert not (host.cache / "npm").exists()
