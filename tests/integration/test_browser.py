"""The example page in a real browser: wheels built here, loaded through the lock file, used by a visitor.

With CROSSWHEEL_SCREENSHOT set to a path, the picture for the documentation is saved there.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest
from chromium import Page, find_chromium, open_page

import crosswheel
from crosswheel import BuildOptions

CHROMIUM = find_chromium()
pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH: apt-get install chromium"),
]

EXAMPLE = Path(__file__).parents[2] / "examples" / "browser"
STATE = "document.getElementById('page').dataset.state"
TARGET = "pyemscripten_2025_0_wasm32"
MODULES = {
    "regex": "/lib/python3.13/site-packages/regex/_regex.cpython-313-wasm32-emscripten.so",
    "ujson": "/lib/python3.13/site-packages/ujson.cpython-313-wasm32-emscripten.so",
}


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_words: object) -> None:
        pass


def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("prepare", EXAMPLE / "prepare.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("wheels")
    results = crosswheel.build(
        ["regex==2026.11.15", "ujson==6.1.0"],
        targets=[TARGET],
        pythons=["3.13"],
        options=BuildOptions(output_directory=place),
    )
    assert [result.error for result in results if result.error] == []
    crosswheel.index(place)
    return place


@pytest.fixture
def site(wheels: Path, tmp_path: Path) -> Path:
    example().prepare(wheels, tmp_path / "site")
    return tmp_path / "site"


@pytest.fixture
def url(site: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(site))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with open_page(CHROMIUM, tmp_path_factory.mktemp("browser")) as opened:
        yield opened


def visit(page: Page, url: str) -> str:
    """Open the page, and wait for what becomes of it."""
    page.go(url)
    page.wait_for(f"{STATE} !== 'loading'", seconds=120)
    return page.evaluate(STATE)


def marked(page: Page) -> list[str]:
    return page.evaluate("[...document.querySelectorAll('#matches mark')].map((mark) => mark.textContent)")


def hash_in_wheel(wheels: Path, name: str) -> str:
    (wheel,) = wheels.glob(f"{name}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return hashlib.sha256(archive.read(MODULES[name].partition("site-packages/")[2])).hexdigest()


def test_a_visitor_uses_the_compiled_packages(page: Page, url: str, wheels: Path, tmp_path: Path) -> None:
    assert visit(page, url) == "ready", page.text("status-text") + page.text("details")
    assert re.match(r"Pyodide 0\.29\.\d+, Python 3\.13\.\d+\.", page.text("status-text"))

    # The modules in use are those that were built, byte for byte.
    for name, module in MODULES.items():
        row = next(line for line in page.text("modules").splitlines() if line.startswith(name))
        assert f"-cp313-cp313-{TARGET}.whl" in row
        assert module in row
        code = f"import hashlib; hashlib.sha256(open('{module}', 'rb').read()).hexdigest()"
        assert page.evaluate(f"pyodide.runPython({json.dumps(code)})") == hash_in_wheel(wheels, name)

    # What is there at first.
    assert marked(page) == ["Ångström", "Zürich", "Евгения", "Київ", "Ωμέγα", "𝔘nicode"]
    assert "Python’s re: bad escape \\p at position 0." in page.text("search-note")
    assert page.text("json-note") == "The same value came back."
    for name in ("ujson", "json"):
        assert re.fullmatch(r"\d+\.\d µs", page.text(f"time-{name}"))
    picture = Path(os.environ.get("CROSSWHEEL_SCREENSHOT") or tmp_path / "browser.png")
    page.picture(picture, width=1100, height=600)
    assert picture.read_bytes().startswith(b"\x89PNG")

    # What a visitor does.
    page.evaluate("document.querySelector('[data-pattern*=wheel]').click()")
    assert marked(page) == ["wheels", "whel", "weel"]
    page.type("pattern", r"\p{Script=Cyrillic}+")
    page.wait_for("document.querySelectorAll('#matches mark').length === 2")
    assert marked(page) == ["Евгения", "Київ"]
    page.type("document", '{"a": [1, 2.50, "ж"]}')
    page.wait_for("document.getElementById('returned').textContent.length < 30")
    assert page.text("returned") == '{"a":[1,2.5,"ж"]}'

    # What a visitor does wrong is told, and the page goes on.
    page.type("pattern", "(")
    page.wait_for("document.querySelector('#search-note.wrong')")
    assert page.text("search-note") == "regex: missing ) at position 1"
    page.type("text", "a" * 60)
    page.type("pattern", "(?:a|aa|b)+$(?<=b)")
    page.wait_for("document.getElementById('search-note').textContent.includes('1 s')")
    page.type("document", "[1, 2")
    page.wait_for("document.querySelector('#json-note.wrong')")
    assert page.text("json-note").startswith("JSONDecodeError: ")
    assert page.evaluate(STATE) == "ready"

    # Nothing came from elsewhere, and the browser had nothing to complain of.
    assert [asked for asked in page.asked if not asked.startswith((url, "data:"))] == []
    assert {path.name for path in wheels.glob("*.whl")} <= {asked.removeprefix(url) for asked in page.asked}
    assert page.errors == []


def test_a_damaged_wheel_is_told(page: Page, url: str, site: Path) -> None:
    (wheel,) = site.glob("ujson-*.whl")
    wheel.write_bytes(wheel.read_bytes()[:-1] + b"!")
    assert visit(page, url) == "failed"
    assert page.text("status-text") == f"This did not work: not loaded: {wheel.name}"


@pytest.mark.parametrize("missing", ["page.js", "page.py", "pyodide.mjs", "pyodide-lock.json", "python_stdlib.zip"])
def test_a_missing_file_is_told(page: Page, url: str, site: Path, missing: str) -> None:
    (site / missing).unlink()
    assert visit(page, url) == "failed"
    assert missing in page.text("status-text") + page.text("details")
    assert any("404" in error for error in page.errors)


def test_the_page_opened_as_a_file_says_to_serve_it(page: Page, site: Path) -> None:
    assert visit(page, (site / "index.html").as_uri()) == "failed"
    assert "http.server" in page.text("details")


def test_a_directory_without_what_the_page_needs_is_refused(wheels: Path, tmp_path: Path) -> None:
    prepare = example().prepare
    with pytest.raises(ValueError, match="crosswheel index"):
        prepare(tmp_path, tmp_path / "site")
    shutil.copyfile(wheels / "pyodide-lock.json", tmp_path / "pyodide-lock.json")
    with pytest.raises(ValueError, match="no regex in"):
        prepare(tmp_path, tmp_path / "site")
    assert not (tmp_path / "site").exists()
