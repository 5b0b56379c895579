"""Where packages come from, as pip is told, and what is kept of them."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from crosswheel.environments.packages import INDEX_CACHE_SECONDS
from crosswheel.errors import SourceError, UsageError
from crosswheel.host import Host
from crosswheel.sources.constraints import read_constraints
from crosswheel.sources.find_sdist import find_sdist, query_key
from crosswheel.sources.index_settings import IndexSettings
from crosswheel.sources.sdist_cache import SdistCache, SdistRecord

PYPI = "https://pypi.org/simple/"


@pytest.fixture(autouse=True)
def machine_without_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """The build machine's own /etc/pip.conf is none of a test's business."""
    import configparser

    read = configparser.RawConfigParser.read

    def local(parser: configparser.RawConfigParser, path: Path, encoding: str) -> list[str]:
        return [] if str(path).startswith("/etc/") else read(parser, path, encoding)

    monkeypatch.setattr(configparser.RawConfigParser, "read", local)


def configured(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("latin-1"))
    return path


def of(tmp_path: Path, overrides: dict[str, Any] | None = None, **environ: str) -> IndexSettings:
    return IndexSettings.load({"HOME": str(tmp_path), **environ}, overrides or {})


def test_nothing_said_means_pypi(tmp_path: Path) -> None:
    assert of(tmp_path) == IndexSettings(PYPI)
    assert IndexSettings().uv_options() == ("--index-strategy", "unsafe-best-match")
    assert IndexSettings().uv_environ() == {"UV_DEFAULT_INDEX": PYPI}


def test_every_variable_of_pip(tmp_path: Path) -> None:
    settings = of(
        tmp_path, PIP_INDEX_URL="https://a", PIP_EXTRA_INDEX_URL="https://b https://c", PIP_FIND_LINKS="/x /y",
        PIP_TRUSTED_HOST="a b", PIP_CERT="/ca.pem", PIP_NO_INDEX="true", PIP_PRE="1",
    )  # fmt: skip
    lists = (("https://b", "https://c"), ("/x", "/y"), ("a", "b"))
    assert settings == IndexSettings("https://a", *lists, cert="/ca.pem", no_index=True, pre=True)


@pytest.mark.parametrize(("text", "expected"), [("1", True), ("Yes", True), ("on", True), ("0", False), ("no", False)])
def test_flags(tmp_path: Path, text: str, expected: bool) -> None:
    assert of(tmp_path, PIP_NO_INDEX=text).no_index is expected


def test_later_layers_win(tmp_path: Path) -> None:
    configured(tmp_path / ".pip/pip.conf", "[global]\nindex-url = https://oldest\ncert = /old.pem\npre = true\n")
    configured(tmp_path / ".config/pip/pip.conf", "[global]\nindex-url = https://user\n")
    assert of(tmp_path) == IndexSettings("https://user", cert="/old.pem", pre=True)
    assert of(tmp_path, PIP_INDEX_URL="https://variable").index_url == "https://variable"
    assert of(tmp_path, PIP_INDEX_URL="").index_url == "https://user"
    given = {"index_url": "https://given", "find_links": [], "cert": None}
    assert of(tmp_path, given, PIP_INDEX_URL="https://variable") == replace(
        of(tmp_path), index_url="https://given", cert="/old.pem"
    )


def test_what_is_said_of_installing_wins_over_what_is_said_in_general(tmp_path: Path) -> None:
    configured(tmp_path / ".pip/pip.conf", "[install]\nindex-url = https://install\n")
    configured(tmp_path / ".config/pip/pip.conf", "[global]\nindex-url = https://general\n[list]\npre = true\n")
    assert of(tmp_path) == IndexSettings("https://install")


def test_the_users_configuration_is_where_xdg_has_it(tmp_path: Path) -> None:
    configured(tmp_path / "xdg/pip/pip.conf", "[global]\nindex-url = https://xdg\n")
    assert of(tmp_path, XDG_CONFIG_HOME=str(tmp_path / "xdg")).index_url == "https://xdg"
    assert of(tmp_path).index_url == PYPI


def test_a_named_file_takes_the_place_of_the_users(tmp_path: Path) -> None:
    configured(tmp_path / ".config/pip/pip.conf", "[global]\nextra-index-url = https://user\n")
    named = configured(tmp_path / "named.conf", "[global]\nindex-url = https://named\n")
    assert of(tmp_path, PIP_CONFIG_FILE=str(named)) == IndexSettings("https://named")
    assert of(tmp_path, PIP_CONFIG_FILE="/nowhere/pip.conf").extra_index_urls == ("https://user",)
    assert of(tmp_path, PIP_CONFIG_FILE="/dev/null") == IndexSettings()


@pytest.mark.parametrize("text", ["index-url = https://x\n", "[global]\nindex-url = \xff\n"])
def test_broken_configuration_is_named(tmp_path: Path, text: str) -> None:
    path = configured(tmp_path / ".config/pip/pip.conf", text)
    with pytest.raises(UsageError, match="pip's configuration") as caught:
        of(tmp_path)
    assert caught.value.where == str(path)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"UV_INDEX_URL": "https://uv"}, "https://uv"),
        ({"UV_DEFAULT_INDEX": "https://new", "UV_INDEX_URL": "https://old"}, "https://new"),
        ({"UV_DEFAULT_INDEX": "own=https://uv/?a=b"}, "https://uv/?a=b"),
        ({"UV_DEFAULT_INDEX": "https://uv/?a=b"}, "https://uv/?a=b"),
        ({"UV_INDEX_URL": "https://uv", "PIP_INDEX_URL": "https://pip"}, "https://pip"),
    ],
)
def test_variables_of_uv(tmp_path: Path, environ: dict[str, str], expected: str) -> None:
    assert of(tmp_path, **environ).index_url == expected


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:p@ss@e.org/simple", "https://e.org/simple"),
        ("https://e.org:8080/s?x=1", "https://e.org:8080/s?x=1"),
    ],
)
def test_no_password_is_shown(url: str, shown: str) -> None:
    assert IndexSettings(url).display == shown


def test_uv_is_told_the_same(tmp_path: Path) -> None:
    extra = ("https://b", f"file://{tmp_path}/gone", f"file://{tmp_path}")
    links = (str(tmp_path), str(tmp_path / "gone"), "https://links")
    settings = IndexSettings("https://a", extra, links, ("h",), cert="/ca.pem", no_index=True, pre=True)
    assert settings.uv_options() == (
        "--find-links", str(tmp_path), "--allow-insecure-host", "h",
        "--no-index", "--index-strategy", "unsafe-best-match", "--prerelease", "allow",
    )  # fmt: skip
    assert settings.uv_environ() == {"SSL_CERT_FILE": "/ca.pem", "UV_FIND_LINKS": "https://links"}
    assert replace(settings, no_index=False).uv_environ() == {
        "SSL_CERT_FILE": "/ca.pem", "UV_DEFAULT_INDEX": "https://a", "UV_EXTRA_INDEX_URL": f"https://b file://{tmp_path}",
        "UV_FIND_LINKS": "https://links",
    }  # fmt: skip


def test_no_password_is_on_a_command_line() -> None:
    settings = IndexSettings("https://me:secret@a", ("https://me:secret@b",), ("https://me:secret@c",))
    assert "secret" not in " ".join(settings.uv_options())
    assert settings.uv_environ()["UV_FIND_LINKS"] == "https://me:secret@c"
    assert settings.uv_environ()["UV_EXTRA_INDEX_URL"] == "https://me:secret@b"


def test_pip_is_told_the_same_in_its_variables() -> None:
    settings = IndexSettings("https://a", ("https://b", "https://c"), ("/links",), cert="/ca.pem", no_index=True)
    assert settings.pip_environ() == {
        "PIP_INDEX_URL": "https://a",
        "PIP_EXTRA_INDEX_URL": "https://b https://c",
        "PIP_FIND_LINKS": "/links",
        "PIP_CERT": "/ca.pem",
        "PIP_NO_INDEX": "True",
    }


def offline(tmp_path: Path) -> Host:
    return replace(Host.detect(offline=True), cache=tmp_path / "cache")


def keep(host: Host, version: str, content: bytes = b"sdist") -> Path:
    directory = host.cache / "sdists" / "my-project"
    digest = hashlib.sha256(content).hexdigest()
    file = directory / digest / f"my_project-{version}.tar.gz"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    record = {"label": f"my-project-{version}", "version": version, "url": f"https://e.org/{file.name}"}
    record |= {"file": f"{digest}/{file.name}", "sha256": digest, "query": PYPI}
    (directory / f"{version}.json").write_text(json.dumps(record))
    return file


def found(host: Host, text: str, constraints: tuple[str, ...] = (), **settings: Any) -> str:
    index = IndexSettings(**settings)
    return find_sdist(host, Requirement(text), index, read_constraints(host, constraints, index))[0]


def test_offline_the_newest_kept_sdist_is_used(tmp_path: Path) -> None:
    host = offline(tmp_path)
    files = {version: keep(host, version) for version in ("1.9", "1.10", "2.0b1")}
    assert find_sdist(host, Requirement("My.Project"), IndexSettings()) == (
        "my-project-1.10", "https://e.org/my_project-1.10.tar.gz", files["1.10"],
    )  # fmt: skip
    assert found(host, "my-project<1.10") == "my-project-1.9"
    assert found(host, "my-project", pre=True) == "my-project-2.0b1"
    assert found(host, "my-project==2.0b1") == "my-project-2.0b1"


@pytest.mark.parametrize("text", ["my-project>2", "other"])
def test_offline_what_is_not_kept_is_not_had(tmp_path: Path, text: str) -> None:
    host = offline(tmp_path)
    keep(host, "1.0")
    with pytest.raises(SourceError, match="--offline"):
        found(host, text)


def test_a_pinned_sdist_that_is_kept_is_not_looked_for(tmp_path: Path) -> None:
    host = replace(offline(tmp_path), offline=False)  # a connection would fail the test
    keep(host, "1.0")
    assert found(host, "my-project==1.0") == "my-project-1.0"


def test_what_was_just_found_is_not_looked_for(tmp_path: Path) -> None:
    host = replace(offline(tmp_path), offline=False)  # a connection would fail the test
    links = tmp_path / "links"
    links.mkdir()
    settings = IndexSettings(find_links=(str(links),))
    kept = SdistCache(host.cache / "sdists" / "my-project")
    file = kept.add("my_project-1.0.tar.gz", b"sdist")
    digest = file.parent.name
    record = SdistRecord(
        "my-project-1.0", "1.0", "https://e.org/1.0", f"{digest}/{file.name}", digest, settings.display
    )
    question = query_key(Requirement("my-project>=1"), settings)
    kept.remember_result(question, record)
    assert find_sdist(host, Requirement("my-project>=1"), settings) == ("my-project-1.0", "https://e.org/1.0", file)
    assert kept.cached_result(question) == record

    others = (Requirement("my-project>=0"), settings), (Requirement("my-project>=1"), replace(settings, pre=True))
    assert all(kept.cached_result(query_key(*other)) is None for other in others)
    (links / "my_project-2.0.tar.gz").write_bytes(b"newer")
    assert kept.cached_result(query_key(Requirement("my-project>=1"), settings)) is None

    (answer,) = (kept.directory / "answers").iterdir()
    long_ago = time.time() - INDEX_CACHE_SECONDS - 1
    os.utime(answer, (long_ago, long_ago))
    assert kept.cached_result(question) is None


def test_kept_archives_are_told_by_their_hashes(tmp_path: Path) -> None:
    kept = SdistCache(tmp_path)
    file = kept.add("own-1.0.tar.gz", b"one")
    assert kept.archive(["0" * 64, file.parent.name], "own-1.0.tar.gz") == file
    assert kept.archive(["0" * 64, "..", ""], "own-1.0.tar.gz") is None
    assert kept.archive([file.parent.name], "own-1.1.tar.gz") is None
    file.write_bytes(b"damaged")
    assert kept.archive([file.parent.name], "own-1.0.tar.gz") is None


def test_a_kept_sdist_that_is_damaged_is_passed_over(tmp_path: Path) -> None:
    host = offline(tmp_path)
    keep(host, "1.0", b"one")
    keep(host, "2.0", b"two").write_bytes(b"damaged")
    keep(host, "3.0", b"three").unlink()
    records = host.cache / "sdists" / "my-project"
    (records / "4.0.json").write_text('{"label": "my-project-4.0", ')
    (records / "5.0.json").write_text('{"label": "my-project-5.0", "of": "another version of crosswheel"}')
    assert found(host, "my-project") == "my-project-1.0"


def test_constraints_limit_what_is_found(tmp_path: Path) -> None:
    host = offline(tmp_path)
    for version in ("1.0", "1.1", "2.0"):
        keep(host, version)
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text("# all\n\n-r other.txt\nother==9\nMy_Project<2  # not yet\n")
    second.write_text("my-project!=1.1\n")
    assert found(host, "my-project", (str(first),)) == "my-project-1.1"
    assert found(host, "my-project", (str(first), str(second))) == "my-project-1.0"


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot read constraints"), (b"a = b", "invalid constraint"), (b"\xff", "cannot read")]
)
def test_constraints_that_are_none(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "limits.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=said) as caught:
        found(offline(tmp_path), "my-project", (str(path),))
    assert caught.value.where == str(path)


def test_certificates_that_are_absent_are_told(tmp_path: Path) -> None:
    host = replace(offline(tmp_path), offline=False)
    with pytest.raises(UsageError, match="certificate file not found"):
        found(host, "my-project", cert=str(tmp_path / "gone.pem"))
