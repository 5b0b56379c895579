"""The ``[tool.crosswheel]`` table: what to build, options of all builds, package indexes and overrides."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path  # msgspec evaluates the annotations
from typing import Annotated, Any, Literal

from msgspec import UNSET, UnsetType

from crosswheel.errors import UsageError
from crosswheel.settings.options import Options, Select, cli_option
from crosswheel.targets import PythonVersion
from crosswheel.toml_models import InvalidValueError, StringOrList, Table, doc
from crosswheel.toml_models.table import rename_keys


class PythonVersions(StringOrList):
    """One or more Python versions: ``3.13``, ``3.13t``."""

    __slots__ = ()

    @classmethod
    def read(cls, value: Any) -> PythonVersions:
        """See :meth:`crosswheel.toml_models.table.FieldType.read`."""
        return cls(cls._version(index, text) for index, text in enumerate(StringOrList.read(value)))

    @staticmethod
    def _version(index: int, text: str) -> str:
        try:
            return str(PythonVersion.parse(text))
        except UsageError as error:
            raise InvalidValueError(f"{error.what}; {error.hint}", index=index) from error


class InheritRules(dict[str, str]):
    """How an override's values combine with the previous ones, by key: ``none``, ``append`` or ``prepend``."""

    __slots__ = ()
    RULES = ("none", "append", "prepend")

    @classmethod
    def read(cls, value: Any) -> InheritRules:
        """See :meth:`crosswheel.toml_models.table.FieldType.read`."""
        if not isinstance(value, dict):
            raise InvalidValueError(expected="a table")
        for key, rule in value.items():
            if rule not in cls.RULES:
                raise InvalidValueError(f"{key} is {rule!r}; expected {' or '.join(map(repr, cls.RULES))}")
        return cls(value)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """See :meth:`crosswheel.toml_models.table.FieldType.schema`."""
        return {"type": "object", "additionalProperties": {"enum": list(cls.RULES)}}


class Index(Table, frozen=True, kw_only=True):
    """Where sources and build requirements are downloaded from. pip's configuration applies to all that is not set."""

    index_url: (
        Annotated[
            str,
            doc("Package index to use instead of pip's.", option=cli_option("-i", "--index-url", metavar="URL")),
        ]
        | UnsetType
    ) = UNSET
    extra_index_url: (
        Annotated[StringOrList, doc("Further package indexes.", option=cli_option("--extra-index-url", metavar="URL"))]
        | UnsetType
    ) = UNSET
    find_links: (
        Annotated[
            StringOrList,
            doc(
                "Directories, or pages of links, that contain archives.",
                option=cli_option("-f", "--find-links", metavar="PATH|URL"),
            ),
        ]
        | UnsetType
    ) = UNSET
    no_index: (
        Annotated[
            bool,
            doc("Ignore package indexes; use `find-links` only.", default=False, option=cli_option("--no-index")),
        ]
        | UnsetType
    ) = UNSET
    pre: (
        Annotated[bool, doc("Include pre-release versions.", default=False, option=cli_option("--pre"))] | UnsetType
    ) = UNSET
    trusted_host: (
        Annotated[
            StringOrList,
            doc("Hosts whose certificates are not verified.", option=cli_option("--trusted-host", metavar="HOST")),
        ]
        | UnsetType
    ) = UNSET
    cert: (
        Annotated[
            Path,
            doc(
                "CA certificates in PEM format, instead of the default ones.",
                option=cli_option("--cert", exists=True),
            ),
        ]
        | UnsetType
    ) = UNSET


class Override(Options, frozen=True, kw_only=True):
    """Options for some combinations of target and Python."""

    select: Select
    inherit: (
        Annotated[
            InheritRules,
            doc(
                "How values combine with the previous ones, by key: `none` replaces them, `append` adds after them, "
                "`prepend` before them. Without a rule, tables are merged key by key and other values are replaced."
            ),
        ]
        | UnsetType
    ) = UNSET

    def __post_init__(self) -> None:
        """Reject rules for values that cannot be combined.

        :raises InvalidValueError: if ``inherit`` has a key that is not a list or a table in this override.
        """
        values = {name.replace("_", "-"): value for name, value in self.set_fields().items()}
        for key in self.inherit or ():
            if not isinstance(values.get(key), tuple | dict) or key in {"select", "inherit"}:
                raise InvalidValueError(f"inherit has the key {key!r}, which is no list or table here")

    @classmethod
    def rename_old_keys(cls, table: Mapping[str, Any]) -> dict[str, Any]:
        """See :meth:`Table.rename_old_keys`; the keys of ``inherit`` are renamed too."""
        renamed = super().rename_old_keys(table)
        if isinstance(rules := renamed.get("inherit"), dict):
            renamed["inherit"] = rename_keys(rules, cls.old_keys)
        return renamed


