"""Bad input and bad disks: what is wrong is told with its exit status, and nothing half-written is left.

What can be wrong with an index is in ``test_sources.py``.
"""

from __future__ import annotations

import ctypes
import gzip
import io
import os
import random
import resource
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from commands import Command, Ended
from package_index import PackageIndex, packed, project, sdist, serving

from crosswheel.host import Host

PYPROJECT = project("own", "1.0")["pyproject.toml"]


@pytest.fixture
def command(host: Host, tmp_path: Path) -> Command:
    return Command(tmp_path).prepare(host)


def tree(place: Path, files: dict[str, str]) -> Path:
    place.mkdir()
    for name, text in files.items():
        (place / name).write_text(text)
    return place


def tarball(*members: tuple[str, bytes, str, bytes]) -> bytes:
    """An archive of members: name, kind, what a link names, content."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, kind, link, content in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, link, len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def zipped(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


# Archives

FILE, LINK, HARD = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
ZEROS = bytes(80 << 20)
TOP = ("own-1.0/pyproject.toml", FILE, "", PYPROJECT.encode())
UNSAFE: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "outside": (".tar.gz", lambda: tarball(TOP, ("own-1.0/../../escaped", FILE, "", b"x")), "outside"),
    "absolute": (".tar.gz", lambda: tarball(TOP, ("/tmp/crosswheel-escaped", FILE, "", b"x")), "outside"),
    "link outside": (".tar.gz", lambda: tarball(TOP, ("own-1.0/link", LINK, "../../../etc", b"")), "outside"),
    "absolute link": (".tar.gz", lambda: tarball(TOP, ("own-1.0/link", LINK, "/etc/passwd", b"")), "outside"),
    "hard link outside": (".tar.gz", lambda: tarball(TOP, ("own-1.0/link", HARD, "/etc/passwd", b"")), ""),
    "through a link": (
        ".tar.gz",
        lambda: tarball(TOP, ("own-1.0/a", LINK, "..", b""), ("own-1.0/a/../../escaped", FILE, "", b"x")),
        "",
    ),
    "device": (".tar.gz", lambda: tarball(TOP, ("own-1.0/null", tarfile.CHRTYPE, "", b"")), ""),
    "file as directory": (
        ".tar.gz",
        lambda: tarball(TOP, ("own-1.0/a", FILE, "", b"x"), ("own-1.0/a/b", FILE, "", b"x")),
        "",
    ),
    "bomb": (".tar.gz", lambda: tarball(TOP, ("own-1.0/zeros", FILE, "", ZEROS)), "exceeds the size limit"),
    "zip bomb": (
        ".zip",
        lambda: zipped(("own-1.0/pyproject.toml", PYPROJECT.encode()), ("own-1.0/z", ZEROS)),
        "exceeds the size limit",
    ),
    "nested": (".tar.gz", lambda: gzip.compress(tarball(TOP)), "damaged"),
    "outside a zip": (".zip", lambda: zipped(("own-1.0/x", b""), ("../../escaped", b"x")), "outside"),
    "cut off": (".tar.gz", lambda: sdist("own", "1.0")[1][:-40], "damaged"),
    "no archive": (".tar.gz", lambda: b"<html>not found</html>", "damaged"),
    "empty": (".zip", lambda: b"", "damaged"),
}


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    place = tmp_path / "archives"
    place.mkdir()
    return place


def test_archives_that_are_unsafe_or_damaged(command: Command, archives: Path) -> None:
    places = []
    for number, (suffix, make, _) in enumerate(UNSAFE.values()):
        places.append(archives / f"own-{number}{suffix}")
        places[-1].write_bytes(make())
    before = set(command.place.iterdir()) | {command.logs}
    ended = command.build(*places, "--json")
    assert ended.status == 3
    for (name, (_, _, said)), result, place in zip(UNSAFE.items(), ended.results, places, strict=True):
        assert result["exit_status"] == 3, (name, result)
        assert said in result["error"]["what"], (name, result)
        assert str(place) in result["error"]["where"], (name, result)
    assert ended.wheels == command.left_over() == []
    assert set(command.place.iterdir()) - before <= {command.place / "uv"}
    assert not Path("/tmp/crosswheel-escaped").exists()


def test_a_bomb_from_an_index_is_not_unpacked(command: Command) -> None:
    name, data = "own-1.0.tar.gz", UNSAFE["bomb"][1]()
    with serving(PackageIndex().add((name, data))) as index:
        command.build("own", "-i", index.url).failed(3, "exceeds the size limit", name)


def test_an_archive_in_an_archive_stays_one(command: Command, archives: Path) -> None:
    """Only what a person names is unpacked."""
    files = project("own", "1.0", before="assert __import__('os').path.getsize('inner.zip') < 1 << 20")
    inner = zipped(("z", ZEROS))
    whole = packed("own-1.0", files)
    raw = io.BytesIO(gzip.decompress(whole))
    with tarfile.open(fileobj=raw, mode="a") as archive:
        info = tarfile.TarInfo("own-1.0/inner.zip")
        info.size = len(inner)
        archive.addfile(info, io.BytesIO(inner))
    (archives / "own-1.0.tar.gz").write_bytes(gzip.compress(raw.getvalue()))
    ended = command.build(archives / "own-1.0.tar.gz")
    assert ended.status == 0, ended.err


# Projects and backends

PROJECTS: dict[str, tuple[dict[str, str], int, str]] = {
    "nothing": ({"readme.txt": "x"}, 3, "neither pyproject.toml nor setup.py"),
    "toml": ({"pyproject.toml": "[build-system\n"}, 3, "invalid TOML"),
    "latin": ({"pyproject.toml": "# caf\udce9\n"}, 3, "invalid TOML"),
    "no-requires": ({"pyproject.toml": '[build-system]\nbuild-backend = "x"\n'}, 3, "has no `requires`"),
    "types": ({"pyproject.toml": "[build-system]\nrequires = 'x'\n"}, 3, "invalid [build-system] table"),
    "requirement": ({"pyproject.toml": "[build-system]\nrequires = ['=x']\n"}, 3, "invalid build requirement '=x'"),
    "outside": (
        {"pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "x"\nbackend-path = [".."]\n'},
        5,
        "backend-path",
    ),
    "no-backend": (
        {"pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "nowhere.at.all"\n'},
        5,
        "nowhere",
    ),
    "no-hook": ({"pyproject.toml": PYPROJECT, "backend.py": "x = 1\n"}, 5, "build_wheel"),
    "raises": (project("own", "1.0", before="raise RuntimeError('my own words')"), 5, "my own words"),
    "exits": (project("own", "1.0", before="import os; os._exit(0)"), 5, "exited without a result"),
    "killed": (project("own", "1.0", before="import os; os.kill(os.getpid(), 9)"), 5, "no output"),
    "no-wheel": (
        {"pyproject.toml": PYPROJECT, "backend.py": "def build_wheel(*a): return 'own-1.0-py3-none-any.whl'"},
        5,
        "no wheel",
    ),
    "no-name": ({"pyproject.toml": PYPROJECT, "backend.py": "def build_wheel(*a): return None"}, 5, "wrote no wheel"),
    "bad-name": (
        {
            "pyproject.toml": PYPROJECT,
            "backend.py": "def build_wheel(d, *a):\n    open(d + '/own.whl', 'w').close()\n    return 'own.whl'\n",
        },
        5,
        "not a valid wheel name",
    ),
    "not-a-wheel": (
        {
            "pyproject.toml": PYPROJECT,
            "backend.py": "def build_wheel(d, *a):\n    n = 'own-1.0-py3-none-any.whl'\n"
            "    open(d + '/' + n, 'w').close()\n    return n\n",
        },
        6,
        "cannot be read",
    ),
    "other-name": (
        {
            "pyproject.toml": PYPROJECT,
            "backend.py": project("own", "1.0")["backend.py"].replace(
                '"Metadata-Version: 2.1\\nName: own', '"Metadata-Version: 2.1\\nName: other'
            ),
        },
        6,
        "Name is 'other'",
    ),
}


def test_projects_that_cannot_be_built(command: Command) -> None:
    places = []
    for name, (files, _, _) in PROJECTS.items():
        place = command.place / name
        place.mkdir()
        for path, text in files.items():
            (place / path).write_bytes(text.encode("utf-8", "surrogateescape"))
        places.append(packed_as(command.place / f"{name}-1.0.tar.gz", place))
        shutil.rmtree(place)
    ended = command.build(*places, "--json")
    for (name, (_, status, said)), result in zip(PROJECTS.items(), ended.results, strict=True):
        assert result["exit_status"] == status, (name, result)
        log = Path(result["log"]).read_text() if result["log"] else ""
        assert said in result["error"]["what"] + log, (name, result)
    assert ended.status == 3
    assert ended.wheels == command.left_over() == []


def packed_as(archive: Path, place: Path) -> Path:
    with tarfile.open(archive, "w:gz") as out:
        out.add(place, arcname=f"{place.name}-1.0")
    return archive


# Options


@pytest.mark.parametrize(
    ("words", "target", "python", "status", "said"),
    [
        ((), "linux-riscv65", None, 2, "did you mean 'linux-riscv64'?"),
        ((), "manylinux_2_17_riscv64", None, 2, "no policy"),
        ((), "native", "3.7", 2, "3.7"),
        ((), "native", "three", 2, "not a Python version"),
        (("--toolchain", "zik"), "native", None, 2, "zig"),
        (("--env", "NAME"), "native", None, 2, "NAME=VALUE"),
        (("--wheel-dri", "x"), "native", None, 2, "--wheel-dir"),
        (("./gone-1.0.tar.gz",), "native", None, 2, "gone-1.0.tar.gz"),
        (("own-1.0-py3-none-any.whl",), "native", None, 2, "already a wheel"),
        (("not a requirement",), "native", None, 2, "not a requirement"),
    ],
)
def test_options_that_are_wrong(
    command: Command, words: tuple[str, ...], target: str, python: str | None, status: int, said: str
) -> None:
    own = tree(command.place / "own", project("own", "1.0"))
    command.build(own, *words, target=target, python=python).failed(status, said)


def test_a_python_that_is_not_on_this_machine(command: Command) -> None:
    own = tree(command.place / "own", project("own", "1.0"))
    (command.cache / "build-pythons").unlink()
    nowhere = {"PATH": "/nowhere", "UV_PYTHON_INSTALL_DIR": str(command.place / "pythons")}
    ended = command.build(own, "--offline", python="3.15t", **nowhere)
    ended.failed(4, "no build Python 3.15t", "uv python install 3.15t")


# Disks


def limited(size: int) -> Callable[[], None]:
    """No file may become bigger: what a quota or a full disk does in the middle of writing."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def obedient() -> None:
    """As root, obey permissions as everybody does."""
    if os.geteuid() == 0:
        for capability in (1, 2):  # to write and to read what permissions forbid
            assert ctypes.CDLL(None).prctl(24, capability, 0, 0, 0) == 0  # PR_CAPBSET_DROP


