"""Create a directory to serve: the page, the wheels with their lock file, and Pyodide itself.

    python examples/browser/prepare.py dist site

The wheels and the lock file are those of ``crosswheel index dist``. Their runtime comes from crosswheel's cache, and is
downloaded once. Any web server can serve the result.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

from crosswheel.downloads.pyodide import PyodideRuntime, find_runtime
from crosswheel.errors import CrosswheelError
from crosswheel.host import Host
from crosswheel.targets.pyodide import abis

PACKAGES = ("regex", "ujson")
PAGE = ("index.html", "page.js", "page.py")
LOCK_FILE = "pyodide-lock.json"


def prepare(wheels: Path, site: Path, runtime: Path | None = None) -> PyodideRuntime:
    """Copy all files that the page needs into a directory; other files in it are kept.

    :param wheels: a directory with a lock file by ``crosswheel index``.
    :param runtime: an unpacked Pyodide, instead of the cached one.
    :raises ValueError: if the lock file, or a package that the page uses, is not in the directory.
    """
    lock = wheels / LOCK_FILE
    if not lock.is_file():
        raise ValueError(f"{lock} is not there: crosswheel index {wheels}")
    document = json.loads(lock.read_text("utf-8"))
    names = {name: entry["file_name"] for name, entry in document["packages"].items()}
    for package in PACKAGES:
        if not (wheels / names.get(package, "?")).is_file():
            raise ValueError(f"no {package} in {wheels}: crosswheel build {package} -t pyodide, then crosswheel index")
    pyodide = find_runtime(Host.detect(), abis()[document["info"]["abi_version"]], runtime)
    site.mkdir(parents=True, exist_ok=True)
    sources = [
        *(Path(__file__).parent / name for name in PAGE),
        *(pyodide.directory / "pyodide.mjs", pyodide.javascript, pyodide.program, pyodide.standard_library),
        *(path for name in names.values() if (path := wheels / name).is_file()),
        lock,
    ]
    for source in sources:
        shutil.copyfile(source, site / source.name)
    return pyodide


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("wheels", type=Path, help="directory with a lock file by crosswheel index")
    parser.add_argument("site", type=Path, help="directory to create")
    parser.add_argument("--runtime", type=Path, help="an unpacked Pyodide, instead of the cached one")
    args = parser.parse_args()
    try:
        pyodide = prepare(args.wheels, args.site, args.runtime)
    except (CrosswheelError, ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    print(f"{args.site}: the page, the wheels and Pyodide {pyodide.version}")
    print(f"python3 -m http.server --directory {args.site}")


if __name__ == "__main__":
    main()
