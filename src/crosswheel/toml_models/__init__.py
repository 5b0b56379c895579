"""Models of TOML tables written by users, with errors that name every mistake by file, line and key."""

from crosswheel.toml_models.read import read_table, read_toml
from crosswheel.toml_models.table import InvalidValueError, StringOrList, Table, doc

__all__ = ["InvalidValueError", "StringOrList", "Table", "doc", "read_table", "read_toml"]
