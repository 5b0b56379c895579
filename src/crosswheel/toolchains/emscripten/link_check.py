"""Check a linked module: its runtime exports everything that it imports, with the expected types.

``python -m crosswheel.toolchains.emscripten.link_check EXPORTS [OPTION…] MODULE LINK-COMMAND…`` deletes a module with
errors and fails: a module with an undefined function can be loaded, but calling the function aborts the program.
``--allow=`` is a pattern of function names that may be undefined; ``--shared=`` a library that the module may need and
import from; ``--untyped`` ignores types, for the programs by which configure scripts check whether a function exists.
Most modules are correct as they are linked. :class:`ModuleLinkCheck` finds that out without starting this program.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from crosswheel.object_files.wasm import read_wasm
from crosswheel.toolchains.emscripten.runtime_exports import RuntimeExports

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from crosswheel.object_files.wasm import Wasm, WasmItem

# Created by the loader: JavaScript that calls a function and catches its exceptions.
_TRAMPOLINE = re.compile(r"invoke_[vijfdp]+")
_COMMON_EXPORTS = ("__wasm_", "_initialize")
_MAX_ERRORS = 20
_SHARED_OPTION = "--shared="
_ALLOW_OPTION = "--allow="
_PROGRAM = (sys.executable, "-m", "crosswheel.toolchains.emscripten.link_check")


@dataclass(frozen=True, slots=True)
class ModuleLinkCheck:
    """Implements :class:`crosswheel.toolchains.model.LinkCheck`: the module is correct as it was linked first.

    :param exports: path of the file with the runtime's exports.
    :param module: path of the module, relative to the working directory of the call.
    :param typed: whether the types of imported functions must match.
    :param shared: paths of shared libraries that it may need, relative to that directory or absolute.
    """

    exports: str
    module: str
    typed: bool = True
    shared: tuple[str, ...] = ()

    def passes(self, directory: str) -> bool:
        """See :meth:`LinkCheck.passes`."""
        try:
            module = read_wasm(Path(directory, self.module).read_bytes())
        except OSError:
            return False
        if module is None:
            return False
        libraries = [Path(directory, path) for path in self.shared]
        exports = _with_libraries(_read_exports(Path(self.exports)), module, libraries)
        return not _missing_link_args(module, exports, typed=self.typed)

    def command(self, allowed_undefined: Iterable[str], link: Sequence[str]) -> tuple[str, ...]:
        """Return the command that runs the check as a program.

        :param allowed_undefined: patterns of function names that may be undefined.
        :param link: the command that links the module.
        """
        options = [*(() if self.typed else ("--untyped",)), *(f"{_ALLOW_OPTION}{name}" for name in allowed_undefined)]
        options += [f"{_SHARED_OPTION}{path}" for path in self.shared]
        return (*_PROGRAM, self.exports, *options, self.module, *link)


@cache
def _read_exports(path: Path) -> RuntimeExports:
    """Read the exports of a runtime; the file is part of a prepared toolchain and does not change."""
    return RuntimeExports.read(path)


def _with_libraries(exports: RuntimeExports, module: Wasm, shared: Iterable[Path]) -> RuntimeExports:
    """Return what a module can import: from its runtime, and from those of the libraries that it needs."""
    paths = [path for path in shared if path.name in module.needed and path.is_file()]
    return exports.with_libraries(filter(None, (read_wasm(path.read_bytes()) for path in paths))) if paths else exports


def missing_imports(module: Wasm, exports: RuntimeExports, *, typed: bool = True) -> Iterator[tuple[WasmItem, str]]:
    """Yield each import of a module that its runtime does not export, with the error.

    :param typed: whether the types of imported functions must match.
    """
    own = module.exported_names
    for item in module.imports:
        # A module imports its weak definitions from itself, unless the main program exports them too.
        if item.weak or (item.name in own and item.name not in exports.functions):
            continue
        if item.module == "env" and item.kind == "function":
            if (error := _function_error(item, exports, typed=typed)) is not None:
                yield item, error
        elif item.module == "GOT.func" and item.name not in exports.functions:
            yield item, f"undefined function {item.name}"
        elif item.module == "GOT.mem" and item.name not in exports.data:
            is_function = item.name in exports.functions
            not_data = f"{item.name} is a function of the runtime, not a variable"
            yield item, not_data if is_function else f"undefined variable {item.name}"


def _function_error(item: WasmItem, exports: RuntimeExports, *, typed: bool) -> str | None:
    exported = exports.functions.get(item.name)
    if exported is None:
        return None if _TRAMPOLINE.fullmatch(item.name) else f"undefined function {item.name}"
    if typed and exported and exported != item.type:
        return f"wrong prototype of {item.name}: called as {item.type}, but defined as {exported}"
    return None


def _relink(file: Path, module: Wasm | None, command: Sequence[str], exports: RuntimeExports) -> Wasm | None:
    """Link the module again with additional exports if the first link could not know that they are needed.

    A library for ctypes has no entry point, and its sources are written for ELF, where all symbols that are not hidden
    are exported. Weak definitions (templates, inline functions) are imported from any module that has them, including
    the module itself.
    """
    from crosswheel.host import Host

    if module is None or not (args := _missing_link_args(module, exports)):
        return module
    Host.detect().run(*command, *dict.fromkeys(args), cwd=Path.cwd())
    return read_wasm(file.read_bytes())


def _missing_link_args(module: Wasm, exports: RuntimeExports, *, typed: bool = True) -> list[str]:
    """Return the arguments that the link of a module lacked, empty if the module is correct."""
    if all(name.startswith(_COMMON_EXPORTS) for name in module.exported_names):
        return ["-Wl,--export-all"]
    return [f"-Wl,--export-if-defined={item.name}" for item, _ in missing_imports(module, exports, typed=typed)]


def _users(command: Sequence[str], name: str) -> list[str]:
    """Return the object files that use a symbol, according to the linker."""
    from crosswheel.host import Host

    result = Host.detect().run(*command, f"-Wl,--trace-symbol={name}", cwd=Path.cwd())
    pattern = re.compile(rf"(.+): reference to {re.escape(name)}$")
    return sorted({match[1] for line in result.stdout.splitlines() if (match := pattern.match(line))})


def main(arguments: Sequence[str]) -> int:
    """Check one module and print its errors.

    :returns: the exit status.
    """
    exports_file, *rest = arguments
    options = list(takewhile(lambda arg: arg.startswith("--"), rest))
    allowed = [arg.removeprefix(_ALLOW_OPTION) for arg in options if arg.startswith(_ALLOW_OPTION)]
    shared = [arg.removeprefix(_SHARED_OPTION) for arg in options if arg.startswith(_SHARED_OPTION)]
    path, *command = rest[len(options) :]
    file = Path(path)
    linked = read_wasm(file.read_bytes())
    exports = RuntimeExports.read(Path(exports_file))
    exports = _with_libraries(exports, linked, map(Path, shared)) if linked else exports
    module = _relink(file, linked, command, exports)
    if module is None:
        sys.stderr.write(f"crosswheel: {path} is not a WebAssembly module\n")
        return 1
    errors = [
        (item, error)
        for item, error in missing_imports(module, exports, typed="--untyped" not in options)
        if not any(fnmatchcase(item.name, pattern) for pattern in allowed)
    ]
    if not errors:
        return 0
    for item, error in errors[:_MAX_ERRORS]:
        users = ", ".join(_users(command, item.name))
        sys.stderr.write(f"crosswheel: error: {error} (module {file.name}{f', used in {users}' if users else ''})\n")
    if len(errors) > _MAX_ERRORS:
        sys.stderr.write(f"crosswheel: error: and {len(errors) - _MAX_ERRORS} more\n")
    file.unlink()
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
