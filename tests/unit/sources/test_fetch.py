"""From requests to verified sources, without a network and without git."""

from __future__ import annotations

import hashlib
import io
import tarfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from crosswheel.errors import EnvironmentMissingError, SourceError, UsageError
from crosswheel.host import Host, ProcessRequest, ProcessResult
from crosswheel.sources.fetch import fetch_source
from crosswheel.sources.git import split_ref
from crosswheel.sources.index_settings import IndexSettings
from crosswheel.sources.model import FALLBACK_EPOCH, Source, SourceRequest

COMMIT = "0123456789abcdef"
TIME = 1_600_000_000


def sdist() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo("x-1/setup.py")
        info.mtime = TIME
        archive.addfile(info)
    return out.getvalue()


DATA = sdist()
HASH = hashlib.sha256(DATA).hexdigest()


@dataclass
class Shelf:
    """A downloader that has one file."""

    place: Path
    asked: list[str] = field(default_factory=list)

    def fetch(self, url: str, *, sha256: str, fresh: bool = False) -> Path:
        self.asked.append(f"{url} {sha256}")
        path = self.place / "kept.tar.gz"
        path.write_bytes(DATA)
        return path

    def read_bytes(self, url: str, *, fresh: bool = True) -> bytes:
        self.asked.append(url)
        return DATA


@dataclass
class Git:
    """A runner that says what git would say."""

    failing: str = ""
    calls: list[tuple[str, ...]] = field(default_factory=list)

    def run(self, request: ProcessRequest) -> ProcessResult:
        words = request.argv[1:]
        while words[0].startswith("-"):  # options of git itself
            words = words[2 if words[0] == "-c" else 1 :]
        self.calls.append(words)
        if words[0] == self.failing:
            return ProcessResult(request, 128, "", "much\nfatal: no such thing\n", 0)
        if words[0] == "clone":
            assert request.env["GIT_TERMINAL_PROMPT"] == "0"
            Path(words[-1]).mkdir()
        return ProcessResult(
            request, 0, {"rev-parse": f"{COMMIT}\n", "rev-list": f"{TIME} {COMMIT}\n"}.get(words[0], ""), "", 0
        )

    def stop(self) -> None:
        pass


@pytest.fixture
def host(tmp_path: Path) -> Host:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "git").touch(0o755)
    shelf = Shelf(tmp_path)
    return replace(
        Host.detect(), environ={"PATH": str(tools)}, runner=Git(), downloader=shelf, cache=tmp_path / "cache"
    )


def fetched(host: Host, tmp_path: Path, text: str) -> Source:
    work = tmp_path / "work"
    work.mkdir()
    return fetch_source(host, SourceRequest.parse(text), IndexSettings(), work)


def test_an_archive_is_its_own_name_and_time(host: Host, tmp_path: Path) -> None:
    archive = tmp_path / "x-1.tar.gz"
    archive.write_bytes(DATA)
    assert fetched(host, tmp_path, str(archive)) == Source("x-1", archive, HASH, str(archive), TIME)


def test_the_time_that_is_given_is_used(host: Host, tmp_path: Path) -> None:
    archive = tmp_path / "x-1.tar.gz"
    archive.write_bytes(DATA)
    host = replace(host, environ={"SOURCE_DATE_EPOCH": str(TIME + 5)})
    assert fetched(host, tmp_path, str(archive)).epoch == TIME + 5


@pytest.mark.parametrize("name", ["x%2D1.tar.gz", "x-1.tar.gz?token=a/b"])
def test_a_url_is_read_into_the_directory_of_the_build(host: Host, tmp_path: Path, name: str) -> None:
    source = fetched(host, tmp_path, f"https://e.org/{name}")
    assert source.path == tmp_path / "work" / "x-1.tar.gz"
    assert (source.label, source.sha256, source.epoch) == ("x-1", HASH, TIME)


def test_a_url_with_a_hash_is_verified_by_the_downloader(host: Host, tmp_path: Path) -> None:
    source = fetched(host, tmp_path, f"https://e.org/x-1.tar.gz#sha256={HASH}")
    assert host.downloader.asked == [f"https://e.org/x-1.tar.gz {HASH}"]
    assert source.path == tmp_path / "kept.tar.gz"


@pytest.mark.parametrize("url", ["https://e.org", "https://e.org/", "https://e.org/%2e%2e"])
def test_a_url_that_names_no_file_is_not_read(host: Host, tmp_path: Path, url: str) -> None:
    with pytest.raises(SourceError, match="has no file name"):
        fetched(host, tmp_path, url)
    assert host.downloader.asked == []