class Settings(Options, frozen=True, kw_only=True):
    """The `[tool.crosswheel]` table."""

    targets: (
        Annotated[
            StringOrList,
            doc(
                "Platform tags or aliases to build for; `crosswheel targets` lists them.",
                default="native",
                option=cli_option("-t", "--target", metavar="TARGET"),
            ),
        ]
        | UnsetType
    ) = UNSET
    pythons: (
        Annotated[
            PythonVersions,
            doc(
                "CPython versions to build for, such as `3.13` or `3.13t`. By default one that is installed, that "
                "`requires-python` allows, and that this machine can run for the target, to test the wheel: the one "
                "that crosswheel runs on, or else the newest.",
                option=cli_option("-p", "--python", metavar="VERSION"),
            ),
        ]
        | UnsetType
    ) = UNSET
    build: (
        Annotated[
            StringOrList,
            doc(
                "Patterns for identifiers to build: `cp31{2,3}-* cp314-macosx_*`. If no target is set, all targets and "
                "all Pythons that the project supports are considered.",
                option=cli_option("--build", metavar="PATTERNS"),
            ),
        ]
        | UnsetType
    ) = UNSET
    skip: (
        Annotated[
            StringOrList,
            doc(
                "Patterns for identifiers to skip: `*-win32 *-musllinux_*`.",
                option=cli_option("--skip", metavar="PATTERNS"),
            ),
        ]
        | UnsetType
    ) = UNSET
    archs: (
        Annotated[
            StringOrList,
            doc(
                "Architectures to build, by cibuildwheel's names: `aarch64`, `linux:aarch64`, `auto`. Also `auto64`, "
                "`auto32`, `native` and `all`. Those of a platform (`linux:aarch64`) replace the others for that "
                "platform; platforms without any are not limited.",
                option=cli_option("--archs", metavar="NAME"),
            ),
        ]
        | UnsetType
    ) = UNSET
    output_dir: (
        Annotated[
            Path,
            doc(
                "Directory for finished wheels.",
                default="dist",
                option=cli_option("-o", "--output-dir", "--wheel-dir", metavar="DIRECTORY"),
            ),
        ]
        | UnsetType
    ) = UNSET
    toolchain: (
        Annotated[
            Literal["zig", "gcc", "emcc"],
            doc("Compilers to use.", default="zig", option=cli_option("--toolchain")),
        ]
        | UnsetType
    ) = UNSET
    toolchain_prefix: (
        Annotated[
            Path,
            doc(
                "Directory of an installed cross gcc or clang, or of an emsdk. Required if their programs are not on "
                "`PATH`, or `EMSDK` does not name the emsdk.",
                option=cli_option("--toolchain-prefix", exists=True),
            ),
        ]
        | UnsetType
    ) = UNSET
    sdk: (
        Annotated[
            Path,
            doc(
                "Apple's SDK (`MacOSX.sdk`), for macOS builds that use frameworks or system libraries; default "
                "`SDKROOT`.",
                option=cli_option("--sdk", exists=True),
            ),
        ]
        | UnsetType
    ) = UNSET
    isolation: (
        Annotated[
            bool,
            doc(
                "Install build requirements into an isolated environment.",
                default=True,
                option=cli_option("--isolation/--no-isolation", " /--no-build-isolation"),
            ),
        ]
        | UnsetType
    ) = UNSET
    constraints: (
        Annotated[
            StringOrList,
            doc(
                "Constraints files for the packages to build; paths or URLs.",
                option=cli_option("-c", "--constraint", metavar="FILE"),
            ),
        ]
        | UnsetType
    ) = UNSET
    recipes: (
        Annotated[
            StringOrList,
            doc(
                "Recipes, Pyodide's `meta.yaml` files, or directories of recipes. A directory contains `packages` and "
                "`libraries`.",
                option=cli_option("--recipe", metavar="PATH", exists=True),
            ),
        ]
        | UnsetType
    ) = UNSET
    store: (
        Annotated[
            str,
            doc(
                "Shared store of build results, besides the local one: a directory, or a URL that fsspec supports. "
                "`CROSSWHEEL_STORE` sets one for all projects.",
                option=cli_option("--store", metavar="URL"),
            ),
        ]
        | UnsetType
    ) = UNSET
    index: Annotated[Index, doc("Package indexes.")] | UnsetType = UNSET
    overrides: (
        Annotated[
            tuple[Override, ...],
            doc("Options for some combinations; if several match, the later one takes precedence."),
        ]
        | UnsetType
    ) = UNSET
