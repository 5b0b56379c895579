"""Turning a directory of wheels into a package index, with a lock file for Pyodide."""

from crosswheel.package_index.make_index import make_index
from crosswheel.package_index.published_wheel import IndexResult

__all__ = ["IndexResult", "make_index"]
