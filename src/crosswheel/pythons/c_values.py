"""Sizes of C types, and values of the constants that Python's standard library offers, on a target.

They are measured with the target's compiler and headers, once.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

from crosswheel.host.files import temporary_directory, write_atomic
from crosswheel.pythons.check_runner import MARK, CheckRunner, ProbeError, measurements
from crosswheel.pythons.model import CValues

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from crosswheel.host import Host
    from crosswheel.toolchains.model import TargetToolchain


@dataclass(frozen=True, slots=True)
class ConstantTable:
    """The contents of ``tables/constants.toml``, where each part is explained."""

    types: Mapping[str, str]
    headers: Mapping[str, tuple[str, ...]]
    definitions: Mapping[str, str]
    enumerators: Mapping[str, tuple[str, ...]]
    prefixes: Mapping[str, str]
    preferred_prefixes: Mapping[str, str]
    names: Mapping[str, tuple[str, ...]]

    def c_names(self, name: str) -> tuple[str, ...]:
        """Return the possible names in C of a constant, the preferred one first."""
        preferred = _with_prefix(name, self.preferred_prefixes)
        return tuple(dict.fromkeys((preferred, _with_prefix(name, self.prefixes))))


def _with_prefix(name: str, prefixes: Mapping[str, str]) -> str:
    prefix = next((prefix for prefix in prefixes if name.startswith(prefix)), "")
    return prefixes.get(prefix, "") + name.removeprefix(prefix)


@cache
def constant_table() -> ConstantTable:
    """Return the table."""
    rows = tomllib.loads(_table_text())

    def words(table: str) -> dict[str, tuple[str, ...]]:
        return {name: tuple(text.split()) for name, text in rows[table].items()}

    return ConstantTable(
        rows["types"], words("headers"), rows["definitions"], words("enumerators"), rows["prefixes"],
        rows["preferred_prefixes"], words("names"),
    )  # fmt: skip


@cache
def _table_text() -> str:
    return files("crosswheel.pythons").joinpath("tables", "constants.toml").read_text("utf-8")


def measure_c_values(host: Host, toolchain: TargetToolchain, include: Path) -> CValues:
    """Return the values for a toolchain's target, from the cache if possible.

    :param include: directory of the target's ``pyconfig.h``, which selects features of the C library.
    :raises ProbeError: if the compiler's results are not plausible.
    """
    parts = (toolchain.identity, _table_text(), (include / "pyconfig.h").read_text("utf-8"))
    key = sha256(json.dumps(parts).encode()).hexdigest()[:16]
    cached = host.cache / "pythons" / f"constants-{toolchain.target}-{key}.json"
    if not cached.is_file():
        with host.progress.step(f"reading constants of {toolchain.target}, once"), temporary_directory() as work:
            runner = CheckRunner(host, toolchain, {}, work)
            option = f"-I{include}"
            values = {"": runner.measure(types_program(), types_measures(), option)}
            for module in constant_table().names:
                values[module] = _measure_constants(runner, module, option)
            write_atomic(cached, json.dumps(values))
    return read_c_values(json.loads(cached.read_text("utf-8")))


def _measure_constants(runner: CheckRunner, module: str, option: str) -> dict[str, int]:
    """Measure a module's constants, without those whose definition does not compile, such as a cast of a missing type.

    :raises ProbeError: if the headers do not compile.
    """
    names = constant_table().names[module]
    try:
        return runner.measure(constants_program(module, names), ("control",), option)
    except ProbeError:
        limit = "-ferror-limit=0" if runner.toolchain.compiler_id == "clang" else "-fmax-errors=0"
        *_, failed = runner.failing_parts(constants_program(module, names), "-w", limit, option)
        rest = [name for name in names if name not in failed]
        return runner.measure(constants_program(module, rest), ("control",), option)


def read_c_values(measured: Mapping[str, Mapping[str, int]]) -> CValues:
    """Convert measured numbers, by module; those of types are below the empty name."""
    letters = constant_table().types
    sizes = measured[""]
    types = {letter: (sizes[f"size_{i}"], sizes[f"align_{i}"]) for i, letter in enumerate(letters)}
    long_bits = 8 * types["l"][0]
    constants = {
        module: {name: _as_python(value, long_bits) for name, value in numbers.items() if name != "control"}
        for module, numbers in measured.items()
        if module
    }
    return CValues(types, constants)


def _as_python(value: int, long_bits: int) -> int:
    """Return the value of Python's constant: modules are given them as C's ``long``, and larger ones as ``long long``.

    :param long_bits: size of ``long``.
    """
    bits = long_bits if value < 2**long_bits else 64
    return value - 2**bits if value >= 2 ** (bits - 1) else value


def types_measures() -> dict[str, str]:
    """Return the expressions that measure types, by name."""
    found = {}
    for i, c_type in enumerate(constant_table().types.values()):
        found[f"size_{i}"] = f"sizeof({c_type})"
        # Not _Alignof: the alignment of double differs in a struct on i386.
        found[f"align_{i}"] = f"__builtin_offsetof(struct {{ char c; {c_type} x; }}, x)"
    return found


def types_program() -> str:
    """Return the program that measures types."""
    headers = ["#include <pyconfig.h>", "#include <stddef.h>", "#include <wchar.h>", "#include <time.h>"]
    return "\n".join([*headers, *measurements(types_measures()), ""])


def constants_program(module: str, names: Iterable[str]) -> str:
    """Return the program that measures a module's constants; those that the target does not define have no number."""
    table = constant_table()
    lines = ["#include <pyconfig.h>"]
    lines += [f"#if __has_include(<{header}>)\n#include <{header}>\n#endif" for header in table.headers[module]]
    lines += [table.definitions.get(module, "")]
    for name in names:
        known = "1" if name in table.enumerators.get(module, ()) else "0"
        for number, c_name in enumerate(table.c_names(name)):
            (line,) = measurements({name: c_name})
            lines.append(f"#{'elif' if number else 'if'} defined {c_name} || {known}")
            lines.append(f'#line 1 "{MARK}.{name}"\n{line}')
        lines.append("#endif")
    return "\n".join([*lines, *measurements({"control": "1"}), ""])
