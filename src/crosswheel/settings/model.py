"""The settings: one model from which the parser, the JSON schema and the reference page are made."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr

from crosswheel.settings.fields import FilePath, Pythons, Several


def _key(name: str) -> str:
    return name.replace("_", "-")


class Table(BaseModel):
    """A table of settings: frozen, and without room for keys nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=_key)

    def given(self) -> dict[str, Any]:
        """The settings that somebody set, by their names in Python."""
        return {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}


class Index(Table):
    """Where sources and build requirements come from. Everything not set here is as pip's configuration has it."""

    index_url: StrictStr | None = Field(default=None, description="The package index, instead of pip's.")
    extra_index_url: Several = Field(default=(), description="Further indexes.")
    find_links: Several = Field(default=(), description="Directories, or pages of links, that hold archives.")
    no_index: StrictBool = Field(default=False, description="Use `find-links` only.")
    trusted_host: Several = Field(default=(), description="Hosts whose certificates are not checked.")
    cert: FilePath | None = Field(
        default=None, description="A file of certificates to trust, instead of the usual ones."
    )
    pre: StrictBool = Field(default=False, description="Take pre-releases too.")


class Options(Table):
    """Settings that may differ between combinations of target and Python."""

    target_python: FilePath | None = Field(
        default=None,
        description="An unpacked Python of the target. Its sysconfig data, `pyconfig.h` and `build-details.json` "
        "take the place of what crosswheel would probe.",
    )
    config_settings: dict[StrictStr, Several] = Field(
        default_factory=dict,
        description="Settings for the build backend (PEP 517), each a string or a list of strings.",
    )
    environment: dict[StrictStr, StrictStr] = Field(
        default_factory=dict,
        description="Environment variables for the backend. `CFLAGS` replaces the optimisation flags of Python's "
        "own build, `CPPFLAGS` adds to them.",
    )
    build_constraints: Several = Field(
        default=(), description="Files of constraints on what the package is built with; paths or URLs."
    )
    allow_missing_extensions: Several = Field(
        default=(),
        description="Extension modules that the sources declare and the wheel may lack, by their dotted names; "
        "`*` for any.",
    )
    test: StrictBool = Field(default=False, description="Test each wheel on its target.")
    test_command: Several = Field(
        default=(),
        description="Commands that test the installed wheel, instead of importing its modules. `{package}` stands for "
        "the directory of the unpacked sources, `{wheel}` for the wheel.",
    )
    test_requires: Several = Field(default=(), description="Requirements that the test commands need.")
    test_timeout: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="Seconds that each test command may take."
    )


class Override(Options):
    """Options for some combinations of target and Python only."""

    select: Several = Field(
        description="Patterns (`*`, `?`, `[...]`) over names such as `cp313-manylinux_2_31_riscv64` and "
        "`cp313-linux-riscv64`: the ABI tag of the Python, then the target's platform tag or alias. The options hold "
        "where one matches."
    )

    def matches(self, name: str) -> bool:
        """Whether a pattern matches a combination's name: ``cp313-manylinux_2_31_riscv64``."""
        return any(fnmatchcase(name, pattern) for pattern in self.select)


class Settings(Options):
    """The `[tool.crosswheel]` table."""

    targets: Several = Field(
        default=("native",), description="Platform tags or aliases to build for; `crosswheel targets` lists them."
    )
    pythons: Pythons = Field(
        default=(),
        description="Versions of CPython, such as `3.13` or `3.13t`; the one crosswheel runs on if none is given.",
    )
    output_dir: FilePath | None = Field(default=None, description="Where finished wheels go; `dist` if not set.")
    toolchain: Literal["zig", "gcc"] = Field(default="zig", description="The compilers to use.")
    toolchain_prefix: FilePath | None = Field(
        default=None, description="Where a cross gcc or clang is installed, if its programs are not on `PATH`."
    )
    isolation: StrictBool = Field(default=True, description="Give build requirements an environment of their own.")
    constraints: Several = Field(default=(), description="Files of constraints on what is built.")
    index: Index = Field(default_factory=Index, description="The package indexes.")
    overrides: tuple[Override, ...] = Field(
        default=(), description="Other options for some combinations; where several match, the later one wins."
    )
