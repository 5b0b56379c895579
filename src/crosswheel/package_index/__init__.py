"""A directory of wheels as others install from it: a package index, and a lock file for Pyodide."""

from crosswheel.package_index.make_index import make_index
from crosswheel.package_index.published_wheel import IndexResult

__all__ = ["IndexResult", "make_index"]
