"""Where sources come from: a real index on this machine, asked in every way that pip can be told to.

The projects that are served need no compiler and, but for some, nothing to be built with.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Command, Ended
from package_index import Certificates, PackageIndex, make_certificates, packed, project, sdist, serving, wheel

from crosswheel.host import Host

SECRET = "pass-word-1"
USER = f"some-body:{SECRET}"


@pytest.fixture
def command(host: Host, tmp_path: Path) -> Command:
    return Command(tmp_path).prepare(host)


@pytest.fixture
def index() -> Iterator[PackageIndex]:
    """An index with two releases, a pre-release, and one that was yanked."""
    files = [sdist("own", version) for version in ("1.0", "1.1", "1.2", "2.0b1")]
    with serving(PackageIndex(yanked={"own-1.2.tar.gz"}).add(*files)) as server:
        yield server


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


def builds(ended: Ended, *wheels: str) -> None:
    assert ended.status == 0, ended.err
    assert ended.wheels == sorted(f"{name}-py3-none-any.whl" for name in wheels)
    assert "Traceback" not in ended.err
    assert ended.command.left_over() == []


# Which index


def test_the_newest_release_is_taken_from_the_index_of_the_option(command: Command, index: PackageIndex) -> None:
    index.modern = True
    builds(command.build("own", "-i", index.url), "own-1.1")
    assert index.asked == ["/simple/own/", "/files/own-1.1.tar.gz"]
    assert command.kept() == ["own-1.1.tar.gz"]


def test_what_was_just_found_is_not_asked_for_again(command: Command, index: PackageIndex) -> None:
    builds(command.build("own", "-i", index.url), "own-1.1")
    index.add(sdist("own", "1.3"))
    builds(command.build("own", "-i", index.url), "own-1.1")
    assert index.asked == ["/simple/own/", "/files/own-1.1.tar.gz"]
    command.forget_answers()
    builds(command.build("own", "-i", index.url), "own-1.1", "own-1.3")


def test_an_archive_that_was_kept_is_not_downloaded_again(command: Command, index: PackageIndex) -> None:
    for _ in range(2):
        builds(command.build("own", "-i", index.url), "own-1.1")
        command.forget_answers()
    assert index.asked == ["/simple/own/", "/files/own-1.1.tar.gz", "/simple/own/"]
    index.add(sdist("own", "1.1", before="print('another')"))
    builds(command.build("own", "-i", index.url), "own-1.1")
    assert index.asked[3:] == ["/simple/own/", "/files/own-1.1.tar.gz"]


def test_a_build_that_has_not_changed_loads_neither_what_asks_nor_what_builds(
    command: Command, index: PackageIndex
) -> None:
    builds(command.build("own", "-i", index.url), "own-1.1")
    again = command.build("own", "-i", index.url, PYTHONPROFILEIMPORTTIME="1")
    builds(again, "own-1.1")
    loaded = {line.rpartition("|")[2].strip() for line in again.err.splitlines() if line.startswith("import time:")}
    assert "crosswheel.building.wheel_cache" in loaded
    building = {f"crosswheel.building.{name}" for name in ("build_wheel", "backend_setup", "repair_and_audit")}
    assert loaded.isdisjoint({"unearth", "httpx2", "crosswheel.wheels.audit"} | building)


@pytest.mark.parametrize("section", ["global", "install"])
def test_the_index_of_pips_configuration(command: Command, index: PackageIndex, section: str) -> None:
    (command.place / "pip.conf").write_text(f"[{section}]\nindex-url = {index.url}\npre = yes\n")
    builds(command.build("own", PIP_CONFIG_FILE=str(command.place / "pip.conf")), "own-2.0b1")


def test_the_index_of_pips_variable_and_yanked_and_pre_releases_by_name(command: Command, index: PackageIndex) -> None:
    ended = command.build("own==1.2", "own==2.0b1", "own<1.1", PIP_INDEX_URL=index.url)
    builds(ended, "own-1.2", "own-2.0b1", "own-1.0")


def test_an_option_wins_over_the_variable(command: Command, index: PackageIndex) -> None:
    builds(command.build("own", "-i", index.url, PIP_INDEX_URL="http://localhost:9/simple"), "own-1.1")


@pytest.mark.parametrize("by", ["option", "variable"])
def test_a_further_index_may_have_a_newer_release(command: Command, index: PackageIndex, by: str) -> None:
    with serving(PackageIndex().add(sdist("own", "1.5"), sdist("other", "1.0"))) as further:
        if by == "option":
            ended = command.build("own", "other", "-i", index.url, "--extra-index-url", further.url)
        else:
            ended = command.build("own", "other", PIP_INDEX_URL=index.url, PIP_EXTRA_INDEX_URL=further.url)
    builds(ended, "own-1.5", "other-1.0")


def test_directories_and_pages_of_links(command: Command, index: PackageIndex) -> None:
    links = command.place / "links"
    links.mkdir()
    for name, data in (sdist("local", "1.0", requires=("tool",)), wheel("tool", "3.0"), wheel("own", "9.0")):
        (links / name).write_bytes(data)
    # Relative to where the command runs, which is not where uv runs.
    places = ("-f", "links", "-f", f"{index.origin}/links/")
    builds(command.build("local", "own", "--no-index", *places), "local-1.0", "own-1.1")
    assert "/simple/own/" not in index.asked


def test_an_archive_of_a_directory_is_read_again_when_it_was_changed(command: Command) -> None:
    links = command.place / "links"
    links.mkdir()
    for number in ("1", "2"):
        name, data = sdist("own", "1.0", before=f"print('number {number}')")
        (links / name).write_bytes(data)
        builds(command.build("own==1.0", "--no-index", "-f", links), "own-1.0")
        (log,) = command.logs.rglob("build.log")
        assert f"number {number}" in log.read_text()
        shutil.rmtree(command.logs)


def test_what_another_index_gave_is_not_taken_for_this_ones(command: Command, index: PackageIndex) -> None:
    with serving(PackageIndex().add(sdist("own", "1.0", before="raise SystemExit(3)"))) as other:
        command.build("own==1.0", "-i", other.url).failed(5)
    builds(command.build("own==1.0", "-i", index.url), "own-1.0")


def test_links_that_do_not_exist(command: Command, index: PackageIndex) -> None:
    command.build("own", "-i", index.url, "-f", "nowhere").failed(2, "no such directory", "nowhere")
    builds(command.build("own", PIP_INDEX_URL=index.url, PIP_FIND_LINKS="/nowhere/at/all"), "own-1.1")


def test_without_an_index_and_without_links_nothing_is_asked(command: Command) -> None:
    command.build("iniconfig", "--no-index").failed(2, "nowhere to look for iniconfig")


def test_redirects_of_pages_and_files_are_followed(command: Command, index: PackageIndex) -> None:
    index.redirects = {"/old/own/": "/simple/own/", "/files/own-1.1.tar.gz": "/files/moved-1.1.tar.gz"}
    index.files["moved-1.1.tar.gz"] = index.files["own-1.1.tar.gz"]
    builds(command.build("own", "-i", f"{index.origin}/old"), "own-1.1")


def test_a_server_of_indexes_that_people_use(command: Command) -> None:
    """pypiserver, with names and passwords in the URL."""
    links = command.place / "served"
    links.mkdir()
    for name, data in (sdist("own", "1.0", requires=("tool>=2",)), wheel("tool", "3.0")):
        (links / name).write_bytes(data)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).parent / "pypi-server"
    words = [program, "run", "-i", "127.0.0.1", "-p", str(port), "-P", ".", "-a", ".", "--disable-fallback", links]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(port)
            url = f"http://localhost:{port}/simple/"
            command.build("own>1", "-i", url).failed(3, "no version >1 of own", "the newest are 1.0")
            builds(command.build("own", "-i", url), "own-1.0")
        finally:
            server.terminate()


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nobody listens on {port}")


@pytest.mark.network
def test_a_c_extension_of_the_index_is_built_for_another_platform(
    packages: Path, command: Command, index: PackageIndex
) -> None:
    files = {path.name: path.read_text() for path in (packages / "plain").iterdir() if path.is_file()}
    index.add(("plain-1.0.tar.gz", packed("plain-1.0", files)))
    configured = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_"))}
    configured |= {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    ended = command.build("plain", "--extra-index-url", index.url, target="linux-riscv64", **configured)
    assert ended.status == 0, ended.err
    (name,) = ended.wheels
    assert name.startswith("plain-1.0-cp")
    assert name.endswith("_riscv64.whl")


# Who asks, and who answers


@pytest.mark.parametrize("absolute", [False, True])
def test_a_name_and_password_in_the_url_are_used_and_never_shown(
    command: Command, index: PackageIndex, absolute: bool
) -> None:
    index.password, index.absolute = USER, absolute
    index.add(sdist("needy", "1.0", requires=("tool",)), wheel("tool", "3.0"))
    ended = command.build("needy", "-v", "-i", index.with_user(USER))
    builds(ended, "needy-1.0")
    assert SECRET not in ended.out + ended.err + command.written()
    assert "UV_DEFAULT_INDEX=http://" in command.written()  # the log does say which index


def test_names_and_passwords_of_netrc(command: Command, index: PackageIndex) -> None:
    index.password = USER
    index.add(sdist("needy", "1.0", requires=("tool",)), wheel("tool", "3.0"))
    netrc = command.home / ".netrc"
    netrc.write_text(f"machine localhost login some-body password {SECRET}\n")
    netrc.chmod(0o600)
    builds(command.build("needy", "-i", index.url), "needy-1.0")
    builds(command.build(f"{index.origin}/files/own-1.0.tar.gz", "-i", index.url), "needy-1.0", "own-1.0")
    assert SECRET not in command.written()


@pytest.mark.parametrize("user", ["", f"other:{SECRET}"])
def test_a_wrong_password_is_told_and_not_shown(command: Command, index: PackageIndex, user: str) -> None:
    index.password = "some-body:else"
    ended = command.build("own", "-v", "-i", index.with_user(user) if user else index.url)
    ended.failed(3, "the index says 401", f"localhost:{index.origin.rpartition(':')[2]}", "name and password")
    assert SECRET not in ended.out + ended.err + command.written()


def test_passwords_of_sources_are_never_shown(command: Command, index: PackageIndex) -> None:
    index.password = USER
    where = index.origin.replace("://", f"://{USER}@")
    words = (
        f"{where}/files/gone-1.tar.gz",
        f"{where}/files/own-1.0.tar.gz",
        f"own @ {where}/x.zip",
        f"git+{where}/x.git",
    )
    ended = command.build(*words, "-v", "--json")
    assert [result["exit_status"] for result in ended.results] == [3, 0, 3, 3]
    assert SECRET not in ended.out + ended.err + command.written()
    table = command.build(*words)
    assert SECRET not in table.out + table.err


def test_an_authority_of_ones_own(command: Command, certificates: Certificates) -> None:
    served = PackageIndex().add(sdist("needy", "1.0", requires=("tool",)), wheel("tool", "3.0"))
    with serving(served, certificates.context()) as index:
        command.build("needy", "-i", index.url).failed(3, "certificate", index.url, "certificates")
        host = index.origin.partition("://")[2]
        limits = f"{index.origin}/limits.txt"
        index.texts["/limits.txt"] = b"needy<2\n"
        shutil.copy(certificates.authority, command.place / "ca.pem")
        # Relative to where the command runs; and for constraints and archives at URLs too.
        ended = command.build("needy", "-i", index.url, "--cert", "ca.pem", "-c", limits, "-b", limits)
        builds(ended, "needy-1.0")
        for trusted in (host, "localhost"):
            shutil.rmtree(command.cache / "sdists")
            shutil.rmtree(command.cache / "environments")
            builds(command.build("needy", "-i", index.url, "--trusted-host", trusted), "needy-1.0")
        url = f"{index.origin}/files/needy-1.0.tar.gz"
        builds(command.build(url, "-i", index.url, PIP_CERT=str(certificates.authority)), "needy-1.0")


def test_certificates_that_are_none(command: Command, index: PackageIndex) -> None:
    (command.place / "ca.pem").write_text("not a certificate\n")
    command.build("own", "-i", index.url, "--cert", "ca.pem").failed(2, "no certificates in it", "ca.pem")
    ended = command.build("own", PIP_INDEX_URL=index.url, PIP_CLIENT_CERT="/nowhere.pem")
    ended.failed(2, "no certificates there", "/nowhere.pem")


def test_a_client_shows_its_certificate(command: Command, certificates: Certificates) -> None:
    served = PackageIndex().add(sdist("needy", "1.0", requires=("tool",)), wheel("tool", "3.0"))
    with serving(served, certificates.context(client=True)) as index:
        command.build("needy", "-i", index.url, "--cert", certificates.authority).failed(3, "cannot reach it")
        client = str(certificates.client)
        ended = command.build("needy", "-i", index.url, "--cert", certificates.authority, PIP_CLIENT_CERT=client)
        builds(ended, "needy-1.0")


def test_an_index_without_tls_must_be_trusted(command: Command) -> None:
    url = "http://packages.invalid/simple/"
    command.build("own", "-i", url).failed(3, "without TLS", "--trusted-host packages.invalid")


def test_a_proxy(command: Command, index: PackageIndex) -> None:
    ended = command.build(
        "own", "-i", "http://packages.invalid/simple/", "--trusted-host", "elsewhere", HTTP_PROXY=index.origin
    )
    ended.failed(3, "without TLS")
    url = "http://localhost:9/simple/"
    builds(command.build("own", "-i", url, HTTP_PROXY=index.origin, NO_PROXY="elsewhere"), "own-1.1")
    assert f"{url}own/" in index.asked


# Which version


def test_constraints_in_files_and_at_urls(command: Command, index: PackageIndex) -> None:
    index.texts["/limits.txt"] = b"# of everybody\nOWN<1.1\n"
    (command.place / "limits.txt").write_text("own!=1.0\nother==3\n")
    builds(command.build("own", "-i", index.url, "-c", f"{index.origin}/limits.txt"), "own-1.0")
    both = ("-c", "limits.txt", "-c", f"{index.origin}/limits.txt")
    ended = command.build("own", "-i", index.url, *both, "--json")
    assert ended.status == 3
    assert "there is no version" in ended.results[0]["error"]["what"]
    assert "the newest are 2.0b1, 1.1, 1.0, 1.2" in ended.results[0]["error"]["hint"]


def test_constraints_at_a_url_serve_offline_once_they_were_fetched(command: Command, index: PackageIndex) -> None:
    index.texts["/limits.txt"] = b"own<1.1\n"
    words = ("own", "-i", index.url, "-c", f"{index.origin}/limits.txt")
    command.build(*words, "--offline").failed(3, "--offline", "limits.txt")
    for offline in ((), ("--offline",)):
        builds(command.build(*words, *offline), "own-1.0")


@pytest.mark.parametrize(
    ("name", "text", "status", "said"),
    [
        ("limits.txt", "own<=>1\n", 2, "not a constraint: 'own<=>1'"),
        ("limits.txt", "own @ https://example.org/own.zip\n", 2, "a constraint with a URL"),
        ("nowhere.txt", "", 2, "cannot read constraints: No such file"),
        ("{url}/gone.txt", "", 3, "the server says 404"),
    ],
)
def test_constraints_that_are_none(
    command: Command, index: PackageIndex, name: str, text: str, status: int, said: str
) -> None:
    (command.place / "limits.txt").write_text(text)
    place = name.replace("{url}", index.origin)
    command.build("own", "-i", index.url, "-c", place).failed(status, said, place)


def test_markers_of_constraints_are_the_targets(command: Command, index: PackageIndex) -> None:
    (command.place / "limits.txt").write_text(
        "own==1.0; platform_machine == 'riscv64'\nown==2.0b1; platform_machine == 'aarch64'\n"
        "own<1; sys_platform == 'win32'\n"
    )
    words = ("-t", "linux-riscv64", "-i", index.url, "-c", "limits.txt", "--json", "-o")
    ended = command.build("own", *words, command.place / "a", target="linux-aarch64")
    assert ended.status == 0, ended.err
    built = {result["target"].rpartition("_")[2]: Path(result["wheel"]).name.split("-")[1] for result in ended.results}
    assert built == {"riscv64": "1.0", "aarch64": "2.0b1"}


@pytest.mark.parametrize("at_url", [False, True])
def test_constraints_on_what_it_is_built_with(command: Command, index: PackageIndex, at_url: bool) -> None:
    before = "import tool; print('with tool ' + tool.VERSION)"
    index.add(sdist("needy", "1.0", requires=("tool",), before=before), wheel("tool", "3.0"), wheel("tool", "4.0"))
    index.texts["/limits.txt"] = b"tool<4\n"
    (command.place / "limits.txt").write_text("tool<4\n")
    place = f"{index.origin}/limits.txt" if at_url else "limits.txt"
    builds(command.build("needy", "-i", index.url, "-b", place), "needy-1.0")
    assert "with tool 3.0" in command.written()


def test_a_build_requirement_that_nobody_has(command: Command, index: PackageIndex) -> None:
    index.add(sdist("needy", "1.0", requires=("tool>5",)), wheel("tool", "4.0"))
    command.build("needy", "-i", index.url).failed(3, "build requirement 'tool>5' cannot be installed")


def test_what_is_not_there_is_told_with_what_is(command: Command, index: PackageIndex) -> None:
    index.add(wheel("binary", "1.0"), sdist("gone", "1.0"), sdist("gone", "1.1"))
    index.yanked |= {"gone-1.0.tar.gz", "gone-1.1.tar.gz"}
    ended = command.build("nobody", "own==7", "binary", "gone", "-i", index.url, "--json")
    assert ended.status == 3
    said = [f"{result['error']['what']} {result['error']['hint']}" for result in ended.results]
    assert "the index has no project 'nobody'" in said[0]
    assert "there is no version ==7 of own the newest are 2.0b1, 1.1, 1.0, 1.2" in said[1]
    assert "binary has wheels only, no sdist" in said[2]
    assert "every sdist of gone was yanked" in said[3]
    assert "gone==1.1" in said[3]
    assert all(result["error"]["where"] == index.url for result in ended.results)
    assert command.kept() == ended.wheels == command.left_over() == []


# What the index says


def test_another_hash_than_the_index_says(command: Command, index: PackageIndex) -> None:
    right = hashlib.sha256(index.files["own-1.1.tar.gz"]).hexdigest()
    index.hashes["own-1.1.tar.gz"] = "0" * 64
    names = ("md5", "sha512")
    for name in names:
        file = f"{name}-1.0.tar.gz"
        index.add((file, sdist("own", "1.0")[1]))
        text = f'<a href="/files/{file}#{name}={"0" * 32}">{file}</a>'
        index.instead[f"/simple/{name}/"] = (200, "text/html", text.encode())
    ended = command.build("own", *names, "-i", index.url)
    ended.failed(3, "hash mismatch", "0" * 64, right, "own-1.1.tar.gz", "expected md5 000", "expected sha512 000")
    assert command.kept() == []


def test_hashes_in_urls(command: Command, index: PackageIndex) -> None:
    url = f"{index.origin}/files/own-1.0.tar.gz"
    right = hashlib.sha256(index.files["own-1.0.tar.gz"]).hexdigest()
    command.build(f"{url}#sha256={'0' * 64}").failed(3, "hash mismatch", right)
    assert not list((command.cache / "downloads").rglob("*.tar.gz"))
    builds(command.build(f"{url}?key=a/b#sha256={right}"), "own-1.0")
    index.files["own-1.0.tar.gz"] = b"other"
    builds(command.build(f"{url}#sha256={right}", "--offline"), "own-1.0")


def test_an_index_that_answers_wrongly(command: Command, index: PackageIndex) -> None:
    page, modern = "text/html", "application/vnd.pypi.simple.v1+json"
    answers = [
        (500, page, b"oh", "the index says 500"),
        (403, page, b"no", "the index says 403"),
        (200, page, b"\xff\xfe\x00<a href=\x00", "makes no sense"),
        (200, page, b"<h1>It works!</h1>", "no project"),
        (200, "text/plain", b"own-1.1.tar.gz", "no page of an index but text/plain"),
        (200, modern, b'{"files": [', "makes no sense"),
        (200, modern, b'["own"]', "makes no sense"),
        (200, page, b'<a href="http://localhost:port/p7-1.1.tar.gz">own</a>', "cannot reach it"),
        (200, page, b'<a href="/files/gone/p8-1.1.tar.gz">own</a>', "the index says 404"),
    ]
    for number, (status, kind, content, _) in enumerate(answers):
        index.instead[f"/simple/p{number}/"] = (status, kind, content)
    ended = command.build(*(f"p{number}" for number in range(len(answers))), "-i", index.url, "--json")
    assert ended.status == 3, ended.err
    for (*_, said), result in zip(answers, ended.results, strict=True):
        assert result["exit_status"] == 3, result
        assert said in result["error"]["what"], result
        assert result["error"]["where"].startswith(index.origin)
    assert command.kept() == ended.wheels == command.left_over() == []


def test_a_failing_index_is_not_passed_over_for_another(command: Command, index: PackageIndex) -> None:
    with serving(PackageIndex(instead={"/simple/own/": (503, "text/html", b"")})) as further:
        ended = command.build("own", "-i", index.url, "--extra-index-url", further.url)
    ended.failed(3, "the index says 503", further.origin)


def test_an_index_that_is_away(command: Command) -> None:
    command.build("own", "-i", "http://localhost:9/simple/").failed(3, "cannot reach it", "http://localhost:9/simple/")


def test_offline_what_was_kept_serves(command: Command, index: PackageIndex) -> None:
    index.add(sdist("needy", "1.0", requires=("tool",)), wheel("tool", "3.0"))
    for name in ("own", "needy"):
        command.build(name, "-i", index.url, "--offline").failed(3, f"{name} is not in the cache", "run once online")
    assert index.asked == []
    builds(command.build("own", "needy", "-i", index.url), "own-1.1", "needy-1.0")
    asked = len(index.asked)
    shutil.rmtree(command.output)
    builds(command.build("own", "needy", "-i", index.url, "--offline"), "own-1.1", "needy-1.0")
    assert len(index.asked) == asked
    shutil.rmtree(command.cache / "environments")
    shutil.rmtree(command.place / "uv")
    shutil.rmtree(command.output)
    command.build("needy", "-i", index.url, "--offline").failed(3, "run once without --offline")


# Other sources


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits: 1.0 has a tag, 2.0 is on the branch; and a directory that could be taken for a branch."""
    tree = tmp_path / "repository"
    (tree / "docs").mkdir(parents=True)
    (tree / "docs" / "index.md").write_text("x\n")

    def git(*words: str) -> None:
        own = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "init.defaultBranch=main")
        subprocess.run(["git", *own, *words], cwd=tree, check=True, capture_output=True)

    git("init")
    for version in ("1.0", "2.0"):
        for name, text in project("own", version).items():
            (tree / name).write_text(text)
        git("add", ".")
        git("commit", "-m", version)
        git("tag", f"v{version}") if version == "1.0" else git("branch", "feature/x")
    return tree


def test_a_repository(command: Command, repository: Path) -> None:
    url = f"git+file://{repository}"
    ended = command.build(url, f"{url}@v1.0", f"own @ {url}@feature/x", "--json")
    assert ended.status == 0, ended.err
    assert [Path(result["wheel"]).name.split("-")[1] for result in ended.results] == ["2.0", "1.0", "2.0"]
    assert ended.wheels == ["own-1.0-py3-none-any.whl", "own-2.0-py3-none-any.whl"]
    assert command.left_over() == []


@pytest.mark.parametrize(
    ("end", "said"),
    [("@v9", "v9"), ("@docs", "docs"), ("@--orphan", "neither a repository nor a ref"), (".gone", "gone")],
)
def test_a_repository_without_what_is_wanted(command: Command, repository: Path, end: str, said: str) -> None:
    command.build(f"git+file://{repository}{end}").failed(3, said)


def test_the_json_document_says_the_same(command: Command, index: PackageIndex) -> None:
    ended = command.build("own", "-i", index.url, "-f", "nowhere", "--json")
    assert json.loads(ended.out)["exit_status"] == ended.status == 2
