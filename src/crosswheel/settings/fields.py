"""The types of settings: what a person may write for each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, StrictStr
from pydantic_core import PydanticCustomError

from crosswheel.errors import UsageError
from crosswheel.targets import PythonVersion


def _several(value: Any) -> Any:
    """One string stands for a list of one."""
    return (value,) if isinstance(value, str) else value


def _python(text: str) -> str:
    try:
        return str(PythonVersion.parse(text))
    except UsageError as error:
        said = f"{error.what}; {error.hint}"
        raise PydanticCustomError("python_version", "{said}", {"said": said}) from error


def _path(value: Any) -> Any:
    if isinstance(value, Path):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("path_type", "not a path")
    return Path(value).expanduser()


Several = Annotated[
    tuple[StrictStr, ...],
    BeforeValidator(_several, json_schema_input_type=StrictStr | list[StrictStr]),
]
"""A string, or a list of strings."""

Pythons = Annotated[
    tuple[Annotated[StrictStr, AfterValidator(_python)], ...],
    BeforeValidator(_several, json_schema_input_type=StrictStr | list[StrictStr]),
]
"""One Python version or several: ``3.13``, ``3.13t``."""

FilePath = Annotated[Path, BeforeValidator(_path, json_schema_input_type=StrictStr), PlainSerializer(str)]
"""A path; a relative one starts at the directory of the file it is written in."""
