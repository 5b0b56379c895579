"""A directory of wheels as others install from it: a package index, and a lock file for Pyodide."""

from crosswheel.package_index.model import IndexResult
from crosswheel.package_index.run import make_index

__all__ = ["IndexResult", "make_index"]
