"""A directory of wheels, served as it is: what pip, uv, Pyodide and micropip make of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import crosswheel
from crosswheel import BuildOptions
from crosswheel.downloads.node import node_program
from crosswheel.downloads.pyodide import find_runtime
from crosswheel.host import Host
from crosswheel.package_index import IndexResult
from crosswheel.targets.pyodide import abis

pytestmark = pytest.mark.network

LOADER = Path(__file__).parent / "data" / "load.mjs"
SPEEDUPS = "import markupsafe._speedups as s, markupsafe; f'{markupsafe.__version__} {s._escape_inner(\"<\")}'"
THROUGH_MICROPIP = f"import micropip; await micropip.install('markupsafe'); {SPEEDUPS}"


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_words: object) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]


@dataclass
class Site:
    """A server on this machine, and the paths it was asked for."""

    url: str
    asked: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, IndexResult]:
    """The indexes by ABI. The last micropip on the package index is for the older one."""
    made = {}
    for abi, python, further in (
        ("2025_0", "3.13", ()),
        ("2024_0", "3.12", ("micropip==0.7.2", "packaging==25.0")),
    ):
        place = tmp_path_factory.mktemp(abi)
        results = crosswheel.build(
            ["markupsafe==3.0.4", *further],
            targets=["pyodide"],
            pythons=[python],
            options=BuildOptions(output_directory=place),
        )
        assert [result.error for result in results if result.error] == []
        made[abi] = crosswheel.index(place)
    return made


@pytest.fixture
def site(published: dict[str, IndexResult]) -> Iterator[Site]:
    directory = published["2025_0"].directory
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(directory))) as server:
        found = Site(f"http://127.0.0.1:{server.server_port}")
        server.asked = found.asked  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield found
        server.shutdown()
        thread.join()


def load(host: Host, place: Path, abi: str, base: str, packages: str, program: str) -> str:
    """Load packages into the runtime of an ABI, run Python in it; the last line it prints."""
    (place / "program.py").write_text(program, "utf-8")
    runtime = find_runtime(host, abis()[abi])
    lock = f"{base}pyodide-lock.json"
    ended = host.run(
        node_program(host),
        LOADER,
        runtime.directory,
        base,
        lock,
        packages,
        place / "program.py",
        cwd=place,
        timeout=300,
    )
    assert ended.ok, ended.stdout + ended.stderr
    return ended.stdout.splitlines()[-1]


def test_uv_installs_from_it_and_reads_the_metadata_first(host: Host, site: Site, tmp_path: Path) -> None:
    uv = host.program("uv")
    assert uv is not None
    ended = host.run(
        uv, "pip", "install", "--no-config", "--no-cache", "--index-url", f"{site.url}/simple/", "--target", "out",
        "--python-platform", "wasm32-pyodide2025", "--python-version", "3.13", "--only-binary", ":all:", "markupsafe",
        cwd=tmp_path,
    )  # fmt: skip
    assert ended.ok, ended.stderr
    assert (tmp_path / "out" / "markupsafe" / "_speedups.cpython-313-wasm32-emscripten.so").is_file()
    assert any(".whl.metadata " in f"{path} " for path in site.asked)


def test_pip_downloads_from_it_and_reads_the_metadata_first(host: Host, site: Site, tmp_path: Path) -> None:
    uv = host.program("uv")
    assert uv is not None
    ended = host.run(
        uv, "tool", "run", "pip", "--isolated", "download", "--index-url", f"{site.url}/simple/", "--dest", "out",
        "--platform", "pyemscripten_2025_0_wasm32", "--python-version", "3.13", "--implementation", "cp",
        "--only-binary", ":all:", "--no-cache-dir", "--disable-pip-version-check", "markupsafe",
        cwd=tmp_path,
    )  # fmt: skip
    assert ended.ok, ended.stderr
    (wheel,) = (tmp_path / "out").iterdir()
    assert wheel.name == "markupsafe-3.0.4-cp313-cp313-pyemscripten_2025_0_wasm32.whl"
    assert f"/{wheel.name}.metadata" in site.asked


@pytest.mark.parametrize("abi", ["2025_0", "2024_0"])
def test_pyodide_loads_from_the_directory(
    host: Host, published: dict[str, IndexResult], tmp_path: Path, abi: str
) -> None:
    base = f"{published[abi].directory}/"
    assert load(host, tmp_path, abi, base, "markupsafe", SPEEDUPS) == "3.0.4 &lt;"


def test_pyodide_loads_over_http(host: Host, site: Site, tmp_path: Path) -> None:
    assert load(host, tmp_path, "2025_0", f"{site.url}/", "markupsafe", SPEEDUPS) == "3.0.4 &lt;"
    assert "/markupsafe-3.0.4-cp313-cp313-pyemscripten_2025_0_wasm32.whl" in site.asked


def test_micropip_is_loaded_with_what_it_needs_and_installs_by_the_lock_file(
    host: Host, published: dict[str, IndexResult], tmp_path: Path
) -> None:
    base = f"{published['2024_0'].directory}/"
    assert load(host, tmp_path, "2024_0", base, "micropip", THROUGH_MICROPIP) == "3.0.4 &lt;"


def test_the_runtimes_own_packages_are_in_the_lock_file(host: Host, published: dict[str, IndexResult]) -> None:
    made = published["2025_0"]
    assert made.lock is not None
    text = made.lock.read_text("utf-8")
    assert "https://cdn.jsdelivr.net/pyodide/v0.29.5/full/numpy-" in text
    assert not made.notes


def test_the_same_wheels_give_the_same_files(published: dict[str, IndexResult]) -> None:
    place = published["2025_0"].directory
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    crosswheel.index(place)
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == before
