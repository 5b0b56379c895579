"""Fake build machines, without a network and processes."""

from __future__ import annotations

import hashlib
import io
import lzma
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from crosswheel.errors import NotFoundError, SourceError
from crosswheel.host import Host, NullProgress, ProcessRequest, ProcessResult


@dataclass
class Shelf:
    """A downloader with some files; it raises for others and for wrong hashes, as the real one does.

    :param asked: the requested URLs, in order.
    """

    place: Path
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def read_bytes(self, url: str, *, fresh: bool = True) -> bytes:
        self.asked.append(url)
        if url not in self.files:
            raise NotFoundError("HTTP error 404", where=url)
        return self.files[url]

    def fetch(self, url: str, *, sha256: str, fresh: bool = False) -> Path:
        data = self.read_bytes(url)
        if digest(data) != sha256:
            raise SourceError("hash mismatch", where=url)
        path = self.place / sha256 / url.rsplit("/", 1)[-1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path


class NoDownloads:
    """A downloader that must not be used."""

    def fetch(self, url: str, *, sha256: str, fresh: bool = False) -> Path:
        raise AssertionError(url)

    def read_bytes(self, url: str, *, fresh: bool = True) -> bytes:
        raise AssertionError(url)


@dataclass
class Answers:
    """A process runner whose results come from a function: exit status, standard output, standard error."""

    answer: Callable[[ProcessRequest], tuple[int, str, str]]
    requests: list[ProcessRequest] = field(default_factory=list)

    def run(self, request: ProcessRequest) -> ProcessResult:
        self.requests.append(request)
        return ProcessResult(request, *self.answer(request), 0.0)


def nothing(request: ProcessRequest) -> tuple[int, str, str]:
    raise AssertionError(f"unexpected process: {request}")


def fake_host(
    place: Path,
    shelf: Shelf | NoDownloads,
    answer: Callable[[ProcessRequest], tuple[int, str, str]] = nothing,
    environ: Mapping[str, str] | None = None,
    *,
    offline: bool = False,
) -> Host:
    return Host(environ or {}, place / "cache", place / "logs", Answers(answer), shelf, NullProgress(), offline)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def tarball(members: Mapping[str, bytes], *, mode: str = "w:gz") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.mode = 0o755
            tar.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def ar_archive(members: Mapping[str, bytes]) -> bytes:
    """Return an archive in the ``ar`` format; names are written as they are, 16 bytes at most."""
    archive = b"!<arch>\n"
    for name, data in members.items():
        archive += (
            f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode() + data + b"\n" * (len(data) % 2)
        )
    return archive


def deb(members: Mapping[str, bytes]) -> bytes:
    data = lzma.compress(tarball(members, mode="w:"))
    return ar_archive({"debian-binary": b"2.0\n", "control.tar.xz": b"", "data.tar.xz": data})
