"""A small client of Debian archives: signed indexes, verified packages, unpacked without root privileges."""

from crosswheel.downloads.debian.archive import DebianArchive, DebianPackage
from crosswheel.downloads.debian.roots import DebianMachine, Suite, build_machine, make_root, root_directory, suites
from crosswheel.downloads.debian.sources import fetch_source

__all__ = [
    "DebianArchive",
    "DebianMachine",
    "DebianPackage",
    "Suite",
    "build_machine",
    "fetch_source",
    "make_root",
    "root_directory",
    "suites",
]