def test_a_file_by_its_url_is_verified(host: Host, tmp_path: Path) -> None:
    archive = tmp_path / "x 1.tar.gz"
    archive.write_bytes(DATA)
    url = f"file://{tmp_path}/x%201.tar.gz"
    assert fetched(host, tmp_path, f"{url}#sha256={HASH}").path == archive
    for fragment, said in (("#sha256=ab", "expected sha256 ab, got"), ("#md5=ab", "md5")):
        with pytest.raises(SourceError, match=said):
            fetch_source(host, SourceRequest.parse(url + fragment), IndexSettings(), tmp_path)
    with pytest.raises(SourceError, match="file not found"):
        fetch_source(host, SourceRequest.parse(f"file://{tmp_path}/gone.zip"), IndexSettings(), tmp_path)


def test_a_directory_has_the_time_of_its_commit_if_there_is_one(host: Host, tmp_path: Path) -> None:
    tree = tmp_path / "project"
    (tree / "src").mkdir(parents=True)
    source = fetched(host, tmp_path, str(tree))
    assert (source.label, source.path, source.sha256, source.epoch) == ("project", tree, None, FALLBACK_EPOCH)
    (tree / ".git").mkdir()
    (tree / ".git" / "HEAD").touch()
    for number, directory in enumerate((tree, tree / "src")):
        (tmp_path / f"{number}").mkdir()
        request = SourceRequest.parse(str(directory))
        assert fetch_source(host, request, IndexSettings(), tmp_path / f"{number}").epoch == TIME


@pytest.mark.parametrize(("name", "label"), [("café", "café"), ("a\nb", "a-b"), ("a\udce9", "a-")])
def test_a_label_is_text(host: Host, tmp_path: Path, name: str, label: str) -> None:
    (tmp_path / name).mkdir()
    assert fetched(host, tmp_path, f"{tmp_path}/{name}").label == label


@pytest.mark.parametrize(
    ("url", "bare", "ref"),
    [
        ("https://e.org/a/b.git", "https://e.org/a/b.git", ""),
        ("https://e.org/a/b.git@v1#egg=b", "https://e.org/a/b.git", "v1"),
        ("https://e.org/a/b.git@feature/x", "https://e.org/a/b.git", "feature/x"),
        ("https://me:p@e.org/a/b", "https://me:p@e.org/a/b", ""),
        ("ssh://git@e.org/a/b.git@v1", "ssh://git@e.org/a/b.git", "v1"),
        ("git@e.org:a/b.git", "git@e.org:a/b.git", ""),
        ("git@e.org:a/b.git@v1", "git@e.org:a/b.git", "v1"),
        ("file:///srv/b@v1", "file:///srv/b", "v1"),
    ],
)
def test_refs(url: str, bare: str, ref: str) -> None:
    assert split_ref(url) == (bare, ref)


@pytest.mark.parametrize("ref", ["v1", "feature/x"])
def test_a_repository_is_cloned_at_its_ref(host: Host, tmp_path: Path, ref: str) -> None:
    url = f"git+https://e.org/a/b.git@{ref}"
    clone = tmp_path / "work" / "clone"
    source = fetched(host, tmp_path, f"{url}#egg=b")
    assert source.label == f"b-{COMMIT[:10]}"
    assert source.path == clone
    assert host.runner.calls[:2] == [
        ("clone", "--quiet", "https://e.org/a/b.git", str(clone)),
        ("checkout", "--quiet", ref, "--"),
    ]


def test_what_git_says_last_is_told(host: Host, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        fetched(replace(host, runner=Git("checkout")), tmp_path, "git+https://e.org/a/b.git@gone")
    assert caught.value.what == "git: fatal: no such thing"


def test_other_systems_and_an_absent_git_are_told(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceError, match="only git"):
        fetched(host, tmp_path, "hg+https://e.org/a/b")
    monkeypatch.setattr(Host, "program", lambda _host, _name: None)
    with pytest.raises(EnvironmentMissingError, match="git is not installed"):
        fetch_source(host, SourceRequest.parse("git+https://e.org/a/b"), IndexSettings(), tmp_path)


@pytest.mark.parametrize("text", ["[build-system", "[build-system]\nrequires = 'x'\n", "[build-system]\n"])
def test_the_configuration_of_a_directory_is_that_of_the_user(host: Host, tmp_path: Path, text: str) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "pyproject.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        fetched(host, tmp_path, f"{tmp_path}/project")
    assert caught.value.where == str(tmp_path / "project" / "pyproject.toml")


def test_a_requirement_that_is_a_directory_too(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo-1.0").mkdir()
    offline = replace(host, offline=True)
    for text, hint in (("demo-1.0", "did you mean the directory ./demo-1.0?; "), ("demo-1.1", "")):
        with pytest.raises(SourceError) as caught:
            fetch_source(offline, SourceRequest.parse(text), IndexSettings(), tmp_path)
        assert caught.value.hint == f"{hint}run once without --offline"
