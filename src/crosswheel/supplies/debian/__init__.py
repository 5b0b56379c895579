"""A small client of a Debian archive: signed indexes, verified packages, unpacked without root rights."""

from crosswheel.supplies.debian.archive import DebianArchive, Package
from crosswheel.supplies.debian.roots import Suite, make_root, suites

__all__ = ["DebianArchive", "Package", "Suite", "make_root", "suites"]
