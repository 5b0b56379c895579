import hashlib
import os

import pytest

from crosswheel.cli import main
from crosswheel.cli.session import Session
from crosswheel.doctor.cache import cache_entries, group_by_kind, prune_cache, verify_cache
from crosswheel.host import NullProgress
from crosswheel.host.files import create_once
from crosswheel.store import Key, Store

DAY = 86400


@pytest.fixture
def store(services):
    return Store(services.place / "cache" / "store", NullProgress())


@pytest.fixture
def filled(services, store):
    """A cache with two artifacts, a toolchain and a download; the artifact ``old`` was last used ten days before."""
    host = services.detect()
    for number, name in enumerate(("old", "new")):
        content = store.get_or_create(Key.create("wheel", name), lambda place: (place / "x").write_text("x" * 9000))
        os.utime(content.parent / "manifest.json", (1000 * DAY + 10 * number * DAY,) * 2)
    for place in ("toolchains/zig/linux", "downloads/by-hash/ab"):
        (host.cache / place).mkdir(parents=True)
        os.utime(host.cache / place, (1010 * DAY,) * 2)
    return host


def test_entries_are_added_up_by_kind(filled, store):
    kinds = {kind.name: kind for kind in group_by_kind(cache_entries(filled, store))}
    assert set(kinds) == {"store: wheel", "toolchains", "downloads"}
    assert kinds["store: wheel"].entries == 2
    assert kinds["store: wheel"].size > 18000
    assert kinds["store: wheel"].oldest == 1000 * DAY


def test_what_was_not_used_for_long_goes(filled, store):
    gone = prune_cache(filled, store, before=1005 * DAY, max_bytes=None)
    assert [(kind.name, kind.entries) for kind in gone] == [("store: wheel", 1)]
    assert [entry.name.rpartition("-")[0] for entry in store.entries()] == ["new"]


def test_the_longest_unused_goes_until_the_cache_is_small_enough(filled, store):
    whole = sum(kind.size for kind in group_by_kind(cache_entries(filled, store)))
    assert sum(kind.entries for kind in prune_cache(filled, store, before=None, max_bytes=whole - 1)) == 1
    assert prune_cache(filled, store, before=None, max_bytes=whole) == ()


def test_nothing_goes_when_it_is_only_asked(filled, store):
    assert prune_cache(filled, store, before=2000 * DAY, max_bytes=None, dry_run=True)
    assert len(cache_entries(filled, store)) == 4


def test_only_kinds_that_are_named_go(filled, store):
    gone = prune_cache(filled, store, before=2000 * DAY, max_bytes=None, kinds=("toolchains",))
    assert [kind.name for kind in gone] == ["toolchains"]
    assert not (filled.cache / "toolchains" / "zig" / "linux").exists()


def test_damaged_entries_are_found_and_removed(filled, store):
    first = next(store.entries())
    (first / "content" / "x").write_text("y")
    assert verify_cache(filled, store) == ({f"wheel/{first.name}": "x was changed"}, 1)
    assert verify_cache(filled, store) == ({}, 1)


def test_damaged_toolchains_and_downloads_are_found_and_removed(filled, store):
    def fill(directory):
        (directory / "lib").mkdir()
        (directory / "lib" / "libc.so.6").write_bytes(b"stub")

    toolchain = create_once(filled.cache / "toolchains" / "zig-1" / "linux", fill)
    intact = create_once(filled.cache / "interpreters" / "python", fill)
    digest = hashlib.sha256(b"archive").hexdigest()
    download = filled.cache / "downloads" / "by-hash" / digest[:2] / digest / "a.tar.gz"
    download.parent.mkdir(parents=True)
    download.write_bytes(b"archive")
    (toolchain / "added-later").write_bytes(b"x")
    damaged, sound = verify_cache(filled, store)
    assert damaged == {}
    (toolchain / "lib" / "libc.so.6").write_bytes(b"stab")
    download.write_bytes(b"achive")
    assert verify_cache(filled, store) == (
        {
            "toolchains/zig-1/linux": "lib/libc.so.6 was changed",
            str(download.relative_to(filled.cache)): "its content was changed",
        },
        sound - 2,
    )
    assert not toolchain.exists()
    assert intact.is_dir()
    assert verify_cache(filled, store) == ({}, sound - 2)
    prune_cache(filled, store, before=float("inf"), max_bytes=None, kinds=("interpreters",))
    assert list((filled.cache / "interpreters").iterdir()) == [intact.with_name(".python.lock")]


def test_the_commands_print_and_remove(filled, services, store, capsys):
    assert main(["cache", "show"], Session(services)) == 0
    assert "store: wheel" in capsys.readouterr().out
    assert main(["cache", "prune", "--max-size", "1k"], Session(services)) == 0
    assert list(store.entries()) == []
    assert main(["cache", "prune"], Session(services)) == 2
    assert main(["cache", "prune", "--max-size", "much"], Session(services)) == 2
    assert main(["cache", "verify", "--json"], Session(services)) == 0
    assert '"sound": 0' in capsys.readouterr().out