def big(name: str, version: str) -> tuple[str, bytes]:
    """An sdist of two megabytes that cannot be compressed."""
    noise = random.Random(0).randbytes(1 << 20).hex()
    return f"{name}-{version}.tar.gz", packed(f"{name}-{version}", {**project(name, version), "noise": noise})


def again(command: Command, *words: object) -> Ended:
    """The next run works."""
    ended = command.build(*words)
    assert ended.status == 0, ended.err
    assert command.left_over() == []
    return ended


def test_a_file_that_the_disk_does_not_take(command: Command) -> None:
    with serving(PackageIndex().add(big("own", "1.0"))) as index:
        url = f"{index.origin}/files/own-1.0.tar.gz"
        for words in (("own", "-i", index.url), (url,)):
            ended = command.build(*words, before=limited(500_000))
            ended.failed(8, "File too large")
            assert command.kept() == []
            again(command, *words)
            shutil.rmtree(command.output)
            shutil.rmtree(command.cache / "sdists", ignore_errors=True)


def test_a_wheel_that_the_disk_does_not_take(command: Command) -> None:
    files = project("own", "1.0", before="import random")
    files["backend.py"] = files["backend.py"].replace(
        "VERSION = '1.0'\\n\"", '# " + random.Random(0).randbytes(1 << 20).hex()'
    )
    assert "randbytes" in files["backend.py"]
    own = tree(command.place / "own", files)
    with small_disk(command.place / "full") as full:
        ended = command.build(own, "-o", full / "dist")
        ended.failed(8, "no space left", str(full))
        assert [path.name for path in full.rglob("*") if path.is_file()] == []
    again(command, own)


