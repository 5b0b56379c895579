"""A small client of a Debian archive: signed indexes, verified packages, unpacked without root rights."""

from crosswheel.supplies.debian.archive import DebianArchive, Package
from crosswheel.supplies.debian.programs import Machine, build_machine
from crosswheel.supplies.debian.roots import Suite, make_root, root_place, suites
from crosswheel.supplies.debian.sources import fetch_source

__all__ = [
    "DebianArchive",
    "Machine",
    "Package",
    "Suite",
    "build_machine",
    "fetch_source",
    "make_root",
    "root_place",
    "suites",
]
