"""TOML that people write: read into models, with every mistake told in the words of whoever wrote it."""

from crosswheel.toml_models.read import read_table, read_toml
from crosswheel.toml_models.table import InvalidValueError, StringOrList, Table, doc

__all__ = ["InvalidValueError", "StringOrList", "Table", "doc", "read_table", "read_toml"]