@contextmanager
def small_disk(place: Path) -> Iterator[Path]:
    """A file system of half a megabyte."""
    place.mkdir(exist_ok=True)
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", place], check=False, capture_output=True)
    if made.returncode:
        pytest.skip("may not mount a file system here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def test_a_full_cache(command: Command) -> None:
    with serving(PackageIndex().add(big("own", "1.0"))) as index, small_disk(command.place / "full") as full:
        for shared in command.cache.iterdir():
            (full / shared.name).symlink_to(shared.resolve())
        ended = command.build("own", "-i", index.url, CROSSWHEEL_CACHE_DIR=str(full))
        ended.failed(8, "no space left", str(full))
        kept = [path for path in full.rglob("*") if path.is_file() and not path.name.endswith(".lock")]
        assert {path.parent.name for path in kept} <= {"sealing"}  # a small file, written before the disk is full


def test_a_full_temporary_directory(command: Command) -> None:
    name, data = big("own", "1.0")
    (command.place / name).write_bytes(data)
    with small_disk(command.temporary):
        command.build(command.place / name).failed(8, "no space left")


@pytest.mark.parametrize("which", ["output", "cache", "logs"])
def test_a_directory_that_is_read_only(command: Command, which: str) -> None:
    own = tree(command.place / "own", project("own", "1.0"))
    place = command.place / "read-only"
    place.mkdir()
    options, environment = (), {}
    if which == "output":
        options = ("-o", place / "dist")
    else:
        environment = {f"CROSSWHEEL_{'CACHE' if which == 'cache' else 'LOG'}_DIR": str(place)}
    if which == "cache":
        for shared in command.cache.iterdir():
            (place / shared.name).symlink_to(shared.resolve())
    place.chmod(0o555)
    ended = command.build(own, *options, before=obedient, **environment)
    ended.failed(8, "cannot write: Permission denied", str(place))
    place.chmod(0o755)
    again(command, own, *options)


def test_an_output_directory_in_a_file(command: Command) -> None:
    own = tree(command.place / "own", project("own", "1.0"))
    (command.place / "file").touch()
    command.build(own, "-o", "file").failed(2, "file")
    command.build(own, "-o", "file/dist").failed(8, "cannot write: Not a directory")


def test_a_source_that_may_not_be_read(command: Command) -> None:
    own = tree(command.place / "own", project("own", "1.0"))
    (command.place / "x-1.zip").write_bytes(b"x")
    for path in (own / "backend.py", command.place / "x-1.zip"):
        path.chmod(0)
    command.build(own, before=obedient).failed(3, "cannot read", "backend.py")
    command.build(command.place / "x-1.zip", before=obedient).failed(3, "cannot read", "x-1.zip")


def test_no_test_of_permissions_is_vain(tmp_path: Path) -> None:
    """A process that is started like those above does not get past permissions."""
    (tmp_path / "secret").touch(0)
    words = [sys.executable, "-c", "import sys; open(sys.argv[1])", tmp_path / "secret"]
    assert subprocess.run(words, check=False, capture_output=True, preexec_fn=obedient).returncode == 1
