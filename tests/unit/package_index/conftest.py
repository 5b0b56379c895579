"""Directories of small wheels, and a host that has nothing but a cache."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from crosswheel.errors import SourceError
from crosswheel.host import Host, NullProgress
from crosswheel.targets.pyodide import abis

ABI = abis()["2025_0"]


class NoDownloader:
    """Fetches nothing, as without a network."""

    def fetch(self, url, *, sha256, fresh=False):
        raise SourceError("cannot be fetched", where=url)

    def read_bytes(self, url, *, fresh=True):
        raise SourceError("cannot be read", where=url)


@pytest.fixture
def host(tmp_path):
    return Host({}, tmp_path / "cache", tmp_path / "logs", None, NoDownloader(), NullProgress())


@pytest.fixture
def wheels(tmp_path):
    place = tmp_path / "wheels"
    place.mkdir()
    return place


@pytest.fixture
def add(wheels):
    """Put a wheel into the directory."""

    def add(file_name: str, *headers: str, files: dict[str, bytes] | None = None) -> Path:
        name, version, *_ = file_name.split("-")
        lines = (f"Name: {name}", f"Version: {version}", *headers)
        path = wheels / file_name
        with zipfile.ZipFile(path, "w") as archive:
            for file, data in ({f"{name}/__init__.py": b""} if files is None else files).items():
                archive.writestr(zipfile.ZipInfo(file), data)
            info = f"{name}-{version}.dist-info"
            archive.writestr(zipfile.ZipInfo(f"{info}/METADATA"), "\n".join((*lines, "", "")))
        return path

    return add


@pytest.fixture
def runtime(host):
    """Put a runtime into the cache, whose own packages are the given ones."""

    def runtime(stdlib_parts: tuple[str, ...] = (), **packages: str) -> Path:
        place = host.cache / "npm" / f"pyodide-{ABI.runtime}-{ABI.sha256[:12]}" / "package"
        place.mkdir(parents=True)
        info = {"abi_version": ABI.name, "arch": "wasm32", "platform": "emscripten_4_0_9", "python": "3.13.2"}
        document = {
            "info": info,
            "packages": {
                name: {
                    "name": name,
                    "version": version,
                    "file_name": f"{name}-{version}-py3-none-any.whl",
                    "install_dir": "site",
                    "sha256": "00",
                    "imports": [name],
                    "depends": [],
                }
                for name, version in packages.items()
            },
        }
        for name in stdlib_parts:
            document["packages"][name] |= {"package_type": "cpython_module", "imports": [name, f"_{name}"]}
        (place / "pyodide-lock.json").write_text(json.dumps(document), "utf-8")
        (place / "package.json").write_text(json.dumps({"version": ABI.runtime}), "utf-8")
        return place

    return runtime
