"""Passwords and tokens reach who needs them, and no command line, log, result, cache entry or wheel has one."""

from __future__ import annotations

import base64
import functools
import http.server
import os
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from commands import Command

from crosswheel.host import Host

USER, PASSWORD, TOKEN, SETTING = "some-body", "pass word-7Q", "token-8R", "setting-9S"
SECRETS = (PASSWORD, "pass%20word-7Q", TOKEN, SETTING, base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode())


class _Files(http.server.SimpleHTTPRequestHandler):
    """Serves files to who has the password, over git's protocol for plain servers."""

    def do_GET(self) -> None:
        expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") == expected:
            super().do_GET()
        else:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.end_headers()

    def log_message(self, *args: object) -> None:
        """Print nothing."""


@contextmanager
def serving(directory: Path) -> Iterator[str]:
    handler = functools.partial(_Files, directory=str(directory))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def watching_command_lines() -> Iterator[set[str]]:
    """Collect the command lines of all processes of this machine while the block runs."""
    seen: set[str] = set()
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(process.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
                except OSError:
                    continue
            stop.wait(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        stop.set()
        watcher.join()


def repository(host: Host, place: Path) -> None:
    """Create a repository with a small project that compiles a module, to be served as files."""
    tree = place / "tree"
    tree.mkdir(parents=True)
    (tree / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "hidden"\nversion = "1"\n[tool.setuptools]\npy-modules = []\n'
        'ext-modules = [{ name = "hidden", sources = ["hidden.c"] }]\n'
    )
    (tree / "hidden.c").write_text(
        '#include <Python.h>\nstatic struct PyModuleDef d = {PyModuleDef_HEAD_INIT, "hidden", 0, -1, 0};\n'
        "PyMODINIT_FUNC PyInit_hidden(void) { return PyModule_Create(&d); }\n"
    )
    git = host.program("git")
    assert git is not None
    as_author = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for words in (("init", "-q"), ("add", "."), (*as_author, "commit", "-qm", "All")):
        assert host.run(git, *words, cwd=tree).ok
    assert host.run(git, "clone", "-q", "--bare", str(tree), str(place / "hidden.git"), cwd=place).ok
    assert host.run(git, "update-server-info", cwd=place / "hidden.git").ok


@pytest.mark.network
def test_no_secret_is_left_anywhere(host: Host, tmp_path: Path) -> None:
    if host.program("git") is None:
        pytest.skip("there is no git")
    repository(host, tmp_path / "served")
    work = tmp_path / "work"
    work.mkdir()
    command = Command(work).prepare(host)
    with serving(tmp_path / "served") as address, watching_command_lines() as lines:
        url = f"git+http://{USER}:{PASSWORD.replace(' ', '%20')}@{address}/hidden.git"
        options = ("--env", f"TOKEN={TOKEN}", "-C", f"note={SETTING}")
        # The machine's own index, from which the build requirements come.
        configuration = {name: value for name, value in os.environ.items() if name.startswith(("SSL_CERT", "PIP_"))}
        ended = command.build(url, *options, "--json", target="linux-riscv64", **configuration)
    assert ended.status == 0, ended.out + ended.err
    (wheel,) = ended.wheels
    # The test's own command has them; nothing that crosswheel starts has.
    started = [line for line in lines if "-m crosswheel build" not in line]
    assert started
    for secret in SECRETS:
        assert not [line for line in started if secret in line]
        assert secret not in ended.out + ended.err
        for file in (path for path in work.rglob("*") if path.is_file() and not path.is_symlink()):
            assert secret.encode() not in file.read_bytes(), file
    with zipfile.ZipFile(command.output / wheel) as archive:
        text = b"".join(archive.read(name) for name in archive.namelist())
    assert not [secret for secret in SECRETS if secret.encode() in text]
