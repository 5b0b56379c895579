"""TOML that people write: read into models, with every mistake told in the words of whoever wrote it."""

from crosswheel.documents.fields import MistakeError, Several, about
from crosswheel.documents.read import read_table, read_toml
from crosswheel.documents.table import Table

__all__ = ["MistakeError", "Several", "Table", "about", "read_table", "read_toml"]
