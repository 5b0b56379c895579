"""Reading YAML, with mistakes named by file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crosswheel.errors import EnvironmentMissingError, UsageError

if TYPE_CHECKING:
    from pathlib import Path


def read_yaml(path: Path) -> Any:
    """A document, as plain values; keys without a value are left out.

    :raises UsageError: when the file cannot be read or is no YAML, by line and column.
    :raises EnvironmentMissingError: when the library that reads YAML is missing.
    """
    try:
        import yaml
    except ImportError as error:
        hint = "pip install 'crosswheel[pyodide]'"
        raise EnvironmentMissingError("reading YAML needs PyYAML", where=path, hint=hint) from error
    try:
        return _without_nothing(yaml.safe_load(path.read_bytes()))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}, line {mark.line + 1}, column {mark.column + 1}" if mark else path
        raise UsageError(f"not valid YAML: {error.problem}", where=where) from error
    except yaml.YAMLError as error:
        raise UsageError(f"not valid YAML: {error}", where=path) from error
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=path) from error


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nothing(inner) for key, inner in value.items() if inner is not None}
    return value
