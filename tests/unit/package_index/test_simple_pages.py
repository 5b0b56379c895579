import hashlib
import json
from html.parser import HTMLParser

import pytest

from crosswheel.errors import AuditError, UsageError
from crosswheel.package_index import make_index

LINUX = "x_y-1.0-cp313-cp313-manylinux_2_31_riscv64.whl"


class Links(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.found.append(dict(attrs))


def test_a_page_links_to_its_wheels_with_hash_python_and_metadata(host, wheels, add):
    wheel = add(LINUX, "Requires-Python: >=3.9,<4")
    made = make_index(host, wheels)
    (link,) = Links((wheels / "simple" / "x-y" / "index.html").read_text()).found
    metadata = (wheels / f"{LINUX}.metadata").read_bytes()
    assert metadata == b"Name: x_y\nVersion: 1.0\nRequires-Python: >=3.9,<4\n\n"
    digest = f"sha256={hashlib.sha256(metadata).hexdigest()}"
    assert link == {
        "href": f"../../{LINUX}#sha256={hashlib.sha256(wheel.read_bytes()).hexdigest()}",
        "data-requires-python": ">=3.9,<4",
        "data-dist-info-metadata": digest,
        "data-core-metadata": digest,
    }
    assert Links((wheels / "simple" / "index.html").read_text()).found == [{"href": "x-y/"}]
    assert made.projects == {"x-y": (LINUX,)}
    assert made.lock is None


def test_the_json_pages_say_the_same(host, wheels, add):
    wheel = add(LINUX, "Requires-Python: >=3.9")
    make_index(host, wheels)
    page = json.loads((wheels / "simple" / "x-y" / "index.json").read_text())
    metadata = {"sha256": hashlib.sha256((wheels / f"{LINUX}.metadata").read_bytes()).hexdigest()}
    assert page == {
        "meta": {"api-version": "1.1"},
        "name": "x-y",
        "versions": ["1.0"],
        "files": [
            {
                "filename": LINUX,
                "url": f"../../{LINUX}",
                "hashes": {"sha256": hashlib.sha256(wheel.read_bytes()).hexdigest()},
                "requires-python": ">=3.9",
                "size": wheel.stat().st_size,
                "core-metadata": metadata,
                "dist-info-metadata": metadata,
            }
        ],
    }
    root = json.loads((wheels / "simple" / "index.json").read_text())
    assert root == {"meta": {"api-version": "1.1"}, "projects": [{"name": "x-y"}]}


def test_versions_are_in_their_own_order_and_links_are_quoted(host, wheels, add):
    names = [f"x-{version}-py3-none-any.whl" for version in ("1.9", "1.10", "1.10+local")]
    for name in reversed(names):
        add(name)
    make_index(host, wheels)
    links = Links((wheels / "simple" / "x" / "index.html").read_text()).found
    assert [link["href"].partition("#")[0] for link in links] == [f"../../{n.replace('+', '%2B')}" for n in names]
    assert "data-requires-python" not in links[0]


def test_the_same_wheels_give_the_same_bytes(host, wheels, add):
    add(LINUX)
    add("b-1-py3-none-any.whl")

    def made():
        make_index(host, wheels)
        return {path.relative_to(wheels): path.read_bytes() for path in wheels.rglob("*") if path.is_file()}

    assert made() == made()
    assert not [path for path in made() if path.name.startswith(".")]


def test_pages_of_projects_without_wheels_go_and_what_is_not_ours_stays(host, wheels, add):
    add(LINUX)
    gone = add("b-1-py3-none-any.whl")
    make_index(host, wheels)
    gone.unlink()
    others = wheels / "simple" / "other" / "index.html"
    others.parent.mkdir()
    others.write_text("mine")
    make_index(host, wheels)
    assert sorted(path.name for path in (wheels / "simple").iterdir()) == ["index.html", "index.json", "other", "x-y"]
    assert others.read_text() == "mine"


def test_an_empty_directory_is_a_mistake(host, wheels):
    with pytest.raises(UsageError, match="no wheels found"):
        make_index(host, wheels)


def test_what_is_no_wheel_is_named_and_nothing_is_written(host, wheels, add):
    add(LINUX)
    (wheels / "a-1-py3-none-any.whl").write_bytes(b"no archive")
    with pytest.raises(AuditError, match=r"a-1-py3-none-any\.whl"):
        make_index(host, wheels)
    assert not (wheels / "simple").exists()
