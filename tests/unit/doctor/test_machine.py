import json
from dataclasses import replace

import pytest
from sdks import made_sdk

from crosswheel.doctor import ItemState, examine
from crosswheel.doctor import machine as diagnosis
from crosswheel.host import Host, NullProgress, ProcessResult


class Uncalled:
    """Starts and fetches nothing."""

    def run(self, request):
        return ProcessResult(request, 1, "", "", 0.0)

    def fetch(self, url, *, sha256, fresh=False):
        raise AssertionError(url)

    def read_bytes(self, url, *, fresh=True):
        raise AssertionError(url)


@pytest.fixture
def host(tmp_path):
    return Host(
        {"PATH": str(tmp_path / "bin")}, tmp_path / "cache", tmp_path / "logs", Uncalled(), Uncalled(), NullProgress()
    )


def item(host, name):
    return next(item for item in examine(host) if item.name == name)


def test_what_is_not_there_comes_with_the_command_that_provides_it(host):
    git = item(host, "git")
    assert git.state is ItemState.OPTIONAL
    assert "apt-get install git" in git.hint
    python = item(host, "build Python 3.15")
    assert python.state is ItemState.OPTIONAL
    assert python.hint == "uv python install 3.15"


def test_a_program_on_path_is_found(host, tmp_path):
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert item(host, "git").detail == str(program)


def test_zig_is_told_with_its_version(host):
    assert item(host, "zig").state is ItemState.OK


def test_apple_s_sdk_is_told(host, tmp_path):
    assert item(host, "Apple's SDK").state is ItemState.OPTIONAL
    elsewhere = replace(host, environ={**host.environ, "SDKROOT": str(tmp_path / "gone")})
    assert "gone is not an SDK of macOS" in item(elsewhere, "Apple's SDK").detail
    named = replace(host, environ={**host.environ, "SDKROOT": str(made_sdk(tmp_path / "Tiny.sdk"))})
    assert item(named, "Apple's SDK").state is ItemState.OK


def test_cross_compilers_are_told_by_their_targets(host, tmp_path):
    assert item(host, "cross gcc").state is ItemState.OPTIONAL
    program = tmp_path / "bin" / "s390x-linux-gnu-gcc"
    program.parent.mkdir()
    program.touch()
    said = '#define __GLIBC__ 2\n#define __GLIBC_MINOR__ 28\n#define __VERSION__ "13.1.0"\n'

    class Answering(Uncalled):
        def run(self, request):
            return ProcessResult(request, 0, said, "", 0.0)

    found = item(replace(host, runner=Answering()), "cross gcc")
    assert (found.state, found.detail) == (ItemState.OK, "for linux-s390x (13.1.0 with glibc 2.28)")


def test_a_cache_that_is_not_there_yet_is_fine_and_is_not_made(host):
    cache = item(host, "cache")
    assert cache.state is ItemState.OK
    assert str(host.cache) in cache.detail
    assert "in use" not in cache.detail


def test_a_cache_that_cannot_be_written_is_missing(host, tmp_path):
    (tmp_path / "file").touch()
    cache = item(replace(host, cache=tmp_path / "file" / "cache"), "cache")
    assert cache.state is ItemState.MISSING
    assert "CROSSWHEEL_CACHE_DIR" in cache.hint


def test_a_nearly_full_disk_is_told(host, monkeypatch):
    monkeypatch.setattr(diagnosis, "_MIN_FREE", 1 << 80)
    cache = item(host, "cache")
    assert cache.state is ItemState.OPTIONAL
    assert "free disk space" in cache.hint


def test_what_the_cache_takes_is_counted(host):
    (host.cache / "deep" / "er").mkdir(parents=True)
    (host.cache / "deep" / "er" / "file").write_bytes(b"x" * (1 << 20))
    (host.cache / "link").symlink_to("/")
    assert 1 << 20 <= diagnosis._size(host.cache) < 2 << 20


def test_a_cache_that_refuses_does_not_end_the_examination(host, tmp_path):
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python3.11"
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    answer = {
        "implementation": "cpython", "version": [3, 11], "full_version": "3.11.7", "abiflags": "",
        "executable": str(python), "includes": [], "config_vars": {}, "constants": {},
    }  # fmt: skip

    class Answering(Uncalled):
        def run(self, request):
            return ProcessResult(request, 0, json.dumps(answer), "", 0.0)

    (tmp_path / "file").touch()
    items = examine(replace(host, runner=Answering(), cache=tmp_path / "file" / "cache"))
    assert {item.name for item in items if item.state is ItemState.MISSING} == {"cache"}
    assert any(item.name == "build Pythons" and "cannot be written" in item.detail for item in items)
