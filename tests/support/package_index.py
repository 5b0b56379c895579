"""A local package index for tests, and its content: small projects that build without a compiler.

Any page or file can be replaced by a faulty response.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import ssl
import subprocess
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BACKEND = """
import zipfile


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    {before}
    name = "{name}-{version}-py3-none-any.whl"
    info = "{name}-{version}.dist-info"
    files = {{
        "{name}.py": "VERSION = '{version}'\\n",
        info + "/METADATA": "Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n",
        info + "/WHEEL": "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }}
    files[info + "/RECORD"] = "".join(path + ",,\\n" for path in [*files, info + "/RECORD"])
    with zipfile.ZipFile(wheel_directory + "/" + name, "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    return name
"""
PYPROJECT = '[build-system]\nrequires = {requires}\nbuild-backend = "backend"\nbackend-path = ["."]\n'
Answer = tuple[int, str, bytes]
"""HTTP status, content type, content."""


def project(name: str, version: str, *, before: str = "pass", requires: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the files of a project with an in-tree build backend.

    :param before: a statement that the backend runs first.
    """
    return {
        "backend.py": BACKEND.format(name=name, version=version, before=before),
        "pyproject.toml": PYPROJECT.format(requires=json.dumps(requires)),
    }


def packed(stem: str, files: Mapping[str, str]) -> bytes:
    """Return the content of an sdist."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path, text in files.items():
            info = tarfile.TarInfo(f"{stem}/{path}")
            info.size = len(data := text.encode())
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def sdist(name: str, version: str, **options: object) -> tuple[str, bytes]:
    """Return the file name and content of an sdist."""
    stem = f"{name}-{version}"
    return f"{stem}.tar.gz", packed(stem, project(name, version, **options))  # type: ignore[arg-type]


def wheel(name: str, version: str) -> tuple[str, bytes]:
    """Return the file name and content of a pure wheel with one module."""
    out = io.BytesIO()
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"VERSION = '{version}'\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(out, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return f"{name}-{version}-py3-none-any.whl", out.getvalue()


@dataclass
class PackageIndex:
    """The content of the server, and its requests.

    :param files: archives by name.
    :param texts: other files by path.
    :param yanked: names of yanked archives.
    :param hashes: wrong hashes to serve, by name of the archive.
    :param instead: responses that replace the correct ones, by path.
    :param redirects: targets of redirects, by path.
    :param password: the required ``user:password``, if any.
    :param absolute: whether pages contain absolute URLs.
    :param modern: whether pages are JSON (PEP 691) instead of HTML.
    :param asked: the requested paths, in order.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    texts: dict[str, bytes] = field(default_factory=dict)
    yanked: set[str] = field(default_factory=set)
    hashes: dict[str, str] = field(default_factory=dict)
    instead: dict[str, Answer] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    password: str = ""
    absolute: bool = False
    modern: bool = False
    asked: list[str] = field(default_factory=list)
    origin: str = ""

    @property
    def url(self) -> str:
        """The address of the index."""
        return f"{self.origin}/simple/"

    def with_user(self, user: str) -> str:
        """Return the address of the index with a user name and password."""
        return self.url.replace("://", f"://{user}@")

    def add(self, *files: tuple[str, bytes]) -> PackageIndex:
        """Add archives."""
        self.files |= dict(files)
        return self

    def answer(self, path: str) -> Answer:
        """Return the response for a path."""
        if path in self.instead:
            return self.instead[path]
        kind, _, name = path.strip("/").partition("/")
        if kind == "simple" and name:
            return self._page([file for file in self.files if _normal(file.split("-")[0]) == name])
        if kind == "links":
            return self._page(list(self.files))
        if kind == "files" and name in self.files:
            return 200, "application/octet-stream", self.files[name]
        if path in self.texts:
            return 200, "text/plain", self.texts[path]
        return 404, "text/plain", b"nothing there"

    def _page(self, names: list[str]) -> Answer:
        if not names:
            return 404, "text/plain", b"no such project"
        base = self.origin if self.absolute else ""
        hashes = {name: self.hashes.get(name) or hashlib.sha256(self.files[name]).hexdigest() for name in names}
        if self.modern:
            rows = [
                {"filename": n, "url": f"{base}/files/{n}", "hashes": {"sha256": hashes[n]}, "yanked": n in self.yanked}
                for n in names
            ]
            text = json.dumps({"meta": {"api-version": "1.0"}, "files": rows})
            return 200, "application/vnd.pypi.simple.v1+json", text.encode()
        yanked = dict.fromkeys(self.yanked, ' data-yanked=""')
        links = "".join(f'<a href="{base}/files/{n}#sha256={hashes[n]}"{yanked.get(n, "")}>{n}</a>\n' for n in names)
        return 200, "text/html", f"<!DOCTYPE html><html><body>{links}</body></html>".encode()


@contextmanager
def serving(index: PackageIndex, tls: ssl.SSLContext | None = None) -> Iterator[PackageIndex]:
    """Serve an index on a free local port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if "://" in path:  # requested as from a proxy
                path = "/" + path.split("/", 3)[3]
            expected = f"Basic {base64.b64encode(index.password.encode()).decode()}"
            index.asked.append(self.path)
            if index.password and self.headers.get("Authorization") != expected:
                self._send((401, "text/plain", b"who are you?"), {"WWW-Authenticate": 'Basic realm="x"'})
            elif path in index.redirects:
                self._send((302, "text/plain", b""), {"Location": index.redirects[path]})
            else:
                self._send(index.answer(path))

        do_HEAD = do_GET  # noqa: N815  # the standard library's

        def _send(self, answer: Answer, headers: Mapping[str, str] | None = None) -> None:
            status, kind, content = answer
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Ignore connections that clients close because they do not trust the certificate; tests expect this."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    index.origin = f"{'https' if tls else 'http'}://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True)
class Certificates:
    """A certificate authority for tests, and certificates of ``localhost`` and a client, each with its key."""

    authority: Path
    server: Path
    client: Path

    def context(self, *, client: bool = False) -> ssl.SSLContext:
        """Return the TLS context of a server.

        :param client: whether it requires a client certificate.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server)
        if client:
            context.load_verify_locations(self.authority)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


_AUTHORITY = """\
[req]
distinguished_name = subject
prompt = no
x509_extensions = authority
[subject]
CN = tests
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
"""
_MEMBER = """\
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = {usage}
subjectAltName = DNS:localhost, IP:127.0.0.1
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
"""


def make_certificates(place: Path) -> Certificates:
    """Create certificates with openssl, with all extensions that RFC 5280 requires: Python 3.13 verifies strictly."""

    def openssl(*args: object) -> None:
        subprocess.run(["openssl", *map(str, args)], cwd=place, check=True, capture_output=True)

    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    (place / "ca.cnf").write_text(_AUTHORITY)
    openssl("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-days", 2, "-config", "ca.cnf")
    for name, usage in (("server", "serverAuth"), ("client", "clientAuth")):
        (place / f"{name}.ext").write_text(_MEMBER.format(usage=usage))
        openssl("req", *new, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-days", 2, "-extfile", f"{name}.ext", "-out", f"{name}.crt")  # fmt: skip
        openssl("verify", "-x509_strict", "-CAfile", "ca.pem", f"{name}.crt")
        (place / f"{name}.pem").write_bytes((place / f"{name}.crt").read_bytes() + (place / f"{name}.key").read_bytes())
    return Certificates(place / "ca.pem", place / "server.pem", place / "client.pem")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
