"""Proving a freshly linked module: everything it takes from its runtime is there, with the type it expects.

``python -m crosswheel.toolchains.emscripten.link_check SURFACE [OPTION…] MODULE LINK-COMMAND…`` removes a module that
is wrong and fails: a function that is missing would load, and then end the whole program when it is called.
``--allow=`` gives a pattern over names of functions that may be missing; ``--shared=`` a library that the module may
need and take from; ``--untyped`` has any prototype do, as in the programs by which configure scripts ask whether a
function exists. Most modules are right as they are linked. That is seen without starting the program, by
:class:`ModuleLinkCheck`.
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

# Made by the loader itself: JavaScript that calls a function and catches what it throws.
_TRAMPOLINE = re.compile(r"invoke_[vijfdp]+")
_EVERY_MODULES_OWN = ("__wasm_", "_initialize")
_SHOWN = 20
_SHARED = "--shared="
_PROGRAM = (sys.executable, "-m", "crosswheel.toolchains.emscripten.link_check")


@dataclass(frozen=True, slots=True)
class ModuleLinkCheck:
    """Implements :class:`crosswheel.toolchains.model.LinkCheck`: a module is right as the first link made it.

    :param surface: the file of what its runtime gives; ``module`` is as the call named it.
    :param typed: whether functions have to be of the types they are called as.
    :param shared: libraries that it may need.
    """

    surface: str
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
        given = _with_libraries(_surface(Path(self.surface)), module, self.shared)
        return not _wanting(module, given, typed=self.typed)

    def command(self, missing: Iterable[str], link: Sequence[str]) -> tuple[str, ...]:
        """The command that proves it.

        :param missing: patterns over the names of functions it may lack.
        """
        options = [*(() if self.typed else ("--untyped",)), *(f"--allow={pattern}" for pattern in missing)]
        options += [f"{_SHARED}{path}" for path in self.shared]
        return (*_PROGRAM, self.surface, *options, self.module, *link)


@cache
def _surface(path: Path) -> RuntimeExports:
    """A surface lies in a kit and does not change."""
    return RuntimeExports.read(path)


def _with_libraries(surface: RuntimeExports, module: Wasm, shared: Iterable[str]) -> RuntimeExports:
    """What a module can take: from its runtime, and from those libraries that it needs."""
    places = [path for path in map(Path, shared) if path.name in module.needed]
    return (
        surface.with_libraries(filter(None, (read_wasm(path.read_bytes()) for path in places))) if places else surface
    )


def missing_imports(module: Wasm, surface: RuntimeExports, *, typed: bool = True) -> Iterator[tuple[WasmItem, str]]:
    """What a module takes that its runtime does not give, each with what is wrong with it.

    :param typed: whether a function has to be of the type it is called as.
    """
    own = module.exported_names
    for item in module.imports:
        # What a module defines weakly it takes from itself, unless the program has it too.
        if item.weak or (item.name in own and item.name not in surface.functions):
            continue
        if item.module == "env" and item.kind == "function":
            if (wrong := _function(item, surface, typed=typed)) is not None:
                yield item, wrong
        elif item.module == "GOT.func" and item.name not in surface.functions:
            yield item, f"undefined function {item.name}"
        elif item.module == "GOT.mem" and item.name not in surface.data:
            kind = "is a function of the runtime, not a variable" if item.name in surface.functions else ""
            yield item, f"undefined variable {item.name}" if not kind else f"{item.name} {kind}"


def _function(item: WasmItem, surface: RuntimeExports, *, typed: bool) -> str | None:
    given = surface.functions.get(item.name)
    if given is None:
        return None if _TRAMPOLINE.fullmatch(item.name) else f"undefined function {item.name}"
    if typed and given and given != item.type:
        return f"wrong prototype of {item.name}: it is called as {item.type} and is {given}"
    return None


def _linked(file: Path, module: Wasm | None, command: Sequence[str], given: RuntimeExports) -> Wasm | None:
    """The module as it must be, linked again where the first link could not know what it needs.

    A library for ctypes has no entry point, and its sources are written for ELF, where everything is visible that is
    not hidden. What a module defines weakly (templates, inline functions) it takes from whoever has it, also from
    itself.
    """
    from crosswheel.host import Host

    if module is None or not (more := _wanting(module, given)):
        return module
    Host.detect().run(*command, *dict.fromkeys(more), cwd=Path.cwd())
    return read_wasm(file.read_bytes())


def _wanting(module: Wasm, given: RuntimeExports, *, typed: bool = True) -> list[str]:
    """What a link lacked that made the module; nothing when the module is right."""
    if all(name.startswith(_EVERY_MODULES_OWN) for name in module.exported_names):
        return ["-Wl,--export-all"]
    return [f"-Wl,--export-if-defined={item.name}" for item, _ in missing_imports(module, given, typed=typed)]


def _users(command: Sequence[str], name: str) -> list[str]:
    """The object files that use a symbol, as the linker tells them."""
    from crosswheel.host import Host

    ended = Host.detect().run(*command, f"-Wl,--trace-symbol={name}", cwd=Path.cwd())
    pattern = re.compile(rf"(.+): reference to {re.escape(name)}$")
    return sorted({match[1] for line in ended.stdout.splitlines() if (match := pattern.match(line))})


def main(arguments: Sequence[str]) -> int:
    """Check one module; 0 when it is right."""
    surface, *rest = arguments
    options = list(takewhile(lambda word: word.startswith("--"), rest))
    allowed = [word.removeprefix("--allow=") for word in options if word.startswith("--allow=")]
    shared = [word.removeprefix(_SHARED) for word in options if word.startswith(_SHARED)]
    path, *command = rest[len(options) :]
    file = Path(path)
    first = read_wasm(file.read_bytes())
    given = RuntimeExports.read(Path(surface))
    given = _with_libraries(given, first, shared) if first else given
    module = _linked(file, first, command, given)
    if module is None:
        sys.stderr.write(f"crosswheel: {path} is not a WebAssembly module\n")
        return 1
    found = [
        (item, wrong)
        for item, wrong in missing_imports(module, given, typed="--untyped" not in options)
        if not any(fnmatchcase(item.name, pattern) for pattern in allowed)
    ]
    if not found:
        return 0
    for item, wrong in found[:_SHOWN]:
        users = ", ".join(_users(command, item.name))
        sys.stderr.write(f"crosswheel: error: {wrong} (module {file.name}{f', used in {users}' if users else ''})\n")
    if len(found) > _SHOWN:
        sys.stderr.write(f"crosswheel: error: and {len(found) - _SHOWN} more\n")
    file.unlink()
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
