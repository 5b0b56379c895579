import pytest

from crosswheel.store import Store


def writer(text="content"):
    def make(directory):
        (directory / "lib").mkdir()
        (directory / "lib" / "libz.a").write_text(text)
        (directory / "lib" / "libz.so").symlink_to("libz.a")

    return make


def refuse(_directory):
    raise AssertionError("made although it was there")


def test_an_artifact_is_made_once(store, key):
    made = store.get_or_create(key, writer())
    assert (made / "lib" / "libz.so").read_text() == "content"
    assert store.get_or_create(key, refuse) == made


def test_nothing_is_found_before_it_is_made(store, key):
    assert store.find(key) is None


def test_nothing_remains_of_what_fails(store, key):
    def fail(directory):
        (directory / "half").write_text("x")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.get_or_create(key, fail)
    assert store.find(key) is None
    assert list(store.entries()) == []
    store.get_or_create(key, writer())


@pytest.mark.parametrize("way", ["changed", "missing", "added", "link", "manifest"])
def test_a_damaged_entry_is_reported_and_made_again(store, key, notes, way):
    place = store.get_or_create(key, writer())
    if way == "changed":
        (place / "lib" / "libz.a").write_text("CONTENT")
    elif way == "missing":
        (place / "lib" / "libz.a").unlink()
    elif way == "added":
        (place / "lib" / "more").write_text("x")
    elif way == "link":
        (place / "lib" / "libz.so").unlink()
        (place / "lib" / "libz.so").symlink_to("elsewhere")
    else:
        (place.parent / "manifest.json").write_text("{")
    fresh = Store(store.root, notes)
    assert (fresh.get_or_create(key, writer()) / "lib" / "libz.a").read_text() == "content"
    assert len(notes.said) == 1
    assert "damaged" in notes.said[0]
    assert Store(store.root, notes).get_or_create(key, refuse) == place
    assert len(notes.said) == 1


def test_entries_can_be_listed_verified_and_removed(store, key):
    place = store.get_or_create(key, writer())
    [entry] = store.entries()
    assert entry == place.parent
    assert store.verify(entry) is None
    (place / "lib" / "libz.a").write_text("x")
    assert store.verify(entry) == "lib/libz.a was changed"
    store.remove(entry)
    assert list(store.entries()) == []
    assert store.find(key) is None
