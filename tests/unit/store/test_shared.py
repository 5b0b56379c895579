import pytest

from crosswheel.errors import UsageError
from crosswheel.host import Host, NullProgress
from crosswheel.store import Store
from crosswheel.store.shared import open_shared


def make(directory):
    (directory / "bin").mkdir()
    (directory / "bin" / "tool").write_text("#!/bin/sh\n")
    (directory / "bin" / "tool").chmod(0o755)
    (directory / "bin" / "alias").symlink_to("tool")
    (directory / "bin" / "twin").hardlink_to(directory / "bin" / "tool")
    (directory / "empty").mkdir()


def refuse(_directory):
    raise AssertionError("made although it was shared")


@pytest.fixture
def stores(tmp_path, notes):
    """Two stores with one behind them."""
    url = f"file://{tmp_path}/shared"
    return [Store(tmp_path / name, notes, open_shared(url)) for name in ("one", "two")]


def test_what_one_makes_another_takes(stores, key, notes):
    first, second = stores
    first.get_or_create(key, make)
    place = second.get_or_create(key, refuse)
    assert (place / "bin" / "alias").read_text() == "#!/bin/sh\n"
    assert (place / "bin" / "twin").read_text() == "#!/bin/sh\n"
    assert (place / "bin" / "tool").stat().st_mode & 0o111 == 0o111
    assert (place / "empty").is_dir()
    assert notes.said == []


def test_what_is_made_anew_is_not_taken(stores, key):
    first, second = stores
    first.get_or_create(key, lambda place: (place / "x").write_text("old"))
    made = second.get_or_create(key, lambda place: (place / "x").write_text("new"), rebuild=True)
    assert (made / "x").read_text() == "new"
    third = Store(first.root.parent / "third", first.progress, first.shared)
    assert (third.get_or_create(key, refuse) / "x").read_text() == "new"


def test_the_same_content_is_the_same_archive(stores, key, tmp_path):
    first, second = stores
    first.get_or_create(key, make)
    before = {path: path.read_bytes() for path in (tmp_path / "shared").rglob("*") if path.is_file()}
    second.shared.put(key, second.get_or_create(key, refuse).parent)
    assert {path: path.read_bytes() for path in (tmp_path / "shared").rglob("*") if path.is_file()} == before
    assert len(before) == 2


@pytest.mark.parametrize("suffix", [".tar.gz", ".json"])
def test_what_is_damaged_there_is_reported_and_made_here(stores, key, notes, tmp_path, suffix):
    first, second = stores
    first.get_or_create(key, make)
    [file] = (tmp_path / "shared").rglob(f"*{suffix}")
    file.write_bytes(file.read_bytes()[:-20])
    assert (second.get_or_create(key, make) / "bin" / "tool").is_file()
    assert "shared store" in notes.said[0]
    assert Store(tmp_path / "three", notes, second.shared).get_or_create(key, refuse)


def test_a_store_that_takes_nothing_is_reported(stores, key, notes, tmp_path):
    (tmp_path / "shared").write_text("a file, no directory")
    assert (stores[0].get_or_create(key, make) / "bin" / "tool").is_file()
    assert "stored locally only" in notes.said[-1]


def test_a_url_nobody_knows_is_refused():
    with pytest.raises(UsageError, match="URL of a shared store"):
        open_shared("nonsense://place")


def test_a_plain_directory_will_do(tmp_path):
    shared = open_shared(str(tmp_path / "shared"))
    assert shared.local
    assert shared.root == str(tmp_path / "shared")


def test_a_store_that_is_no_directory_serves_too(tmp_path, key, notes):
    shared = open_shared(f"memory://{tmp_path}")
    assert not shared.local
    Store(tmp_path / "one", notes, shared).get_or_create(key, make)
    assert (Store(tmp_path / "two", notes, shared).get_or_create(key, refuse) / "bin" / "tool").is_file()
    assert notes.said == []


@pytest.mark.parametrize(("url", "expected"), [("memory://x", False), ("{place}", True)])
def test_offline_only_a_directory_counts(tmp_path, url, expected):
    host = Host({}, tmp_path / "cache", tmp_path / "logs", None, None, NullProgress(), offline=True)
    assert (Store.open(host, url.format(place=tmp_path)).shared is not None) == expected


def test_the_environment_names_a_store(tmp_path):
    host = Host({"CROSSWHEEL_STORE": str(tmp_path)}, tmp_path / "cache", tmp_path / "logs", None, None, NullProgress())
    assert Store.open(host).shared.root == str(tmp_path)
    assert Store.open(host, str(tmp_path / "other")).shared.root == str(tmp_path / "other")
