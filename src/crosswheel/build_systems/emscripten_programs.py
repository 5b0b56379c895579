"""Emscripten's programs and the variables of pyodide-build, for the scripts of recipes that were written for them.

On every target, ``emconfigure`` and its kin run a command with the environment of the build, whose compilers are the
target's, and the names of Emscripten's tools call the wrappers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswheel.host.files import storage_errors
from crosswheel.toolchains.emscripten.ports import PORTS, RUNTIME

if TYPE_CHECKING:
    from pathlib import Path

    from crosswheel.sealing.paths import PathTranslation
    from crosswheel.targets import Target

_TOOLS = {"emcc": "cc", "em++": "c++", "emar": "ar", "emranlib": "ranlib", "emnm": "nm", "emstrip": "strip"}
"""Names of Emscripten's tools, which are wrappers for targets that it builds for, and those of the wrappers."""
_LAYOUT = ("include", "lib/pkgconfig", "bin")
_RUN = '#!/bin/sh\nexec "$@"\n'
_CONFIG = """\
#!/bin/sh
case "$1" in
CACHE) echo '{cache}' ;;
*) echo "em-config: only CACHE is known" >&2; exit 1 ;;
esac
"""
_BUILDER = """\
#!/bin/sh
for word; do
    case "$word" in
    -*|build) ;;
    {known}) echo "embuilder: $word is built by its recipe if the package names it" ;;
    *) echo "embuilder: there is no library for the port $word" >&2; exit 1 ;;
    esac
done
"""


@dataclass(frozen=True)
class EmscriptenPrograms:
    """The programs, and a directory that looks like Emscripten's cache, of one build.

    :param bin: the directory of the programs, which follows that of the compiler wrappers on PATH.
    :param libraries: the directory that ``WASM_LIBRARY_DIR`` names, with the layout of ``/usr``.
    """

    bin: Path
    libraries: Path

    @classmethod
    def write(cls, root: Path, libraries: Path | None, paths: PathTranslation) -> EmscriptenPrograms:
        """Write the programs.

        :param root: a new directory in that of the build.
        :param libraries: the build's native libraries, with the layout of ``/usr``; None if there are none.
        :param paths: the paths that the programs see elsewhere.
        :raises StorageError: if they cannot be written.
        """
        programs, sysroot = root / "bin", root / "cache" / "sysroot"
        prefix = libraries or root / "libraries"
        with storage_errors(root):
            for directory in (programs, sysroot / "lib" / "wasm32-emscripten", *(prefix / name for name in _LAYOUT)):
                directory.mkdir(parents=True, exist_ok=True)
            texts = {
                **dict.fromkeys(("emconfigure", "emmake", "emcmake"), _RUN),
                **{name: f'#!/bin/sh\nexec {tool} "$@"\n' for name, tool in _TOOLS.items()},
                "em-config": _CONFIG.format(cache=paths.inside(str(sysroot.parent))),
                "embuilder": _BUILDER.format(known="|".join(f"{name}|{name}-*" for name in (*PORTS, *RUNTIME))),
            }
            for name, text in texts.items():
                (programs / name).write_text(text, "utf-8")
                (programs / name).chmod(0o755)
            inside = paths.inside(str(prefix))
            (sysroot / "include").symlink_to(f"{inside}/include")
            (sysroot / "lib" / "wasm32-emscripten" / "pic").symlink_to(f"{inside}/lib")
            (sysroot / "lib" / "pkgconfig").symlink_to(f"{inside}/lib/pkgconfig")
        return cls(programs, prefix)

    def environ(self, target: Target, jobs: int) -> dict[str, str]:
        """Return the variables of pyodide-build that scripts of libraries and of packages have.

        :param jobs: number of parallel jobs.
        """
        return {
            "PYODIDE": "1",
            "PYODIDE_JOBS": str(jobs),
            "WASM_LIBRARY_DIR": str(self.libraries),
            "SIDE_MODULE_CFLAGS": "-O2 -fPIC",
            "SIDE_MODULE_CXXFLAGS": "-O2 -fPIC",
            "SIDE_MODULE_LDFLAGS": f"-O2 {target.system.linking}",
        }
